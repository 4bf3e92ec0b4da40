use super::*;

#[test]
fn new_buckets_follow_every_rule() {
    let long = "a".repeat(63);
    for name in ["abc", "a-b", "a.b.c", "0ab", "a1-", "photos.2024", long.as_str()] {
        let valid = !name.ends_with('-');
        assert_eq!(check_create(name).is_ok(), valid, "{name}");
    }
}

#[test]
fn names_against_the_rules_are_invalid() {
    let long = "a".repeat(64);
    let invalid = [
        "",
        "a",
        "ab",
        "Abc",
        "a_b",
        "-ab",
        ".ab",
        "ab.",
        "a..b",
        "foo-.bar",
        "foo.-bar",
        "foo.bar-",
        "192.168.5.4",
        "a b",
        "é-photos",
        "xn--a",
        "sthree-a",
        "amzn-s3-demo-a",
        "a-s3alias",
        "a--ol-s3",
        "a.mrap",
        "a--x-s3",
        "a--table-s3",
        long.as_str(),
    ];
    for name in invalid {
        assert_eq!(check_create(name).unwrap_err().code, ErrorCode::InvalidBucketName, "{name}");
    }
}

#[test]
fn access_allows_the_names_of_old_buckets_and_aliases() {
    let long = "A".repeat(255);
    for name in ["abc", "My_Bucket", "x-s3alias", "192.168.5.4", "a..b", long.as_str()] {
        assert!(check_access(name).is_ok(), "{name}");
    }
    let longer = "A".repeat(256);
    for name in ["", "ab", "a/b", "a b", "a:b", "été", longer.as_str()] {
        assert!(check_access(name).is_err(), "{name}");
    }
}
