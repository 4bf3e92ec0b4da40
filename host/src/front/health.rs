//! Health and metrics, for probes and scrapers. The host answers them without the pipeline.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use crate::body::respond::ResponseBody;
use crate::telemetry::metrics::{Metrics, TextForm};
use volume::Volume;

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
    /// Health only.
    Health,
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

/// The phase, for all threads, and where writes go.
#[derive(Debug)]
pub struct Health {
    phase: AtomicU8,
    volume: Option<Arc<Volume>>,
}

impl Default for Health {
    fn default() -> Health {
        Health { phase: AtomicU8::new(Phase::Starting as u8), volume: None }
    }
}

impl Health {
    /// Of a server that writes into this volume.
    pub fn of(volume: Arc<Volume>) -> Health {
        Health { volume: Some(volume), ..Health::default() }
    }

    /// Enters a phase.
    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    /// Whether new requests are welcome.
    fn is_ready(&self) -> bool {
        self.phase.load(Ordering::Acquire) == Phase::Ready as u8
    }

    /// Whether requests are welcome: all of them, or `Needs::Reads` only those that write nothing.
    fn ready(&self, needs: Needs, duty: Duty) -> Response<ResponseBody> {
        if !self.is_ready() {
            return text(StatusCode::SERVICE_UNAVAILABLE, "not ready\n");
        }
        let refused = self.volume.as_ref().and_then(|volume| match volume.is_unreadable() {
            true => Some(RefusedWork::All(volume.trouble().unwrap_or_default())),
            false => volume.trouble().map(RefusedWork::Writes),
        });
        readiness(refused, needs, duty)
    }

    /// The response to a probe or scrape; `None` when the request is for the pipeline.
    ///
    /// On a listener that also takes requests, only a GET or HEAD without query and without
    /// `Authorization` counts as one: a signed request for the same path is never hidden.
    pub fn answer(&self, request: &Parts, duty: Duty, metrics: &Metrics) -> Option<Response<ResponseBody>> {
        let path = request.uri.path();
        // The usual case first, because every request comes by here.
        let shared = !matches!(duty, Duty::Admin | Duty::Health);
        if shared && !path.starts_with("/health") && !path.starts_with("/m") {
            return None;
        }
        let unsigned = request.uri.query().is_none() && !request.headers.contains_key(AUTHORIZATION);
        let read = request.method == Method::GET || request.method == Method::HEAD;
        if duty == Duty::Requests || (shared && !(unsigned && read)) {
            return None;
        }
        let response = match path {
            "/health/live" | "/health/startup" | "/minio/health/live" => text(StatusCode::OK, "live\n"),
            "/health/ready" | "/minio/health/ready" | "/minio/health/cluster/read" => {
                self.ready(Needs::Reads, duty)
            }
            "/health/ready/write" | "/minio/health/cluster" => self.ready(Needs::Writes, duty),
            "/metrics" if duty.tells_details() => scrape(request, metrics),
            _ if shared => return None,
            "/metrics" => text(StatusCode::NOT_FOUND, "/metrics is not for requests through a proxy\n"),
            _ => text(
                StatusCode::NOT_FOUND,
                "here are /health/live, /health/ready, /health/ready/write and /metrics\n",
            ),
        };
        Some(if read { response } else { text(StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD\n") })
    }
}

/// What the volume refuses, and why.
#[derive(Debug)]
enum RefusedWork {
    Writes(String),
    /// Reads and deletes, too.
    All(String),
}

/// The response of a server that runs. What is wrong is said where only the operator asks.
fn readiness(refused: Option<RefusedWork>, needs: Needs, duty: Duty) -> Response<ResponseBody> {
    let status = match (&refused, needs) {
        (Some(RefusedWork::All(_)), _) | (Some(RefusedWork::Writes(_)), Needs::Writes) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::OK,
    };
    let word = if status == StatusCode::OK { "ready" } else { "not ready" };
    match refused.filter(|_| duty.tells_details()) {
        Some(RefusedWork::Writes(why)) => {
            text(status, format!("{word}\ndegraded: writes are refused: {why}\n"))
        }
        Some(RefusedWork::All(why)) => {
            text(status, format!("{word}\ndegraded: reads and writes are refused: {why}\n"))
        }
        None => text(status, format!("{word}\n")),
    }
}

/// What a probe asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Requests that read are served.
    Reads,
    /// Requests that write are served, too.
    Writes,
}

impl Duty {
    /// Whether who asks here may know more than that the server is well.
    fn tells_details(self) -> bool {
        matches!(self, Duty::Admin | Duty::RequestsAndAdmin)
    }
}

fn text(status: StatusCode, line: impl Into<Bytes>) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Bytes(line.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn scrape(request: &Parts, metrics: &Metrics) -> Response<ResponseBody> {
    let form = TextForm::accepted(request.headers.get(ACCEPT).and_then(|value| value.to_str().ok()));
    let mut response = Response::new(ResponseBody::Bytes(metrics.render(form).into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
    response
}

#[cfg(test)]
mod tests;
