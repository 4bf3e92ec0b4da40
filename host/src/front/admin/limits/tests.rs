use super::*;

fn status(rates: &Rates, method: Method, rest: &str, query: &str) -> u16 {
    answer(rates, &method, rest, query).status().as_u16()
}

#[test]
fn limits_are_set_shown_and_lifted() {
    let rates = Rates::default();
    let one = "/account/000000000001";
    assert_eq!(status(&rates, Method::PUT, one, "requests_per_second=5&requests_burst=9"), 200);
    assert_eq!(
        list(&rates),
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
    assert_eq!(ruled.rate.settings(), expected);
}
