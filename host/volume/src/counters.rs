//! Counters: sums that many batches add to. A batch need not have read what it adds to, so writers
//! that share a counter are never in each other's way.
//!
//! They stand in the index's table `host:state`, beside the row that every group of commits writes
//! anyway. A group reads each counter that it touches once, and writes it once.

use std::collections::BTreeMap;

use redb::{ReadableTable, Table};

use super::errors::VolumeError;
use super::wire::{set_at, u64_at};

/// How many numbers a counter has.
pub const AMOUNTS: usize = 3;
/// The numbers of a counter. What they count is the caller's affair.
pub type Amounts = [i64; AMOUNTS];

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 255;
/// What stands before the name of a counter in the table of the index.
pub(crate) const PREFIX: &str = "count:";
/// The smallest text that is larger than the prefix and every name behind it.
const PREFIX_END: &str = "count;";

/// What a batch adds to one counter. A counter whose numbers are all 0 is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Add {
    /// The counter's name: 1 to 255 bytes.
    pub counter: String,
    /// What is added; it may be negative.
    pub amounts: Amounts,
    /// The largest sum that each number may have afterwards. It is not evaluated for a number to
    /// which nothing, or less than nothing, is added: what makes room always goes through.
    pub at_most: [Option<u64>; AMOUNTS],
}

/// A limit of a batch that its commit would have exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess {
    /// Which of the batch's `add` it is, from 0.
    pub add: usize,
    /// Which of its numbers it is, from 0.
    pub amount: usize,
    /// What that number is without the batch.
    pub before: i64,
    /// The limit.
    pub most: u64,
}

/// Whether every name may be one, and names rise: so each counter is named once.
pub(crate) fn are_sound(add: &[Add]) -> bool {
    let rises = add.windows(2).all(|pair| matches!(pair, [one, next] if one.counter < next.counter));
    rises && add.iter().all(|one| (1..=NAME_BYTES_MAX).contains(&one.counter.len()))
}

/// The table that counters are in.
pub(crate) type CountersTable<'t> = Table<'t, &'static str, &'static [u8]>;

/// A counter that a transaction has touched.
#[derive(Clone, Copy, Debug)]
struct Touched {
    before: Amounts,
    now: Amounts,
}

/// The counters that one transaction has touched.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    touched: BTreeMap<String, Touched>,
}

impl Sums {
    fn touch(&mut self, table: &CountersTable<'_>, counter: &str) -> Result<&mut Touched, VolumeError> {
        if !self.touched.contains_key(counter) {
            let before = read(table, counter)?.unwrap_or_default();
            self.touched.insert(counter.to_owned(), Touched { before, now: before });
        }
        self.touched.get_mut(counter).ok_or_else(|| VolumeError::Failed("a counter is gone".into()))
    }

    /// The first limit that a batch would exceed.
    pub(crate) fn excess(
        &mut self,
        table: &CountersTable<'_>,
        add: &[Add],
    ) -> Result<Option<Excess>, VolumeError> {
        for (index, one) in add.iter().enumerate() {
            if one.at_most == [None; AMOUNTS] {
                continue;
            }
            let now = self.touch(table, &one.counter)?.now;
            if let Some(excess) = excess(index, &now, one) {
                return Ok(Some(excess));
            }
        }
        Ok(None)
    }

    /// Adds to a counter.
    pub(crate) fn add(
        &mut self,
        table: &CountersTable<'_>,
        counter: &str,
        amounts: &Amounts,
    ) -> Result<(), VolumeError> {
        let touched = self.touch(table, counter)?;
        for (now, amount) in touched.now.iter_mut().zip(amounts) {
            *now = now.saturating_add(*amount);
        }
        Ok(())
    }

    /// Writes what has changed.
    pub(crate) fn write(&mut self, table: &mut CountersTable<'_>) -> Result<(), VolumeError> {
        for (name, Touched { before, now }) in std::mem::take(&mut self.touched) {
            let key = format!("{PREFIX}{name}");
            if now == Amounts::default() {
                table.remove(key.as_str())?;
            } else if now != before {
                table.insert(key.as_str(), encode(&now).as_slice())?;
            }
        }
        Ok(())
    }
}

/// The first number of a counter that an addition would lead beyond its limit.
pub(crate) fn excess(index: usize, now: &Amounts, add: &Add) -> Option<Excess> {
    let mut each = now.iter().zip(&add.amounts).zip(&add.at_most).enumerate();
    each.find_map(|(amount, ((now, added), most))| {
        let most = (*most)?;
        let sum = now.saturating_add(*added);
        let is_over = *added > 0 && u64::try_from(sum).is_ok_and(|sum| sum > most);
        is_over.then_some(Excess { add: index, amount, before: *now, most })
    })
}

/// A counter by its name, as a table has it.
pub(crate) fn read(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
    counter: &str,
) -> Result<Option<Amounts>, VolumeError> {
    let row = table.get(format!("{PREFIX}{counter}").as_str())?;
    row.map(|row| decode(row.value())).transpose()
}

/// Every counter of a table, by name.
pub(crate) fn read_all(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Vec<(String, Amounts)>, VolumeError> {
    let mut counters = Vec::new();
    for row in table.range(PREFIX..PREFIX_END)? {
        let (key, value) = row?;
        let name = key.value().strip_prefix(PREFIX).unwrap_or_default().to_owned();
        counters.push((name, decode(value.value())?));
    }
    Ok(counters)
}

fn encode(amounts: &Amounts) -> [u8; AMOUNTS * 8] {
    let mut bytes = [0; AMOUNTS * 8];
    for (index, amount) in amounts.iter().enumerate() {
        set_at(&mut bytes, index * 8, &amount.to_le_bytes());
    }
    bytes
}

fn decode(bytes: &[u8]) -> Result<Amounts, VolumeError> {
    if bytes.len() != AMOUNTS * 8 {
        return Err(VolumeError::Failed("index: a counter is unreadable".into()));
    }
    Ok(std::array::from_fn(|index| u64_at(bytes, index * 8).cast_signed()))
}
