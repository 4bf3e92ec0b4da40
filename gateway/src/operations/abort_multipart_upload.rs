//! AbortMultipartUpload:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html>

use super::parameters::upload_id;
use crate::errors::{Result, S3Error};
use crate::request::headers::Headers;
use crate::request::query::Query;
use crate::timestamp::parse_http_date;

/// An upload that is given up.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// The upload.
    pub upload_id: String,
    /// `x-amz-if-match-initiated-time`: only if it was begun then, to the second.
    pub if_match_initiated_ms: Option<u64>,
}

impl Input {
    /// Reads the parameters. `InvalidArgument` for invalid ones.
    pub fn parse(query: &Query, headers: &Headers) -> Result<Input> {
        const NAME: &str = "x-amz-if-match-initiated-time";
        let initiated = headers.get(NAME).map(|text| {
            parse_http_date(text).ok_or_else(|| S3Error::invalid_argument(NAME, text, "Invalid date"))
        });
        Ok(Input { upload_id: upload_id(query)?, if_match_initiated_ms: initiated.transpose()? })
    }
}

#[cfg(test)]
mod tests;
