//! What was found out for a request, so that it is found out once: values of keys, and whether
//! conditions hold.
//!
//! Each decision has a memory of its own. Where a request is about many objects, as DeleteObjects
//! is, their decisions share another memory for what does not depend on the object.

use super::keys::{Key, Values};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The values of a key, as they are kept; `None` where the request does not carry it.
pub(crate) type Found = Option<Rc<Values<'static>>>;

/// What was found out.
#[derive(Clone, Default, Debug)]
pub struct Memory {
    values: RefCell<BTreeMap<Key, Found>>,
    standings: RefCell<BTreeMap<usize, Standing>>,
}

/// What is known of a condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// It depends on the object, and is compared for each.
    Varies,
    /// Whether it holds, for every object.
    Settled(bool),
}

impl Memory {
    /// The values of a key; the outer `None` where it was not looked up yet.
    pub(crate) fn value(&self, key: &Key) -> Option<Found> {
        self.values.borrow().get(key).cloned()
    }

    /// Keeps the values of a key.
    pub(crate) fn keep_value(&self, key: &Key, found: &Found) {
        self.values.borrow_mut().insert(key.clone(), found.clone());
    }

    /// What is known of a condition. A condition is known by its address: policies do not move
    /// while they are evaluated.
    pub(crate) fn standing<T>(&self, condition: &T) -> Option<Standing> {
        self.standings.borrow().get(&std::ptr::from_ref(condition).addr()).copied()
    }

    /// Keeps what is known of a condition.
    pub(crate) fn keep_standing<T>(&self, condition: &T, standing: Standing) {
        self.standings.borrow_mut().insert(std::ptr::from_ref(condition).addr(), standing);
    }
}
