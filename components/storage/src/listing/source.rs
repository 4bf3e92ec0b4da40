//! Rows in order, page by page, from the index or from a test's map.

use sdk::index::{self, Direction, Rows};

/// Rows fetched by the first page after a seek, when the seek has shown that neighbours are of no use.
const PAGE_ROWS_MIN: u32 = 16;
/// Rows of a full page: what the largest listing needs, and one row to see whether more follow.
const PAGE_ROWS_MAX: u32 = 1001;

/// Where rows come from.
pub(crate) trait Source {
    /// The first rows with `start <= key < end`, at most `limit`. Only an empty page means that there are none.
    fn page(&self, table: &str, start: &[u8], end: &[u8], limit: u32) -> Page;
}

/// The host's index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index;

impl Source for Index {
    fn page(&self, table: &str, start: &[u8], end: &[u8], limit: u32) -> Page {
        Page::from(index::scan(table, start, end, limit, Direction::Forward))
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    /// The key of the row.
    pub(crate) key: &'a [u8],
    /// The value of the row.
    pub(crate) value: &'a [u8],
}

/// A page of rows in one buffer, so that a cursor can own it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    bytes: Vec<u8>,
    /// For each row, where its key and its value end. A row starts where the one before ends.
    ends: Vec<(usize, usize)>,
}

impl Page {
    /// Appends a row.
    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(key);
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.ends.push((key_end, self.bytes.len()));
    }

    fn row(&self, at: usize) -> Option<Row<'_>> {
        let (key_end, value_end) = *self.ends.get(at)?;
        let start = match at.checked_sub(1) {
            Some(before) => self.ends.get(before)?.1,
            None => 0,
        };
        Some(Row { key: self.bytes.get(start..key_end)?, value: self.bytes.get(key_end..value_end)? })
    }
}

impl From<Rows> for Page {
    fn from(rows: Rows) -> Self {
        let mut page = Page::default();
        for row in rows.iter() {
            page.push(row.key, row.value);
        }
        page
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
    /// Rows to ask for with the next page.
    rows: u32,
    /// Rows of this page that were of use, and prefixes that were skipped.
    steps: usize,
    /// Whether the last page was empty: no row is left.
    finished: bool,
}

impl<'s, S: Source> Cursor<'s, S> {
    /// A cursor before the first row of `start <= key < end`, whose first page has about `rows` rows.
    pub(crate) fn new(source: &'s S, table: &'static str, start: Vec<u8>, end: Vec<u8>, rows: u32) -> Self {
        let rows = rows.clamp(PAGE_ROWS_MIN, PAGE_ROWS_MAX);
        Cursor { source, table, start, end, page: Page::default(), at: 0, rows, steps: 0, finished: false }
    }

    /// Makes the current row available to [`Cursor::row`], fetching a page when the last one is used up.
    pub(crate) fn load(&mut self) {
        if self.finished || self.at < self.page.ends.len() {
            return;
        }
        self.page = if self.start < self.end {
            self.source.page(self.table, &self.start, &self.end, self.rows)
        } else {
            Page::default()
        };
        self.at = 0;
        self.steps = 0;
        self.rows = self.rows.saturating_mul(4).min(PAGE_ROWS_MAX);
        match self.page.ends.len().checked_sub(1).and_then(|last| self.page.row(last)) {
            Some(last) => self.start = crate::tables::after_key(last.key),
            None => self.finished = true,
        }
    }

    /// The current row; `None` at the end. [`Cursor::load`] comes first.
    pub(crate) fn row(&self) -> Option<Row<'_>> {
        self.page.row(self.at)
    }

    /// Goes to the next row.
    pub(crate) fn advance(&mut self) {
        self.steps += 1;
        self.at = self.at.saturating_add(1);
    }

    /// Goes past every row whose key starts with `row_prefix`. Rows at hand are skipped one by one; when they are used
    /// up, the next page starts past the prefix.
    pub(crate) fn skip(&mut self, row_prefix: &[u8]) {
        self.steps += 1;
        while self.row().is_some_and(|row| row.key.starts_with(row_prefix)) {
            self.at = self.at.saturating_add(1);
        }
        if self.at < self.page.ends.len() {
            return;
        }
        let past = crate::tables::after_prefix(row_prefix);
        if past <= self.start {
            return;
        }
        self.start = past;
        // A page of few large groups of keys: most of the next one would be skipped too, so it is kept small.
        if self.steps.saturating_mul(4) < self.page.ends.len() {
            self.rows = PAGE_ROWS_MIN;
        }
    }
}
