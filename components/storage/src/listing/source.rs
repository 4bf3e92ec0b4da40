//! Rows in order, page by page, from the index or from a test's map.

use sdk::index::RawRow;

/// Rows in the first page after a seek, where the last page showed that most rows are skipped.
const PAGE_ROWS_MIN: u32 = 16;
/// Rows of a full page: what the largest listing needs, and one row to see whether more follow.
const PAGE_ROWS_MAX: u32 = 1001;

/// Where rows come from.
pub(crate) trait Source {
    /// The first rows with `start <= key < end`, at most `limit`. Only an empty page means that
    /// there are none.
    fn page(&self, table: &str, start: &[u8], end: &[u8], limit: u32) -> Page;

    /// The same, with no more than the first `value_bytes_max` bytes of each value.
    fn peek(&self, table: &str, start: &[u8], end: &[u8], limit: u32, value_bytes_max: u32) -> Page {
        let mut page = Page::default();
        for row in self.page(table, start, end, limit).rows() {
            let kept = row.value.len().min(value_bytes_max as usize);
            page.push(row.key, row.value.get(..kept).unwrap_or_default(), row.revision);
        }
        page
    }
}

/// The host's index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index;

#[cfg(not(test))]
impl Source for Index {
    fn page(&self, table: &str, start: &[u8], end: &[u8], limit: u32) -> Page {
        use sdk::index::{Direction, scan};
        Page::of(&scan(table, start, end, limit, Direction::Forward))
    }

    fn peek(&self, table: &str, start: &[u8], end: &[u8], limit: u32, value_bytes_max: u32) -> Page {
        Page::of(&sdk::index::peek(table, start, end, limit, value_bytes_max))
    }
}

/// In unit tests the index in memory stands in for the host.
#[cfg(test)]
impl Source for Index {
    fn page(&self, table: &str, start: &[u8], end: &[u8], limit: u32) -> Page {
        use crate::index::memory;
        let mut page = Page::default();
        let rows = memory::table(table).into_iter().filter(|(key, _)| start <= &key[..] && &key[..] < end);
        for (key, _) in rows.take(limit as usize) {
            let entry = memory::get(table, key).unwrap();
            page.push(&entry.key, &entry.value, entry.revision);
        }
        page
    }
}

/// A page of rows in one buffer, so that a cursor can own it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    bytes: Vec<u8>,
    /// A row starts where the one before ends.
    rows: Vec<RowEnd>,
}

/// Where a row ends.
#[derive(Clone, Copy, Debug)]
struct RowEnd {
    key: usize,
    value: usize,
    revision: u64,
}

impl Page {
    #[cfg(not(test))]
    fn of(rows: &sdk::index::RawRows) -> Page {
        let mut page = Page::default();
        for row in rows.iter() {
            page.push(row.key, row.value, row.revision);
        }
        page
    }

    /// Appends a row.
    pub(crate) fn push(&mut self, key: &[u8], value: &[u8], revision: u64) {
        self.bytes.extend_from_slice(key);
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.rows.push(RowEnd { key: key_end, value: self.bytes.len(), revision });
    }

    /// The rows, in order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = RawRow<'_>> {
        (0..self.len()).map_while(|at| self.row(at))
    }

    /// Whether there are no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows in the page.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    fn row(&self, at: usize) -> Option<RawRow<'_>> {
        let end = self.rows.get(at)?;
        let start = match at.checked_sub(1) {
            Some(before) => self.rows.get(before)?.value,
            None => 0,
        };
        let (key, value) = (self.bytes.get(start..end.key)?, self.bytes.get(end.key..end.value)?);
        Some(RawRow { key, value, revision: end.revision })
    }
}

/// A position in a range of a table, with the page of rows around it.
#[derive(Debug)]
pub(crate) struct Cursor<'s, S> {
    source: &'s S,
    table: &'static str,
    /// Where the next page starts.
    start: Vec<u8>,
    end: Vec<u8>,
    page: Page,
    at: usize,
    /// Bytes of each value to read; `None` for all.
    value_bytes_max: Option<u32>,
    /// Rows to read with the next page.
    rows: u32,
    /// Rows of this page that were listed, and prefixes that were skipped.
    steps: usize,
    /// Whether the last page was empty: no row is left.
    finished: bool,
}

impl<'s, S: Source> Cursor<'s, S> {
    /// A cursor before the first row of `start <= key < end`, whose first page has about `rows`
    /// rows.
    pub(crate) fn new(source: &'s S, table: &'static str, start: Vec<u8>, end: Vec<u8>, rows: u32) -> Self {
        let rows = rows.clamp(PAGE_ROWS_MIN, PAGE_ROWS_MAX);
        Cursor {
            source,
            table,
            start,
            end,
            page: Page::default(),
            at: 0,
            value_bytes_max: None,
            rows,
            steps: 0,
            finished: false,
        }
    }

    /// The same cursor, whose rows have no more than the first bytes of their values.
    pub(crate) fn peeking(self, value_bytes_max: u32) -> Self {
        Cursor { value_bytes_max: Some(value_bytes_max), ..self }
    }

    /// Makes the current row available to [`Cursor::row`]. Reads a page when the last one is used
    /// up.
    pub(crate) fn load(&mut self) {
        if self.finished || self.at < self.page.len() {
            return;
        }
        self.page = match self.value_bytes_max {
            _ if self.start >= self.end => Page::default(),
            None => self.source.page(self.table, &self.start, &self.end, self.rows),
            Some(most) => self.source.peek(self.table, &self.start, &self.end, self.rows, most),
        };
        self.at = 0;
        self.steps = 0;
        self.rows = self.rows.saturating_mul(4).min(PAGE_ROWS_MAX);
        match self.page.len().checked_sub(1).and_then(|last| self.page.row(last)) {
            Some(last) => self.start = crate::tables::after_key(last.key),
            None => self.finished = true,
        }
    }

    /// The current row; `None` at the end. [`Cursor::load`] comes first.
    pub(crate) fn row(&self) -> Option<RawRow<'_>> {
        self.page.row(self.at)
    }

    /// Goes to the next row.
    pub(crate) fn advance(&mut self) {
        self.steps += 1;
        self.at = self.at.saturating_add(1);
    }

    /// Goes past every row whose key starts with `row_prefix`. Rows of this page are skipped one by
    /// one. When they are used up, the next page starts behind the prefix.
    pub(crate) fn skip(&mut self, row_prefix: &[u8]) {
        self.steps += 1;
        while self.row().is_some_and(|row| row.key.starts_with(row_prefix)) {
            self.at = self.at.saturating_add(1);
        }
        if self.at < self.page.len() {
            return;
        }
        let past = crate::tables::after_prefix(row_prefix);
        if past <= self.start {
            return;
        }
        self.start = past;
        // The page had few large groups of keys. Most rows of the next page would be skipped, too,
        // so it is kept small.
        if self.steps.saturating_mul(4) < self.page.len() {
            self.rows = PAGE_ROWS_MIN;
        }
    }
}
