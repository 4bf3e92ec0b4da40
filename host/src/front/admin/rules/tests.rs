//! What is answered, and what changes: rates first, then quotas.

use super::*;
use crate::pipeline::shares::Rates;

fn status(rates: &Rates, method: Method, rest: &str, query: &str) -> u16 {
    answer(rates, &method, rest, query, |_, _| None).status().as_u16()
}

#[test]
fn limits_are_set_shown_and_lifted() {
    let rates = Rates::default();
    let one = "/account/000000000001";
    assert_eq!(status(&rates, Method::PUT, one, "requests_per_second=5&requests_burst=9"), 200);
    assert_eq!(
        list(&rates).to_string(),
        "{\"limits\":[{\"name\":\"000000000001\",\"requests_burst\":9,\"requests_per_second\":5,\
         \"set_by\":\"call\",\"subject\":\"account\"}]}"
    );
    assert_eq!(status(&rates, Method::GET, "", ""), 200);
    assert_eq!(status(&rates, Method::DELETE, one, ""), 200);
    assert_eq!(status(&rates, Method::DELETE, one, ""), 404);
    assert!(rates.list().is_empty());
}

#[test]
fn what_is_no_limit_is_refused() {
    let rates = Rates::default();
    for (rest, query, expected) in [
        ("/account/1", "requests_per_second=5", 404),
        ("/nobody/x", "requests_per_second=5", 404),
        ("/account", "requests_per_second=5", 404),
        ("/account/000000000001", "", 400),
        ("/account/000000000001", "requests_per_second=0", 400),
        ("/account/000000000001", "requests=1", 400),
        ("/address/here", "requests_per_second=5", 404),
    ] {
        assert_eq!(status(&rates, Method::PUT, rest, query), expected, "{rest}?{query}");
    }
    assert_eq!(status(&rates, Method::POST, "/address/10.0.0.1", ""), 405);
    assert_eq!(status(&rates, Method::PUT, "", ""), 405);
    assert!(rates.list().is_empty());
}

#[test]
fn what_is_not_given_stays_as_it_is() {
    let rates = Rates::default();
    let one = "/account/000000000001";
    assert_eq!(status(&rates, Method::PUT, one, "requests_burst=9"), 400, "a burst of nothing");
    assert_eq!(status(&rates, Method::PUT, one, "requests_per_second=5"), 200);
    assert_eq!(status(&rates, Method::PUT, one, "bytes_in_per_second=65536"), 200);
    assert_eq!(status(&rates, Method::PUT, one, "requests_burst=9"), 200);
    let [(_, _, ruled)] = rates.list().try_into().unwrap();
    let expected = [("requests_per_second", 5), ("requests_burst", 9), ("bytes_in_per_second", 65536)];
    assert_eq!(ruled.allowance.settings(), expected);
}

#[test]
fn quotas_are_shown_set_and_lifted() {
    let admin = crate::front::admin::tests::admin();
    let quotas = &*admin.quotas;
    let notice = |subject, name: &str| quotas.notice(&admin.volume, subject, name);
    let status = |method: Method, rest: &str, query: &str| {
        answer(quotas, &method, rest, query, notice).status().as_u16()
    };
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
    assert_eq!(list(quotas), expected);
    assert_eq!(status(Method::DELETE, "/bucket/photos", ""), 200);
    assert_eq!(quotas.list().len(), 1);
}
