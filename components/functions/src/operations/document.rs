//! Documents of responses.

use sdk::Response;
use serde_json::Value;

/// A response with a document.
pub(crate) fn json(status: u16, document: &Value) -> Response {
    Response::new(status).header("content-type", "application/json").bytes(document.to_string().into_bytes())
}
