//! Configurations that cannot be set here: no bucket has one, and the responses say so.

use gateway::errors::Result;
use gateway::operations::nothing::{self, NothingResponse};
use sdk::Response;

use crate::request::Request;

/// Responds to an operation that reads or deletes such a configuration. `NotImplemented` for any
/// other.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    Ok(match nothing::respond(request.operation, &request.bucket)? {
        NothingResponse::Document(document) => Response::new(200).xml(document),
        NothingResponse::Deleted => Response::new(204),
    })
}
