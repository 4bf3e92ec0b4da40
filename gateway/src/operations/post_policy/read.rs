//! Reads the document of a form's policy, with S3's words for what is wrong with it.

use super::{Condition, Matching, PostPolicy};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::policy::json::Json;
use crate::timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

impl PostPolicy {
    /// Reads a policy as it stands in its field. `InvalidPolicyDocument` for anything else.
    pub fn parse(base64: &str) -> Result<PostPolicy> {
        let base64 = base64.trim();
        if base64.is_empty() {
            return Err(invalid("Expecting '{' but found End-of-Input"));
        }
        let bytes = STANDARD.decode(base64).or_else(|_| STANDARD_NO_PAD.decode(base64));
        let bytes = bytes.map_err(|_| invalid("invalid Base64 encoding."))?;
        let text = String::from_utf8(bytes).map_err(|_| invalid_json())?;
        let document = Json::parse(&without_escaped_dollars(&text)).map_err(|_| invalid_json())?;
        let members = document.members().ok_or_else(invalid_json)?;
        let member = |name: &str| members.iter().find(|(own, _)| own == name).map(|(_, value)| value);
        let expiration = member("expiration").ok_or_else(|| invalid("Policy missing expiration."))?;
        let conditions = member("conditions").ok_or_else(|| invalid("Policy missing conditions."))?;
        if let Some((other, _)) =
            members.iter().find(|(name, _)| name != "expiration" && name != "conditions")
        {
            return Err(invalid(&format!("Unexpected: \"{other}\"")));
        }
        let expiration = expiration.text().ok_or_else(invalid_json)?;
        let expiration_ms = read_expiration(expiration)
            .ok_or_else(|| invalid(&format!("Invalid 'expiration' value: '{expiration}'")))?;
        let Json::List(conditions) = conditions else {
            return Err(invalid("Invalid 'conditions' value: must be a List."));
        };
        let texts = texts_of_conditions(&text);
        let conditions = conditions
            .iter()
            .enumerate()
            .map(|(at, condition)| read_condition(condition, texts.get(at).copied().unwrap_or_default()))
            .collect::<Result<_>>()?;
        Ok(PostPolicy { expiration_ms, conditions })
    }
}

/// ISO 8601 in UTC, in this form only: `2007-12-01T12:00:00.000Z`.
fn read_expiration(text: &str) -> Option<u64> {
    let is_utc = text.ends_with('Z') && text.get(10..11) == Some("T");
    timestamp::parse_iso8601(text).filter(|_| is_utc)
}

/// A condition; `text` is how the document writes it.
fn read_condition(condition: &Json, text: &str) -> Result<Condition> {
    match condition {
        Json::Object(members) => match members.as_slice() {
            [(name, Json::Text(value))] => Ok(Condition::Field {
                name: name.to_ascii_lowercase(),
                matching: Matching::Exact,
                value: value.clone(),
                text: format!("[\"eq\", \"${name}\", \"{value}\"]"),
            }),
            [_] => Err(invalid("Invalid Simple-Condition: value must be a string.")),
            _ => Err(invalid(
                "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
            )),
        },
        Json::List(items) => read_list(items, text),
        _ => Err(invalid("Invalid condition test: must be a List or Object.")),
    }
}

fn read_list(items: &[Json], text: &str) -> Result<Condition> {
    let Some((operation, arguments)) = items.split_first() else {
        return Err(invalid("Invalid Condition: missing operation identifier."));
    };
    let operation = operation.text().ok_or_else(invalid_json)?;
    let matching = match operation.to_ascii_lowercase().as_str() {
        "eq" => Some(Matching::Exact),
        "starts-with" => Some(Matching::StartsWith),
        "content-length-range" => None,
        _ => return Err(invalid(&format!("Invalid Condition: unknown operation '{operation}'."))),
    };
    let [first, second] = arguments else {
        return Err(invalid(&format!("Invalid {operation}: wrong number of arguments.")));
    };
    let Some(matching) = matching else {
        return Ok(Condition::Length { min: length(first)?, max: length(second)? });
    };
    let name = first.text().ok_or_else(invalid_json)?;
    let (Json::Text(value) | Json::Number(value)) = second else { return Err(invalid_json()) };
    let text =
        if text.is_empty() { format!("[\"{operation}\", \"{name}\", \"{value}\"]") } else { text.to_owned() };
    // A name must begin with `$`. Without it, no field is meant, and no form fulfils the condition.
    let Some(field) = name.strip_prefix('$').filter(|field| !field.is_empty()) else {
        let message = format!("Invalid according to Policy: Policy Condition failed: {text}");
        return Err(S3Error::new(ErrorCode::AccessDenied).message(message));
    };
    Ok(Condition::Field { name: field.to_ascii_lowercase(), matching, value: value.clone(), text })
}

/// A length, as a number or as a text.
fn length(value: &Json) -> Result<u64> {
    let (Json::Text(text) | Json::Number(text)) = value else { return Err(invalid_json()) };
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain).ok_or_else(invalid_json)
}

/// S3 lets a policy write `\$` for a dollar, which JSON does not know.
fn without_escaped_dollars(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('$')) => {}
            ('\\', Some(next)) => {
                out.push('\\');
                out.push(*next);
                characters.next();
            }
            _ => out.push(character),
        }
    }
    out
}

/// The text of each condition of a valid document, as the document writes it.
fn texts_of_conditions(text: &str) -> Vec<&str> {
    let mut texts = Vec::new();
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    // Whether the list at depth 2 is `conditions`; where the last string at depth 1 starts; the
    // last name at depth 1.
    let (mut is_conditions, mut string_start, mut name) = (false, 0, "");
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    in_text = false;
                    if depth == 1 {
                        name = text.get(string_start + 1..at).unwrap_or_default();
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => (in_text, string_start) = (true, at),
            b'[' | b'{' => {
                depth += 1;
                if depth == 2 && name == "conditions" {
                    (is_conditions, start) = (true, at + 1);
                }
            }
            b',' if depth == 2 && is_conditions => {
                texts.push(text.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            b']' | b'}' => {
                if depth == 2 && is_conditions {
                    texts.push(text.get(start..at).unwrap_or_default().trim());
                    is_conditions = false;
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    texts
}

fn invalid(reason: &str) -> S3Error {
    S3Error::new(ErrorCode::InvalidPolicyDocument).message(format!("Invalid Policy: {reason}"))
}

fn invalid_json() -> S3Error {
    invalid("Invalid JSON.")
}
