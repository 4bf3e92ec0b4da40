//! Finds the entries of a list by their name: by a scan where there are few, by a sorted order
//! where there are many.
//!
//! The client chooses how many headers, parameters or fields it sends, and some code looks up each
//! entry of one list in another. With a sorted order, the time does not grow with the square of
//! what was sent. Nearly every request has few entries, for which a scan costs less than sorting.

/// Entries up to which a list is scanned.
const SCANNED_MAX: usize = 32;

/// The positions of a list's entries in the order of their names, and of one name in that of the
/// list.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Order {
    /// Empty for a list that is scanned.
    positions: Vec<u32>,
}

impl Order {
    /// The order of a list of so many entries, of which `name` tells the names.
    pub(crate) fn of<'a>(count: usize, name: impl Fn(usize) -> &'a str) -> Order {
        if count <= SCANNED_MAX {
            return Order::default();
        }
        let mut positions: Vec<u32> = (0..u32::try_from(count).unwrap_or(u32::MAX)).collect();
        positions.sort_by(|one, other| name(*one as usize).cmp(name(*other as usize)));
        Order { positions }
    }

    /// The positions of the entries with a name, in the order of the list; `None` for a list that
    /// is scanned.
    pub(crate) fn find<'a>(&self, wanted: &str, name: impl Fn(usize) -> &'a str) -> Option<&[u32]> {
        if self.positions.is_empty() {
            return None;
        }
        let start = self.positions.partition_point(|position| name(*position as usize) < wanted);
        let rest = self.positions.get(start..).unwrap_or_default();
        let count = rest.partition_point(|position| name(*position as usize) == wanted);
        rest.get(..count)
    }
}

#[cfg(test)]
mod tests;
