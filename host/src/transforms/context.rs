//! A context that no request has: for a smoke run, and to begin a described one with.

use super::bindings::types;

/// An anonymous GET of a small text, at the first second of 2026.
pub fn smoke() -> types::Context {
    types::Context {
        request_id: "0".repeat(16),
        bucket: "amzn-s3-demo-bucket".to_owned(),
        key: "smoke.txt".to_owned(),
        object: types::Object {
            version_id: None,
            size: 0,
            etag: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
            content_type: Some("text/plain".to_owned()),
            last_modified_ms: 1_767_225_600_000,
            metadata: Vec::new(),
            tags: Vec::new(),
        },
        caller: None,
        request: types::UserRequest {
            method: "GET".to_owned(),
            url: "http://localhost/amzn-s3-demo-bucket/smoke.txt".to_owned(),
            headers: vec![("host".to_owned(), "localhost".to_owned())],
            query: Vec::new(),
        },
        payload: String::new(),
        access_point_arn: None,
        range: None,
        part_number: None,
        now_ms: 1_767_225_600_000,
    }
}
