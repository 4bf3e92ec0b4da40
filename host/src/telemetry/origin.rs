//! Which request an error line is about.

use std::fmt::Display;

/// What is known of a request that failed.
#[derive(Debug, Clone, Default)]
pub struct RequestOrigin {
    /// Its id.
    pub request_id: String,
    /// The API name of its operation.
    pub operation: String,
    /// The bucket that it names.
    pub bucket: Option<String>,
    /// The key that it names.
    pub key: Option<String>,
}

impl RequestOrigin {
    /// Writes a line about what went wrong.
    pub fn error(&self, error: impl Display, what: &str) {
        let RequestOrigin { request_id, operation, bucket, key } = self;
        // Debug escapes what is not to be printed.
        tracing::error!(request_id, operation, ?bucket, ?key, %error, "{what}");
    }
}
