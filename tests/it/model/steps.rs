//! What a random sequence is made of.

use proptest::collection::vec;
use proptest::prelude::*;

use super::reference::{Condition, PART_BYTES_MIN};

/// Few keys, so that steps meet; each is there for a reason.
pub(super) const KEYS: [&str; 10] = [
    "a",
    "a/",        // a trailing slash is part of the key
    "a/b",       // below it
    "a//b",      // an empty segment
    "a/b/c",     // two levels
    "b/../c",    // not to be normalised
    "b/./d",     //
    "é/ü",       // more than one byte a character
    "sp ace+%&", // to be encoded in paths, queries and headers
    "z",
];

#[derive(Clone, Copy, Debug)]
pub(super) enum ListKind {
    V1,
    V2,
    Versions,
    Uploads,
}

/// One step. `nth` counts versions or uploads around: any number names one, where there are any.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Enable,
    Suspend,
    Put { key: &'static str, length: usize, condition: Condition },
    Copy { from: &'static str, nth: Option<usize>, to: &'static str },
    Delete { key: &'static str },
    DeleteVersion { key: &'static str, nth: usize },
    DeleteMany { keys: Vec<(&'static str, Option<usize>)> },
    Get { key: &'static str, nth: Option<usize>, range: Option<(usize, usize)> },
    GetIf { key: &'static str, condition: Condition },
    CreateUpload { key: &'static str },
    UploadPart { nth: usize, number: u32, length: usize },
    CopyPart { nth: usize, number: u32, from: &'static str },
    Complete { nth: usize, condition: Condition },
    Abort { nth: usize },
    List { kind: ListKind, prefix: &'static str, delimiter: &'static str, page: usize },
}

pub(super) fn sequences() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..40)
}

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(KEYS.to_vec())
}

/// Empty, tiny, and larger than what is kept beside the index.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![2 => Just(0_usize), 10 => 1_usize..2_000, 3 => 2_000_usize..100_000, 1 => 300_000_usize..600_000]
}

fn part_length() -> impl Strategy<Value = usize> {
    prop_oneof![10 => 1_usize..5_000, 1 => Just(PART_BYTES_MIN - 1), 2 => Just(PART_BYTES_MIN)]
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        6 => Just(Condition::None),
        2 => Just(Condition::Absent),
        2 => Just(Condition::Current),
        1 => Just(Condition::Other),
    ]
}

fn nth() -> impl Strategy<Value = Option<usize>> {
    prop::option::of(0_usize..4)
}

fn step() -> impl Strategy<Value = Step> {
    let range = prop::option::of((0_usize..3_000, 0_usize..3_000));
    prop_oneof![
        3 => Just(Step::Enable),
        2 => Just(Step::Suspend),
        14 => (key(), length(), condition()).prop_map(|(key, length, condition)| Step::Put { key, length, condition }),
        4 => (key(), nth(), key()).prop_map(|(from, nth, to)| Step::Copy { from, nth, to }),
        6 => key().prop_map(|key| Step::Delete { key }),
        4 => (key(), 0_usize..4).prop_map(|(key, nth)| Step::DeleteVersion { key, nth }),
        2 => vec((key(), nth()), 1..4).prop_map(|keys| Step::DeleteMany { keys }),
        5 => (key(), nth(), range).prop_map(|(key, nth, range)| Step::Get { key, nth, range }),
        2 => (key(), condition()).prop_map(|(key, condition)| Step::GetIf { key, condition }),
        4 => key().prop_map(|key| Step::CreateUpload { key }),
        6 => (0_usize..3, 1_u32..4, part_length())
            .prop_map(|(nth, number, length)| Step::UploadPart { nth, number, length }),
        2 => (0_usize..3, 1_u32..4, key()).prop_map(|(nth, number, from)| Step::CopyPart { nth, number, from }),
        4 => (0_usize..3, condition()).prop_map(|(nth, condition)| Step::Complete { nth, condition }),
        1 => (0_usize..3).prop_map(|nth| Step::Abort { nth }),
        6 => list(),
    ]
}

fn list() -> impl Strategy<Value = Step> {
    let kind = prop::sample::select(vec![ListKind::V1, ListKind::V2, ListKind::Versions, ListKind::Uploads]);
    let prefix = prop::sample::select(vec!["", "a", "a/", "a//", "b/", "sp ace", "nothing"]);
    let delimiter = prop::sample::select(vec!["", "/", "b", "//"]);
    (kind, prefix, delimiter, 1_usize..6).prop_map(|(kind, prefix, delimiter, page)| Step::List {
        kind,
        prefix,
        delimiter,
        page,
    })
}
