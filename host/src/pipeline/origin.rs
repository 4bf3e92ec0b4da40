//! What the log says of a request whose response could not be made, or is cut short.

use crate::pipeline::bindings::calls::Target;
use crate::telemetry::origin::RequestOrigin;

/// The origin of a line about a call that has this target.
pub(crate) fn origin(request_id: &str, operation: &str, target: Option<Target>) -> RequestOrigin {
    let (bucket, key) = target.map(|target| (target.bucket, target.key)).unwrap_or_default();
    RequestOrigin { request_id: request_id.to_owned(), operation: operation.to_owned(), bucket, key }
}
