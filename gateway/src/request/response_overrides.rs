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
    /// Reads them. `InvalidArgument` for values that cannot stand in a header, and for headers that
    /// cannot be replaced.
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
mod tests;
