use super::*;
use crate::errors::ErrorCode;

fn query(raw: &str) -> Query {
    Query::parse(raw).unwrap()
}

#[test]
fn limits_are_capped() {
    assert_eq!(limit("max-keys", None, 1000).unwrap(), 1000);
    assert_eq!(limit("max-keys", Some(""), 1000).unwrap(), 1000);
    assert_eq!(limit("max-keys", Some("0"), 1000).unwrap(), 0);
    assert_eq!(limit("max-keys", Some("2147483647"), 1000).unwrap(), 1000);
    for text in ["-1", "2147483648", "99999999999999999999", "blah", "1.5"] {
        assert_eq!(
            limit("max-keys", Some(text), 1000).unwrap_err().code,
            ErrorCode::InvalidArgument,
            "{text}"
        );
    }
}

#[test]
fn tokens_are_opaque_and_read_back() {
    let token = continuation_token("photos/é 1+");
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    let read = |token: &str| parse_continuation_token(&query(&format!("continuation-token={token}")));
    assert_eq!(read(&token).unwrap().as_deref(), Some("photos/é 1+"));
    assert_eq!(read("").unwrap(), None);
    let cut = &token[..token.len() - 2];
    let changed = token.replacen(&token[8..9], if &token[8..9] == "A" { "B" } else { "A" }, 1);
    for token in ["*", "AAAA", "cGhvdG9z", cut, &changed] {
        assert_eq!(read(token).unwrap_err().code, ErrorCode::InvalidArgument, "{token}");
    }
}

#[test]
fn empty_ids_are_invalid() {
    assert_eq!(upload_id(&query("uploadId")).unwrap_err().code, ErrorCode::InvalidArgument);
    assert_eq!(upload_id(&query("uploadId=u")).unwrap(), "u");
}
