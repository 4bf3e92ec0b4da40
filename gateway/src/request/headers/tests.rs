use super::*;

fn sample() -> Headers {
    Headers::parse(
        "host: s3.example.com\nx-amz-meta-a: one\nempty:\nx-amz-meta-b:  two words \nx-amz-meta-a: three\n\
         no colon\n"
            .into(),
    )
}

#[test]
fn a_header_is_found_by_its_lower_case_name() {
    let headers = sample();
    assert_eq!(headers.get("host"), Some("s3.example.com"));
    assert_eq!(headers.get("x-amz-meta-b"), Some("two words"));
    assert_eq!(headers.get("empty"), Some(""));
    assert_eq!(headers.get("absent"), None);
    assert!(headers.has("empty"));
}

#[test]
fn repeated_headers_are_joined_with_a_comma() {
    let headers = sample();
    assert_eq!(headers.joined("x-amz-meta-a").as_deref(), Some("one,three"));
    assert_eq!(headers.joined("host").as_deref(), Some("s3.example.com"));
    assert_eq!(headers.joined("absent"), None);
    assert_eq!(headers.all("x-amz-meta-a").collect::<Vec<_>>(), ["one", "three"]);
}

#[test]
fn a_prefix_selects_and_is_cut_off() {
    let headers = sample();
    let metadata: Vec<_> = headers.with_prefix("x-amz-meta-").collect();
    assert_eq!(metadata, [("a", "one"), ("b", "two words"), ("a", "three")]);
    assert_eq!(headers.iter().count(), 5);
}

#[test]
fn values_may_hold_colons_and_any_text() {
    let headers = Headers::from_iter([("x-amz-copy-source", "/b/k:é?versionId=1"), ("date", "a: b")]);
    assert_eq!(headers.get("x-amz-copy-source"), Some("/b/k:é?versionId=1"));
    assert_eq!(headers.get("date"), Some("a: b"));
}

#[test]
fn headers_are_found_among_many_as_among_few() {
    let block: String = (0..500).map(|at| format!("x-amz-meta-{}: {at}\n", at % 100)).collect();
    let headers = Headers::parse(format!("host: h\n{block}date: d\n"));
    assert_eq!(
        (headers.get("host"), headers.get("date"), headers.get("x-amz-meta-7")),
        (Some("h"), Some("d"), Some("7"))
    );
    assert_eq!(headers.joined("x-amz-meta-99").unwrap(), "99,199,299,399,499");
    assert_eq!(headers.all("x-amz-meta-0").collect::<Vec<_>>(), ["0", "100", "200", "300", "400"]);
    assert!(!headers.has("x-amz-meta-") && headers.joined("x-amz-meta-100").is_none());
    assert_eq!(headers.with_prefix("x-amz-meta-").count(), 500);
}

#[test]
fn what_can_be_said_once_is_not_said_twice() {
    for name in SINGLE {
        let twice = Headers::from_iter([(name, "a"), ("x-amz-meta-a", "1"), (name, "a")]);
        assert_eq!(
            check_single(&twice).unwrap_err().code,
            crate::errors::ErrorCode::InvalidRequest,
            "{name}"
        );
    }
    assert!(check_single(&sample()).is_ok());
    let once: Headers = SINGLE.into_iter().map(|name| (name, "a")).collect();
    assert!(check_single(&once).is_ok());
}

#[test]
fn names_and_values_are_those_of_http() {
    for name in ["a", "x-amz-meta-a_b.c", "!#$%&'*+-.^_`|~9Z"] {
        assert!(is_token(name), "{name}");
    }
    for name in ["", "a b", "a:b", "a\tb", "a(b", "a\"", "é", "a\u{7f}", "a/b", "a,b"] {
        assert!(!is_token(name), "{name}");
    }
    assert!(
        is_field_value("")
            && is_field_value("a\tb é")
            && !is_field_value("a\nb")
            && !is_field_value("\u{7f}")
    );
}
