//! What `auth` and `policy` ask for with every request of a user, kept decoded while nothing
//! changes.
//!
//! Every change of what is stored writes the one row of [`tables::CHANGES`] as well, so its
//! revision tells whether what is kept here is out of date. A change holds from the next request
//! on, and a request reads one row instead of several.

use std::cell::RefCell;
use std::collections::BTreeMap;

use gateway::errors::Result;
use sdk::bindings::iam::exports::portcullis::gateway::identities::{OwnPolicies, StoredKey};

use crate::index;
use crate::tables;

/// Keys, or permissions, that are kept at most. When there would be more, all are forgotten and
/// read again.
const KEPT_MAX: usize = 1024;

#[derive(Default)]
struct Remembered {
    /// The revision at which all of it was read.
    revision: u64,
    keys: BTreeMap<String, StoredKey>,
    permissions: BTreeMap<String, OwnPolicies>,
}

thread_local! {
    static REMEMBERED: RefCell<Remembered> = RefCell::default();
}

/// An access key by its id, read by `read` where it is not known.
pub(crate) fn key(id: &str, read: impl FnOnce() -> Result<Option<StoredKey>>) -> Result<Option<StoredKey>> {
    find(|remembered| &mut remembered.keys, id, read)
}

/// What a user or a role may, by its unique id.
pub(crate) fn permissions(
    id: &str,
    read: impl FnOnce() -> Result<Option<OwnPolicies>>,
) -> Result<Option<OwnPolicies>> {
    find(|remembered| &mut remembered.permissions, id, read)
}

fn find<T: Clone>(
    sort: fn(&mut Remembered) -> &mut BTreeMap<String, T>,
    id: &str,
    read: impl FnOnce() -> Result<Option<T>>,
) -> Result<Option<T>> {
    let revision = index::get(tables::CHANGES, tables::CHANGES_KEY).map_or(0, |raw| raw.revision);
    let known = REMEMBERED.with_borrow_mut(|remembered| {
        if remembered.revision != revision {
            *remembered = Remembered { revision, ..Remembered::default() };
        }
        sort(remembered).get(id).cloned()
    });
    if known.is_some() {
        return Ok(known);
    }
    let found = read()?;
    // What does not exist is not kept: clients could name any number of such ids.
    if let Some(found) = &found {
        REMEMBERED.with_borrow_mut(|remembered| {
            let kept = sort(remembered);
            if kept.len() >= KEPT_MAX {
                kept.clear();
            }
            kept.insert(id.to_owned(), found.clone());
        });
    }
    Ok(found)
}
