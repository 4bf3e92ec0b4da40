//! Which headers are refused.

use super::*;

fn refused(headers: &str) -> Option<String> {
    check(headers).err().map(|error| {
        assert_eq!(error.code, ErrorCode::NotImplemented);
        assert!(error.message.unwrap().contains(&error.details[0].1));
        error.details[0].1.clone()
    })
}

#[test]
fn every_header_that_asks_for_a_protection_is_refused_by_name() {
    for name in [
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-context",
        "x-amz-server-side-encryption-bucket-key-enabled",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-server-side-encryption-customer-key",
        "x-amz-server-side-encryption-customer-key-md5",
        "x-amz-copy-source-server-side-encryption-customer-algorithm",
        "x-amz-copy-source-server-side-encryption-customer-key",
        "x-amz-copy-source-server-side-encryption-customer-key-md5",
    ] {
        assert_eq!(refused(&format!("host: h\n{name}: AES256\n")).as_deref(), Some(name));
    }
}

#[test]
fn other_requests_pass() {
    for headers in [
        "",
        "host: h\nx-amz-date: 20130524T000000Z\n",
        "x-amz-meta-note: x-amz-server-side-encryption: AES256\n",
        "x-amz-meta-server-side-encryption: yes\n",
    ] {
        assert_eq!(refused(headers), None, "{headers:?}");
    }
}

#[test]
fn a_key_is_not_repeated() {
    let error = check("x-amz-server-side-encryption-customer-key: c2VjcmV0\n").unwrap_err();
    assert!(!format!("{error:?}").contains("c2VjcmV0"));
}
