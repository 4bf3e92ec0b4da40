//! Listings: the sizes and ETags that they show are those that GET gives, and the function of an
//! Object Lambda access point may change a page itself.
//!
//! A function that exports `list-page` changes the page. Without it, each key of the page is read
//! as by GET: the sizes and ETags follow from that. Rules of the bucket that transform an object
//! for everybody count in the same way.

use std::collections::BTreeMap;

use gateway::bucket::transforms::{TransformRules, When, row};
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::precondition::ReadPreconditions;
use gateway::operations::Operation;
use gateway::request::query::Query;
use gateway::request::response_overrides::ResponseOverrides;
use gateway::request::url_encoding::encoded;
use sdk::{
    Body, Call, FunctionCode, Head, InnerPurpose, ListedPage, Made, MadeNeed, SeenRequest, SentHead, Target,
    TransformedObject, TransformedPart, Work as _, cursors, failure_to_error, index,
};

use crate::page::{EntryShown, Page};
use crate::prepare::{Asked, Link, Prepared, find};
use crate::run::{self, Ran};
use crate::shown::Shown;
use crate::stored::Stored;
use crate::tags::{self, object_target};
use crate::{failure, reply};

/// Keys of a page whose sizes follow from reading them. S3 may return fewer than are asked for.
const DERIVED_KEYS_MAX: u64 = 100;
/// Milliseconds from the request to the last of them.
const DERIVED_MS_MAX: u64 = 30_000;
/// How many keys a request asks for.
const MAX_KEYS: &str = "max-keys";

/// A listing that is to be transformed.
pub(crate) struct Listing {
    bucket: String,
    access_point_arn: Option<String>,
    shown: Shown,
    encodes_keys: bool,
    derived: Option<Derivation>,
    /// The function that changes pages.
    changes: Option<PageChange>,
}

/// Sizes and ETags that follow from reading the keys of a page.
struct Derivation {
    rules: Option<TransformRules>,
    /// What the Object Lambda access point says of GetObject.
    of_get: Option<Link>,
    received_ms: u64,
    /// As the client sent it, where `storage` is asked for fewer keys.
    max_keys: Option<String>,
    /// Functions that were found, by their ARNs.
    found: BTreeMap<String, FunctionCode>,
}

/// A function that changes pages.
struct PageChange {
    link: Link,
    prefix: String,
    /// The name of the parameter that says where the page begins, and what the client sent there.
    begins: (Parameter, Option<String>),
}

/// Where a page begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Parameter {
    /// Of ListObjects.
    Marker,
    /// Of ListObjectsV2.
    Token,
}

impl Parameter {
    fn name(self) -> &'static str {
        match self {
            Parameter::Marker => "marker",
            Parameter::Token => "continuation-token",
        }
    }

    /// The element of the response that repeats it, and that for the next page.
    fn elements(self) -> (&'static str, &'static str) {
        match self {
            Parameter::Marker => ("Marker", "NextMarker"),
            Parameter::Token => ("ContinuationToken", "NextContinuationToken"),
        }
    }
}

/// The rules of the bucket that transform objects for everybody, as far as a listing can show any
/// of these.
pub(crate) fn for_everybody(target: &Target, query: &Query) -> Result<Option<TransformRules>> {
    let bucket = target.bucket.as_deref().unwrap_or_default();
    let row = index::get(row::TABLE, &row::key(bucket)).ok_or(ErrorCode::InternalError)?;
    let rules = row::decode(&row.value)?;
    let prefix = query.get("prefix").unwrap_or_default();
    let counts = |rule: &gateway::bucket::transforms::TransformRule| {
        let overlaps = rule.prefix.starts_with(prefix) || prefix.starts_with(&rule.prefix);
        rule.when == When::Read && rule.parameter.is_none() && overlaps
    };
    Ok(rules.rules.iter().any(counts).then_some(rules))
}

/// Takes a listing in, where something of it is to be transformed. None for all other requests.
/// `NotImplemented` where GetObject has another function than the listing: the principal was not
/// decided on for that one.
pub(crate) fn prepare(
    call: &Call,
    sent: &SentHead,
    target: &Target,
    rules: bool,
) -> Result<Option<(Listing, SeenRequest)>> {
    let begins = match Operation::parse(&target.operation) {
        Some(Operation::ListObjects) => Parameter::Marker,
        Some(Operation::ListObjectsV2) => Parameter::Token,
        _ => return Ok(None),
    };
    let (head, headers) = Head::split(sent.clone());
    let query = Query::parse(&head.query)?;
    let rules = if rules { for_everybody(target, &query)? } else { None };
    let object_lambda = call.object_lambda();
    let access_point_arn = object_lambda.as_ref().map(|point| point.arn.clone());
    let (mut of_get, mut changes) = (None, None);
    if let Some(object_lambda) = object_lambda
        && let Some(transformation) = object_lambda.transformation
    {
        let function = find(&transformation.function_arn)?;
        let link = Link { function, payload: transformation.payload };
        let get = object_lambda.of_get;
        match get {
            _ if link.exports("list-page") => {
                let begins = (begins, query.get_non_empty(begins.name()).map(str::to_owned));
                let prefix = query.get("prefix").unwrap_or_default().to_owned();
                changes = Some(PageChange { link, prefix, begins });
            }
            Some(get) if get.function_arn != transformation.function_arn => {
                return Err(S3Error::new(ErrorCode::NotImplemented)
                    .message("The function of a listing is that of GetObject, or exports list-page"));
            }
            Some(get) => of_get = Some(Link { function: link.function, payload: get.payload }),
            // What is read passes as it is, and so do its sizes.
            None => {}
        }
    }
    let derives = rules.is_some() || of_get.is_some();
    if !derives && changes.is_none() {
        return Ok(None);
    }
    let shown = Shown::read(call, &head, &headers, &query);
    let mut listing = Listing {
        bucket: target.bucket.clone().unwrap_or_default(),
        access_point_arn: access_point_arn.filter(|_| of_get.is_some() || changes.is_some()),
        shown,
        encodes_keys: query.get("encoding-type").is_some_and(|word| word.eq_ignore_ascii_case("url")),
        derived: None,
        changes,
    };
    let mut replaced = Vec::new();
    if derives {
        let max_keys = shortened(&query);
        if max_keys.is_some() {
            replaced.push((MAX_KEYS, DERIVED_KEYS_MAX.to_string()));
        }
        let (received_ms, found) = (head.received_ms, BTreeMap::new());
        listing.derived = Some(Derivation { rules, of_get, received_ms, max_keys, found });
    }
    replaced.extend(listing.position());
    let text = with_parameters(&head, &sent.text, &replaced);
    let seen =
        SeenRequest { head: SentHead { text, ..sent.clone() }, target: target.clone(), takes_absence: false };
    Ok(Some((listing, seen)))
}

/// How many keys the client asks for, where that is more than one page derives. `storage` refuses
/// what is no number.
fn shortened(query: &Query) -> Option<String> {
    match query.get(MAX_KEYS) {
        None => Some("1000".to_owned()),
        Some(text) => text.parse::<u64>().ok().filter(|keys| *keys > DERIVED_KEYS_MAX).map(|keys| {
            // As S3 repeats it.
            keys.min(1000).to_string()
        }),
    }
}

/// The text of a request with other values of some parameters.
fn with_parameters(head: &Head, text: &str, replaced: &[(&str, String)]) -> String {
    let is_replaced = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default();
        Query::parse(name).is_ok_and(|query| replaced.iter().any(|(name, _)| query.has(name)))
    };
    let kept = head.query.split('&').filter(|parameter| !parameter.is_empty() && !is_replaced(parameter));
    let mut parameters: Vec<String> = kept.map(str::to_owned).collect();
    parameters.extend(replaced.iter().map(|(name, value)| format!("{name}={}", encoded(value))));
    let headers = text.split_once('\n').map(|(_, headers)| headers).unwrap_or_default();
    format!("{} {}?{}\n{headers}", head.method, head.path, parameters.join("&"))
}

impl Listing {
    /// What clients' positions are sealed for.
    fn name(&self) -> String {
        [self.bucket.as_str(), self.access_point_arn.as_deref().unwrap_or_default()].join("\0")
    }

    /// Where the page begins, where the client sends what was sealed for it. Anything else is a
    /// position itself.
    fn position(&self) -> Option<(&'static str, String)> {
        let (parameter, sent) = &self.changes.as_ref()?.begins;
        Some((parameter.name(), cursors::open(&self.name(), sent.as_deref()?)?))
    }

    /// Has the page that is set transformed.
    pub(crate) async fn run(mut self, call: &Call) -> Result<()> {
        let response = call.response().ok_or_else(reply::broken)?;
        if response.status != 200 {
            return Ok(());
        }
        let document = call.response_bytes().and_then(|bytes| String::from_utf8(bytes).ok());
        let mut page = Page::new(document.ok_or_else(reply::broken)?, self.encodes_keys);
        if let Some(mut derived) = self.derived.take() {
            let listed = page.read().ok_or_else(reply::broken)?;
            let mut entries = Vec::with_capacity(listed.entries.len());
            for entry in &listed.entries {
                entries.push(derived.entry(call, &self, &entry.key).await?);
            }
            page.show(&entries);
            if let Some(max_keys) = &derived.max_keys {
                page.set("MaxKeys", max_keys);
            }
        }
        if let Some(changes) = self.changes.take() {
            let listed = page.read().ok_or_else(reply::broken)?;
            let name = self.name();
            match self.changed(call, &changes, listed.clone()).await? {
                Made::Page(made) => page.replace(&listed, &made),
                Made::Refused(error) => {
                    reply::refuse(call, false, &error);
                    return Ok(());
                }
                Made::Reply(_) | Made::Document(_) | Made::NewObject(_) => {
                    return Err(reply::broken());
                }
            }
            changes.seal_positions(&mut page, &listed, &name);
        }
        call.respond(response.status, &response.headers, &Body::Bytes(page.into_document().into_bytes()));
        Ok(())
    }

    async fn changed(&self, call: &Call, changes: &PageChange, page: ListedPage) -> Result<Made> {
        let prepared = self.prepared(vec![changes.link.clone()], changes.prefix.clone(), self.shown.clone());
        let nothing = TransformedObject {
            version_id: None,
            size: 0,
            etag: String::new(),
            content_type: None,
            last_modified_ms: 0,
            metadata: Vec::new(),
            tags: Vec::new(),
        };
        let plan = run::plan(&prepared, 0, TransformedPart::Page(page), nothing, MadeNeed::Whole)?;
        call.transform(&plan).await.map_err(|failed| failure::error(&failed))
    }

    /// A request of its own for a chain.
    fn prepared(&self, chain: Vec<Link>, key: String, shown: Shown) -> Prepared {
        Prepared {
            asked: Asked::Object,
            chain,
            bucket: self.bucket.clone(),
            key,
            version_id: None,
            access_point_arn: self.access_point_arn.clone(),
            shown,
            is_head: true,
            conditions: ReadPreconditions::default(),
            overrides: ResponseOverrides::default(),
            range: None,
            part_number: None,
            allows_range: true,
        }
    }
}

impl PageChange {
    /// Positions name keys, also those that were left out. So clients get them sealed.
    fn seal_positions(&self, page: &mut Page, listed: &ListedPage, listing: &str) {
        let (parameter, sent) = &self.begins;
        let (begins, next) = parameter.elements();
        if let Some(sent) = sent.as_deref().filter(|sent| cursors::open(listing, sent).is_some()) {
            // It is base64.
            page.set(begins, sent);
        }
        if page.text("IsTruncated").as_deref() != Some("true") {
            return;
        }
        let last = || {
            let entry = listed.entries.last().map(|entry| entry.key.as_str());
            entry.max(listed.common_prefixes.last().map(String::as_str)).map(str::to_owned)
        };
        let position = match parameter {
            Parameter::Token => page.text(next),
            // Without a delimiter, S3 says nothing: clients go on behind the last key they see.
            Parameter::Marker => last(),
        };
        if let Some(position) = position {
            page.insert(next, &cursors::seal(listing, &position));
        }
    }
}

impl Derivation {
    /// The functions that GET of a key runs.
    fn chain(&mut self, key: &str) -> Result<Vec<Link>> {
        let mut chain = Vec::new();
        let rules = self.rules.as_ref();
        if let Some(rule) = rules.and_then(|rules| rules.find(When::Read, key, &Query::default())) {
            for arn in &rule.functions {
                let function = match self.found.get(arn) {
                    Some(function) => function.clone(),
                    None => find(arn)?,
                };
                self.found.insert(arn.clone(), function.clone());
                chain.push(Link { function, payload: rule.payload.clone() });
            }
        }
        chain.extend(self.of_get.clone());
        Ok(chain)
    }

    /// What a page shows of a key. `LambdaTimeout` where the page takes too long.
    async fn entry(&mut self, call: &Call, listing: &Listing, key: &str) -> Result<EntryShown> {
        let chain = self.chain(key)?;
        if chain.is_empty() {
            return Ok(EntryShown::AsStored);
        }
        let prepared = listing.prepared(chain, key.to_owned(), listing.shown.of_key(key));
        // First: the host keeps the body of the last request.
        let tags = tags::read(call, &prepared).await?;
        let target = object_target(&listing.bucket, key);
        let response = call.request(&target, InnerPurpose::Transformed).await.map_err(failure_to_error)?;
        if response.at_ms.saturating_sub(self.received_ms) > DERIVED_MS_MAX {
            let message = format!("The keys of the page were not read within {DERIVED_MS_MAX} ms");
            return Err(S3Error::new(ErrorCode::LambdaTimeout).message(message));
        }
        match response.status {
            200 => {}
            404 => return Ok(EntryShown::Gone),
            503 => return Err(ErrorCode::SlowDown.into()),
            500.. => return Err(ErrorCode::InternalError.into()),
            _ => return Ok(EntryShown::Unreadable),
        }
        let stored = Stored::read(&response.headers, response.length);
        call.respond(200, &response.headers, &Body::Inner);
        let object = TransformedObject { tags, ..stored.object() };
        let Ran { stored, made } = run::chain(call, &prepared, stored, object).await?;
        let Made::Reply(made) = made else { return Ok(EntryShown::Unreadable) };
        if made.status != 200 {
            return Ok(EntryShown::Unreadable);
        }
        let length = made.length.ok_or_else(reply::broken)?;
        let stored = stored.with(&prepared, &made);
        Ok(EntryShown::Made(length, stored.get("etag").map(str::to_owned)))
    }
}
