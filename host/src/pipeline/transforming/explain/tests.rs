//! What an operator reads of a function that failed.

use super::*;
use crate::telemetry::explanations::Bounds;

#[test]
fn it_says_which_function_failed_and_how() {
    let call = FailedCall {
        function: "arn:aws:lambda:us-east-1:000000000001:function:redact:7",
        request_id: "ABC",
        kind: "trapped",
        words: "wasm `unreachable` instruction executed",
        last_lines: Some("thread panicked\nno such column"),
    };
    let explanations = Explanations::new(Bounds::default());
    FailedTransform::from(&call).keep(&explanations, call.request_id);
    let text = explanations.get("ABC").unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let reason = "the function `redact:7` failed (trapped): wasm `unreachable` instruction executed";
    assert_eq!(document["reason"], reason);
    assert_eq!(document["function"], call.function);
    assert_eq!(document["last_lines"][1], "no such column");

    let own = FailedCall { kind: "refused", words: "451 NotHere: gone", last_lines: None, ..call };
    let text = FailedTransform::from(&own).document("ABC");
    assert!(text.contains("`redact:7` refused: 451 NotHere: gone") && !text.contains("last_lines"), "{text}");

    let webhook = FailedTransform { of: OfTransform::Webhook("upper"), kind: "timed-out", words: "" };
    let text = webhook.document("ABC");
    assert!(text.contains("the webhook `upper` failed (timed-out)\""), "{text}");
}
