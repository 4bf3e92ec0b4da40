//! PostObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>
//!
//! The gateway has received the fields of the form, and they were decided on. The rest of the body
//! is the file.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::form::{self, Form, Success};
use gateway::operations::post_policy::PostPolicy;
use gateway::request::url_encoding;
use sdk::response::push_header;
use sdk::{Failure, Response, failure_to_error};

use crate::request::Request;

use super::put_object::{Announced, BODY_BYTES_MAX};

/// PostObject.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let form = request.form.as_ref().ok_or(ErrorCode::InternalError)?;
    let bucket = &request.bucket_row()?.record;
    let policy = form.get("policy").map(PostPolicy::parse).transpose()?;
    let longest = policy.as_ref().and_then(PostPolicy::length_range).map_or(u64::MAX, |(_, max)| max);
    let longest = longest.min(BODY_BYTES_MAX);
    let upload = Announced::read(request, bucket)?;
    let received = upload.receive(request, longest).await.map_err(|failure| match failure {
        Failure::BodyTooLarge => too_large(request, longest),
        // The delimiter after the file is missing.
        Failure::BodyIncomplete => ErrorCode::MalformedPOSTRequest.into(),
        failure => failure_to_error(failure),
    })?;
    if let Some(policy) = &policy {
        policy.check_length(received.length)?;
    }
    let mut lines = upload.store(request, bucket, received).await?;
    let etag = lines.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap_or_default().to_owned();
    Ok(match success(form, request, &etag) {
        FormResponse::Empty(status, location) => {
            push_header(&mut lines, "location", &location);
            Response::with_lines(status, lines)
        }
        FormResponse::Document(location, document) => {
            push_header(&mut lines, "location", &location);
            Response::with_lines(201, lines).xml(document)
        }
    })
}

/// The part of the response that PutObject does not have.
enum FormResponse {
    /// A status and a location.
    Empty(u16, String),
    /// A location and a document.
    Document(String, String),
}

fn success(form: &Form, request: &Request, etag: &str) -> FormResponse {
    let location = location(request);
    match form.success() {
        Success::Empty(status) => FormResponse::Empty(status, location),
        Success::Document => {
            let document = form::document(&location, &request.bucket, &request.key, etag);
            FormResponse::Document(location, document)
        }
        Success::Redirect(url) => {
            FormResponse::Empty(303, form::redirect(url, &request.bucket, &request.key, etag))
        }
    }
}

/// The URL of the object, addressed as the form was.
fn location(request: &Request) -> String {
    let scheme = if request.call.tls_version().is_some() { "https" } else { "http" };
    let mut url = format!("{scheme}://{}/", request.head.host);
    if !request.head.path.trim_matches('/').is_empty() {
        url.push_str(&request.bucket);
        url.push('/');
    }
    url_encoding::push_path(&mut url, &request.key);
    url
}

/// `EntityTooLarge`. The length of the file is not known, because it was not received whole. The
/// response gives that of the body.
fn too_large(request: &Request, longest: u64) -> S3Error {
    let error = S3Error::new(ErrorCode::EntityTooLarge);
    let error = match request.head.content_length {
        Some(length) => error.detail("ProposedSize", length.to_string()),
        None => error,
    };
    error.detail("MaxSizeAllowed", longest.to_string())
}
