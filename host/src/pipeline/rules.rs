//! What operators allow: rates and quotas, by subject and name, as the configuration and the admin
//! API set them.

use std::collections::HashMap;

use crate::config::{Allowance, AllowanceEntry, EVERY, Subject};

/// An allowance, and who set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruled<A> {
    /// How much.
    pub allowance: A,
    /// Who says so.
    pub by: By,
}

/// Who set an allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The configuration.
    Configuration,
    /// An admin call; it holds until the server ends.
    Call,
}

/// Allowances by subject and name.
#[derive(Debug, Default)]
pub(crate) struct Rules<A>(HashMap<(Subject, String), Ruled<A>>);

impl<A: Allowance> Rules<A> {
    /// Those of a configuration.
    pub(crate) fn new(entries: &[AllowanceEntry<A>]) -> Rules<A> {
        let ruled = |entry: &AllowanceEntry<A>| {
            let rule = Ruled { allowance: entry.allowance, by: By::Configuration };
            ((entry.subject, entry.name.clone()), rule)
        };
        Rules(entries.iter().map(ruled).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets one. The name is a normal one.
    pub(crate) fn set(&mut self, subject: Subject, name: &str, allowance: A) {
        self.0.insert((subject, name.to_owned()), Ruled { allowance, by: By::Call });
    }

    /// Lifts one; whether there was one.
    pub(crate) fn clear(&mut self, subject: Subject, name: &str) -> bool {
        self.0.remove(&(subject, name.to_owned())).is_some()
    }

    /// Each of them, in order.
    pub(crate) fn list(&self) -> Vec<(Subject, String, Ruled<A>)> {
        let mut list: Vec<_> =
            self.0.iter().map(|((subject, name), rule)| (*subject, name.clone(), *rule)).collect();
        list.sort_by(|(a, b, _), (c, d, _)| (a, b).cmp(&(c, d)));
        list
    }

    /// That which names just this one, or just `*`.
    pub(crate) fn own(&self, subject: Subject, name: &str) -> Option<A> {
        self.0.get(&(subject, name.to_owned())).map(|rule| rule.allowance)
    }

    /// That which holds, and for which name it is set: its own, or each.
    pub(crate) fn found(&self, subject: Subject, name: &str) -> Option<(String, Ruled<A>)> {
        let found = |name: &str| Some((name.to_owned(), *self.0.get(&(subject, name.to_owned()))?));
        found(name).or_else(|| found(EVERY))
    }

    /// That which holds: its own, or that of each.
    pub(crate) fn of(&self, subject: Subject, name: &str) -> Option<A> {
        self.own(subject, name).or_else(|| self.own(subject, EVERY))
    }
}

/// What the admin API changes while a server runs.
pub trait Rulebook {
    /// What it allows.
    type Allowed: Allowance;

    /// Why nothing can be set, where that is so.
    fn refusal(&self) -> Option<&'static str>;
    /// That which names just this one, or just `*`.
    fn own(&self, subject: Subject, name: &str) -> Option<Self::Allowed>;
    /// Sets one from now on. The name is a normal one.
    fn set(&self, subject: Subject, name: &str, allowance: Self::Allowed);
    /// Lifts one from now on; whether there was one.
    fn clear(&self, subject: Subject, name: &str) -> bool;
    /// Each of them, in order.
    fn list(&self) -> Vec<(Subject, String, Ruled<Self::Allowed>)>;
}
