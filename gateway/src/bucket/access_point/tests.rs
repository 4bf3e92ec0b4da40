use super::*;

#[test]
fn only_what_ends_like_an_alias_is_one() {
    for name in ["reports-abc-s3alias", "reports-abc--ol-s3"] {
        assert!(is_alias(name), "{name}");
    }
    for name in ["s3alias", "reports-s3alias-2", "reports", "a--ol-s3x"] {
        assert!(!is_alias(name), "{name}");
    }
}

#[test]
fn hosts_name_an_access_point_and_its_account() {
    fn found(text: &str) -> Option<(&str, &str, HostKind)> {
        in_host(text).map(|own| (own.name, own.account, own.kind))
    }
    assert_eq!(found("reports-111122223333"), Some(("reports", "111122223333", HostKind::Any)));
    assert_eq!(found("a-b-111122223333"), Some(("a-b", "111122223333", HostKind::Any)));
    for (host, kind) in [
        ("s3-accesspoint", HostKind::AccessPoint),
        ("s3-accesspoint.us-east-1", HostKind::AccessPoint),
        ("s3-accesspoint-fips.us-east-1", HostKind::AccessPoint),
        ("s3-object-lambda", HostKind::ObjectLambda),
        ("s3-object-lambda.us-east-1", HostKind::ObjectLambda),
    ] {
        let host = format!("reports-111122223333.{host}");
        assert_eq!(found(&host), Some(("reports", "111122223333", kind)), "{host}");
    }
    for other in [
        "",
        "reports",
        "111122223333",
        "-111122223333",
        "reports111122223333",
        "reports-11112222333",
        "reports-11112222333a",
        "reports-111122223333.photos",
        "photos.reports-111122223333",
        "réports-11112222333é",
    ] {
        assert_eq!(found(other), None, "{other}");
    }
}

#[test]
fn arns_name_an_access_point_and_perhaps_an_object() {
    let whole = by_arn("arn:aws:s3:us-east-1:111122223333:accesspoint/reports").unwrap();
    let (region, account) = ("us-east-1", "111122223333");
    assert_eq!(whole, ByArn { is_object_lambda: false, region, account, name: "reports", key: None });
    let other = by_arn("arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/redacted").unwrap();
    assert_eq!(other, ByArn { is_object_lambda: true, region, account, name: "redacted", key: None });
    let object = by_arn("arn:aws:s3:us-east-1:111122223333:accesspoint/reports/object/a/b:c").unwrap();
    assert_eq!((object.name, object.key), ("reports", Some("a/b:c")));
    assert_eq!(by_arn("arn:aws:s3:us-east-1:111122223333:accesspoint:reports").unwrap().name, "reports");
    for other in [
        "arn:aws:s3:::photos/cat.jpg",
        "arn:aws:s3:us-east-1:1111:accesspoint/reports",
        "arn:aws:s3:us-east-1:111122223333:accesspoint/",
        "arn:aws:s3:us-east-1:111122223333:accesspoint/reports/cat.jpg",
        "arn:aws:sqs:us-east-1:111122223333:accesspoint/reports",
        "arn:aws:s3:us-east-1:111122223333:accesspointreports",
        "photos/arn:aws:s3:us-east-1:111122223333:accesspoint/reports",
    ] {
        assert_eq!(by_arn(other), None, "{other}");
    }
}

#[test]
fn names_follow_the_rules() {
    for name in ["abc", "a-b", "0ab", &"a".repeat(50)] {
        assert!(check_name(name).is_ok(), "{name}");
    }
    for name in [
        "ab",
        "-ab",
        "ab-",
        "a_b",
        "Abc",
        "a.b",
        "a b",
        "x-s3alias",
        "x--ol-s3",
        "x--xa-s3",
        "äbc",
        &"a".repeat(51),
    ] {
        assert_eq!(check_name(name).unwrap_err().code, ErrorCode::InvalidRequest, "{name}");
    }
}

#[test]
fn an_alias_begins_like_the_name_and_fits_where_a_bucket_does() {
    let mut seed = 7_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed
    };
    for name in ["abc", "a-quite-long-name-of-an-access-point", "a-name-that-is-cut--here"] {
        let alias = make_alias(name, &mut random);
        assert!(alias.len() <= 63 && is_alias(&alias), "{alias}");
        let start = alias.strip_suffix(ALIAS_SUFFIX).unwrap();
        let (start, random) = start.rsplit_once('-').unwrap();
        assert!(name.starts_with(start) && !start.ends_with('-'), "{alias}");
        assert_eq!(random.len(), 34);
        assert!(crate::bucket::bucket_name::check_access(&alias).is_ok());
        assert!(crate::bucket::bucket_name::check_create(&alias).is_err());
    }
    assert_ne!(make_alias("abc", &mut random), make_alias("abc", &mut random));
}

#[test]
fn the_rows_of_a_bucket_are_no_other_buckets() {
    let range = row::of_bucket("photos");
    assert!(range.contains(&row::of_bucket_key("photos", "111122223333", "reports")));
    for other in ["photo", "photos1", "photos-a", "photos.a"] {
        assert!(!range.contains(&row::of_bucket_key(other, "111122223333", "reports")), "{other}");
    }
}
