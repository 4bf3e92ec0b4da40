//! Configurations that nobody can have made: the truth, that the bucket has none.

use gateway::errors::Result;
use gateway::operations::nothing::{self, NothingResponse};
use sdk::Response;

use crate::request::Request;

/// Answers an operation that reads or deletes what is not there. `NotImplemented` for any other.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    Ok(match nothing::respond(request.operation, &request.bucket)? {
        NothingResponse::Document(document) => Response::new(200).xml(document),
        NothingResponse::Deleted => Response::new(204),
    })
}
