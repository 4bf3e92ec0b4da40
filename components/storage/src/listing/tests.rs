//! The walks against a filter over ordered maps.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use proptest::collection::{btree_set, vec};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::merge::{self, Ended, Listed, Start};
use super::rollup::{Begin, End, Item, Listing};
use super::source::{Page, Source};
use super::walk::{self, OBJECTS, UPLOADS};
use crate::tables;

const BUCKET: u64 = 7;

/// Tables in memory. `page_max` bounds every page, as the host's limit in bytes does.
#[derive(Debug, Default)]
struct Memory {
    tables: BTreeMap<&'static str, BTreeMap<Vec<u8>, Vec<u8>>>,
    page_max: usize,
}

impl Memory {
    fn put(&mut self, table: &'static str, key: Vec<u8>, value: &str) {
        self.tables.entry(table).or_default().insert(key, value.as_bytes().to_vec());
    }
}

impl Source for Memory {
    fn page(&self, table: &str, start: &[u8], end: &[u8], limit: u32) -> Page {
        let mut page = Page::default();
        let range = (Bound::Included(start.to_vec()), Bound::Excluded(end.to_vec()));
        let rows = self.tables.get(table).into_iter().flat_map(|rows| rows.range(range.clone()));
        for (key, value) in rows.take(self.page_max.min(limit as usize)) {
            page.push(key, value, 0);
        }
        page
    }
}

fn objects<'k>(keys: impl IntoIterator<Item = &'k String>, page_max: usize) -> Memory {
    let mut memory = Memory { page_max, ..Memory::default() };
    for bucket in [BUCKET - 1, BUCKET, BUCKET + 1] {
        memory.put(tables::OBJECTS, tables::object_key(bucket, "neighbour"), "neighbour");
    }
    memory.tables.entry(tables::OBJECTS).or_default().remove(&tables::object_key(BUCKET, "neighbour"));
    for key in keys {
        memory.put(tables::OBJECTS, tables::object_key(BUCKET, key), key);
    }
    memory
}

/// Entries as they are, common prefixes in brackets.
fn list(memory: &Memory, listing: Listing<'_>) -> (Vec<String>, End) {
    let mut listed = Vec::new();
    let start = walk::start(BUCKET, &listing);
    let end = walk::walk(memory, &OBJECTS, BUCKET, start, listing, |item, row| {
        match item {
            Item::Entry(key) => {
                assert_eq!(row.value, key.as_bytes());
                listed.push(key.to_owned());
            }
            Item::CommonPrefix(prefix) => listed.push(format!("[{prefix}]")),
            Item::Full => unreachable!(),
        }
        Ok(())
    });
    (listed, end.unwrap())
}

/// What S3 documents, computed without a walk.
fn model(keys: &BTreeSet<String>, listing: Listing<'_>) -> (Vec<String>, End) {
    let passed = match listing.common_prefix(listing.marker) {
        Some(common) if listing.marker.starts_with(listing.prefix) => Some(common),
        _ => None,
    };
    let mut all: Vec<(String, String)> = Vec::new();
    for key in keys.iter().filter(|key| key.starts_with(listing.prefix)) {
        if !listing.marker.is_empty() && key.as_str() <= listing.marker {
            continue;
        }
        match listing.common_prefix(key) {
            Some(common) if passed == Some(common) => {}
            Some(common) => all.push((format!("[{common}]"), common.to_owned())),
            None => all.push((key.clone(), key.clone())),
        }
    }
    all.dedup();
    let more = listing.max > 0 && all.len() > listing.max;
    all.truncate(listing.max);
    let next = all.last().map(|(_, name)| name.clone()).filter(|_| more);
    let listed: Vec<String> = all.into_iter().map(|(shown, _)| shown).collect();
    (listed.clone(), End { count: listed.len(), next })
}

fn key() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![Just("a"), Just("b"), Just("/"), Just("//"), Just("é"), Just("\0"), Just("\u{10FFFF}")],
        1..6,
    )
    .prop_map(|parts| parts.concat())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(String::new()), 2 => key()]
}

fn delimiter() -> impl Strategy<Value = String> {
    prop_oneof![Just(""), Just("/"), Just("a"), Just("//"), Just("b/")].prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn a_listing_is_a_filter_over_the_keys(
        keys in btree_set(key(), 0..60),
        prefix in text(), marker in text(), delimiter in delimiter(),
        max in 0_usize..12, page_max in 1_usize..20,
    ) {
        let listing = Listing { prefix: &prefix, delimiter: &delimiter, marker: &marker, max };
        let memory = objects(&keys, page_max);
        prop_assert_eq!(list(&memory, listing), model(&keys, listing));
    }

    #[test]
    fn pages_add_up_to_the_whole_listing(
        keys in btree_set(key(), 0..60),
        prefix in text(), delimiter in delimiter(), max in 1_usize..5, page_max in 1_usize..20,
    ) {
        let memory = objects(&keys, page_max);
        let whole = Listing { prefix: &prefix, delimiter: &delimiter, marker: "", max: 1000 };
        let mut paged = Vec::new();
        let mut marker = String::new();
        for _ in 0..=keys.len() {
            let (page, end) = list(&memory, Listing { marker: &marker, max, ..whole });
            paged.extend(page);
            match end.next {
                Some(next) => marker = next,
                None => break,
            }
        }
        prop_assert_eq!(paged, list(&memory, whole).0);
    }

    #[test]
    fn versions_are_listed_by_key_and_from_the_newest_on(
        versions in vec((key(), any::<bool>()), 0..40),
        prefix in text(), marker in text(), delimiter in delimiter(),
        max in 0_usize..12, page_max in 1_usize..20,
    ) {
        // A later version of a key is newer. The latest is an object, or a marker where the flag
        // says so.
        let mut by_key: BTreeMap<String, Vec<(u64, bool)>> = BTreeMap::new();
        for (sequence, (key, flag)) in versions.iter().enumerate() {
            by_key.entry(key.clone()).or_default().insert(0, (sequence as u64, *flag));
        }
        let mut memory = Memory { page_max, ..Memory::default() };
        for (key, rows) in &by_key {
            for (at, (sequence, marker)) in rows.iter().enumerate() {
                if at == 0 && !marker {
                    memory.put(tables::OBJECTS, tables::object_key(BUCKET, key), &sequence.to_string());
                } else {
                    let row = tables::version_key(BUCKET, key, *sequence);
                    memory.put(tables::VERSIONS, row, &sequence.to_string());
                }
            }
        }
        let listing = Listing { prefix: &prefix, delimiter: &delimiter, marker: &marker, max };
        let start = match listing.begin() {
            Begin::Prefix => (tables::object_key(BUCKET, &prefix), tables::escaped_prefix(BUCKET, &prefix)),
            Begin::Marker(key) => (
                tables::after_key(&tables::object_key(BUCKET, key)),
                tables::version_range(BUCKET, key).end,
            ),
            Begin::Past(common) => (
                tables::after_prefix(&tables::object_key(BUCKET, common)),
                tables::after_prefix(&tables::escaped_prefix(BUCKET, common)),
            ),
        };
        let mut listed = Vec::new();
        let start = Start { objects: start.0, versions: start.1, listed: None };
        let ended = merge::walk(&memory, BUCKET, start, listing, |found| {
            listed.push(match found {
                Listed::Version { key, value, latest } => {
                    format!("{key} {} {latest}", std::str::from_utf8(value).unwrap())
                }
                Listed::CommonPrefix(prefix) => format!("[{prefix}]"),
            });
            Ok(())
        });
        // The same from the model of keys, with each key replaced by its versions.
        let keys: BTreeSet<String> = by_key.keys().cloned().collect();
        let mut expected = Vec::new();
        for name in model(&keys, Listing { max: 1000, ..listing }).0 {
            match by_key.get(&name) {
                Some(rows) => expected.extend(
                    rows.iter()
                        .enumerate()
                        .map(|(at, (sequence, _))| format!("{name} {sequence} {}", at == 0)),
                ),
                None => expected.push(name),
            }
        }
        let more = max > 0 && expected.len() > max;
        expected.truncate(max);
        prop_assert_eq!(listed, expected);
        prop_assert_eq!(ended.unwrap(), if more { Ended::Truncated } else { Ended::Complete });
    }

    #[test]
    fn a_listing_reads_few_rows_whatever_common_prefixes_hold(count in 1_usize..40, size in 1_usize..400) {
        let keys: Vec<String> =
            (0..count).flat_map(|group| (0..size).map(move |key| format!("{group:04}/{key:04}"))).collect();
        let memory = Counting { memory: objects(&keys, 1000), rows: Default::default() };
        let listing = Listing { prefix: "", delimiter: "/", marker: "", max: 1000 };
        let mut prefixes = 0;
        let start = walk::start(BUCKET, &listing);
        walk::walk(&memory, &OBJECTS, BUCKET, start, listing, |_, _| { prefixes += 1; Ok(()) }).unwrap();
        prop_assert_eq!(prefixes, count);
        let read = memory.rows.get();
        let few = read <= keys.len() && read <= 64 + 80 * count;
        prop_assert!(few, "{read} rows for {count} prefixes of {size}");
    }
}

/// Counts the rows that are read.
#[derive(Debug)]
struct Counting {
    memory: Memory,
    rows: std::cell::Cell<usize>,
}

impl Source for Counting {
    fn page(&self, table: &str, start: &[u8], end: &[u8], limit: u32) -> Page {
        let page = self.memory.page(table, start, end, limit);
        self.rows.set(self.rows.get() + page.len());
        page
    }
}

#[test]
fn uploads_of_a_key_are_listed_in_order_of_initiation() {
    let mut memory = Memory { page_max: 2, ..Memory::default() };
    for (key, sequence) in [("a", 3), ("a", 1), ("a\0", 4), ("b", 2), ("c/d", 5), ("c/e", 6)] {
        memory.put(tables::UPLOADS, tables::upload_key(BUCKET, key, sequence), &sequence.to_string());
    }
    let listing = Listing { prefix: "", delimiter: "/", marker: "", max: 10 };
    let mut listed = Vec::new();
    let start = tables::escaped_prefix(BUCKET, "");
    walk::walk(&memory, &UPLOADS, BUCKET, start, listing, |item, row| {
        listed.push(match item {
            Item::CommonPrefix(prefix) => prefix.to_owned(),
            _ => std::str::from_utf8(row.value).unwrap().to_owned(),
        });
        Ok(())
    })
    .unwrap();
    assert_eq!(listed, ["1", "3", "4", "2", "c/"]);
}

#[test]
fn a_marker_inside_a_common_prefix_passes_over_it() {
    let keys = ["boo/bar", "boo/baz", "cow"].map(str::to_owned);
    let memory = objects(&keys, 10);
    for marker in ["boo/", "boo/a", "boo/bar", "boo/zzz"] {
        let listing = Listing { prefix: "", delimiter: "/", marker, max: 10 };
        assert_eq!(list(&memory, listing).0, ["cow"], "{marker}");
    }
    let listing = Listing { prefix: "boo/", delimiter: "/", marker: "boo/bar", max: 10 };
    assert_eq!(list(&memory, listing).0, ["boo/baz"]);
}

#[test]
fn a_walk_sees_no_more_of_a_row_than_it_needs() {
    let mut memory = Memory { page_max: 100, ..Memory::default() };
    for table in [&OBJECTS, &UPLOADS] {
        let row = (table.row_prefix)(BUCKET, "k");
        memory.put(table.table, [row, vec![0; 10]].concat(), &"v".repeat(60_000));
    }
    for table in [&OBJECTS, &UPLOADS] {
        let listing = Listing { prefix: "", delimiter: "/", marker: "", max: 10 };
        let mut seen = Vec::new();
        let start = (table.row_prefix)(BUCKET, "");
        let mut cursor = table.cursor(&memory, BUCKET, &listing, start);
        cursor.load();
        seen.extend(cursor.row().map(|row| row.value.len()));
        assert_eq!(seen, [table.value_bytes_max as usize], "{}", table.table);
    }
}

#[test]
fn a_delimiter_longer_than_every_key_rolls_nothing_up() {
    let keys = ["a/b", "a/c", "d"].map(str::to_owned);
    let memory = objects(&keys, 10);
    let long = "/".repeat(60_000);
    for delimiter in [&long, "a/b/", "b/c"] {
        let listing = Listing { prefix: "", delimiter, marker: "", max: 10 };
        assert_eq!(list(&memory, listing).0, ["a/b", "a/c", "d"]);
    }
    let listing = Listing { prefix: "a", delimiter: "/c", marker: "", max: 10 };
    assert_eq!(list(&memory, listing).0, ["a/b", "[a/c]"]);
}
