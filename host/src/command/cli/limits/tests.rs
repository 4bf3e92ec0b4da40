use std::ffi::OsString;

use super::*;

fn change(line: &str) -> Change {
    match super::super::parse(line.split(' ').map(OsString::from)).unwrap() {
        Task::Limits(_, change, _) => change,
        other => panic!("{other:?}"),
    }
}

#[test]
fn limits_are_named_by_subject_and_name() {
    assert_eq!(change("portcullis limits show --data-dir d"), Change::Show);
    let set =
        change("portcullis limits set access-key AKIA --requests-per-second 5 --bytes-in-per-second 1MiB");
    assert_eq!(
        request(&set).unwrap().1,
        "/limits/access_key/AKIA?requests_per_second=5&bytes_in_per_second=1048576"
    );
    let clear = change("portcullis limits clear address 2001:db8::5");
    assert_eq!(request(&clear).unwrap(), (Method::DELETE, "/limits/address/2001:db8::".to_owned()));
    assert!(request(&change("portcullis limits set account 1 --requests-per-second 5")).is_err());
    assert!(request(&change("portcullis limits set account *")).is_err());
}

#[test]
fn limits_are_printed_one_a_line() {
    let answer = serde_json::json!({ "limits": [
        { "subject": "account", "name": "*", "requests_per_second": 5, "set_by": "call" },
    ] });
    assert_eq!(render(&answer), "account *: requests per second 5 (call)\n");
    assert_eq!(render(&serde_json::json!({ "limits": [] })), "no limits are set\n");
    let answer = serde_json::json!({ "limits": [
        { "subject": "access_key", "name": "AKIA", "requests_per_second": 5, "set_by": "call" },
        { "subject": "address", "name": "2001:db8::", "requests_per_second": 5, "set_by": "call" },
    ] });
    let shown = "access-key AKIA: requests per second 5 (call)\naddress 2001:db8::/64: requests per second 5 (call)\n";
    assert_eq!(render(&answer), shown);
    // What is printed is taken, and what the configuration writes.
    for line in ["clear address 2001:db8::/64", "clear access_key AKIA", "clear access-key AKIA"] {
        assert!(request(&change(&format!("portcullis limits {line}"))).is_ok(), "{line}");
    }
}
