//! Configurations that nobody can have made: the truth, that the bucket has none.

use gateway::errors::Result;
use gateway::operations::nothing::{self, Answer};
use sdk::Response;

use crate::request::Request;

/// Answers an operation that reads or deletes what is not there. `NotImplemented` for any other.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    Ok(match nothing::answer(request.operation, &request.bucket)? {
        Answer::Document(document) => Response::new(200).xml(document),
        Answer::Deleted => Response::new(204),
    })
}
