//! What rows say of usage, and plans that change it.

use super::*;
use crate::index::memory;
use crate::object::write::KeyAsRead;
use crate::object::write::tests::object;
use crate::plan::Plan;
use crate::records::Row;
use crate::{multipart, object, rows};

fn bucket_row() -> Row<BucketRow> {
    let record = BucketRow { owner: Account(7), ..multipart::tests::bucket() };
    Row { key: b"photos".to_vec(), record, revision: 1 }
}

#[test]
fn a_plan_says_whose_usage_it_changes() {
    memory::clear();
    let bucket = bucket_row();
    let as_read = KeyAsRead::read(&bucket.record, "cat").unwrap();
    let mut plan = Plan::new();
    object::write::put(&mut plan, &as_read, &object(5)).unwrap();
    assert_eq!(plan.into_batch().unwrap_err().code, ErrorCode::InternalError);

    let mut plan = Plan::new();
    plan.require_bucket(&bucket);
    let cat = object(5);
    object::write::put(&mut plan, &as_read, &cat).unwrap();
    let change = plan.into_batch().unwrap().usage.unwrap();
    assert_eq!((change.bucket.as_str(), change.account.as_str()), ("photos", "000000000007"));
    assert_eq!((change.buckets, change.objects, change.bytes), (0, 1, cat.size as i64));
    assert!(change.limited);
}

#[test]
fn a_plan_that_changes_no_usage_says_nothing_of_it() {
    let mut plan = Plan::new();
    plan.require_bucket(&bucket_row());
    plan.put(tables::BUCKETS, b"photos".to_vec(), &bucket_row().record).unwrap();
    assert!(plan.into_batch().unwrap().usage.is_none());
}

#[test]
fn a_delete_marker_that_hides_no_object_is_held_to_quotas() {
    memory::clear();
    let mut bucket = bucket_row();
    bucket.record.versioning = crate::records::Versioning::Enabled;
    let mut plan = Plan::new();
    plan.require_bucket(&bucket);
    let as_read = KeyAsRead::read(&bucket.record, "cat").unwrap();
    object::write::delete_current(&mut plan, &as_read, 1).unwrap();
    let change = plan.into_batch().unwrap().usage.unwrap();
    assert_eq!((change.objects, change.bytes, change.limited), (1, 0, true));
}

#[test]
fn a_bucket_counts_from_its_making_to_its_end() {
    let bucket = bucket_row();
    let mut plan = Plan::new();
    plan.make_bucket("photos", &bucket.record).unwrap();
    assert_eq!(plan.into_batch().unwrap().usage.unwrap().buckets, 1);
    let mut plan = Plan::new();
    plan.require_bucket(&bucket);
    plan.end_bucket(&bucket);
    assert_eq!(plan.into_batch().unwrap().usage.unwrap().buckets, -1);
}

#[test]
fn rows_say_what_they_count() {
    memory::clear();
    let bucket = bucket_row().record;
    let says = |table: &str, key: Vec<u8>, value: Vec<u8>| {
        format!("{:?}", of_row(table, &key, &value).map_err(|error| error.code))
    };
    assert_eq!(
        says(tables::BUCKETS, b"photos".to_vec(), bucket.encode().unwrap()),
        "Ok(Some(Counted::Bucket((1, \"photos\", \"000000000007\"))))"
    );
    let upload = multipart::tests::create(1_000);
    assert_eq!(
        says(tables::UPLOADS, upload.key.clone(), upload.record.encode().unwrap()),
        "Ok(Some(Counted::Upload((1000, 1))))"
    );
    let part = multipart::tests::part(3, 9).encode().unwrap();
    assert_eq!(says(tables::PARTS, tables::part_key(1_000, 3), part), "Ok(Some(Counted::Part((1000, 1))))");
    let as_read = KeyAsRead::read(&bucket, "cat").unwrap();
    let mut plan = Plan::new();
    object::write::put(&mut plan, &as_read, &object(5)).unwrap();
    assert!(memory::commit(plan.batch()));
    let (key, value) = memory::table(tables::OBJECTS).remove(0);
    let size = rows::current(1, "cat").unwrap().unwrap().record.summary.size;
    let counted = format!("Ok(Some(Counted::Object((1, {size}))))");
    assert_eq!(says(tables::OBJECTS, key.clone(), value.clone()), counted);
    assert_eq!(says(tables::VERSIONS, key, value), counted);
    assert_eq!(says(tables::NULLS, vec![1], vec![1]), "Ok(None)");
    for table in [tables::BUCKETS, tables::OBJECTS, tables::UPLOADS, tables::PARTS] {
        assert_eq!(says(table, vec![0; 20], vec![0xFF; 3]), "Err(InternalError)", "{table}");
    }
}
