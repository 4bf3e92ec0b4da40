//! What every response has: the ids of its request, and the name of the server. And the responses
//! that the host gives by itself, where the pipeline cannot: it trapped, a limit is reached, or the
//! head of the request is not clear.
//!
//! The latter are the only S3-shaped texts in the host. The pipeline writes everything else that a
//! client reads.

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, InvalidHeaderValue, RETRY_AFTER, SERVER,
};
use http::{HeaderMap, Response, StatusCode};

use crate::body::respond::ResponseBody;
use crate::pipeline::head::HEADERS_BYTES_MAX;
use crate::telemetry::access::ErrorCode;

const INTERNAL_ERROR: (&str, &str) = ("InternalError", "We encountered an internal error. Please try again.");
const HEAD_TOO_LONG: (&str, &str) =
    ("RequestHeaderSectionTooLarge", "Your request header section exceeds the maximum allowed size.");
const BAD_REQUEST: (&str, &str) = ("BadRequest", "An error occurred when parsing the HTTP request.");
const UNCLEAR_CLIENT: (&str, &str) =
    ("InvalidRequest", "The proxy in front of this server does not say clearly who sent the request.");
const UNAVAILABLE: (&str, &str) = ("ServiceUnavailable", "Service is unable to handle request.");
const SLOW_DOWN: (&str, &str) = ("SlowDown", "Please reduce your request rate.");
/// The response header that carries the request id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
/// The second id, which clients of S3 log too.
const HOST_ID: HeaderName = HeaderName::from_static("x-amz-id-2");

/// Seconds after which a refused client may try again.
const RETRY_AFTER_SECONDS: &str = "1";

/// Adds what every response of the pipeline has: the ids of its request, and `server`.
///
/// # Errors
/// An id that cannot be a header. Ids are letters and digits, so there is none.
pub fn add_ids(headers: &mut HeaderMap, request_id: &str) -> Result<(), InvalidHeaderValue> {
    let request_id = HeaderValue::from_str(request_id)?;
    headers.insert(HOST_ID, request_id.clone());
    headers.insert(REQUEST_ID, request_id);
    headers.insert(SERVER, HeaderValue::from_static("Portcullis"));
    Ok(())
}

/// The request id in the headers of a response.
pub fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(REQUEST_ID)?.to_str().ok()
}

/// 500: the pipeline did not answer.
pub fn internal_error(request_id: &str) -> Response<ResponseBody> {
    error(StatusCode::INTERNAL_SERVER_ERROR, INTERNAL_ERROR, request_id)
}

/// 400: the request does not name its host, or names two. The connection is closed: what follows on
/// it could be read in two ways.
pub fn bad_request(request_id: &str) -> Response<ResponseBody> {
    let mut response = error(StatusCode::BAD_REQUEST, BAD_REQUEST, request_id);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// 400: a trusted proxy does not say who the client is.
pub fn unclear_client(request_id: &str) -> Response<ResponseBody> {
    error(StatusCode::BAD_REQUEST, UNCLEAR_CLIENT, request_id)
}

/// The same as the bytes of a whole HTTP/1.1 response, for a connection whose first bytes are not
/// those of a proxy.
pub fn unclear_client_bytes(request_id: &str) -> Bytes {
    bytes(request_id, &document(UNCLEAR_CLIENT, request_id))
}

/// 503: more requests are in flight than the limits allow.
pub fn slow_down(request_id: &str) -> Response<ResponseBody> {
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, SLOW_DOWN, request_id);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    response
}

/// 503: the disk is full, and the index cannot be read until there is space.
pub fn unavailable(request_id: &str) -> Response<ResponseBody> {
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE, request_id);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    response
}

/// 400: the headers of a request are longer than allowed.
pub fn head_too_long(request_id: &str) -> Response<ResponseBody> {
    let mut response = error(StatusCode::BAD_REQUEST, HEAD_TOO_LONG, request_id);
    *response.body_mut() = ResponseBody::Bytes(head_too_long_document(request_id, HEADERS_BYTES_MAX).into());
    response
}

/// The same as the bytes of a whole HTTP/1.1 response, for a head that was not read to its end: it
/// is longer than `bytes_max`, request line and headers together.
pub fn head_too_long_bytes(request_id: &str, bytes_max: usize) -> Bytes {
    bytes(request_id, &head_too_long_document(request_id, bytes_max))
}

fn bytes(request_id: &str, document: &str) -> Bytes {
    let length = document.len();
    Bytes::from(format!(
        "HTTP/1.1 400 Bad Request\r\n{CONTENT_TYPE}: application/xml\r\ncontent-length: {length}\r\n\
         {REQUEST_ID}: {request_id}\r\n{CONNECTION}: close\r\n\r\n{document}"
    ))
}

fn head_too_long_document(request_id: &str, bytes_max: usize) -> String {
    let allowed = format!("<MaxSizeAllowed>{bytes_max}</MaxSizeAllowed><RequestId>");
    document(HEAD_TOO_LONG, request_id).replace("<RequestId>", &allowed)
}

fn error(status: StatusCode, text: (&'static str, &str), request_id: &str) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Bytes(document(text, request_id).into()));
    *response.status_mut() = status;
    response.extensions_mut().insert(ErrorCode(text.0.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, request_id);
    }
    response
}

/// Request ids are letters and digits: nothing in the document needs escaping.
fn document((code, message): (&str, &str), request_id: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>{request_id}</RequestId></Error>"
    )
}
