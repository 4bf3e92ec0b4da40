//! What a listing makes of each key: an entry, a common prefix, or nothing.

/// What a listing selects.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Listing<'a> {
    /// Only keys that start with this.
    pub(crate) prefix: &'a str,
    /// Keys that contain this behind the prefix are rolled up into common prefixes. Empty for none.
    pub(crate) delimiter: &'a str,
    /// Only keys behind this one: a marker, `start-after`, or what a continuation token says. Empty
    /// for none.
    pub(crate) marker: &'a str,
    /// At most so many entries and common prefixes.
    pub(crate) max: usize,
}

/// Where the rows of a listing begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin<'a> {
    /// With the first key that starts with the prefix.
    Prefix,
    /// With the marker's key itself. The caller knows which of its rows to leave out.
    Marker(&'a str),
    /// Behind every key that starts with this common prefix, which an earlier page has listed.
    Past(&'a str),
}

impl<'a> Listing<'a> {
    /// Where the rows begin.
    ///
    /// A marker that is a common prefix, or lies in one, leaves out the whole common prefix: S3
    /// lists it once, with the page on which it began.
    pub(crate) fn begin(&self) -> Begin<'a> {
        if self.marker < self.prefix || self.marker.is_empty() {
            return Begin::Prefix;
        }
        match self.common_prefix(self.marker) {
            Some(common) => Begin::Past(common),
            None => Begin::Marker(self.marker),
        }
    }

    /// The common prefix into which a key is rolled up, if it is. For a key outside of the prefix
    /// there is none.
    pub(crate) fn common_prefix<'k>(&self, key: &'k str) -> Option<&'k str> {
        if self.delimiter.is_empty() {
            return None;
        }
        let behind = key.strip_prefix(self.prefix)?;
        let at = match self.delimiter.as_bytes() {
            // The delimiter is nearly always `/`. One byte is found without the preparation of a
            // search, which costs more than the search itself.
            [byte] => behind.bytes().position(|candidate| candidate == *byte)?,
            // Setting up a search goes over all of the delimiter, for every key.
            longer if longer.len() > behind.len() => return None,
            _ => behind.find(self.delimiter)?,
        };
        key.get(..self.prefix.len() + at + self.delimiter.len())
    }
}

/// What was listed so far, and what the listing makes of the next key.
#[derive(Debug)]
pub(crate) struct Rollup<'a> {
    listing: Listing<'a>,
    count: usize,
    /// The entry or common prefix that filled the listing.
    last: String,
}

/// What a listing makes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item<'k> {
    /// It is listed.
    Entry(&'k str),
    /// It is the first of a new common prefix.
    CommonPrefix(&'k str),
    /// The listing was full before: more follows on another page.
    Full,
}

impl<'a> Rollup<'a> {
    /// Nothing listed yet.
    pub(crate) fn new(listing: Listing<'a>) -> Self {
        Rollup { listing, count: 0, last: String::new() }
    }

    /// Counts a key. The caller must skip the other keys of a common prefix after its first.
    pub(crate) fn take<'k>(&mut self, key: &'k str) -> Item<'k> {
        if self.count >= self.listing.max {
            return Item::Full;
        }
        self.count += 1;
        let item = match self.listing.common_prefix(key) {
            Some(common) => Item::CommonPrefix(common),
            None => Item::Entry(key),
        };
        if self.count == self.listing.max {
            match item {
                Item::CommonPrefix(name) | Item::Entry(name) => self.last.push_str(name),
                Item::Full => {}
            }
        }
        item
    }

    /// Entries and common prefixes so far.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The entry or common prefix that filled the listing; empty when it is not full.
    pub(crate) fn into_last(self) -> String {
        self.last
    }
}

/// How a listing ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct End {
    /// Entries and common prefixes that were listed.
    pub(crate) count: usize,
    /// The last of them, when more follow.
    pub(crate) next: Option<String>,
}
