//! A transform of uploads: a document that does not match a JSON schema is not stored. The schema is the payload.

wit_bindgen::generate!({ path: "../../../gateway/transform-wit", world: "writes" });

use exports::portcullis::transform::put::{Context, Error, Guest, Stored};
use jsonschema::PatternOptions;
use serde_json::Value;

/// Errors that a client is told at once, and letters of each.
const ERRORS_MAX: usize = 3;
const ERROR_LETTERS_MAX: usize = 70;

struct JsonSchema;

impl Guest for JsonSchema {
    fn transform(context: Context, body: Vec<u8>) -> Result<Stored, Error> {
        let invalid =
            |why: String| error(500, "InvalidPayload", format!("The payload is no JSON schema: {why}"));
        let schema: Value = serde_json::from_str(&context.payload).map_err(|why| invalid(why.to_string()))?;
        // Patterns meet what clients send: this engine is linear in it.
        let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
        let validator = options.build(&schema).map_err(|why| invalid(why.to_string()))?;
        let document: Value = serde_json::from_slice(&body)
            .map_err(|why| error(422, "InvalidDocument", format!("The document is no JSON: {why}")))?;
        let mut wrong = Vec::new();
        for found in validator.iter_errors(&document).take(ERRORS_MAX + 1) {
            let place = found.instance_path().to_string();
            let place = if place.is_empty() { "the document" } else { place.as_str() };
            wrong.push(format!("{}: {}", short(place), short(&found.to_string())));
        }
        if wrong.is_empty() {
            return Ok(Stored { content_type: None, metadata: None, body: None });
        }
        if wrong.len() > ERRORS_MAX {
            wrong.truncate(ERRORS_MAX);
            wrong.push("and more".to_owned());
        }
        Err(error(422, "InvalidDocument", wrong.join("; ")))
    }
}

fn short(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(ERROR_LETTERS_MAX).collect();
    if letters.next().is_some() { start + "…" } else { start }
}

/// An error whose message has no control characters, and is not too long.
fn error(status: u16, code: &str, message: String) -> Error {
    let message = message.chars().filter(|letter| !letter.is_control()).take(250).collect();
    Error { status, code: code.to_owned(), message }
}

export!(JsonSchema);
