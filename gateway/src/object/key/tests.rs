use super::*;

#[test]
fn the_limit_counts_bytes_of_the_decoded_key() {
    assert_eq!(parse(&"%41".repeat(1024)).unwrap().len(), 1024);
    let error = parse(&"é".repeat(513)).unwrap_err();
    assert_eq!(error.code, ErrorCode::KeyTooLongError);
    assert_eq!(error.details, [("Size", "1026".to_owned()), ("MaxSizeAllowed", "1024".to_owned())]);
}
