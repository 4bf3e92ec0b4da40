//! What is sent, and what is printed.

use std::ffi::OsString;

use serde_json::json;

use super::*;
use crate::command::cli::Task;

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
        request::<Rate>(&set).unwrap().1,
        "/limits/access_key/AKIA?requests_per_second=5&bytes_in_per_second=1048576"
    );
    let clear = change("portcullis limits clear address 2001:db8::5");
    assert_eq!(request::<Rate>(&clear).unwrap(), (Method::DELETE, "/limits/address/2001:db8::".to_owned()));
    assert!(request::<Rate>(&change("portcullis limits set account 1 --requests-per-second 5")).is_err());
    assert_eq!(
        request::<Rate>(&change("portcullis limits set account *")).unwrap_err().to_string(),
        "nothing is set: give one or more of --requests-per-second, --requests-burst, --bytes-in-per-second, \
         --bytes-out-per-second"
    );
    // Who leaves the time out means it.
    let set = change("portcullis limits set bucket photos --requests 5 --bytes-out 1MB");
    assert_eq!(
        request::<Rate>(&set).unwrap().1,
        "/limits/bucket/photos?requests_per_second=5&bytes_out_per_second=1000000"
    );
}

#[test]
fn limits_are_printed_one_a_line() {
    let answer = json!({ "limits": [
        { "subject": "account", "name": "*", "requests_per_second": 5, "set_by": "call" },
    ] });
    assert_eq!(render::<Rate>(&answer), "account *: requests per second 5 (call)\n");
    assert_eq!(render::<Rate>(&json!({ "limits": [] })), "no limits are set\n");
    let answer = json!({ "limits": [
        { "subject": "access_key", "name": "AKIA", "requests_per_second": 5, "set_by": "call" },
        { "subject": "address", "name": "2001:db8::", "requests_per_second": 5, "set_by": "call" },
    ] });
    let shown = "access-key AKIA: requests per second 5 (call)\naddress 2001:db8::/64: requests per second 5 (call)\n";
    assert_eq!(render::<Rate>(&answer), shown);
    // What is printed is taken, and what the configuration writes.
    for line in ["clear address 2001:db8::/64", "clear access_key AKIA", "clear access-key AKIA"] {
        assert!(request::<Rate>(&change(&format!("portcullis limits {line}"))).is_ok(), "{line}");
    }
}

#[test]
fn each_command_is_one_request() {
    let set = |name: &str, settings: &[(&'static str, &str)]| {
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        request::<Quota>(&Change::Set(Subject::Bucket, name.to_owned(), settings))
    };
    assert_eq!(request::<Quota>(&Change::Show).unwrap(), (Method::GET, "/quotas".to_owned()));
    assert_eq!(
        set("photos", &[("bytes_max", "10 GiB"), ("objects_max", "5")]).unwrap(),
        (Method::PUT, "/quotas/bucket/photos?bytes_max=10737418240&objects_max=5".to_owned())
    );
    assert_eq!(
        set("photos", &[]).unwrap_err().to_string(),
        "nothing is set: give one or more of --bytes-max, --objects-max"
    );
    assert!(set("a/b", &[("objects_max", "5")]).is_err());
    assert!(request::<Quota>(&Change::Clear(Subject::Account, "12".to_owned())).is_err());
}

#[test]
fn quotas_are_printed_a_line_each() {
    let answer = json!({ "quotas": [
        { "subject": "bucket", "name": "photos", "bytes_max": 5, "objects_max": 7, "set_by": "call" },
    ] });
    assert_eq!(render::<Quota>(&answer), "bucket photos: bytes max 5, objects max 7 (call)\n");
    assert_eq!(render::<Quota>(&json!({ "quotas": [] })), "no quotas are set\n");
}
