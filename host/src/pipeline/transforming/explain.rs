//! What `portcullis explain` says where a function or a webhook failed. The form is that of the
//! explanations that the pipeline makes.

use serde::Serialize;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};

use crate::telemetry::explanations::Explanations;
use crate::transforms::FailedCall;

/// Bytes of each text of an explanation.
const WORDS_BYTES_MAX: usize = 8 << 10;

/// What failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OfTransform<'a> {
    /// A function, by its ARN; the last error lines that it wrote.
    Function(&'a str, Option<&'a str>),
    /// A webhook, by its name.
    Webhook(&'a str),
}

/// A transform that made nothing, or broke off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FailedTransform<'a> {
    /// What failed.
    pub(crate) of: OfTransform<'a>,
    /// The name of a kind of failure, or `refused`.
    pub(crate) kind: &'a str,
    /// What is known of it.
    pub(crate) words: &'a str,
}

/// The document, in the order of its fields.
#[derive(Serialize)]
struct TransformExplanation<'a> {
    request_id: &'a str,
    time: String,
    outcome: &'a str,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_lines: Option<Vec<&'a str>>,
}

impl<'a> From<&'a FailedCall<'a>> for FailedTransform<'a> {
    fn from(call: &'a FailedCall<'a>) -> FailedTransform<'a> {
        FailedTransform {
            of: OfTransform::Function(call.function, call.last_lines),
            kind: call.kind,
            words: call.words,
        }
    }
}

impl FailedTransform<'_> {
    /// Keeps it for the operator, where so many explanations may be made now.
    pub(crate) fn keep(&self, explanations: &Explanations, request_id: &str) {
        if explanations.admit() {
            explanations.keep(request_id, &self.document(request_id));
        }
    }

    fn document(&self, request_id: &str) -> String {
        let mut time = String::new();
        // A time that cannot be written is left out.
        let _ = SystemTime.format_time(&mut Writer::new(&mut time));
        let (what, function, webhook, last_lines) = match self.of {
            OfTransform::Function(arn, lines) => {
                (format!("the function {}", named(arn)), Some(arn), None, lines)
            }
            OfTransform::Webhook(name) => (format!("the webhook `{name}`"), None, Some(name), None),
        };
        let did = if self.kind == "refused" { "refused" } else { "failed" };
        let reason = match cut(self.words) {
            "" => format!("{what} {did} ({})", self.kind),
            words if self.kind == "refused" => format!("{what} {did}: {words}"),
            words => format!("{what} {did} ({}): {words}", self.kind),
        };
        let document = TransformExplanation {
            request_id,
            time,
            outcome: self.kind,
            reason,
            function,
            webhook,
            last_lines: last_lines.map(|lines| cut(lines).lines().collect()),
        };
        serde_json::to_string(&document).unwrap_or_default()
    }
}

/// The name of a function, with its version where it has one.
fn named(arn: &str) -> String {
    let name: Vec<&str> = arn.split(':').skip(6).collect();
    format!("`{}`", if name.is_empty() { arn.to_owned() } else { name.join(":") })
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(WORDS_BYTES_MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
