//! Access keys that signed before, and that the configuration does not have: these are looked up at
//! once.

use std::cell::RefCell;
use std::collections::BTreeSet;

use sdk::keys::Verdict;

/// Access keys that are remembered at most. When there would be more, all are forgotten and learned
/// again.
const KEYS_MAX: usize = 4096;

thread_local! {
    static KNOWN: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Whether an access key was a stored one when it signed last. It may have become another since;
/// that only costs time.
pub(crate) fn is_known(access_key_id: &str) -> bool {
    KNOWN.with_borrow(|known| known.contains(access_key_id))
}

/// Remembers an access key that signed as a stored one.
pub(crate) fn note(access_key_id: &str, verdict: &Verdict) {
    if matches!(verdict, Verdict::Verified) {
        KNOWN.with_borrow_mut(|known| {
            if known.len() >= KEYS_MAX {
                known.clear();
            }
            known.insert(access_key_id.to_owned());
        });
    }
}
