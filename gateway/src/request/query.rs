//! The query string: decoded names and values in the order sent.

use crate::errors::Result;
use crate::request::lookup::Order;
use crate::request::url_encoding;

/// A parsed query string.
///
/// A `+` stands for a space, as S3 reads it. A parameter without `=` has the value `""`.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Query {
    parameters: Vec<(Box<str>, Box<str>)>,
    order: Order,
}

impl Query {
    /// Reads what follows `?`, without it. Broken escapes and text that is not UTF-8 are
    /// `InvalidURI`.
    pub fn parse(raw: &str) -> Result<Query> {
        let mut parameters = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.push((decode(name)?, decode(value)?));
        }
        let name = |at: usize| parameters.get(at).map_or("", |(name, _): &(Box<str>, Box<str>)| &**name);
        let order = Order::of(parameters.len(), name);
        Ok(Query { parameters, order })
    }

    /// The first value of a parameter; `""` when it has none.
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.order.find(name, |at| self.parameters.get(at).map_or("", |(name, _)| &**name)) {
            None => self.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| value),
            Some(positions) => {
                let (_, value) = self.parameters.get(*positions.first()? as usize)?;
                Some(value)
            }
        }
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
