//! What is asked of a transform, and what `storage` is to see of the request instead.
//!
//! The object is read whole, whatever the client wants of it: ranges, part numbers and conditions
//! are about what the transform makes.

use gateway::bucket::transforms::{When, row};
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::precondition::ReadPreconditions;
use gateway::operations::{Operation, Purpose};
use gateway::request::headers::Headers;
use gateway::request::query::Query;
use gateway::request::range::Range;
use gateway::request::response_overrides::ResponseOverrides;
use sdk::bindings::transform::portcullis::gateway::functions;
use sdk::{Call, FunctionCode, Head, InnerPurpose, SeenRequest, SentHead, Target, index};

use crate::failure;
use crate::shown::Shown;

/// Headers about the bytes of a response that `storage` is not to see.
const ABOUT_BYTES: [&str; 6] =
    ["range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "x-amz-checksum-mode"];
/// The same of parameters.
const PART_NUMBER: &str = "partNumber";

/// What is asked of a transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The bytes of an object, or its head as it follows from them.
    Object,
    /// The head of an object alone.
    Head,
}

/// A function, and what is handed to it.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) function: FunctionCode,
    pub(crate) payload: String,
}

impl Link {
    /// Whether the component has an export.
    pub(crate) fn exports(&self, entry: &str) -> bool {
        self.function.entries.iter().any(|known| known == entry)
    }
}

/// A request whose response is to be transformed.
pub(crate) struct Prepared {
    pub(crate) asked: Asked,
    /// In the order in which they run; one at least.
    pub(crate) chain: Vec<Link>,
    pub(crate) bucket: String,
    /// Of a listing, the prefix.
    pub(crate) key: String,
    /// The version that the client names.
    pub(crate) version_id: Option<String>,
    /// The ARN of the Object Lambda access point.
    pub(crate) access_point_arn: Option<String>,
    pub(crate) shown: Shown,
    /// Whether the client gets the head alone.
    pub(crate) is_head: bool,
    pub(crate) conditions: ReadPreconditions,
    pub(crate) overrides: ResponseOverrides,
    /// Which bytes the client wants, as it was sent.
    pub(crate) range: Option<String>,
    pub(crate) part_number: Option<u32>,
    /// Whether ranges may be asked for.
    pub(crate) allows_range: bool,
}

impl Prepared {
    /// Whether the function applies ranges itself. It sees them only where it is the only one.
    pub(crate) fn hands_ranges_on(&self) -> bool {
        matches!(self.chain.as_slice(), [link] if link.function.applies_ranges)
    }

    /// The range that this stage applies to what was made.
    pub(crate) fn own_range(&self) -> Option<Range> {
        self.range.as_deref().filter(|_| !self.hands_ranges_on()).and_then(Range::parse)
    }

    /// The same of the part number.
    pub(crate) fn own_part(&self) -> Option<u32> {
        self.part_number.filter(|_| !self.hands_ranges_on())
    }
}

/// What applies to a request: functions, and what may be asked of them.
struct Applied {
    chain: Vec<Link>,
    access_point_arn: Option<String>,
    allows_range: bool,
    allows_part_number: bool,
}

impl Applied {
    /// What the rules of the bucket say, and then the Object Lambda access point. None where that
    /// is nothing. `LambdaNotFound` for a function that is not there.
    fn find(call: &Call, target: &Target, query: &Query, rules: bool) -> Result<Option<Applied>> {
        let mut applied = Applied {
            chain: Vec::new(),
            access_point_arn: None,
            allows_range: true,
            allows_part_number: true,
        };
        if rules {
            applied.chain = of_rules(target, query)?;
        }
        // A transform gets nothing of another object that a rule transforms for everybody.
        if !applied.chain.is_empty() && call.inner().is_some() {
            return Err(S3Error::new(ErrorCode::MethodNotAllowed)
                .message("A rule of the bucket transforms this object for its readers."));
        }
        let object_lambda = call.object_lambda();
        if let Some(object_lambda) = object_lambda
            && let Some(transformation) = object_lambda.transformation
        {
            applied.allows_range = transformation.allows_range;
            applied.allows_part_number = transformation.allows_part_number;
            applied.access_point_arn = Some(object_lambda.arn);
            let function = find(&transformation.function_arn)?;
            applied.chain.push(Link { function, payload: transformation.payload });
        }
        Ok((!applied.chain.is_empty()).then_some(applied))
    }
}

/// Whether a request asks for the bytes of an object, or for their head.
pub(crate) fn reads_object(target: &Target) -> bool {
    let operation = Operation::parse(&target.operation);
    operation.is_some_and(|operation| operation.purpose() == Purpose::ReadObject)
}

/// The functions of the rule that applies to what a request reads. `SlowDown` where the rules are
/// gone by now: the client has to send the request again.
pub(crate) fn of_rules(target: &Target, query: &Query) -> Result<Vec<Link>> {
    let (bucket, key) =
        (target.bucket.as_deref().unwrap_or_default(), target.key.as_deref().unwrap_or_default());
    let row = index::get(row::TABLE, &row::key(bucket)).ok_or(ErrorCode::SlowDown)?;
    let rules = row::decode(&row.value)?;
    let Some(rule) = rules.find(When::Read, key, query) else { return Ok(Vec::new()) };
    let link = |arn: &String| Ok(Link { function: find(arn)?, payload: rule.payload.clone() });
    rule.functions.iter().map(link).collect()
}

/// The function with an ARN: `LambdaNotFound` where there is none.
pub(crate) fn find(arn: &str) -> Result<FunctionCode> {
    let found = functions::find(arn).map_err(|()| ErrorCode::InternalError)?;
    found.ok_or_else(|| failure::not_found(arn))
}

/// Reads a request. None where nothing is to be transformed. `NotImplemented` for a range that the
/// access point does not allow.
pub(crate) fn prepare(
    call: &Call,
    sent: SentHead,
    target: Target,
    rules: bool,
) -> Result<Option<(Prepared, SeenRequest)>> {
    // The stage itself asks for what it transforms.
    if !reads_object(&target) || call.inner() == Some(InnerPurpose::Transformed) {
        return Ok(None);
    }
    let (head, headers) = Head::split(sent.clone());
    let query = Query::parse(&head.query)?;
    let Some(applied) = Applied::find(call, &target, &query, rules)? else { return Ok(None) };
    let range = headers.get("range").map(str::to_owned);
    let part_number = part_number(&query)?;
    let is_refused =
        (range.is_some() && !applied.allows_range) || (part_number.is_some() && !applied.allows_part_number);
    if is_refused {
        return Err(ErrorCode::NotImplemented.into());
    }
    if range.is_some() && part_number.is_some() {
        return Err(S3Error::invalid_request(
            "Cannot specify both Range header and partNumber query parameter",
        ));
    }
    let is_head = head.method == "HEAD";
    let asked = asked(is_head, &applied.chain);
    let prepared = Prepared {
        asked,
        chain: applied.chain,
        bucket: target.bucket.clone().unwrap_or_default(),
        key: target.key.clone().unwrap_or_default(),
        version_id: query.get_non_empty("versionId").map(str::to_owned),
        access_point_arn: applied.access_point_arn,
        shown: Shown::read(call, &head, &headers, &query),
        is_head,
        conditions: ReadPreconditions::parse(&headers).at(head.received_ms),
        overrides: ResponseOverrides::parse(&query)?,
        range,
        part_number,
        allows_range: applied.allows_range,
    };
    let text = without(&head, &headers, &sent.text);
    let operation = match asked {
        // The head that a client is told is that of the bytes that it would get.
        Asked::Object => Operation::GetObject.name().to_owned(),
        Asked::Head => target.operation,
    };
    let seen = SeenRequest {
        head: SentHead { text, ..sent },
        target: Target { operation, ..target },
        takes_absence: false,
    };
    Ok(Some((prepared, seen)))
}

/// What is asked of a chain. One function alone may say what heads are.
fn asked(is_head: bool, chain: &[Link]) -> Asked {
    match chain {
        [link] if is_head && link.exports("head") => Asked::Head,
        _ => Asked::Object,
    }
}

/// `partNumber`. `InvalidArgument` for what is none.
pub(crate) fn part_number(query: &Query) -> Result<Option<u32>> {
    let Some(text) = query.get(PART_NUMBER) else { return Ok(None) };
    match text.parse().ok().filter(|number| (1..=10_000).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(S3Error::invalid_argument(
            PART_NUMBER,
            text,
            "Part number must be an integer between 1 and 10000, inclusive",
        )),
    }
}

/// The text of a request without what is about the bytes of its response.
pub(crate) fn without(head: &Head, headers: &Headers, text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    kept.push_str(&head.method);
    kept.push(' ');
    kept.push_str(&head.path);
    let parameters = head.query.split('&').filter(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        !Query::parse(name).is_ok_and(|query| query.has(PART_NUMBER))
    });
    for (at, parameter) in parameters.filter(|parameter| !parameter.is_empty()).enumerate() {
        kept.push(if at == 0 { '?' } else { '&' });
        kept.push_str(parameter);
    }
    kept.push('\n');
    for (name, value) in headers.iter().filter(|(name, _)| !ABOUT_BYTES.contains(name)) {
        kept.push_str(name);
        kept.push_str(": ");
        kept.push_str(value);
        kept.push('\n');
    }
    kept
}
