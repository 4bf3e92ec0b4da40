//! Health and metrics, for probes and scrapers. The host answers them without the pipeline.

use std::sync::atomic::{AtomicU8, Ordering};

use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use crate::body::respond::ResponseBody;
use crate::telemetry::metrics::{Form, Metrics};

/// What a listener is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Requests only.
    Requests,
    /// Requests, and health for unsigned probes.
    RequestsAndHealth,
    /// Requests, and health and metrics for unsigned probes: a listener that only this machine
    /// reaches.
    RequestsAndAdmin,
    /// Health and metrics only.
    Admin,
}

/// Where the server is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Not yet accepting.
    Starting,
    /// Serving.
    Ready,
    /// Finishing what is in flight.
    Draining,
}

/// The phase, for all threads.
#[derive(Debug)]
pub struct Health(AtomicU8);

impl Default for Health {
    fn default() -> Health {
        Health(AtomicU8::new(Phase::Starting as u8))
    }
}

impl Health {
    /// Enters a phase.
    pub fn enter(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Release);
    }

    /// Whether new requests are welcome.
    fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire) == Phase::Ready as u8
    }

    /// The response to a probe or scrape; `None` when the request is for the pipeline.
    ///
    /// On a listener that also takes requests, only a GET or HEAD without query and without
    /// `Authorization` counts as one: a signed request for the same path is never hidden.
    pub fn answer(&self, request: &Parts, duty: Duty, metrics: &Metrics) -> Option<Response<ResponseBody>> {
        let path = request.uri.path();
        // The usual case first, because every request comes by here.
        if duty != Duty::Admin && !path.starts_with("/health") && !path.starts_with("/m") {
            return None;
        }
        let unsigned = request.uri.query().is_none() && !request.headers.contains_key(AUTHORIZATION);
        let read = request.method == Method::GET || request.method == Method::HEAD;
        let shared = duty != Duty::Admin;
        if duty == Duty::Requests || (shared && !(unsigned && read)) {
            return None;
        }
        let response = match path {
            "/health/live" | "/health/startup" | "/minio/health/live" => text(StatusCode::OK, "live\n"),
            "/health/ready" | "/minio/health/ready" | "/minio/health/cluster" => match self.is_ready() {
                true => text(StatusCode::OK, "ready\n"),
                false => text(StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
            },
            "/metrics" if matches!(duty, Duty::Admin | Duty::RequestsAndAdmin) => scrape(request, metrics),
            _ if shared => return None,
            _ => text(StatusCode::NOT_FOUND, "here are /health/live, /health/ready and /metrics\n"),
        };
        Some(if read { response } else { text(StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD\n") })
    }
}

fn text(status: StatusCode, line: &'static str) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Bytes(line.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn scrape(request: &Parts, metrics: &Metrics) -> Response<ResponseBody> {
    let form = Form::accepted(request.headers.get(ACCEPT).and_then(|value| value.to_str().ok()));
    let mut response = Response::new(ResponseBody::Bytes(metrics.render(form).into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
    response
}

#[cfg(test)]
mod tests;
