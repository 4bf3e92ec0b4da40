use std::collections::BTreeMap;

use proptest::prelude::*;

use gateway::bucket::versioning::MfaDelete;
use gateway::identity::account::Account;

use super::*;
use crate::index::memory;
use crate::object::delete_object::{self, Deletion};
use crate::records::{Body, Record, Span, VersionId};
use crate::subresource::lock::Bypass;
use crate::subresource::second_factor::SecondFactor;

pub(crate) fn bucket(versioning: Versioning) -> BucketRow {
    BucketRow {
        id: 1,
        owner: Account(7),
        created_ms: 0,
        region: "us-east-1".to_owned(),
        versioning,
        ..BucketRow::default()
    }
}

/// An object of one byte in a blob; blob 0 for an empty one.
pub(crate) fn object(blob: u64) -> NewObject {
    let spans = if blob == 0 { Vec::new() } else { vec![Span { blob, offset: 0, length: 1 }] };
    NewObject {
        owner: Account(7),
        modified_ms: 1_000,
        size: spans.len() as u64,
        etag: ETag::default(),
        storage_class: StorageClass::Standard,
        checksum_type: ChecksumType::FullObject,
        details: Details { body: Body::Spans(spans), ..Details::default() },
    }
}

/// A change of a key.
#[derive(Clone, Copy, Debug)]
enum Change {
    Put,
    Delete,
    /// The n-th newest version, if there are that many.
    DeleteVersion(usize),
}

/// A version as the model sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    id: VersionId,
    is_marker: bool,
    blob: u64,
}

/// What S3 promises for one key: its versions, newest first.
#[derive(Clone, Debug, Default)]
struct Model(Vec<Known>);

impl Model {
    fn add(&mut self, versioning: Versioning, version: Known) {
        if versioning != Versioning::Enabled {
            self.0.retain(|known| known.id != VersionId::Null);
        }
        self.0.insert(0, version);
    }
}

const KEY: &str = "photos/\0cat";

/// Plans a change on the index as it is. Also returns what the model makes of the change.
fn plan(change: Change, bucket: &BucketRow, model: &Model, blob: u64) -> (Plan, Model) {
    let mut plan = Plan::new();
    let mut after = model.clone();
    let deletion = |version| Deletion {
        key: KEY.to_owned(),
        version,
        conditions: Default::default(),
        bypass: Bypass::None,
        factor: SecondFactor::Missing,
        now_ms: 2_000,
    };
    match change {
        Change::Put => {
            let as_read = KeyAsRead::read(bucket, KEY).unwrap();
            let object = object(blob);
            let summary = put(&mut plan, &as_read, &object).unwrap();
            if let Body::Spans(spans) = &object.details.body {
                plan.keep(spans);
            }
            after.add(bucket.versioning, Known { id: summary.version_id(), is_marker: false, blob });
        }
        Change::Delete => {
            let deleted = delete_object::add(&mut plan, bucket, &deletion(None)).unwrap();
            match deleted.version {
                Some(id) => after.add(bucket.versioning, Known { id, is_marker: true, blob: 0 }),
                None => after.0.clear(),
            }
        }
        Change::DeleteVersion(position) => {
            let known = model.0.get(position).copied();
            let id = known.map_or(VersionId::Number { sequence: 1 << 40, nonce: 3 }, |known| known.id);
            let deleted = delete_object::add(&mut plan, bucket, &deletion(Some(id))).unwrap();
            assert_eq!(deleted.changes, known.is_some());
            assert_eq!(deleted.is_marker, known.is_some_and(|known| known.is_marker));
            after.0.retain(|known| known.id != id);
        }
    }
    (plan, after)
}

fn known(value: &[u8]) -> Known {
    let version = Version::decode(value).unwrap();
    let blob = match &version.details.body {
        Body::Spans(spans) => spans.first().map_or(0, |span| span.blob),
        Body::Parts { .. } => 0,
    };
    Known { id: version.summary.version_id(), is_marker: version.summary.is_delete_marker(), blob }
}

/// The versions in the tables, newest first, after checking the tables' invariants.
fn stored() -> Vec<Known> {
    let objects = memory::table(tables::OBJECTS);
    let versions = memory::table(tables::VERSIONS);
    let sequence = |value: &[u8]| Summary::decode(value).unwrap().sequence;
    assert!(objects.len() <= 1);
    match (objects.first(), versions.first()) {
        (Some((_, object)), newest) => {
            assert!(!known(object).is_marker, "a delete marker is never in objects");
            if let Some((_, newest)) = newest {
                assert!(sequence(object) > sequence(newest), "the current object is the newest version");
            }
        }
        (None, Some((_, newest))) => assert!(known(newest).is_marker, "an object on top is current"),
        (None, None) => {}
    }
    for (key, value) in &versions {
        assert_eq!(tables::split_version_key(key).unwrap().1, sequence(value));
    }
    let null = versions.iter().find(|(_, value)| known(value).id == VersionId::Null);
    let named = memory::table(tables::NULLS);
    let named: Vec<u64> = named.iter().map(|(_, value)| u64::decode(value).unwrap()).collect();
    assert_eq!(named, null.iter().map(|(_, value)| sequence(value)).collect::<Vec<_>>());
    let stored: Vec<Known> = objects.iter().chain(&versions).map(|(_, value)| known(value)).collect();
    let used = stored.iter().filter(|known| known.blob != 0).map(|known| (known.blob, 1)).collect();
    assert_eq!(memory::references(), used, "every version has its blob, and nothing else is kept");
    assert_eq!(memory::usage(), memory::counted_usage());
    stored
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => Just(Change::Put),
        3 => Just(Change::Delete),
        4 => (0_usize..3).prop_map(Change::DeleteVersion),
    ]
}

/// At which steps versioning is enabled (true) or suspended. Most buckets of the tests have it from
/// the start.
fn states() -> impl Strategy<Value = BTreeMap<usize, bool>> {
    prop_oneof![
        3 => Just(BTreeMap::from([(0, true)])),
        1 => proptest::collection::btree_map(0_usize..12, any::<bool>(), 0..4),
    ]
}

/// Versioning of a bucket over time: never back to unversioned.
fn settle(states: &BTreeMap<usize, bool>, step: usize) -> Versioning {
    match states.range(..=step).next_back() {
        None => Versioning::Unversioned,
        Some((_, true)) => Versioning::Enabled,
        Some((_, false)) => Versioning::Suspended,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_sequence_of_changes_leaves_what_s3_promises(
        steps in proptest::collection::vec(changes(), 1..30),
        states in states(),
    ) {
        memory::clear();
        let mut model = Model::default();
        for (step, change) in steps.into_iter().enumerate() {
            let bucket = bucket(settle(&states, step));
            let (plan, after) = plan(change, &bucket, &model, step as u64 + 1);
            prop_assert!(memory::commit(plan.batch()));
            model = after;
            prop_assert_eq!(stored(), model.0.clone());
        }
    }

    #[test]
    fn of_two_changes_at_once_the_second_conflicts_or_fits(
        steps in proptest::collection::vec(changes(), 0..8),
        states in states(),
        first in changes(), second in changes(),
    ) {
        memory::clear();
        let mut model = Model::default();
        let count = steps.len();
        for (step, change) in steps.into_iter().enumerate() {
            let bucket = bucket(settle(&states, step));
            let (plan, after) = plan(change, &bucket, &model, step as u64 + 1);
            prop_assert!(memory::commit(plan.batch()));
            model = after;
        }
        let bucket = bucket(settle(&states, count));
        let (late, _) = plan(second, &bucket, &model, 101);
        let (early, after_early) = plan(first, &bucket, &model, 102);
        prop_assert!(memory::commit(early.batch()));
        if memory::commit(late.batch()) {
            // Nothing was lost: what the first wrote is there, unless the second replaced it.
            let stored = stored();
            if bucket.versioning == Versioning::Enabled && matches!(second, Change::Put | Change::Delete) {
                for version in after_early.0 {
                    prop_assert!(stored.contains(&version));
                }
            }
        } else {
            prop_assert_eq!(stored(), after_early.0);
        }
    }
}

#[test]
fn a_locked_null_version_is_not_replaced() {
    memory::clear();
    let bucket = bucket(Versioning::Unversioned);
    let mut locked = object(1);
    locked.details.legal_hold = Some(true);
    let mut plan = Plan::new();
    put(&mut plan, &KeyAsRead::read(&bucket, KEY).unwrap(), &locked).unwrap();
    assert!(memory::commit(plan.batch()));
    let as_read = KeyAsRead::read(&bucket, KEY).unwrap();
    let error = put(&mut Plan::new(), &as_read, &object(2)).unwrap_err();
    assert_eq!(error.code, ErrorCode::AccessDenied);
    assert!(delete_current(&mut Plan::new(), &as_read, 2_000).is_err());
}

#[test]
fn a_version_goes_with_a_code_where_the_bucket_asks_for_one() {
    let bucket = BucketRow { mfa_delete: Some(MfaDelete::Enabled), ..bucket(Versioning::Enabled) };
    let deletion = |version, factor| Deletion {
        key: KEY.to_owned(),
        version,
        conditions: Default::default(),
        bypass: Bypass::None,
        factor,
        now_ms: 2_000,
    };
    let add = |deletion: &Deletion| delete_object::add(&mut Plan::new(), &bucket, deletion).map(|_| ());
    let refused = |factor| add(&deletion(Some(VersionId::Null), factor)).unwrap_err().code;
    assert_eq!(refused(SecondFactor::Missing), gateway::errors::ErrorCode::AccessDenied);
    assert_eq!(refused(SecondFactor::NotRoot), gateway::errors::ErrorCode::AccessDenied);
    add(&deletion(Some(VersionId::Null), SecondFactor::Shown)).unwrap();
    // A delete marker deletes no version.
    add(&deletion(None, SecondFactor::Missing)).unwrap();
}
