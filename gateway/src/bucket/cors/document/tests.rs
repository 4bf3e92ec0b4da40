use super::*;
use proptest::prelude::*;

fn configuration(rules: &str) -> String {
    format!(
        "<CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{rules}</CORSConfiguration>"
    )
}

const LEAST: &str = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";

/// A document with one rule, that has `more` besides what every rule has.
fn with(more: &str) -> String {
    configuration(&format!("<CORSRule>{LEAST}{more}</CORSRule>"))
}

fn refusal(document: &str) -> (ErrorCode, String) {
    let error = Configuration::parse_document(document.as_bytes()).unwrap_err();
    (error.code, error.message.unwrap_or_default())
}

#[test]
fn the_example_of_the_api_reference_is_read() {
    let text = configuration(
        "<CORSRule><AllowedOrigin>http://www.example.com</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>\
         <AllowedMethod>POST</AllowedMethod><AllowedMethod>DELETE</AllowedMethod><AllowedHeader>*</AllowedHeader>\
         <MaxAgeSeconds>3000</MaxAgeSeconds><ExposeHeader>x-amz-server-side-encryption</ExposeHeader></CORSRule>\
         <CORSRule><ID>everybody</ID><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
         <AllowedHeader>*</AllowedHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>",
    );
    let rules = Configuration::parse_document(text.as_bytes()).unwrap().rules;
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0].allowed_origins, ["http://www.example.com"]);
    assert_eq!(rules[0].allowed_methods, [Method::Put, Method::Post, Method::Delete]);
    assert_eq!(
        (rules[0].allowed_headers.as_slice(), rules[0].max_age_seconds),
        (&["*".to_owned()][..], Some(3000))
    );
    assert_eq!(rules[0].exposed_headers, ["x-amz-server-side-encryption"]);
    assert_eq!((rules[0].id.as_deref(), rules[1].id.as_deref()), (None, Some("everybody")));
}

#[test]
fn the_document_has_the_elements_in_the_order_of_the_reference() {
    let text = with(
        "<MaxAgeSeconds>5</MaxAgeSeconds><ID>a&amp;b</ID><ExposeHeader>ETag</ExposeHeader><AllowedHeader>x-*</AllowedHeader>",
    );
    let printed = Configuration::parse_document(text.as_bytes()).unwrap().document();
    let expected = "<CORSRule><AllowedHeader>x-*</AllowedHeader><AllowedMethod>GET</AllowedMethod>\
        <AllowedOrigin>*</AllowedOrigin><ExposeHeader>ETag</ExposeHeader><ID>a&amp;b</ID>\
        <MaxAgeSeconds>5</MaxAgeSeconds></CORSRule>";
    assert_eq!(printed, format!("{}{}", crate::xml::DECLARATION, configuration(expected)));
}

#[test]
fn what_is_against_the_schema_is_malformed() {
    for document in [
        String::new(),
        "<CORSConfiguration>".to_owned(),
        configuration(""),
        configuration("text"),
        configuration("<CORSRule/>"),
        configuration("<Rule/>"),
        configuration(&format!("<CORSRule>{LEAST}</CORSRule><Rule/>")),
        configuration("<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>"),
        configuration("<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>"),
        format!("<Configuration><CORSRule>{LEAST}</CORSRule></Configuration>"),
        with("<Unknown/>"),
        with("<ID>a</ID><ID>b</ID>"),
        with("<MaxAgeSeconds>1</MaxAgeSeconds><MaxAgeSeconds>1</MaxAgeSeconds>"),
        with("<MaxAgeSeconds>a</MaxAgeSeconds>"),
        with("<MaxAgeSeconds/>"),
        with("<MaxAgeSeconds>1.5</MaxAgeSeconds>"),
        with("<MaxAgeSeconds>2147483648</MaxAgeSeconds>"),
        with("<AllowedHeader><a>b</a></AllowedHeader>"),
        // The whole document is compared with the schema before a method is checked.
        configuration(
            "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>X</AllowedMethod></CORSRule><CORSRule/>",
        ),
    ] {
        assert_eq!(refusal(&document), (ErrorCode::MalformedXML, String::new()), "{document}");
    }
}

#[test]
fn what_a_rule_may_not_say_is_an_invalid_request() {
    let method = |text: &str| {
        configuration(&format!(
            "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>{text}</AllowedMethod></CORSRule>"
        ))
    };
    for text in ["get", "PATCH", "OPTIONS", "", " GET", "*"] {
        let message = format!("Found unsupported HTTP method in CORS config. Unsupported method is {text}");
        assert_eq!(refusal(&method(text)), (ErrorCode::InvalidRequest, message));
    }
    let cases = [
        (
            "AllowedOrigin",
            "https://*.*",
            "AllowedOrigin \"https://*.*\" can not have more than one wildcard.",
        ),
        ("AllowedOrigin", "http://***", "AllowedOrigin \"http://***\" can not have more than one wildcard."),
        ("AllowedHeader", "x-*-*", "AllowedHeader \"x-*-*\" can not have more than one wildcard."),
        ("AllowedHeader", "a b", "AllowedHeader \"a b\" contains invalid character."),
        ("AllowedHeader", "a\r\nb", "AllowedHeader \"a\nb\" contains invalid character."),
        ("ExposeHeader", "a:b", "AllowedHeader \"a:b\" contains invalid character."),
        ("ExposeHeader", "a&#xA;b: c", "AllowedHeader \"a\nb: c\" contains invalid character."),
        ("ExposeHeader", "é", "AllowedHeader \"é\" contains invalid character."),
        (
            "ExposeHeader",
            "x-amz-meta-*",
            "ExposeHeader \"x-amz-meta-*\" contains wildcard. We currently do not support wildcard for ExposeHeader.",
        ),
    ];
    for (element, text, message) in cases {
        let refused = refusal(&with(&format!("<{element}>{text}</{element}>")));
        assert_eq!(refused, (ErrorCode::InvalidRequest, message.to_owned()), "{element} {text}");
    }
}

#[test]
fn limits_are_those_of_s3() {
    let rules = |count: usize| configuration(&format!("<CORSRule>{LEAST}</CORSRule>").repeat(count));
    assert_eq!(Configuration::parse_document(rules(RULES_MAX).as_bytes()).unwrap().rules.len(), RULES_MAX);
    let message = "The number of CORS rules should not exceed allowed limit of 100 rules.";
    assert_eq!(refusal(&rules(RULES_MAX + 1)), (ErrorCode::InvalidRequest, message.to_owned()));
    let id = |length: usize| with(&format!("<ID>{}</ID>", "é".repeat(length)));
    assert!(Configuration::parse_document(id(ID_LENGTH_MAX).as_bytes()).is_ok());
    assert_eq!(refusal(&id(ID_LENGTH_MAX + 1)).0, ErrorCode::InvalidArgument);
}

#[test]
fn what_looks_odd_and_s3_takes_is_taken() {
    for more in [
        "<MaxAgeSeconds>-100</MaxAgeSeconds>",
        "<MaxAgeSeconds> 7 </MaxAgeSeconds>",
        "<AllowedOrigin></AllowedOrigin>",
        "<AllowedOrigin/>",
        "<ExposeHeader/>",
        "<ID/>",
        "<AllowedMethod>GET</AllowedMethod>",
    ] {
        let text = with(more);
        let read =
            Configuration::parse_document(text.as_bytes()).unwrap_or_else(|error| panic!("{more}: {error}"));
        assert_eq!(Configuration::parse_document(read.document().as_bytes()), Ok(read), "{more}");
    }
}

prop_compose! {
    fn rules()(
        id in proptest::option::of("[ -~é]{0,20}"),
        allowed_origins in proptest::collection::vec("[a-z<&é]{0,5}[*]?[a-z.:/]{0,5}", 1..4),
        methods in proptest::collection::vec(0..5_usize, 1..4),
        allowed_headers in proptest::collection::vec("[a-zA-Z-]{0,5}[*]?[a-z0-9]{0,5}", 0..4),
        exposed_headers in proptest::collection::vec("[a-zA-Z0-9!#$%&'+.^_`|~-]{0,9}", 0..4),
        max_age_seconds in any::<Option<i32>>(),
    ) -> Rule {
        let allowed_methods = methods.into_iter().map(|number| Method::ALL[number]).collect();
        Rule { id, allowed_origins, allowed_methods, allowed_headers, exposed_headers, max_age_seconds }
    }
}

proptest! {
    #[test]
    fn rules_are_read_back_as_written(rules in proptest::collection::vec(rules(), 1..4)) {
        let configuration = Configuration { rules };
        prop_assert_eq!(Configuration::parse_document(configuration.document().as_bytes()), Ok(configuration));
    }
}
