//! What is answered, and what changes.

use super::*;

#[test]
fn quotas_are_shown_set_and_lifted() {
    let admin = crate::front::admin::tests::admin();
    let quotas = &*admin.quotas;
    let status =
        |method: Method, rest: &str, query: &str| answer(&admin, &method, rest, query).status().as_u16();
    for (method, rest, query, expected) in [
        (Method::GET, "", "", 200),
        (Method::POST, "", "", 405),
        (Method::PUT, "/bucket/photos", "bytes_max=1048576&objects_max=5", 200),
        (Method::PUT, "/bucket/photos", "objects_max=6", 200),
        (Method::PUT, "/account/*", "objects_max=0", 200),
        (Method::PUT, "/bucket/photos", "", 400),
        (Method::PUT, "/bucket/photos", "bytes_max=much", 400),
        (Method::PUT, "/bucket/photos", "requests_per_second=1", 400),
        (Method::PUT, "/address/192.0.2.7", "bytes_max=1", 404),
        (Method::PUT, "/account/12", "bytes_max=1", 404),
        (Method::GET, "/bucket/photos", "", 405),
        (Method::DELETE, "/bucket/other", "", 404),
    ] {
        assert_eq!(status(method.clone(), rest, query), expected, "{method} {rest}?{query}");
    }
    let expected = json!({ "quotas": [
        { "subject": "account", "name": "*", "objects_max": 0, "set_by": "call" },
        { "subject": "bucket", "name": "photos", "bytes_max": 1_048_576, "objects_max": 6, "set_by": "call" },
    ] });
    assert_eq!(serde_json::from_str::<Value>(&list(quotas)).unwrap(), expected);
    assert_eq!(status(Method::DELETE, "/bucket/photos", ""), 200);
    assert_eq!(quotas.list().len(), 1);
}
