use http::Request;

use super::*;

fn arrival(duty: Duty, introduced: Introduced) -> Arrival {
    let door = Door { name: "127.0.0.1:9000".into(), duty, endpoint: None };
    Arrival { remote: "127.0.0.1:50000".parse().unwrap(), door, introduced }
}

fn by_headers(header: ProxyHeader) -> Introduced {
    Introduced::ByHeaders(Arc::new(Proxies { trusted: vec!["127.0.0.1".parse().unwrap()], header }))
}

fn at_once() -> Introduced {
    let address = "192.0.2.7:1".parse().unwrap();
    Introduced::AtOnce(Client { address, is_known: true, proxy: None, tls: None })
}

fn parts(request: http::request::Builder) -> Parts {
    request.body(()).unwrap().into_parts().0
}

#[test]
fn only_a_trusted_proxy_says_who_the_client_is() {
    let request = || {
        let request = Request::get("/photos").header("host", "inner").header("x-forwarded-for", "192.0.2.7");
        let request = request.header("x-forwarded-proto", "https").header("x-forwarded-host", "outer");
        parts(request.header("forwarded", "for=198.51.100.1;host=other"))
    };
    let client = |introduced| {
        let mut parts = request();
        let client = arrival(Duty::Requests, introduced).client(&mut parts).unwrap();
        let host = parts.headers.get(HOST).unwrap().to_str().unwrap().to_owned();
        (client.address.to_string(), client.proxy.is_some(), client.tls, host)
    };
    let expected =
        |address: &str, is_proxied, tls, host: &str| (address.to_owned(), is_proxied, tls, host.to_owned());
    assert_eq!(client(Introduced::Itself), expected("127.0.0.1:50000", false, None, "inner"));
    assert_eq!(client(by_headers(ProxyHeader::XForwarded)), expected("192.0.2.7:0", true, Some(""), "outer"));
    assert_eq!(client(by_headers(ProxyHeader::Forwarded)), expected("198.51.100.1:0", true, None, "other"));
    assert_eq!(client(at_once()), expected("192.0.2.7:1", false, None, "inner"));
    for (list, is_known) in [(None, false), (Some("127.0.0.1"), false), (Some("192.0.2.7, 127.0.0.1"), true)]
    {
        let request = Request::get("/photos").header("host", "inner");
        let mut parts =
            parts(list.into_iter().fold(request, |request, list| request.header("x-forwarded-for", list)));
        let client = arrival(Duty::Requests, by_headers(ProxyHeader::XForwarded)).client(&mut parts).unwrap();
        assert_eq!((client.is_known, client.proxy.is_some()), (is_known, true), "{list:?}");
    }
    assert!(arrival(Duty::Requests, Introduced::Nobody).client(&mut request()).is_err());
}

#[test]
fn the_host_that_a_proxy_names_goes_before_the_one_in_the_target() {
    let request = Request::get("http://inner/photos?acl").header("x-forwarded-host", "outer:8443");
    let mut parts = parts(request);
    arrival(Duty::Requests, by_headers(ProxyHeader::XForwarded)).client(&mut parts).unwrap();
    head::settle(&parts.uri, &mut parts.headers);
    assert_eq!(parts.headers.get(HOST).unwrap(), "outer:8443");
    assert_eq!(parts.uri, "/photos?acl");
}

#[test]
fn metrics_are_for_this_machine() {
    use Duty::{Admin, Health, Requests, RequestsAndAdmin, RequestsAndHealth};
    let get = |host: &str| Request::get("/metrics").header("host", host);
    let check = |duty, request, expected| {
        let request = parts(request);
        assert_eq!(arrival(duty, Introduced::Itself).duty(&request), expected, "{request:?}");
    };
    for host in ["localhost", "LocalHost:9000", "127.0.0.1", "127.1.2.3:9000", "[::1]", "[::1]:9000"] {
        check(RequestsAndAdmin, get(host), RequestsAndAdmin);
    }
    for host in
        ["example.com", "localhost.example.com", "10.0.0.1", "", "[::2]", "127.0.0.1.example.com", "1"]
    {
        check(RequestsAndAdmin, get(host), RequestsAndHealth);
        check(Admin, get(host), Admin);
    }
    check(RequestsAndAdmin, Request::get("/metrics"), RequestsAndHealth);
    check(RequestsAndAdmin, get("localhost").version(Version::HTTP_10), RequestsAndHealth);
    check(
        RequestsAndAdmin,
        Request::get("http://localhost/metrics").version(Version::HTTP_2),
        RequestsAndAdmin,
    );
    check(
        RequestsAndAdmin,
        Request::get("http://evil/metrics").header("host", "localhost"),
        RequestsAndHealth,
    );
    // Nobody knows who adds it.
    check(RequestsAndAdmin, get("localhost").header("x-client-of-tomorrow", "x"), RequestsAndHealth);
    check(Admin, get("localhost").header("x-client-of-tomorrow", "x"), Admin);
    let browser = get("localhost").header("sec-fetch-site", "none").header("user-agent", "x");
    check(RequestsAndAdmin, browser, RequestsAndAdmin);
    let of_proxies = ["cf-connecting-ip", "true-client-ip", "x-client-ip", "x-envoy-external-address"];
    for name in
        ["x-forwarded-for", "x-forwarded-server", "forwarded", "via", "x-real-ip"].iter().chain(&of_proxies)
    {
        check(RequestsAndAdmin, get("localhost").header(*name, "x"), RequestsAndHealth);
        check(Admin, get("localhost").header(*name, "x"), Health);
        let by_trusted = arrival(Admin, by_headers(ProxyHeader::XForwarded));
        assert_eq!(by_trusted.duty(&parts(get("localhost").header(*name, "x"))), Admin);
    }
    for introduced in [at_once(), Introduced::Nobody] {
        assert_eq!(arrival(RequestsAndAdmin, introduced).duty(&parts(get("localhost"))), RequestsAndHealth);
    }
    // Everything else is as the listener says.
    check(Requests, get("example.com"), Requests);
    check(RequestsAndAdmin, Request::get("/photos/health").header("host", "example.com"), RequestsAndAdmin);
    // Probes are for everybody, and their details are not.
    for path in ["/health/ready", "/minio/health/cluster"] {
        check(RequestsAndAdmin, Request::get(path).header("host", "example.com"), RequestsAndHealth);
        check(RequestsAndAdmin, Request::get(path).header("host", "localhost"), RequestsAndAdmin);
    }
    check(
        RequestsAndAdmin,
        Request::get("http://localhost/metrics").header("host", "example.com"),
        RequestsAndHealth,
    );
}
