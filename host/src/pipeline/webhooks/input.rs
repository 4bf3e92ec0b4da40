//! What a webhook reads: the response that `storage` has set, by a URL that nobody can guess and
//! that ends with the call.
//!
//! The URL has the form of a presigned one, because functions take it apart. It opens this one
//! response and nothing else: what the caller was allowed to read when it was decided, of the
//! version that was there. No function needs rights of its own, and nothing is decided again.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, RANGE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use percent_encoding::percent_decode_str;
use subtle::ConstantTimeEq as _;

use super::Webhooks;
use super::range::{Served, Wanted, content_range, wanted};
use super::waiting::ID_LETTERS_COUNT;
use crate::body::respond::ResponseBody;
use crate::pipeline::call::{StoredBytes, TransformInput};
use crate::pipeline::contract::volume_span;
use crate::pipeline::{header_lines, responses};
use volume::{SpanReader, Volume, VolumeError};

/// The parameter with the number of a call.
const CREDENTIAL: &str = "X-Amz-Credential=";

/// What a URL opens.
pub(super) struct WebhookInput {
    /// Path and query, with the secret.
    pub(super) target: String,
    /// What is asked for: a head is not read by GET.
    pub(super) is_head: bool,
    pub(super) status: u16,
    /// `name: value\n` lines.
    pub(super) headers: String,
    pub(super) bytes: InputBytes,
}

/// The bytes of it.
pub(super) enum InputBytes {
    /// At hand.
    Bytes(Bytes),
    /// To be read. The first reader was made when the response was: it has the object even where
    /// that is deleted in the meantime.
    Stored(StoredBytes, Mutex<Option<SpanReader>>),
}

impl InputBytes {
    /// Those of a response. None where they cannot be read.
    pub(super) fn of(input: TransformInput, volume: &Volume) -> Result<Option<InputBytes>, VolumeError> {
        Ok(match input {
            TransformInput::Bytes(bytes) => Some(InputBytes::Bytes(bytes.into())),
            TransformInput::Stored(stored) => {
                let spans: Vec<_> = stored.spans.iter().map(volume_span).collect();
                let reader = volume.reader(&spans, stored.key.as_ref())?;
                Some(InputBytes::Stored(stored, Mutex::new(Some(reader))))
            }
            TransformInput::Made(_) | TransformInput::Inner(_) => None,
        })
    }

    fn length(&self) -> u64 {
        match self {
            InputBytes::Bytes(bytes) => bytes.len() as u64,
            InputBytes::Stored(stored, _) => stored.spans.iter().map(|span| span.length).sum(),
        }
    }

    /// The bytes from one to before another.
    fn body(&self, first: u64, end: u64, volume: &Volume) -> Result<ResponseBody, VolumeError> {
        let (stored, reader) = match self {
            InputBytes::Bytes(bytes) => {
                let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).min(bytes.len());
                return Ok(ResponseBody::Bytes(bytes.slice(at(first)..at(end).max(at(first)))));
            }
            InputBytes::Stored(stored, reader) => (stored, reader),
        };
        if first == 0
            && end == self.length()
            && let Some(reader) = reader.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            return ResponseBody::stored(reader);
        }
        let mut spans = Vec::new();
        let mut start = 0;
        for span in &stored.spans {
            let (from, to) = (first.max(start), end.min(start + span.length));
            if from < to {
                let offset = span.offset + (from - start);
                spans.push(volume::Span { blob: span.blob, offset, length: to - from });
            }
            start += span.length;
        }
        volume.reader(&spans, stored.key.as_ref()).and_then(ResponseBody::stored)
    }
}

impl Webhooks {
    /// The response to a request that has the URL of a call that waits; none for every other
    /// request.
    pub(crate) fn serve_input(
        &self,
        parts: &Parts,
        request_id: &str,
        volume: &Volume,
    ) -> Option<Response<ResponseBody>> {
        let query = parts.uri.query()?;
        let id = query.split('&').find_map(|parameter| parameter.strip_prefix(CREDENTIAL))?;
        let call = self.waiting.get(id.get(..ID_LETTERS_COUNT)?)?;
        let input = &call.input;
        let sent = parts.uri.path_and_query()?.as_str();
        // Clients write the same URL with other escapes.
        let (sent, known): (Vec<u8>, Vec<u8>) =
            (percent_decode_str(sent).collect(), percent_decode_str(&input.target).collect());
        let may = match parts.method {
            Method::HEAD => true,
            Method::GET => !input.is_head,
            _ => false,
        };
        if !may || !bool::from(sent.ct_eq(&known)) {
            return None;
        }
        let response = input.response(parts, request_id, volume);
        Some(response.unwrap_or_else(|error| {
            crate::telemetry::reason::given(&error, "stored bytes could not be read for a webhook");
            responses::internal_error(request_id)
        }))
    }
}

impl WebhookInput {
    fn response(
        &self,
        parts: &Parts,
        request_id: &str,
        volume: &Volume,
    ) -> Result<Response<ResponseBody>, VolumeError> {
        let length = self.bytes.length();
        let range = parts.headers.get(RANGE).and_then(|value| value.to_str().ok());
        let asked = if self.status == 200 && !self.is_head { wanted(range) } else { Wanted::Whole };
        let served = asked.of(length);
        let (status, first, end) = match served {
            Served::Range { first, last } => (206, first, last + 1),
            Served::Unsatisfiable => (416, 0, 0),
            Served::Whole => (self.status, 0, length),
        };
        let is_head = parts.method == Method::HEAD;
        let body = if is_head { ResponseBody::Empty } else { self.bytes.body(first, end, volume)? };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let headers = response.headers_mut();
        header_lines::append(headers, &self.headers);
        if let Some(range) = content_range(served, length)
            && let Ok(value) = HeaderValue::from_str(&range)
        {
            headers.insert(CONTENT_RANGE, value);
        }
        if is_head && !self.is_head {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(end - first));
        }
        // Ids are letters and digits.
        let _ = responses::add_ids(headers, request_id);
        Ok(response)
    }
}

/// Path and query of a URL, with what makes it one of a call: the parameters of a presigned one.
pub(super) fn presigned(
    target: &str,
    id: &str,
    signature: &str,
    moment: &str,
    region: &str,
    seconds: u64,
) -> String {
    let day = moment.get(..8).unwrap_or_default();
    let joint = if target.contains('?') { '&' } else { '?' };
    format!(
        "{target}{joint}X-Amz-Algorithm=AWS4-HMAC-SHA256&{CREDENTIAL}{id}%2F{day}%2F{region}%2Fs3%2Faws4_request\
         &X-Amz-Date={moment}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}"
    )
}
