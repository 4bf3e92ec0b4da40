//! Response headers that a signed GET or HEAD may replace: `response-content-type` and its
//! relatives.

use crate::errors::{Result, S3Error};
use crate::request::query::Query;

/// Query parameter, and the response header that it replaces.
const OVERRIDES: [(&str, &str); 6] = [
    ("response-content-type", "content-type"),
    ("response-content-language", "content-language"),
    ("response-expires", "expires"),
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
];

/// The headers that a request replaces, by lower-case name.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ResponseOverrides {
    headers: Vec<(&'static str, String)>,
}

impl ResponseOverrides {
    /// Reads them. `InvalidArgument` for values that cannot stand in a header, and for a header
    /// that no request replaces.
    pub fn parse(query: &Query) -> Result<ResponseOverrides> {
        for (parameter, value) in query.iter().filter(|(parameter, _)| parameter.starts_with("response-")) {
            if !OVERRIDES.iter().any(|(known, _)| *known == parameter) {
                let message = format!(
                    "{parameter} is not in the set of overridable response headers. Please refer to the S3 API \
                     documentation for a complete list of overridable response headers."
                );
                return Err(S3Error::invalid_argument(parameter, value, message));
            }
        }
        let mut headers = Vec::new();
        for (parameter, header) in OVERRIDES {
            let Some(value) = query.get(parameter) else { continue };
            // Headers are of Latin-1, and hold no control characters.
            if value.chars().any(|character| character.is_control() || u32::from(character) > 0xff) {
                return Err(S3Error::invalid_argument(
                    parameter,
                    value,
                    "Header value cannot be represented using ISO-8859-1.",
                ));
            }
            headers.push((header, value.to_owned()));
        }
        Ok(ResponseOverrides { headers })
    }

    /// Refuses them for anonymous requests, as S3 does: `InvalidRequest`.
    pub fn check_signed(&self, signed: bool) -> Result<()> {
        if signed || self.headers.is_empty() {
            return Ok(());
        }
        Err(S3Error::invalid_request(
            "Request specific response headers cannot be used for anonymous GET requests.",
        ))
    }

    /// The value that replaces a header.
    pub fn get(&self, header: &str) -> Option<&str> {
        self.headers.iter().find(|(name, _)| *name == header).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::ErrorCode;

    #[test]
    fn six_headers_may_be_replaced_by_signed_requests() {
        let query = Query::parse("response-content-type=foo%2Fbar&response-expires=x+y&x=1").unwrap();
        let overrides = ResponseOverrides::parse(&query).unwrap();
        assert_eq!(overrides.get("content-type"), Some("foo/bar"));
        assert_eq!(overrides.get("expires"), Some("x y"));
        assert_eq!(overrides.get("cache-control"), None);
        assert!(overrides.check_signed(true).is_ok());
        assert_eq!(overrides.check_signed(false).unwrap_err().code, ErrorCode::InvalidRequest);
        assert!(ResponseOverrides::default().check_signed(false).is_ok());
    }

    #[test]
    fn other_headers_are_not_replaced() {
        let query = Query::parse("response-content-type=a&response-x-amz-meta-a=b").unwrap();
        let error = ResponseOverrides::parse(&query).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArgument);
        assert_eq!(error.details[0], ("ArgumentName", "response-x-amz-meta-a".to_owned()));
        assert!(error.message.unwrap().starts_with("response-x-amz-meta-a is not in the set of overridable"));
    }

    #[test]
    fn only_what_can_stand_in_a_header_replaces_one() {
        let parsed = |query: &str| ResponseOverrides::parse(&Query::parse(query).unwrap());
        for (parameter, _) in OVERRIDES {
            for value in [
                "a%0d%0ax:y",
                "a%0ab",
                "%00",
                "a%09b",
                "%7F",
                "%C2%85",
                "%E2%82%AC",
                "%C4%80",
                "%F0%9F%98%80",
            ] {
                let error = parsed(&format!("{parameter}={value}")).unwrap_err();
                assert_eq!(error.code, ErrorCode::InvalidArgument, "{parameter}={value}");
                assert_eq!(error.details[0], ("ArgumentName", parameter.to_owned()));
                assert_eq!(
                    error.message.as_deref(),
                    Some("Header value cannot be represented using ISO-8859-1.")
                );
            }
            assert!(parsed(&format!("{parameter}=caf%C3%A9%20%C2%A0%C3%BF")).is_ok());
        }
    }
}
