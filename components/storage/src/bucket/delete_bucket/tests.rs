use gateway::errors::ErrorCode;

use super::{Round, UPLOADS_MAX, plan};
use crate::index::memory;
use crate::multipart::tests::{bucket, create, part};
use crate::plan::Plan;
use crate::records::{BucketRow, Row};
use crate::{multipart, rows, tables};

const NAME: &str = "photos";

fn stored_bucket() -> Row<BucketRow> {
    memory::clear();
    let mut plan = Plan::new();
    plan.put(tables::BUCKETS, tables::bucket_key(NAME), &bucket()).unwrap();
    assert!(memory::commit(plan.batch()));
    rows::bucket(NAME).unwrap().unwrap()
}

fn put(table: &str, key: Vec<u8>) {
    let mut plan = Plan::new();
    plan.put_bytes(table, key, Vec::new());
    assert!(memory::commit(plan.batch()));
}

#[test]
fn an_empty_bucket_goes() {
    let bucket = stored_bucket();
    put(tables::POLICIES, tables::policy_key(bucket.record.id));
    put(tables::CORS, tables::cors_key(NAME));
    let (plan, round) = plan(NAME, &bucket).unwrap();
    assert_eq!(round, Round::Last);
    assert!(memory::commit(plan.batch()));
    // A later bucket of that name does not inherit anything.
    for table in [tables::BUCKETS, tables::POLICIES, tables::CORS] {
        assert!(memory::table(table).is_empty(), "{table}");
    }
}

#[test]
fn objects_and_versions_keep_a_bucket() {
    for (table, key) in
        [(tables::OBJECTS, tables::object_key(1, "a")), (tables::VERSIONS, tables::version_key(1, "a", 1))]
    {
        let bucket = stored_bucket();
        let (early, _) = plan(NAME, &bucket).unwrap();
        put(table, key);
        assert_eq!(plan(NAME, &bucket).unwrap_err().code, ErrorCode::BucketNotEmpty);
        assert!(!memory::commit(early.batch()));
    }
    let bucket = stored_bucket();
    put(tables::OBJECTS, tables::object_key(2, "a"));
    assert!(plan(NAME, &bucket).is_ok());
}

#[test]
fn uploads_are_given_up_with_their_parts() {
    let bucket = stored_bucket();
    let count = u64::from(UPLOADS_MAX) * 2 + 3;
    for sequence in 1..=count {
        let mut plan = Plan::new();
        multipart::parts::put(&mut plan, &create(1_000 + sequence), &part(1, sequence)).unwrap();
        assert!(memory::commit(plan.batch()));
    }
    let mut rounds = Vec::new();
    while rounds.last() != Some(&Round::Last) {
        let (plan, round) = plan(NAME, &bucket).unwrap();
        assert!(memory::commit(plan.batch()));
        rounds.push(round);
    }
    assert_eq!(rounds, [Round::MoreUploads, Round::MoreUploads, Round::Last]);
    assert!(memory::references().is_empty());
    for table in [tables::BUCKETS, tables::UPLOADS, tables::PARTS] {
        assert!(memory::table(table).is_empty(), "{table}");
    }
}

#[test]
fn an_upload_that_begins_meanwhile_is_not_left_without_a_bucket() {
    let bucket = stored_bucket();
    create(1_000);
    let (plan, _) = plan(NAME, &bucket).unwrap();
    create(1_001);
    assert!(!memory::commit(plan.batch()));
}
