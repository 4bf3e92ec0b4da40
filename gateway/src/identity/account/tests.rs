use super::*;

#[test]
fn an_account_has_12_digits() {
    assert_eq!(Account::parse("000000000042"), Some(Account(42)));
    assert_eq!(Account(42).to_string(), "000000000042");
    for text in ["", "42", "00000000004x", "0000000000042", "+00000000042"] {
        assert_eq!(Account::parse(text), None, "{text}");
    }
}
