//! GetObject and HeadObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>

use super::parameters::{part_number, version_id};
use crate::errors::{Result, S3Error};
use crate::headers::Headers;
use crate::precondition::ReadPreconditions;
use crate::query::Query;
use crate::range::Range;
use crate::response_overrides::ResponseOverrides;

/// What is to be read.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// The version; the current one without it.
    pub version_id: Option<String>,
    /// Which bytes; all without it.
    pub part: Option<Part>,
    /// `If-Match` and its relatives.
    pub preconditions: ReadPreconditions,
    /// `response-content-type` and its relatives.
    pub overrides: ResponseOverrides,
    /// `x-amz-checksum-mode: ENABLED`: the response carries the checksum.
    pub checksum: bool,
}

/// A part of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// `Range`
    Range(Range),
    /// `partNumber`: the bytes of one part, as it was uploaded.
    Number(u32),
}

impl Input {
    /// Reads the parameters. `InvalidArgument` for invalid ones, `InvalidRequest` for a range and a part
    /// number at once.
    pub fn parse(query: &Query, headers: &Headers) -> Result<Input> {
        let range = headers.get("range");
        let part = match (part_number(query)?, range) {
            (Some(_), Some(_)) => {
                let message = "Cannot specify both Range header and partNumber query parameter";
                return Err(S3Error::invalid_request(message));
            }
            (Some(number), None) => Some(Part::Number(number)),
            (None, range) => range.and_then(Range::parse).map(Part::Range),
        };
        Ok(Input {
            version_id: version_id(query)?,
            part,
            preconditions: ReadPreconditions::parse(headers),
            overrides: ResponseOverrides::parse(query)?,
            checksum: headers
                .get("x-amz-checksum-mode")
                .is_some_and(|mode| mode.eq_ignore_ascii_case("enabled")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::ErrorCode;

    fn input(raw: &str, headers: &[(&str, &str)]) -> Result<Input> {
        Input::parse(&Query::parse(raw).unwrap(), &Headers::from_iter(headers.iter().copied()))
    }

    #[test]
    fn parts_are_named_by_range_or_number() {
        assert_eq!(input("", &[]).unwrap(), Input::default());
        assert_eq!(input("partNumber=2", &[]).unwrap().part, Some(Part::Number(2)));
        assert_eq!(input("", &[("range", "bytes=1-")]).unwrap().part, Some(Part::Range(Range::From(1))));
        assert_eq!(input("", &[("range", "bytes=0-1,2-3")]).unwrap().part, None);
        assert_eq!(
            input("partNumber=1", &[("range", "bytes=1-")]).unwrap_err().code,
            ErrorCode::InvalidRequest
        );
        assert_eq!(input("partNumber=0", &[]).unwrap_err().code, ErrorCode::InvalidArgument);
    }

    #[test]
    fn version_checksum_and_overrides_are_read() {
        let input = input("versionId=v1&response-expires=0", &[("x-amz-checksum-mode", "ENABLED")]).unwrap();
        assert_eq!(input.version_id.as_deref(), Some("v1"));
        assert!(input.checksum);
        assert_eq!(input.overrides.get("expires"), Some("0"));
    }
}
