//! What `auth` and `policy` ask for with every request of a user, kept decoded while nothing
//! changes.
//!
//! Every change of what is stored writes the one row of [`tables::CHANGES`] as well, so its
//! revision tells whether anything kept here is out of date: what was changed holds for the next
//! request, for the price of reading one row in the place of several.

use std::cell::RefCell;
use std::collections::BTreeMap;

use gateway::errors::Result;
use sdk::bindings::iam::exports::portcullis::gateway::identities::{OwnPolicies, StoredKey};

use crate::index;
use crate::tables;

/// Answers of one sort that are kept. When there would be more, all are forgotten and read again.
const ANSWERS_MAX: usize = 1024;

#[derive(Default)]
struct Remembered {
    /// The revision of which all of it is.
    revision: u64,
    keys: BTreeMap<String, StoredKey>,
    permissions: BTreeMap<String, OwnPolicies>,
}

thread_local! {
    static REMEMBERED: RefCell<Remembered> = RefCell::default();
}

/// An access key by its id, read by `read` where it is not known.
pub(crate) fn key(id: &str, read: impl FnOnce() -> Result<Option<StoredKey>>) -> Result<Option<StoredKey>> {
    answer(|remembered| &mut remembered.keys, id, read)
}

/// What a user or a role may, by its unique id.
pub(crate) fn permissions(
    id: &str,
    read: impl FnOnce() -> Result<Option<OwnPolicies>>,
) -> Result<Option<OwnPolicies>> {
    answer(|remembered| &mut remembered.permissions, id, read)
}

fn answer<T: Clone>(
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
    // What is not there is not kept: there is no end of names that nobody has.
    if let Some(found) = &found {
        REMEMBERED.with_borrow_mut(|remembered| {
            let answers = sort(remembered);
            if answers.len() >= ANSWERS_MAX {
                answers.clear();
            }
            answers.insert(id.to_owned(), found.clone());
        });
    }
    Ok(found)
}
