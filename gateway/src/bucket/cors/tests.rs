use super::rules::{Pattern, matches_origin};
use super::*;
use crate::errors::{ErrorCode, S3Error};
use crate::request::headers::Headers;
use crate::request::method::Method;
use proptest::prelude::*;

const VARY: &str = "vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method\n";

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn rule(origins: &[&str], methods: &[Method], headers: &[&str]) -> Rule {
    Rule {
        allowed_origins: texts(origins),
        allowed_methods: methods.to_vec(),
        allowed_headers: texts(headers),
        ..Rule::default()
    }
}

fn header_matches(pattern: &str, name: &str) -> bool {
    Pattern::of(pattern).matches(name, <[u8]>::eq_ignore_ascii_case)
}

fn example() -> Configuration {
    Configuration {
        rules: vec![
            Rule {
                exposed_headers: texts(&["ETag", "x-amz-version-id"]),
                max_age_seconds: Some(3000),
                ..rule(
                    &["https://example.com", "https://*.example.com"],
                    &[Method::Get, Method::Put],
                    &["Content-Type", "x-amz-*"],
                )
            },
            rule(&["*"], &[Method::Get], &[]),
            rule(&["https://example.com"], &[Method::Delete], &["*"]),
        ],
    }
}

/// Of `name: value` lines.
fn headers(lines: &str) -> Headers {
    Headers::parse(lines.to_owned())
}

fn ask(lines: &str, resource: ResourceType, found: Found) -> Result<String, S3Error> {
    preflight(&headers(lines), resource, || Ok(found))
}

fn lines(request: &str) -> String {
    ask(request, ResourceType::Object, Found::Rules(example())).unwrap_or_else(|error| error.to_string())
}

fn added(method: &str, request: &str) -> String {
    actual(method, &headers(request), || Ok(Some(example()))).unwrap()
}

#[test]
fn patterns_have_one_star() {
    let cases = [
        ("https://a.example", "https://a.example", true),
        ("https://a.example", "https://A.example", false),
        ("https://a.example", "https://a.example:443", false),
        ("*", "null", true),
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
        ("https://*.example.com", "https://a.b.example.com", true),
        ("https://*.example.com", "https://.example.com", true),
        ("https://*.example.com", "https://example.com", false),
        ("https://*.example.com", "https://a.example.com.evil.org", false),
        ("start*end", "startend", true),
        ("start*end", "start1end", true),
        ("start*end", "0startend", false),
        ("ab*bc", "abc", false),
        ("ab*bc", "abbc", true),
        ("é*", "é1", true),
        ("é*", "è", false),
    ];
    for (pattern, origin, expected) in cases {
        assert_eq!(matches_origin(pattern, origin), expected, "{pattern} {origin}");
    }
    for (pattern, name, expected) in [
        ("x-amz-*", "X-AMZ-date", true),
        ("X-Amz-*", "x-amz-", true),
        ("x-amz-*", "x-amz", false),
        ("Content-Type", "content-type", true),
        ("*", "anything", true),
        ("*-MD5", "content-md5", true),
        ("", "x", false),
    ] {
        assert_eq!(header_matches(pattern, name), expected, "{pattern} {name}");
    }
}

proptest! {
    #[test]
    fn a_pattern_matches_what_is_made_from_it(start in "[a-cé]{0,4}", middle in "[a-cé]{0,4}", end in "[a-cé]{0,4}") {
        let text = format!("{start}{middle}{end}");
        let pattern = format!("{start}*{end}");
        prop_assert!(matches_origin(&pattern, &text));
        prop_assert!(header_matches(&pattern.to_uppercase().replace('É', "é"), &text));
        prop_assert_eq!(matches_origin(&text, &text), true);
    }

    #[test]
    fn a_pattern_matches_nothing_else(start in "[ab]{0,3}", end in "[ab]{0,3}", text in "[ab]{0,6}") {
        // Every way to cut the text in three is tried.
        let cut = |first: usize, last: usize| text[..first] == start && text[last..] == end;
        let expected = (0..=text.len()).any(|first| (first..=text.len()).any(|last| cut(first, last)));
        prop_assert_eq!(matches_origin(&format!("{start}*{end}"), &text), expected);
        prop_assert_eq!(matches_origin(&start, &text), start == text);
    }

    #[test]
    fn nothing_that_a_client_sends_breaks_the_answer(
        origin in "[ -~é]{0,40}", method in "(GET|PUT|HEAD|[A-Za-z ]{0,5})", names in "[ -~]{0,60}",
    ) {
        let request = format!(
            "origin: {origin}\naccess-control-request-method: {method}\naccess-control-request-headers: {names}\n"
        );
        for answer in [
            ask(&request, ResourceType::Bucket, Found::Rules(example())),
            actual("GET", &headers(&request), || Ok(Some(example()))),
        ] {
            let Ok(answer) = answer else { continue };
            for line in answer.lines() {
                let (name, value) = line.split_once(": ").unwrap();
                prop_assert!(name == "vary" || name.starts_with("access-control-"), "{line}");
                prop_assert!(!value.is_empty() && !value.contains('\r'), "{line}");
            }
        }
    }

    #[test]
    fn the_first_rule_that_fits_counts(
        fits in proptest::collection::vec(any::<bool>(), 0..6),
    ) {
        let rules = fits.iter().enumerate().map(|(number, fits)| Rule {
            id: Some(number.to_string()),
            ..rule(&[if *fits { "https://e*" } else { "http://e*" }], &[Method::Get], &[])
        });
        let configuration = Configuration { rules: rules.collect() };
        let asked = CrossOrigin { origin: "https://example.com", method: None, headers: Vec::new() };
        let found = configuration.find(&asked, Method::Get).and_then(|grant| grant.rule.id.clone());
        prop_assert_eq!(found, fits.iter().position(|fits| *fits).map(|number| number.to_string()));
    }

    #[test]
    fn a_row_is_read_back_as_written(
        origins in proptest::collection::vec("[ -~é]{0,20}", 0..4),
        methods in proptest::collection::vec(0..Method::ALL.len(), 0..4),
        id in proptest::option::of("[a-z]{0,9}"),
        max_age_seconds in any::<Option<i32>>(),
    ) {
        let rule = Rule {
            id,
            allowed_headers: origins.clone(),
            exposed_headers: origins.iter().rev().cloned().collect(),
            allowed_origins: origins,
            allowed_methods: methods.into_iter().map(|number| Method::ALL[number]).collect(),
            max_age_seconds,
        };
        let configuration = Configuration { rules: vec![rule.clone(), Rule::default(), rule] };
        let value = row::encode(&configuration).unwrap();
        prop_assert_eq!(row::decode(&value).unwrap(), configuration);
        for length in 0..value.len() {
            let code = row::decode(&value[..length]).map_err(|error| error.code);
            prop_assert_eq!(code, Err(ErrorCode::InternalError), "{}", length);
        }
    }
}

#[test]
fn the_layout_of_a_row_never_changes() {
    let configuration = Configuration {
        rules: vec![Rule {
            id: Some("a".into()),
            exposed_headers: texts(&["e"]),
            max_age_seconds: Some(-1),
            ..rule(&["o"], &Method::ALL, &["h"])
        }],
    };
    let expected =
        [&[1, 1, 1, 1][..], b"a", &[1, 1], b"o", &[5, 0, 1, 2, 3, 4], &[1, 1], b"h", &[1, 1], b"e", &[1, 1]];
    assert_eq!(row::encode(&configuration).unwrap(), expected.concat());
    let names = Method::ALL.map(Method::as_str);
    assert_eq!(names, ["GET", "HEAD", "PUT", "POST", "DELETE"], "the numbers of stored methods never change");
    assert_eq!(row::key("photos"), b"photos");
    assert_eq!(row::decode(&[2, 0]).unwrap_err().code, ErrorCode::InternalError);
}

#[test]
fn a_preflight_is_told_what_the_rule_grants() {
    let granted = lines(
        "origin: https://a.example.com\naccess-control-request-method: PUT\n\
         access-control-request-headers: Content-Type,X-Amz-Date ,\tx-amz-meta-mood\n",
    );
    let expected = "access-control-allow-origin: https://a.example.com\n\
         access-control-allow-methods: GET, PUT\n\
         access-control-allow-headers: content-type, x-amz-date, x-amz-meta-mood\n\
         access-control-expose-headers: ETag, x-amz-version-id\n\
         access-control-max-age: 3000\n\
         access-control-allow-credentials: true\n";
    assert_eq!(granted, format!("{expected}{VARY}"));
}

#[test]
fn everybody_is_let_in_without_credentials() {
    let granted = lines("origin: https://example.org\naccess-control-request-method: GET\n");
    let expected = "access-control-allow-origin: *\naccess-control-allow-methods: GET\n";
    assert_eq!(granted, format!("{expected}{VARY}"));
    // A pattern that matches everything is not the same as `*` alone.
    let configuration = Configuration { rules: vec![rule(&["http*"], &[Method::Get], &[])] };
    let asked = CrossOrigin { origin: "https://example.org", method: None, headers: Vec::new() };
    let granted = configuration.find(&asked, Method::Get).unwrap().lines();
    assert!(granted.starts_with("access-control-allow-origin: https://example.org\n"), "{granted}");
    assert!(granted.contains("access-control-allow-credentials: true\n"), "{granted}");
}

#[test]
fn every_condition_of_a_rule_counts() {
    let not_allowed = |request: &str| {
        let error = ask(request, ResourceType::Object, Found::Rules(example())).unwrap_err();
        assert_eq!(error.code, ErrorCode::AccessForbidden, "{request}");
        assert_eq!(error.message, None, "{request}");
        assert_eq!(error.details[1], ("ResourceType", "OBJECT".to_owned()));
        error.details[0].1.clone()
    };
    let from = "origin: https://example.com\naccess-control-request-method: ";
    assert_eq!(not_allowed(&format!("{from}HEAD")), "HEAD");
    assert_eq!(not_allowed(&format!("{from}PUT\naccess-control-request-headers: range")), "PUT");
    assert_eq!(
        not_allowed(&format!(
            "{from}PUT\naccess-control-request-headers: x-amz-date\naccess-control-request-headers: range"
        )),
        "PUT",
        "a header that comes twice is one list"
    );
    assert_eq!(not_allowed("origin: http://example.com\naccess-control-request-method: PUT"), "PUT");
    // The rule for every origin allows no header.
    assert_eq!(not_allowed(&format!("{from}GET\naccess-control-request-headers: range")), "GET");
    // The third rule counts when the first two do not fit.
    assert!(lines(&format!("{from}DELETE\naccess-control-request-headers: anything")).contains("DELETE"));
}

#[test]
fn a_preflight_that_makes_no_sense_is_a_bad_request() {
    let message = |request: &str, found: Found| {
        let error = ask(request, ResourceType::Object, found).unwrap_err();
        assert_eq!((error.code, error.details.as_slice()), (ErrorCode::BadRequest, &[][..]), "{request}");
        error.message.unwrap()
    };
    let rules = || Found::Rules(example());
    let no_origin = "Insufficient information. Origin request header needed.";
    assert_eq!(message("", rules()), no_origin);
    assert_eq!(message("access-control-request-method: GET", Found::Nothing), no_origin);
    assert_eq!(message("origin:\naccess-control-request-method: GET", rules()), no_origin);
    assert_eq!(message("origin: a", rules()), "Invalid Access-Control-Request-Method: null");
    for method in ["get", "PATCH", "OPTIONS", "GET, PUT", ""] {
        for found in [rules(), Found::Bucket, Found::Nothing] {
            let request = format!("origin: a\naccess-control-request-method: {method}");
            assert_eq!(message(&request, found), format!("Invalid Access-Control-Request-Method: {method}"));
        }
    }
    for (list, bad) in [
        ("a b", "a b"),
        ("x-ok, x:bad", " x:bad"),
        ("x(y),z", "x(y)"),
        ("x-ok,", ""),
        (",x-ok", ""),
        ("é", "é"),
    ] {
        let request =
            format!("origin: a\naccess-control-request-method: GET\naccess-control-request-headers: {list}");
        let expected = format!("Access-Control-Request-Headers \"{bad}\" contains invalid character.");
        assert_eq!(message(&request, Found::Bucket), expected);
    }
    let long = "x,".repeat(REQUEST_HEADERS_LENGTH_MAX);
    let request =
        format!("origin: a\naccess-control-request-method: GET\naccess-control-request-headers: {long}");
    let error = ask(&request, ResourceType::Object, rules()).unwrap_err();
    assert_eq!(error.code, ErrorCode::RequestHeaderSectionTooLarge);
    // Each name counts once, and no browser sends hundreds.
    let many = |count: usize| {
        (0..count).map(|number| format!("x-{number},x-{number}")).collect::<Vec<_>>().join(",")
    };
    let with = |names: String| {
        let request =
            format!("origin: a\naccess-control-request-method: GET\naccess-control-request-headers: {names}");
        ask(&request, ResourceType::Object, rules()).map_err(|error| error.code)
    };
    assert_ne!(with(many(256)), Err(ErrorCode::RequestHeaderSectionTooLarge));
    assert_eq!(with(many(257)), Err(ErrorCode::RequestHeaderSectionTooLarge));
    // An empty list of names is valid.
    let empty = "origin: a\naccess-control-request-method: GET\naccess-control-request-headers: ";
    assert!(lines(empty).starts_with("access-control-allow-origin: *\n"));
}

#[test]
fn a_preflight_to_a_bucket_without_rules_names_the_bucket() {
    for (request, method) in
        [("origin: a\naccess-control-request-method: PUT", "PUT"), ("origin: a", "OPTIONS")]
    {
        for (found, message) in [
            (Found::Bucket, "CORSResponse: CORS is not enabled for this bucket."),
            (Found::Nothing, "CORSResponse: Bucket not found"),
        ] {
            let error = ask(request, ResourceType::Object, found).unwrap_err();
            assert_eq!((error.code.status(), error.message.as_deref()), (403, Some(message)));
            assert_eq!(error.details, [("Method", method.to_owned()), ("ResourceType", "BUCKET".to_owned())]);
        }
    }
}

#[test]
fn an_actual_request_gets_the_headers_of_the_rule() {
    let granted = added("PUT", "origin: https://example.com");
    let expected = "access-control-allow-origin: https://example.com\n\
         access-control-allow-methods: GET, PUT\n\
         access-control-expose-headers: ETag, x-amz-version-id\n\
         access-control-max-age: 3000\n\
         access-control-allow-credentials: true\n";
    assert_eq!(granted, format!("{expected}{VARY}"));
    assert_eq!(added("PUT", "origin: https://example.org"), "");
    assert_eq!(added("HEAD", "origin: https://example.com"), "");
    assert_eq!(added("PATCH", "origin: https://example.com"), "");
    assert_eq!(added("get", "origin: https://example.com"), "");
    assert_eq!(added("GET", ""), "");
    assert_eq!(added("GET", "origin:"), "");
}

#[test]
fn what_a_preflight_would_say_counts_in_an_actual_request() {
    let from = "origin: https://example.com\n";
    assert_eq!(added("PUT", &format!("{from}access-control-request-method: POST")), "");
    let granted = added("PUT", &format!("{from}access-control-request-method: DELETE"));
    assert!(granted.contains("access-control-allow-methods: DELETE\n"), "{granted}");
    assert_eq!(added("PUT", &format!("{from}access-control-request-headers: range")), "");
    let granted = added("PUT", &format!("{from}access-control-request-headers: X-Amz-Date"));
    assert!(granted.contains("access-control-allow-headers: x-amz-date\n"), "{granted}");

    let bad = headers(&format!("{from}access-control-request-method: PATCH"));
    let error = actual("GET", &bad, || Ok(Some(example()))).unwrap_err();
    assert_eq!(error.code, ErrorCode::BadRequest);
    // Where there are no rules, the headers are not read.
    assert_eq!(actual("GET", &bad, || Ok(None)), Ok(String::new()));
}

#[test]
fn rules_that_cannot_be_read_are_not_no_rules() {
    let broken = || Err(S3Error::new(ErrorCode::InternalError));
    let request = headers("origin: a\naccess-control-request-method: GET");
    assert_eq!(preflight(&request, ResourceType::Bucket, broken).unwrap_err().code, ErrorCode::InternalError);
    let broken = || Err(S3Error::new(ErrorCode::InternalError));
    assert_eq!(actual("GET", &request, broken).unwrap_err().code, ErrorCode::InternalError);
    // Without an origin they are not read at all.
    let unread = || unreachable!("nobody asks for rules");
    assert_eq!(actual("GET", &headers("host: a"), unread), Ok(String::new()));
}

#[test]
fn a_header_without_a_value_is_not_sent() {
    let configuration = Configuration {
        rules: vec![Rule { exposed_headers: texts(&["", "ETag", ""]), ..rule(&["*"], &[Method::Get], &[]) }],
    };
    let cross_origin = CrossOrigin { origin: "a", method: None, headers: Vec::new() };
    let granted = configuration.find(&cross_origin, Method::Get).unwrap().lines();
    assert!(granted.contains("access-control-expose-headers: ETag\n"), "{granted}");
    assert!(!granted.contains("access-control-allow-headers"), "{granted}");
}
