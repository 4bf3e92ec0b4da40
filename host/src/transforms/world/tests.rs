use super::*;

#[test]
fn versions_of_before_are_known_and_those_to_come_are_not() {
    assert!(is_known("0.1.0"));
    for version in ["0.1.1", "0.2.0", "0.0.1", "1.0.0", "1.1.0", "none", "0.1", "0.1.0-rc", ""] {
        assert!(!is_known(version), "{version}");
    }
    assert_eq!(of_contract("portcullis:transform/get@0.1.0"), Some(("get", "0.1.0")));
    assert_eq!(of_contract("portcullis:transform/get"), Some(("get", "none")));
    assert_eq!(of_contract("wasi:cli/stdout@0.2.6"), None);
}
