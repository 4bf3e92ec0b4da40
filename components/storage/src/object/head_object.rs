//! HeadObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>

use gateway::errors::Result;
use sdk::Response;

use crate::request::Request;

use super::get_object::{self, Want};

/// HeadObject.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    get_object::respond(request, Want::Headers).await
}
