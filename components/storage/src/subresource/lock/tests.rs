use gateway::object::checksum::ChecksumType;
use gateway::object::etag::ETag;
use gateway::object::object_lock::{
    DefaultRetention, ObjectLockConfiguration, Retention, RetentionMode, RetentionPeriod,
};
use gateway::object::storage_class::StorageClass;
use gateway::timestamp::DAY_MS;

use super::{Bypass, check_delete, check_replace, check_retention_change, default_of};
use crate::records::{AlgorithmSet, BucketRow, Details, Kind, Summary, Version};

const NOW: u64 = 1_800_000_000_000;
const PAST: u64 = NOW - 1;
const SOON: u64 = NOW + 1;
const LATER: u64 = NOW + 2;

fn version(retention: Option<Retention>, legal_hold: Option<bool>) -> Version {
    let summary = Summary {
        kind: Kind::Object,
        sequence: 1,
        nonce: 1,
        null: false,
        modified_ms: 0,
        size: 0,
        etag: ETag::default(),
        storage_class: StorageClass::Standard,
        checksum_algorithms: AlgorithmSet::default(),
        checksum_type: ChecksumType::FullObject,
        owner: Default::default(),
    };
    Version { summary, details: Details { retention, legal_hold, ..Details::default() } }
}

fn governance(until_ms: u64) -> Option<Retention> {
    Some(Retention { mode: RetentionMode::Governance, until_ms })
}

fn compliance(until_ms: u64) -> Option<Retention> {
    Some(Retention { mode: RetentionMode::Compliance, until_ms })
}

#[test]
fn a_version_goes_when_nothing_protects_it() {
    // retention, legal hold, may be deleted, may be deleted with a bypass
    for (retention, hold, plain, bypassed) in [
        (None, None, true, true),
        (None, Some(false), true, true),
        (None, Some(true), false, false),
        (governance(SOON), None, false, true),
        (governance(PAST), None, true, true),
        (governance(NOW), None, true, true),
        (compliance(SOON), None, false, false),
        (compliance(PAST), None, true, true),
        (governance(SOON), Some(true), false, false),
        (compliance(PAST), Some(true), false, false),
    ] {
        let version = version(retention, hold);
        assert_eq!(check_delete(&version, NOW, Bypass::None).is_ok(), plain, "{retention:?} {hold:?}");
        assert_eq!(
            check_delete(&version, NOW, Bypass::Governance).is_ok(),
            bypassed,
            "{retention:?} {hold:?}"
        );
        assert_eq!(check_replace(&version, NOW).is_ok(), plain, "{retention:?} {hold:?}");
    }
}

#[test]
fn a_retention_is_extended_freely_and_loosened_with_a_bypass_at_most() {
    // current, wanted, allowed, allowed with a bypass
    for (current, wanted, plain, bypassed) in [
        (None, governance(SOON), true, true),
        (None, None, true, true),
        (governance(SOON), governance(LATER), true, true),
        (governance(SOON), governance(SOON), true, true),
        (governance(LATER), governance(SOON), false, true),
        (governance(SOON), compliance(SOON), false, true),
        (governance(SOON), None, false, true),
        (governance(PAST), None, true, true),
        (compliance(SOON), compliance(LATER), true, true),
        (compliance(LATER), compliance(SOON), false, false),
        (compliance(SOON), governance(LATER), false, false),
        (compliance(SOON), None, false, false),
        (compliance(PAST), governance(SOON), true, true),
    ] {
        let plainly = check_retention_change(current, wanted, NOW, Bypass::None);
        assert_eq!(plainly.is_ok(), plain, "{current:?} {wanted:?}");
        let with_bypass = check_retention_change(current, wanted, NOW, Bypass::Governance);
        assert_eq!(with_bypass.is_ok(), bypassed, "{current:?} {wanted:?}");
    }
}

#[test]
fn a_default_retention_counts_from_now() {
    let at = |object_lock, now| default_of(&BucketRow { object_lock, ..BucketRow::default() }, now);
    let with = |period| {
        let default = DefaultRetention { mode: RetentionMode::Governance, period };
        Some(ObjectLockConfiguration { default_retention: Some(default) })
    };
    assert_eq!(at(None, NOW), None);
    assert_eq!(at(Some(ObjectLockConfiguration::default()), NOW), None);
    assert_eq!(at(with(RetentionPeriod::Days(3)), NOW), governance(NOW + 3 * DAY_MS));
    assert_eq!(at(with(RetentionPeriod::Years(2)), NOW), governance(NOW + 730 * DAY_MS));
    assert_eq!(at(with(RetentionPeriod::Years(u32::MAX)), u64::MAX), governance(u64::MAX));
}

#[test]
fn a_bypass_is_asked_for_by_header() {
    let of = |value| Bypass::of(&[("x-amz-bypass-governance-retention", value)].into_iter().collect());
    assert_eq!(of("true"), Bypass::Governance);
    assert_eq!(of("True"), Bypass::Governance);
    assert_eq!(of("yes"), Bypass::None);
}
