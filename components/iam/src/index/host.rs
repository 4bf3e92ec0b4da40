//! The host's index and vault.

use sdk::index::{self, Direction};
use sdk::{keys, vault};

use super::{Generated, RawRow, Seed, Usage};

/// The row of `key`.
pub(crate) fn get(table: &str, key: &[u8]) -> Option<RawRow> {
    let raw = index::get(table, key)?;
    Some(RawRow { key: key.to_vec(), value: raw.value, revision: raw.revision })
}

/// The first rows with `start <= key < end`. None are left when there are none.
pub(crate) fn scan(table: &str, start: &[u8], end: &[u8], limit: u32) -> Vec<RawRow> {
    let rows = index::scan(table, start, end, limit, Direction::Forward);
    let owned = |row: index::RawRow<'_>| RawRow {
        key: row.key.to_vec(),
        value: row.value.to_vec(),
        revision: row.revision,
    };
    rows.iter().map(owned).collect()
}

/// A number that nobody can predict.
pub(crate) fn random() -> u64 {
    sdk::random::next_u64()
}

/// Makes an access key.
pub(crate) fn generate(account: &str, unique_id: &str) -> Generated {
    let made = vault::generate(account, unique_id);
    Generated { access_key_id: made.access_key_id, secret: made.secret, sealed: made.sealed }
}

/// When an access key last signed.
pub(crate) fn last_use(access_key_id: &str) -> Option<Usage> {
    let last = vault::last_use(access_key_id)?;
    Some(Usage { at_ms: last.at_ms, service: last.service, region: last.region })
}

/// The unique id and the name of a user of the configuration, by its name in any case.
pub(crate) fn configured_user(account: &str, name: &str) -> Option<(String, String)> {
    keys::configured_user(account, name).map(|identity| (identity.unique_id, identity.user))
}

/// Makes the seed of a device.
pub(crate) fn make_seed(account: &str, serial_number: &str) -> Seed {
    let made = vault::make_seed(account, serial_number);
    Seed { text: made.text, sealed: made.sealed }
}

/// The first of some steps that a code is of.
pub(crate) fn find_step(device: &vault::Device, code: &str, first: u64, last: u64) -> Option<u64> {
    vault::find_step(device, code, first, last)
}
