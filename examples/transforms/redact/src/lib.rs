//! A transform: text without what identifies people. Numbers that have a check digit are verified, so that an order
//! number is no credit card.

wit_bindgen::generate!({ path: "../../../gateway/transform-wit", world: "buffered" });

use std::borrow::Cow;

use exports::portcullis::transform::get::{Context, Error, Guest, Reply};
use portcullis::transform::types::Head;
use regex::{Captures, Regex};
use serde::Deserialize;

/// What the deployer asks for, as JSON in the payload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    /// What is taken out.
    kinds: Vec<Kind>,
    /// Sessions with this tag, `name=value`, read the object as it is.
    clear_for: Option<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { kinds: vec![Kind::Email, Kind::Card, Kind::Iban, Kind::Ssn, Kind::Phone], clear_for: None }
    }
}

/// What identifies people.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Email,
    Card,
    Iban,
    Ssn,
    Phone,
    Ip,
}

impl Kind {
    /// What is found in its place.
    fn name(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Card => "card",
            Kind::Iban => "iban",
            Kind::Ssn => "ssn",
            Kind::Phone => "phone",
            Kind::Ip => "ip",
        }
    }

    fn pattern(self) -> &'static str {
        match self {
            Kind::Email => r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
            Kind::Card => r"[0-9](?:[ -]?[0-9]){12,18}",
            Kind::Iban => r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?",
            Kind::Ssn => r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
            Kind::Phone => r"\+[0-9]{1,3}[ .-]?(?:\([0-9]{1,4}\)[ .-]?)?[0-9](?:[ .-]?[0-9]){5,12}",
            Kind::Ip => r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}",
        }
    }

    /// Whether what looks like one is one.
    fn is_genuine(self, found: &str) -> bool {
        match self {
            Kind::Card => luhn(found),
            Kind::Iban => mod_97(found),
            _ => true,
        }
    }

    fn redact<'a>(self, text: Cow<'a, str>) -> Result<Cow<'a, str>, Error> {
        let pattern =
            Regex::new(self.pattern()).map_err(|_| error(500, "InternalError", "a pattern is wrong"))?;
        let replace = |found: &Captures<'_>| {
            let (words, at) = found.get(0).map_or(("", 0..0), |found| (found.as_str(), found.range()));
            // No part of a longer word or number.
            let is_whole =
                !touches(text[..at.start].chars().next_back()) && !touches(text[at.end..].chars().next());
            match is_whole && self.is_genuine(words) {
                true => format!("[{}]", self.name()),
                false => words.to_owned(),
            }
        };
        Ok(Cow::Owned(pattern.replace_all(&text, replace).into_owned()))
    }
}

fn touches(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(char::is_alphanumeric)
}

/// <https://en.wikipedia.org/wiki/Luhn_algorithm>
fn luhn(number: &str) -> bool {
    let digits = number.chars().rev().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = digits
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum % 10 == 0
}

/// ISO 7064, as IBANs have it.
fn mod_97(number: &str) -> bool {
    let letters: Vec<u32> = number.chars().filter_map(|letter| letter.to_digit(36)).collect();
    let turned = letters.iter().skip(4).chain(letters.iter().take(4));
    turned.fold(0, |rest, value| (rest * if *value < 10 { 10 } else { 100 } + value) % 97) == 1
}

struct Redact;

impl Guest for Redact {
    fn transform(context: Context, body: Vec<u8>) -> Result<Reply, Error> {
        let settings: Settings = match context.payload.as_str() {
            "" => Settings::default(),
            payload => serde_json::from_str(payload).map_err(|wrong| {
                error(500, "InvalidPayload", &format!("The payload of the access point: {wrong}"))
            })?,
        };
        let head = Head { status: 200, headers: Vec::new(), metadata: None };
        let tags = context.caller.iter().flat_map(|caller| &caller.session_tags);
        if let Some(tag) = &settings.clear_for
            && tags.into_iter().any(|(name, value)| tag.split_once('=') == Some((name, value)))
        {
            return Ok(Reply { head, body: None });
        }
        // What cannot be read cannot be redacted either, so it is not returned.
        let Ok(text) = String::from_utf8(body) else {
            return Err(error(422, "NotText", "The object is no text in UTF-8"));
        };
        let mut text = Cow::Owned(text);
        for kind in settings.kinds {
            text = kind.redact(text)?;
        }
        Ok(Reply { head, body: Some(text.into_owned().into_bytes()) })
    }
}

fn error(status: u16, code: &str, message: &str) -> Error {
    Error { status, code: code.to_owned(), message: message.to_owned() }
}

export!(Redact);
