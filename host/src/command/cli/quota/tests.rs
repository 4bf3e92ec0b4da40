//! What is sent, and what is printed.

use serde_json::json;

use super::*;

#[test]
fn each_command_is_one_request() {
    let set = |name: &str, settings: &[(&'static str, &str)]| {
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        request(&QuotaChange::Set(Subject::Bucket, name.to_owned(), settings))
    };
    assert_eq!(request(&QuotaChange::Show).unwrap(), (Method::GET, "/quotas".to_owned()));
    assert_eq!(
        set("photos", &[("bytes_max", "10 GiB"), ("objects_max", "5")]).unwrap(),
        (Method::PUT, "/quotas/bucket/photos?bytes_max=10737418240&objects_max=5".to_owned())
    );
    assert_eq!(set("photos", &[]).unwrap_err().to_string(), "set bytes-max or objects-max");
    assert!(set("a/b", &[("objects_max", "5")]).is_err());
    assert!(request(&QuotaChange::Clear(Subject::Account, "12".to_owned())).is_err());
}

#[test]
fn quotas_are_printed_a_line_each() {
    let answer = json!({ "quotas": [
        { "subject": "bucket", "name": "photos", "bytes_max": 5, "objects_max": 7, "set_by": "call" },
    ] });
    assert_eq!(render(&answer), "bucket photos: bytes max 5, objects max 7 (call)\n");
    assert_eq!(render(&json!({ "quotas": [] })), "no quotas are set\n");
}

#[test]
fn usage_is_a_table() {
    let answer = json!({ "usage": [
        { "account": "123456789012", "buckets": 1, "objects": 12, "bytes": 3456, "bytes_max": 10_000 },
        { "account": "123456789012", "bucket": "photos", "objects": 12, "bytes": 3456 },
    ] });
    assert_eq!(
        render_usage(&answer),
        "ACCOUNT       BUCKET  OBJECTS  BYTES  OBJECTS MAX  BYTES MAX\n\
         123456789012  (all)        12   3456                   10000\n\
         123456789012  photos       12   3456\n"
    );
}
