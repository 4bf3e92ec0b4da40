//! Policies that are kept parsed. A changed policy has another id, so a kept one is never out of
//! date.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::rc::Rc;

use gateway::policy::Policy;

/// A policy and its label, which explanations show.
pub(crate) type LabelledPolicy = (String, Rc<Policy>);

/// Policies by their ids. When there would be too many, the one that was not used for the longest
/// time goes.
pub(crate) struct Kept<K> {
    policies_max: usize,
    latest_first: VecDeque<(K, Rc<Policy>)>,
}

impl<K> Kept<K> {
    /// Keeps at most `policies_max`.
    pub(crate) const fn new(policies_max: usize) -> Kept<K> {
        Kept { policies_max, latest_first: VecDeque::new() }
    }

    /// The policy with an id.
    pub(crate) fn find<I: PartialEq + ?Sized>(&mut self, id: &I) -> Option<Rc<Policy>>
    where
        K: Borrow<I>,
    {
        let position = self.latest_first.iter().position(|(known, _)| known.borrow() == id)?;
        let found = self.latest_first.remove(position)?;
        let policy = Rc::clone(&found.1);
        self.latest_first.push_front(found);
        Some(policy)
    }

    /// Keeps a policy that was not found.
    pub(crate) fn keep(&mut self, id: K, policy: Policy) -> Rc<Policy> {
        let policy = Rc::new(policy);
        self.latest_first.truncate(self.policies_max - 1);
        self.latest_first.push_front((id, Rc::clone(&policy)));
        policy
    }
}
