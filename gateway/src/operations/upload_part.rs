//! UploadPart, UploadPartCopy and AbortMultipartUpload:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html>

use super::parameters::{body_length, part_number, upload_id};
use super::put_object::BodyDigests;
use crate::copy_source::CopySource;
use crate::errors::{Result, S3Error};
use crate::headers::Headers;
use crate::precondition::ReadPreconditions;
use crate::query::Query;
use crate::range::Range;
use crate::timestamp::parse_http_date;

/// A part that is uploaded.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// The upload.
    pub upload_id: String,
    /// 1 to 10,000.
    pub part_number: u32,
    /// In bytes, without framing.
    pub length: u64,
    /// To verify the body with.
    pub digests: BodyDigests,
}

impl Input {
    /// Reads the parameters. `InvalidArgument` for invalid ones, and the errors of length and digests.
    pub fn parse(query: &Query, headers: &Headers) -> Result<Input> {
        let (upload_id, part_number) = part(query)?;
        Ok(Input {
            upload_id,
            part_number,
            length: body_length(headers)?,
            digests: BodyDigests::parse(headers)?,
        })
    }
}

/// A part that is copied from an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyInput {
    /// The upload.
    pub upload_id: String,
    /// 1 to 10,000.
    pub part_number: u32,
    /// What is copied.
    pub source: CopySource,
    /// Which bytes of it; all without it.
    pub range: Option<Range>,
    /// Preconditions on the source.
    pub source_preconditions: ReadPreconditions,
}

impl CopyInput {
    /// Reads the parameters. `InvalidArgument` for invalid ones.
    pub fn parse(query: &Query, headers: &Headers) -> Result<CopyInput> {
        let (upload_id, part_number) = part(query)?;
        Ok(CopyInput {
            upload_id,
            part_number,
            source: CopySource::of_headers(headers)?,
            range: headers.get("x-amz-copy-source-range").map(Range::parse_copy_source).transpose()?,
            source_preconditions: ReadPreconditions::parse_copy_source(headers),
        })
    }
}

/// An upload that is given up.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct AbortInput {
    /// The upload.
    pub upload_id: String,
    /// `x-amz-if-match-initiated-time`: only if it was begun then, to the second.
    pub if_match_initiated_ms: Option<u64>,
}

impl AbortInput {
    /// Reads the parameters. `InvalidArgument` for invalid ones.
    pub fn parse(query: &Query, headers: &Headers) -> Result<AbortInput> {
        const NAME: &str = "x-amz-if-match-initiated-time";
        let initiated = headers.get(NAME).map(|text| {
            parse_http_date(text).ok_or_else(|| S3Error::invalid_argument(NAME, text, "Invalid date"))
        });
        Ok(AbortInput { upload_id: upload_id(query)?, if_match_initiated_ms: initiated.transpose()? })
    }
}

fn part(query: &Query) -> Result<(String, u32)> {
    let number = part_number(query)?.unwrap_or_default();
    Ok((upload_id(query)?, number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::ErrorCode;

    fn query(raw: &str) -> Query {
        Query::parse(raw).unwrap()
    }

    #[test]
    fn a_part_has_number_and_length() {
        let headers = Headers::from_iter([("content-length", "5"), ("x-amz-checksum-crc32", "sOO8/Q==")]);
        let input = Input::parse(&query("partNumber=3&uploadId=u"), &headers).unwrap();
        assert_eq!((input.part_number, input.upload_id.as_str(), input.length), (3, "u", 5));
        for raw in ["partNumber=0&uploadId=u", "partNumber=10001&uploadId=u", "partNumber=1&uploadId="] {
            assert_eq!(
                Input::parse(&query(raw), &headers).unwrap_err().code,
                ErrorCode::InvalidArgument,
                "{raw}"
            );
        }
        let none = Input::parse(&query("partNumber=3&uploadId=u"), &Headers::default());
        assert_eq!(none.unwrap_err().code, ErrorCode::MissingContentLength);
    }

    #[test]
    fn a_copied_part_has_a_source_and_a_range() {
        let headers =
            Headers::from_iter([("x-amz-copy-source", "photos/a"), ("x-amz-copy-source-range", "bytes=0-9")]);
        let input = CopyInput::parse(&query("partNumber=3&uploadId=u"), &headers).unwrap();
        assert_eq!((input.source.key.as_str(), input.range), ("a", Some(Range::Between(0, 9))));
        let improper =
            Headers::from_iter([("x-amz-copy-source", "photos/a"), ("x-amz-copy-source-range", "0-9")]);
        let error = CopyInput::parse(&query("partNumber=3&uploadId=u"), &improper).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArgument);
    }

    #[test]
    fn an_abort_may_name_the_time() {
        let headers =
            Headers::from_iter([("x-amz-if-match-initiated-time", "Fri, 24 May 2013 00:00:00 GMT")]);
        let input = AbortInput::parse(&query("uploadId=u"), &headers).unwrap();
        assert_eq!(input.if_match_initiated_ms, Some(1_369_353_600_000));
    }
}
