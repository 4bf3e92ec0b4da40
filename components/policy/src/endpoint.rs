//! What the endpoint lets pass by which a call came, as the host tells it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use gateway::policy::{Kind, Policy};
use sdk::Call;

use crate::permissions::Named;

thread_local! {
    /// Policies by their numbers, of which there are as many as listeners. They stay as they are while the process lives.
    static READ: RefCell<BTreeMap<u64, Rc<Policy>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The policy of the endpoint, with the endpoint's id; `None` where everything passes.
pub(crate) fn policy(call: &Call) -> Option<Named> {
    let endpoint = call.endpoint()?;
    let number = endpoint.policy?;
    let read = READ.with_borrow(|read| read.get(&number).map(Rc::clone));
    let policy = read.unwrap_or_else(|| {
        // What cannot be read must not let anything pass.
        let text = call.endpoint_policy().unwrap_or_default();
        let policy = Rc::new(parse(&text).unwrap_or_else(|_| Policy::deny_everything()));
        READ.with_borrow_mut(|read| read.insert(number, Rc::clone(&policy)));
        policy
    });
    Some((endpoint.id, policy))
}

/// The reason why a policy cannot be read.
pub(crate) fn judge(text: &str) -> Result<(), String> {
    parse(text).map(drop)
}

fn parse(text: &str) -> Result<Policy, String> {
    Policy::parse(Kind::Endpoint, text).map_err(|malformed| malformed.to_string())
}
