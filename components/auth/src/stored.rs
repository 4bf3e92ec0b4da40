//! Remembers the access keys of `iam` that signed before. They are looked up in `iam` at once,
//! before the host tries those of the configuration.

use std::cell::RefCell;
use std::collections::BTreeSet;

use sdk::keys::Verdict;

/// Access keys that are remembered at most. When there would be more, all are forgotten and learned
/// again.
const KEYS_MAX: usize = 4096;

thread_local! {
    static KNOWN: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Whether an access key was one of `iam` when it last signed. If that has changed since, verifying
/// takes longer, and nothing else.
pub(crate) fn is_known(access_key_id: &str) -> bool {
    KNOWN.with_borrow(|known| known.contains(access_key_id))
}

/// Remembers an access key of `iam`, if its signature was right.
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
