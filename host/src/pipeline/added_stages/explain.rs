//! What `portcullis explain` says where an added stage refused a request, or failed on it. The form
//! is that of the explanations that the pipeline makes.

use serde::Serialize;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};

use super::{Ending, position_name};
use crate::pipeline::bindings::calls::Principal;
use crate::pipeline::call::CallState;

/// Bytes of the stage's own words.
const WORDS_BYTES_MAX: usize = 8 << 10;

/// The document, in the order of its fields.
#[derive(Debug, Serialize)]
struct StageExplanation<'a> {
    request_id: &'a str,
    time: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    operation: &'a str,
    /// The code of the error.
    outcome: &'a str,
    reason: String,
    stage: &'a str,
    position: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<ShownPrincipal<'a>>,
    source_ip: String,
}

#[derive(Debug, Serialize)]
struct ShownPrincipal<'a> {
    arn: &'a str,
    access_key_id: &'a str,
}

/// The explanation of how a stage ended a call.
pub fn explain(call: &CallState, ending: &Ending) -> String {
    let mut time = String::new();
    // A time that cannot be written is left out.
    let _ = SystemTime.format_time(&mut Writer::new(&mut time));
    let words = ending.words.get(..ending.words.floor_char_boundary(WORDS_BYTES_MAX)).unwrap_or_default();
    let did = if ending.failed { "failed" } else { "refused" };
    let reason = match words {
        "" => format!("the added stage `{}` {did}", ending.stage),
        words => format!("the added stage `{}` {did}: {words}", ending.stage),
    };
    let document = StageExplanation {
        request_id: &call.request_id,
        time,
        operation: call.facts.target.as_ref().map(|target| target.operation.as_str()).unwrap_or_default(),
        outcome: &ending.refusal.code,
        reason,
        stage: &ending.stage,
        position: position_name(ending.position),
        principal: match &call.facts.principal {
            Some(Principal::Authenticated(identity)) => {
                Some(ShownPrincipal { arn: &identity.arn, access_key_id: &identity.access_key_id })
            }
            _ => None,
        },
        source_ip: call.source_text(),
    };
    serde_json::to_string(&document).unwrap_or_default()
}
