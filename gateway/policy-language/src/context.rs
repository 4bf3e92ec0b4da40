//! The circumstances of a request: what it carries for each condition key, and what was already
//! looked up.

use super::budget::{BYTES_PER_STEP, Budget};
use super::keys::{Key, Values};
use super::memory::{Found, Memory};
use std::borrow::Cow;
use std::rc::Rc;

/// The circumstances of a request. A value is requested only when a condition that decides names
/// its key. So an implementation may take the time to look it up.
pub trait Context {
    /// The values of a key; `None` where the request does not carry it.
    fn value(&self, key: &Key) -> Option<Values<'_>>;

    /// Steps of work that it takes to look them up, besides those for their length.
    fn cost(&self, _key: &Key) -> usize {
        LOOKUP_COST
    }

    /// What was found out for all objects of a request; `None` for a request about one object. The
    /// memory knows conditions by their address, so the policies must not move while it is used.
    fn memory(&self) -> Option<&Memory> {
        None
    }

    /// Whether a key has the same values for all objects of the request.
    fn is_common(&self, _key: &Key) -> bool {
        false
    }
}

/// Steps that it takes to look a value up, however short it is.
pub const LOOKUP_COST: usize = 64;

/// Circumstances that are listed: of a hypothetical request, or of a test.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ContextEntries {
    entries: Vec<(Key, Vec<String>)>,
}

impl ContextEntries {
    /// Adds a key with its values, one or several.
    #[must_use]
    pub fn with(mut self, key: &str, values: &[&str]) -> ContextEntries {
        self.entries.push((Key::parse(key), values.iter().map(|value| (*value).to_owned()).collect()));
        self
    }
}

impl Context for ContextEntries {
    fn value(&self, key: &Key) -> Option<Values<'_>> {
        let (_, values) = self.entries.iter().find(|(own, _)| own.is_same(key))?;
        Some(match values.as_slice() {
            [one] if !key.id().is_multivalued() => Values::one(one.as_str()),
            several => Values::Many(several.iter().map(|value| Cow::Borrowed(value.as_str())).collect()),
        })
    }

    fn cost(&self, _key: &Key) -> usize {
        LOOKUP_COST + self.entries.len()
    }
}

/// Steps that it takes to find what was found before.
pub(crate) const RECALL_COST: usize = 8;

/// How much more it costs to keep a value than to compare its letters.
const VALUE_COST: usize = 64;

/// What is known of a request, and the budget that is left.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) context: &'a dyn Context,
    pub(crate) budget: &'a Budget,
    /// Of this request alone.
    pub(crate) memory: &'a Memory,
}

impl Known<'_> {
    /// The values of a key; `None` where the request does not carry it, or the budget is spent. A
    /// value that was found before is not looked up again.
    pub(crate) fn value(self, key: &Key) -> Found {
        let memory = self.context.memory().filter(|_| self.context.is_common(key)).unwrap_or(self.memory);
        if !self.budget.spend(RECALL_COST + key.name().len() / BYTES_PER_STEP) {
            return None;
        }
        if let Some(found) = memory.value(key) {
            return found;
        }
        if !self.budget.spend(self.context.cost(key)) {
            return None;
        }
        let found = self.context.value(key).map(|values| Rc::new(values.into_owned()));
        let values = found.iter().flat_map(|values| values.as_slice());
        if !self.budget.spend_bytes(values.map(|value| VALUE_COST + value.len()).sum()) {
            return None;
        }
        memory.keep_value(key, &found);
        found
    }
}

#[cfg(test)]
impl<'a> Known<'a> {
    /// For a test that does not count.
    pub(crate) fn of(context: &'a dyn Context) -> Known<'a> {
        Known { context, budget: Box::leak(Box::default()), memory: Box::leak(Box::default()) }
    }
}
