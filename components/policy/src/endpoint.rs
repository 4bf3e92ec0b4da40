//! The policy of the endpoint by which a call came, as the host has it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use gateway::policy::{Kind, Policy};

use crate::host::Call;
use crate::kept::LabelledPolicy;

thread_local! {
    /// Policies by their numbers. There are at most as many as listeners, so they need no limit,
    /// and they do not change while the process lives.
    static READ: RefCell<BTreeMap<u64, Rc<Policy>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The policy of the endpoint, with the endpoint's id; `None` where everything passes.
pub(crate) fn policy(call: &Call) -> Option<LabelledPolicy> {
    let endpoint = call.endpoint()?;
    let number = endpoint.policy?;
    let read = READ.with_borrow(|read| read.get(&number).map(Rc::clone));
    let policy = read.unwrap_or_else(|| {
        // A policy that cannot be read must not let anything pass.
        let text = call.endpoint_policy().unwrap_or_default();
        let read = Policy::parse(Kind::Endpoint, &text);
        let policy = Rc::new(read.unwrap_or_else(|_| Policy::deny_everything()));
        READ.with_borrow_mut(|read| read.insert(number, Rc::clone(&policy)));
        policy
    });
    Some((endpoint.id, policy))
}
