//! What is asked of a transform, and what `storage` is to see of the request instead.
//!
//! The object is read whole, whatever the client wants of it: ranges, part numbers and conditions
//! are about what the transform makes.

use gateway::errors::{ErrorCode, Result};
use gateway::object::precondition::ReadPreconditions;
use gateway::operations::Operation;
use gateway::request::headers::Headers;
use gateway::request::query::Query;
use gateway::request::range::Range;
use gateway::request::response_overrides::ResponseOverrides;
use sdk::bindings::transform::portcullis::gateway::functions;
use sdk::{Call, FunctionCode, Head, SentHead, Target};

use crate::failure;

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
    /// A page of a listing.
    Page,
    /// Nothing: the function does not say anything of listings.
    Nothing,
}

/// A request whose response is to be transformed.
pub(crate) struct Prepared {
    pub(crate) asked: Asked,
    pub(crate) function: FunctionCode,
    pub(crate) payload: String,
    /// The ARN of the Object Lambda access point.
    pub(crate) access_point_arn: String,
    /// Whether the client gets the head alone.
    pub(crate) is_head: bool,
    pub(crate) conditions: ReadPreconditions,
    pub(crate) overrides: ResponseOverrides,
    /// Which bytes the client wants, as it was sent.
    pub(crate) range: Option<String>,
    pub(crate) part_number: Option<u32>,
    /// Whether ranges may be asked for.
    pub(crate) allows_range: bool,
    /// Whether keys of a listing are percent-encoded.
    pub(crate) encodes_keys: bool,
}

impl Prepared {
    /// The range that this stage applies to what was made.
    pub(crate) fn own_range(&self) -> Option<Range> {
        self.range.as_deref().filter(|_| !self.function.applies_ranges).and_then(Range::parse)
    }

    /// The same of the part number.
    pub(crate) fn own_part(&self) -> Option<u32> {
        self.part_number.filter(|_| !self.function.applies_ranges)
    }
}

/// Reads a request. `NotImplemented` for a range that the access point does not allow,
/// `LambdaNotFound` for a function that is not there.
pub(crate) fn prepare(call: &Call, sent: SentHead, target: Target) -> Result<(Prepared, SentHead, Target)> {
    let (head, headers) = Head::split(sent.clone());
    let query = Query::parse(&head.query)?;
    let object_lambda = call.object_lambda().ok_or(ErrorCode::InternalError)?;
    let transformation = object_lambda.transformation.ok_or(ErrorCode::InternalError)?;
    let function = functions::find(&transformation.function_arn)
        .map_err(|()| ErrorCode::InternalError)?
        .ok_or_else(|| failure::not_found(&transformation.function_arn))?;
    let range = headers.get("range").map(str::to_owned);
    let part_number = part_number(&query)?;
    let is_refused = (range.is_some() && !transformation.allows_range)
        || (part_number.is_some() && !transformation.allows_part_number);
    if is_refused {
        return Err(ErrorCode::NotImplemented.into());
    }
    if range.is_some() && part_number.is_some() {
        return Err(gateway::errors::S3Error::invalid_request(
            "Cannot specify both Range header and partNumber query parameter",
        ));
    }
    let exports = |entry: &str| function.entries.iter().any(|known| known == entry);
    let is_head = target.operation == Operation::HeadObject.name();
    let asked = match target.operation.as_str() {
        operation if operation == Operation::GetObject.name() => Asked::Object,
        operation if operation == Operation::HeadObject.name() => match exports("head") {
            true => Asked::Head,
            false => Asked::Object,
        },
        _ if exports("list-page") => Asked::Page,
        _ => Asked::Nothing,
    };
    let prepared = Prepared {
        asked,
        payload: transformation.payload,
        access_point_arn: object_lambda.arn,
        is_head,
        conditions: ReadPreconditions::parse(&headers).at(head.received_ms),
        overrides: ResponseOverrides::parse(&query)?,
        range,
        part_number,
        allows_range: transformation.allows_range,
        encodes_keys: query.get("encoding-type").is_some_and(|word| word.eq_ignore_ascii_case("url")),
        function,
    };
    let (sent, target) = match asked {
        Asked::Object => (
            SentHead { text: without(&head, &headers, &sent.text), ..sent },
            // The head that a client is told is that of the bytes that it would get.
            Target { operation: Operation::GetObject.name().to_owned(), ..target },
        ),
        Asked::Head => (SentHead { text: without(&head, &headers, &sent.text), ..sent }, target),
        Asked::Page | Asked::Nothing => (sent, target),
    };
    Ok((prepared, sent, target))
}

/// `partNumber`. `InvalidArgument` for what is none.
fn part_number(query: &Query) -> Result<Option<u32>> {
    let Some(text) = query.get(PART_NUMBER) else { return Ok(None) };
    match text.parse().ok().filter(|number| (1..=10_000).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(gateway::errors::S3Error::invalid_argument(
            PART_NUMBER,
            text,
            "Part number must be an integer between 1 and 10000, inclusive",
        )),
    }
}

/// The text of a request without what is about the bytes of its response.
fn without(head: &Head, headers: &Headers, text: &str) -> String {
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
