//! Plans of uploads, committed to an index in memory: no blob is lost, none is left behind.

use std::collections::BTreeMap;

use proptest::collection::{btree_set, vec};
use proptest::prelude::{Strategy, prop_assert_eq, prop_oneof, proptest};

use gateway::identity::account::Account;
use gateway::object::checksum::ChecksumType;
use gateway::object::etag::ETag;
use gateway::object::storage_class::StorageClass;

use super::assembly::Assembly;
use super::complete_multipart_upload::{CompletedBody, Made, end_upload};
use super::parts;
use crate::index::memory;
use crate::object::write::{KeyAsRead, NewObject};
use crate::plan::Plan;
use crate::records::{Body, BucketRow, Checksum, Details, Part, Protection, Row, Span, Upload, Versioning};
use crate::{rows, tables};

const KEY: &str = "key";

/// A bucket without versioning, with the id 1.
pub(crate) fn bucket() -> BucketRow {
    BucketRow {
        id: 1,
        owner: Account(7),
        created_ms: 0,
        region: "us-east-1".to_owned(),
        versioning: Versioning::Unversioned,
        ..BucketRow::default()
    }
}

/// An upload of [`KEY`] in the bucket.
pub(crate) fn create(sequence: u64) -> Row<Upload> {
    let plain = crate::records::tests::upload(Protection::SseS3);
    let upload = Upload { sequence, nonce: 9, initiated_ms: 0, owner: Account(7), ..plain };
    let mut plan = Plan::new();
    plan.put(tables::UPLOADS, tables::upload_key(1, KEY, sequence), &upload).unwrap();
    assert!(memory::commit(plan.batch()));
    upload_row(sequence).unwrap()
}

fn upload_row(sequence: u64) -> Option<Row<Upload>> {
    rows::upload(1, KEY, sequence).unwrap()
}

/// A part of one byte, in a blob of its own.
pub(crate) fn part(number: u32, blob: u64) -> Part {
    let spans = vec![Span { blob, offset: 0, length: 1 }];
    Part { number, size: 1, modified_ms: 0, md5: [0; 16], checksums: Vec::<Checksum>::new(), spans }
}

fn plan_part(upload: &Row<Upload>, number: u32, blob: u64) -> Plan {
    let mut plan = Plan::new();
    parts::put(&mut plan, upload, &part(number, blob)).unwrap();
    plan
}

fn plan_complete(upload: &Row<Upload>, numbers: &[u32]) -> Plan {
    let bucket = bucket();
    let as_read = KeyAsRead::read(&bucket, KEY).unwrap();
    let uploaded = parts::all(upload.record.sequence).unwrap();
    let chosen: Vec<&Part> =
        uploaded.iter().map(|row| &row.record).filter(|part| numbers.contains(&part.number)).collect();
    let assembly = Assembly::of(&chosen);
    let object = NewObject {
        owner: Account(7),
        modified_ms: 0,
        size: assembly.size,
        etag: ETag { md5: [0; 16], parts: assembly.count },
        storage_class: StorageClass::Standard,
        checksum_type: ChecksumType::FullObject,
        details: Details {
            upload: Some((upload.record.sequence, upload.record.nonce)),
            ..Details::default()
        },
    };
    let made = Made {
        object,
        content: CompletedBody::Parts(assembly),
        numbers: chosen.iter().map(|part| part.number).collect(),
    };
    let mut plan = Plan::new();
    end_upload(&mut plan, upload, &uploaded, &made, &as_read).unwrap();
    plan
}

fn plan_abort(upload: &Row<Upload>) -> Plan {
    let mut plan = Plan::new();
    parts::discard(&mut plan, upload, &parts::all(upload.record.sequence).unwrap());
    plan
}

#[derive(Clone, Debug)]
enum Step {
    Part(u32),
    Complete(Vec<u32>),
    Abort,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..8_u32).prop_map(Step::Part),
        1 => btree_set(1..8_u32, 1..6).prop_map(|numbers| Step::Complete(numbers.into_iter().collect())),
        1 => proptest::prelude::Just(Step::Abort),
    ]
}

proptest! {
    #[test]
    fn blobs_are_referred_to_by_parts_and_by_the_object(steps in vec(step(), 1..40)) {
        memory::clear();
        let mut sequence = 1_000;
        let mut upload = create(sequence);
        let (mut uploaded, mut object) = (BTreeMap::new(), Vec::new());
        for (at, step) in steps.into_iter().enumerate() {
            let blob = at as u64 + 1;
            let mut ended = true;
            match step {
                Step::Part(number) => {
                    assert!(memory::commit(plan_part(&upload, number, blob).batch()));
                    uploaded.insert(number, blob);
                    ended = false;
                }
                Step::Complete(numbers) if numbers.iter().any(|number| uploaded.contains_key(number)) => {
                    assert!(memory::commit(plan_complete(&upload, &numbers).batch()));
                    object = numbers.iter().filter_map(|number| uploaded.get(number).copied()).collect();
                }
                Step::Complete(_) => ended = false,
                Step::Abort => assert!(memory::commit(plan_abort(&upload).batch())),
            }
            if ended {
                uploaded.clear();
                prop_assert_eq!(parts::all(sequence).unwrap().len(), 0);
                prop_assert_eq!(upload_row(sequence).is_none(), true);
                sequence += 1;
                upload = create(sequence);
            }
            let expected: BTreeMap<u64, i64> =
                uploaded.values().chain(&object).map(|blob| (*blob, 1)).collect();
            prop_assert_eq!(memory::references(), expected);
            prop_assert_eq!(memory::usage(), memory::counted_usage());
            let listed: Vec<u32> =
                parts::all(sequence).unwrap().iter().map(|part| part.record.number).collect();
            prop_assert_eq!(listed, uploaded.keys().copied().collect::<Vec<_>>());
            prop_assert_eq!(memory::table(tables::MANIFESTS).len(), usize::from(!object.is_empty()));
        }
    }
}

/// An upload with the parts 2 and 4, in blobs of the same numbers.
fn two_parts() -> Row<Upload> {
    memory::clear();
    let upload = create(1_000);
    assert!(memory::commit(plan_part(&upload, 2, 2).batch()));
    assert!(memory::commit(plan_part(&upload, 4, 4).batch()));
    upload
}

#[test]
fn an_upload_does_not_end_over_a_part_that_it_has_not_seen() {
    for number in [1, 2, 3, 4, 5, 10_000] {
        for plan in [|upload: &Row<Upload>| plan_complete(upload, &[2, 4]), plan_abort] {
            let upload = two_parts();
            let end = plan(&upload);
            assert!(memory::commit(plan_part(&upload, number, 50).batch()));
            assert!(!memory::commit(end.batch()), "part {number}");
        }
    }
}

#[test]
fn a_part_does_not_come_to_an_upload_that_has_ended() {
    for plan in [|upload: &Row<Upload>| plan_complete(upload, &[2, 4]), plan_abort] {
        let upload = two_parts();
        let late = [plan_part(&upload, 2, 50), plan_part(&upload, 3, 51)];
        assert!(memory::commit(plan(&upload).batch()));
        for late in late {
            assert!(!memory::commit(late.batch()));
        }
    }
}

#[test]
fn a_completed_object_keeps_its_parts_where_they_were_uploaded() {
    let upload = two_parts();
    assert!(memory::commit(plan_complete(&upload, &[2, 4]).batch()));
    let version = rows::current(1, KEY).unwrap().unwrap().record;
    assert_eq!((version.summary.size, version.summary.etag.parts), (2, 2));
    assert_eq!(version.details.upload, Some((1_000, 9)));
    let Body::Parts { manifest, count, page_offsets } = version.details.body else {
        panic!("not a multipart object")
    };
    assert_eq!((count, page_offsets), (2, vec![0]));
    let page = rows::manifest_page(manifest, 0).unwrap().unwrap().record;
    let blobs: Vec<(u32, u64)> = page.parts.iter().map(|part| (part.number, part.spans[0].blob)).collect();
    assert_eq!(blobs, [(2, 2), (4, 4)]);
}

#[test]
fn parts_are_listed_behind_their_marker() {
    let upload = two_parts();
    assert!(memory::commit(plan_part(&upload, 7, 7).batch()));
    let numbers = |marker, count| -> Vec<u32> {
        parts::list(1_000, marker, count).unwrap().iter().map(|part| part.record.number).collect()
    };
    assert_eq!(numbers(0, 10), [2, 4, 7]);
    assert_eq!(numbers(0, 2), [2, 4]);
    assert_eq!(numbers(2, 10), [4, 7]);
    assert_eq!(numbers(7, 10), [0; 0]);
    assert_eq!(numbers(u32::MAX, 10), [0; 0]);
}
