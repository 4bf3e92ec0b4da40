//! The query string: decoded names and values in the order sent.

use crate::errors::Result;
use crate::url_encoding;

/// A parsed query string.
///
/// A `+` stands for a space, as S3 reads it. A parameter without `=` has the value `""`.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Query {
    parameters: Vec<(Box<str>, Box<str>)>,
}

impl Query {
    /// Reads what follows `?`, without it. Broken escapes and text that is not UTF-8 are `InvalidURI`.
    pub fn parse(raw: &str) -> Result<Query> {
        let mut parameters = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.push((decode(name)?, decode(value)?));
        }
        Ok(Query { parameters })
    }

    /// The first value of a parameter; `""` when it has none.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| value)
    }

    /// The first value of a parameter, unless it is empty.
    pub fn get_non_empty(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Whether the parameter was sent, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Every parameter, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether there is no parameter at all.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }
}

fn decode(text: &str) -> Result<Box<str>> {
    Ok(url_encoding::decode_query(text)?.into_owned().into_boxed_str())
}

#[cfg(test)]
mod tests;
