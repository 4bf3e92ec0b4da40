//! What a function is shown that says what it depends on: that, and nothing else.

use crate::{ShownCaller, ShownRequest};

/// The request without what is not named: `query:w`, `header:accept`.
pub fn only(request: &ShownRequest, vary: &[String]) -> ShownRequest {
    let is_named = |kind: &str, name: &str| {
        vary.iter().any(|word| word.strip_prefix(kind).is_some_and(|named| named == name))
    };
    let chosen = |fields: &[(String, String)], kind: &str| {
        fields.iter().filter(|(name, _)| is_named(kind, name)).cloned().collect()
    };
    ShownRequest {
        method: "GET".to_owned(),
        url: String::new(),
        headers: chosen(&request.headers, "header:"),
        query: chosen(&request.query, "query:"),
    }
}

/// Who sent it, where `caller` is named.
pub fn caller_only(caller: Option<ShownCaller>, vary: &[String]) -> Option<ShownCaller> {
    caller.filter(|_| vary.iter().any(|word| word == "caller"))
}
