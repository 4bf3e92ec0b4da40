use super::*;

#[test]
fn the_header_is_a_serial_number_and_a_code() {
    assert_eq!(split("arn 123456").unwrap(), ("arn".to_owned(), "123456".to_owned()));
    assert_eq!(split(" arn 123456 ").unwrap().1, "123456");
    for value in
        ["", "arn", "arn ", " 123456", "123456", "arn 12345", "arn 1234567", "arn  123456", "arn 12345x"]
    {
        assert_eq!(split(value).unwrap_err().code, ErrorCode::InvalidArgument, "{value}");
    }
}

#[test]
fn only_this_machine_is_loopback() {
    for (address, is) in [
        ("127.0.0.1", true),
        ("127.1.2.3", true),
        ("::1", true),
        ("192.0.2.7", false),
        ("2001:db8::7", false),
        ("", false),
        ("localhost", false),
    ] {
        assert_eq!(is_loopback(address), is, "{address}");
    }
}
