//! Values that calls of one component share, in memory.

use std::collections::{BTreeMap, VecDeque};

/// Bytes of a key, of a value, and of all of both.
pub(super) const KEY_BYTES_MAX: usize = 256;
pub(super) const VALUE_BYTES_MAX: usize = 64 << 10;
const BYTES_MAX: usize = 1 << 20;
/// What a value counts beside its bytes, so that their number has a bound, too.
const ROW_BYTES: usize = 128;

/// The values. Those that were set first go first.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    values: BTreeMap<String, (u64, Vec<u8>)>,
    order: VecDeque<(u64, String)>,
    bytes: usize,
    last: u64,
}

impl Scratch {
    pub(super) fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.values.get(key).map(|(_, value)| value.clone())
    }

    pub(super) fn set(&mut self, key: String, value: Vec<u8>) {
        self.remove(&key);
        self.last += 1;
        self.bytes += cost(&key, &value);
        self.order.push_back((self.last, key.clone()));
        self.values.insert(key, (self.last, value));
        while self.bytes > BYTES_MAX {
            let Some((number, key)) = self.order.pop_front() else { break };
            if self.values.get(&key).is_some_and(|(own, _)| *own == number) {
                self.remove(&key);
            }
        }
        // What was set again or removed leaves its old turn behind.
        if self.order.len() > 2 * self.values.len() + 16 {
            let values = &self.values;
            self.order.retain(|(number, key)| values.get(key).is_some_and(|(own, _)| own == number));
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some((_, value)) = self.values.remove(key) {
            self.bytes -= cost(key, &value);
        }
    }
}

fn cost(key: &str, value: &[u8]) -> usize {
    key.len() + value.len() + ROW_BYTES
}

#[cfg(test)]
mod tests;
