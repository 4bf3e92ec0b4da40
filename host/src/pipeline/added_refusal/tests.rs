use super::*;

fn refusal(code: &str, detail: (&str, &str), headers: &str) -> Refusal {
    Refusal {
        code: code.to_owned(),
        message: Some("no".to_owned()),
        details: vec![(detail.0.to_owned(), detail.1.to_owned())],
        headers: headers.to_owned(),
    }
}

#[test]
fn a_refusal_cannot_break_its_document_or_its_headers() {
    let check =
        |refusal: &Refusal, good: bool| assert_eq!(check_refusal(refusal).is_ok(), good, "{refusal:?}");
    check(&refusal("AccessDenied", ("Tenant", "a < b"), "retry-after: 5\n"), true);
    check(&refusal("", ("Tenant", ""), ""), false);
    check(&refusal("AccessDenied", ("Tenant><Code", ""), ""), false);
    check(&refusal("AccessDenied", ("1", ""), ""), false);
    check(&refusal("AccessDenied", ("Tenant", &"x".repeat(TEXT_BYTES_MAX + 1)), ""), false);
    check(&refusal("AccessDenied", ("Tenant", ""), "content-length: 1\n"), false);
    let mut many = refusal("AccessDenied", ("Tenant", ""), "");
    many.details = vec![("A".to_owned(), String::new()); DETAILS_MAX + 1];
    check(&many, false);
    many.details.clear();
    many.message = Some("x".repeat(TEXT_BYTES_MAX + 1));
    check(&many, false);
}
