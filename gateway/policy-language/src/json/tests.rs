use super::*;

#[test]
fn a_name_that_occurs_twice_is_an_error() {
    assert!(Json::parse(r#"{"a":1,"a":2}"#).is_err());
    assert!(Json::parse(r#"{"b":{"a":1,"c":{"a":2}}}"#).is_ok());
    assert!(Json::parse(r#"{"a":1,"\u0061":2}"#).is_err());
}

#[test]
fn the_length_without_white_space_is_counted() {
    let text = r#"{"a":["x\"y",1,true,null],"b":{},"c":"é"}"#;
    let spaced = text.replace(',', " , ").replace(':', " :\n");
    assert_eq!(Json::parse(&spaced).unwrap().compact_length(), text.len());
}

#[test]
fn deep_nesting_is_refused() {
    let deep = "[".repeat(100_000);
    assert!(Json::parse(&deep).is_err());
}
