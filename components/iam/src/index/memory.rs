//! An index in memory for tests, with the host's rules for batches.

use std::cell::RefCell;
use std::collections::BTreeMap;

use sdk::{Batch, Requirement, vault};

use super::{Generated, RawRow, Seed, Usage};
use crate::tables;

#[derive(Default)]
struct Memory {
    rows: BTreeMap<(String, Vec<u8>), (Vec<u8>, u64)>,
    revision: u64,
    drawn: u64,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Commits a batch as the host does; false when a requirement does not hold.
pub(crate) fn commit(batch: Batch) -> bool {
    MEMORY.with_borrow_mut(|memory| {
        let holds = |requirement: &Requirement| match requirement {
            Requirement::Unchanged((table, key, revision)) => {
                memory.rows.get(&(table.clone(), key.clone())).is_some_and(|row| row.1 == *revision)
            }
            Requirement::Absent((table, key)) => !memory.rows.contains_key(&(table.clone(), key.clone())),
            Requirement::Empty(_) => false,
        };
        if !batch.require.iter().all(holds) {
            return false;
        }
        memory.revision += 1;
        for key in batch.delete {
            memory.rows.remove(&key);
        }
        for put in batch.put {
            memory.rows.insert((put.table, put.key), (put.value, memory.revision));
        }
        true
    })
}

/// How many rows there are, besides the one that every change writes.
pub(crate) fn count() -> usize {
    MEMORY.with_borrow(|memory| memory.rows.keys().filter(|(table, _)| table != tables::CHANGES).count())
}

/// Keys and values of a table, in order.
pub(crate) fn table(name: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    MEMORY.with_borrow(|memory| {
        let rows = memory.rows.iter().filter(|((table, _), _)| table == name);
        rows.map(|((_, key), (value, _))| (key.clone(), value.clone())).collect()
    })
}

pub(crate) fn get(table: &str, key: &[u8]) -> Option<RawRow> {
    MEMORY.with_borrow(|memory| {
        let (value, revision) = memory.rows.get(&(table.to_owned(), key.to_vec()))?.clone();
        Some(RawRow { key: key.to_vec(), value, revision })
    })
}

pub(crate) fn scan(table: &str, start: &[u8], end: &[u8], limit: u32) -> Vec<RawRow> {
    MEMORY.with_borrow(|memory| {
        let range = (table.to_owned(), start.to_vec())..(table.to_owned(), end.to_vec());
        let rows = memory.rows.range(range).take(limit as usize);
        rows.map(|((_, key), (value, revision))| RawRow {
            key: key.clone(),
            value: value.clone(),
            revision: *revision,
        })
        .collect()
    })
}

/// Not random at all, so that tests repeat.
pub(crate) fn random() -> u64 {
    MEMORY.with_borrow_mut(|memory| {
        memory.drawn += 1;
        memory.drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    })
}

pub(crate) fn generate(_account: &str, unique_id: &str) -> Generated {
    let access_key_id = format!("AKIA{:016}", random() % 1_000_000);
    Generated { access_key_id, secret: "secret".to_owned(), sealed: unique_id.as_bytes().to_vec() }
}

pub(crate) fn last_use(_access_key_id: &str) -> Option<Usage> {
    None
}

pub(crate) fn configured_user(_account: &str, name: &str) -> Option<(String, String)> {
    name.eq_ignore_ascii_case("configured").then(|| ("AIDACONFIGURED".to_owned(), "configured".to_owned()))
}

pub(crate) fn make_seed(account: &str, serial_number: &str) -> Seed {
    Seed { text: "SEED".to_owned(), sealed: format!("{account} {serial_number}").into_bytes() }
}

/// The code of a step is its number.
pub(crate) fn find_step(device: &vault::Device, code: &str, first: u64, last: u64) -> Option<u64> {
    assert_eq!(device.sealed, format!("{} {}", device.account, device.serial_number).into_bytes());
    (first..=last).find(|step| code_of(*step) == code)
}

/// The code of a step.
pub(crate) fn code_of(step: u64) -> String {
    format!("{:06}", step % 1_000_000)
}
