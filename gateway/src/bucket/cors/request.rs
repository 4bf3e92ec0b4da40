//! What a cross-origin request says of itself.

use super::refusal;
use crate::errors::Result;
use crate::request::headers::Headers;
use crate::request::method::Method;

/// Names in `Access-Control-Request-Headers`, in bytes: what S3 takes of a whole header section.
pub const REQUEST_HEADERS_LENGTH_MAX: usize = 8 << 10;

/// Names in that header. Browsers send fewer.
const REQUEST_HEADERS_MAX: usize = 256;

/// The headers of a preflight. S3 looks at them in actual requests as well, where browsers do not
/// send the last two.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrossOrigin<'a> {
    /// `https://example.com`
    pub origin: &'a str,
    /// What the page is going to do.
    pub method: Option<Method>,
    /// Names in lower case, in the order sent, each once.
    pub headers: Vec<String>,
}

impl<'a> CrossOrigin<'a> {
    /// Reads the headers of a request that has this origin. `BadRequest` for a method that S3 does
    /// not have, and for what cannot be the name of a header; `RequestHeaderSectionTooLarge`.
    pub fn read(origin: &'a str, headers: &Headers) -> Result<CrossOrigin<'a>> {
        let method = match headers.get("access-control-request-method") {
            Some(text) => Some(Method::parse(text).ok_or_else(|| refusal::invalid_method(text))?),
            None => None,
        };
        let requested = headers.joined("access-control-request-headers").unwrap_or_default();
        if requested.len() > REQUEST_HEADERS_LENGTH_MAX {
            return Err(refusal::too_many_headers(REQUEST_HEADERS_LENGTH_MAX));
        }
        let mut names = Vec::new();
        for text in requested.split(',').filter(|_| !requested.trim().is_empty()) {
            let name = text.trim_matches([' ', '\t']);
            if name.is_empty() || !is_token(name) {
                return Err(refusal::invalid_header(text));
            }
            let name = name.to_ascii_lowercase();
            if !names.contains(&name) {
                names.push(name);
            }
            // Each name is compared with every pattern of a rule, so their number needs a limit.
            if names.len() > REQUEST_HEADERS_MAX {
                return Err(refusal::too_many_headers(REQUEST_HEADERS_LENGTH_MAX));
            }
        }
        Ok(CrossOrigin { origin, method, headers: names })
    }
}

/// The origin of a request; `None` also for an empty one.
pub(super) fn origin(headers: &Headers) -> Option<&str> {
    headers.get("origin").filter(|origin| !origin.is_empty())
}

/// Whether a text has only characters that names of headers have:
/// <https://www.rfc-editor.org/rfc/rfc9110#name-tokens>
pub(super) fn is_token(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
