//! What the fields of a form mean.

use super::*;

fn form(fields: &[(&str, &str)]) -> Form {
    named("cat.jpg", fields)
}

fn named(file_name: &str, fields: &[(&str, &str)]) -> Form {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Form::expand(fields, file_name).unwrap()
}

#[test]
fn the_name_of_the_file_is_put_into_fields() {
    for (file_name, expected) in [
        ("cat.jpg", "a/cat.jpg-cat.jpg"),
        ("C:\\pictures\\cat.jpg", "a/cat.jpg-cat.jpg"),
        ("/pictures/cat.jpg", "a/cat.jpg-cat.jpg"),
        ("", "a/-"),
    ] {
        let form = named(file_name, &[("Key", "a/${filename}-${filename}")]);
        assert_eq!(form.key().unwrap(), expected);
    }
    let form = form(&[
        ("x-amz-meta-name", "${filename}"),
        ("policy", "${filename}"),
        ("X-Amz-Signature", "${filename}"),
    ]);
    assert_eq!(form.get("x-amz-meta-name"), Some("cat.jpg"));
    assert_eq!(form.get("policy"), Some("${filename}"));
    assert_eq!(form.get("x-amz-signature"), Some("${filename}"));
}

#[test]
fn a_form_needs_a_key() {
    for fields in [&[][..], &[("key", "")], &[("acl", "private")]] {
        let error = form(fields).key().unwrap_err();
        assert_eq!(
            error.to_string(),
            "InvalidArgument: Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
        );
        assert_eq!(error.details, [("ArgumentName", "key".to_owned()), ("ArgumentValue", String::new())]);
    }
    assert_eq!(form(&[("key", &"k".repeat(1025))]).key().unwrap_err().code, ErrorCode::KeyTooLongError);
}

#[test]
fn fields_mean_what_headers_mean() {
    let tagging = "<Tagging><TagSet><Tag><Key>a b</Key><Value>1+2/3</Value></Tag><Tag><Key>c</Key><Value/></Tag></TagSet></Tagging>";
    let headers = form(&[
        ("key", "k"),
        ("acl", "public-read"),
        ("Content-Type", "image/jpeg"),
        ("x-amz-meta-Name", "x"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-checksum-sha256", "s"),
        ("tagging", tagging),
        // It would make it another operation.
        ("x-amz-copy-source", "other/secret"),
        ("x-amz-grant-full-control", "id=x"),
        ("authorization", "x"),
        ("success_action_status", "201"),
    ])
    .headers()
    .unwrap();
    let sent: Vec<(&str, &str)> = headers.iter().collect();
    assert_eq!(
        sent,
        [
            ("x-amz-acl", "public-read"),
            ("content-type", "image/jpeg"),
            ("x-amz-meta-name", "x"),
            ("x-amz-storage-class", "STANDARD_IA"),
            ("x-amz-checksum-sha256", "s"),
            ("x-amz-tagging", "a%20b=1%2B2%2F3&c="),
        ]
    );
    let tags = TagSet::parse_header(headers.get("x-amz-tagging").unwrap()).unwrap();
    assert_eq!(tags.tags, [("a b".to_owned(), "1+2/3".to_owned()), ("c".to_owned(), String::new())]);
}

#[test]
fn a_field_does_not_bring_a_second_header() {
    for (name, value) in [
        ("x-amz-meta-a", "1\nx-amz-acl: public-read"),
        ("content-type", "a\r\nb"),
        ("x-amz-meta-a: 1\nx-amz-acl", "public-read"),
        ("x-amz-meta-a:b", "x"),
        ("x-amz-meta-a b", "x"),
        ("x-amz-meta-é", "x"),
        ("x-amz-meta-a\"b\"", "x"),
        ("x-amz-meta-(a)", "x"),
        ("x-amz-meta-a\u{7f}", "x"),
        ("x-amz-checksum- crc32", "x"),
        ("x-amz-object-lock-mode ", "COMPLIANCE"),
        ("acl", "private\0"),
    ] {
        assert_eq!(
            form(&[(name, value)]).headers().unwrap_err().code,
            ErrorCode::MalformedPOSTRequest,
            "{name}"
        );
    }
    assert_eq!(form(&[("tagging", "a=b")]).headers().unwrap_err().code, ErrorCode::MalformedXML);
}

#[test]
fn the_answer_is_what_the_form_asks_for() {
    for (fields, expected) in [
        (&[][..], Success::Empty(204)),
        (&[("success_action_status", "200")], Success::Empty(200)),
        (&[("success_action_status", "201")], Success::Document),
        (&[("success_action_status", "204")], Success::Empty(204)),
        (&[("success_action_status", "404")], Success::Empty(204)),
        (&[("success_action_status", "")], Success::Empty(204)),
        (
            &[("success_action_redirect", "https://example.com/ok"), ("success_action_status", "201")],
            Success::Redirect("https://example.com/ok"),
        ),
        (&[("redirect", "http://example.com")], Success::Redirect("http://example.com")),
        (&[("success_action_redirect", "javascript:alert(1)")], Success::Empty(204)),
        (&[("success_action_redirect", "https://")], Success::Empty(204)),
        (&[("success_action_redirect", "/relative"), ("success_action_status", "201")], Success::Document),
        (&[("success_action_redirect", "https://a/\r\nset-cookie: x")], Success::Empty(204)),
    ] {
        assert_eq!(form(fields).success(), expected, "{fields:?}");
    }
}

#[test]
fn answers_name_the_object() {
    assert_eq!(
        document("http://s3.example.com/photos/a%2Fb", "photos", "a/b&c", "\"e\""),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>http://s3.example.com/photos/a%2Fb</Location>\
         <Bucket>photos</Bucket><Key>a/b&amp;c</Key><ETag>&quot;e&quot;</ETag></PostResponse>"
    );
    for (url, expected) in [
        ("https://example.com/ok", "https://example.com/ok?bucket=photos&key=a%2Fb%20c&etag=%22e%22"),
        ("https://example.com/ok?a=1", "https://example.com/ok?a=1&bucket=photos&key=a%2Fb%20c&etag=%22e%22"),
        ("https://example.com/ok#top", "https://example.com/ok?bucket=photos&key=a%2Fb%20c&etag=%22e%22#top"),
    ] {
        assert_eq!(redirect(url, "photos", "a/b c", "\"e\""), expected);
    }
}

const SIGNED: [(&str, &str); 5] = [
    ("policy", "cG9saWN5"),
    ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
    ("x-amz-credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"),
    ("x-amz-date", "20151229T000000Z"),
    ("x-amz-signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"),
];

#[test]
fn a_signed_form_says_who_signed() {
    assert_eq!(form(&[("key", "k")]).authorization(), Ok(None));
    let signed = form(&SIGNED);
    let Some(Authorization::V4 { credential, signed_ms, signature, policy, session_token }) =
        signed.authorization().unwrap()
    else {
        panic!("not signed");
    };
    assert_eq!(credential.access_key_id(), "AKIAIOSFODNN7EXAMPLE");
    assert_eq!((policy, session_token), ("cG9saWN5", None));
    assert_eq!(timestamp::amz_date(signed_ms), "20151229T000000Z");
    assert!(signature.starts_with("8afdbf"));
    let old = form(&[("AWSAccessKeyId", "K"), ("signature", "S"), ("policy", "P")]);
    let expected = Authorization::V2 { access_key_id: "K", signature: "S", policy: "P", session_token: None };
    assert_eq!(old.authorization(), Ok(Some(expected)));
    assert!(!format!("{signed:?} {:?}", signed.authorization()).contains("8afdbf"));
}

#[test]
fn a_form_that_is_signed_in_part_is_told_what_is_missing() {
    for at in 0..SIGNED.len() {
        let mut fields = SIGNED.to_vec();
        let (name, _) = fields.remove(at);
        let error = form(&fields).authorization().unwrap_err();
        assert_eq!((error.code, error.details[0].1.as_str()), (ErrorCode::InvalidArgument, name), "{name}");
    }
    for (fields, name) in [
        (&[("policy", "P")][..], "x-amz-algorithm"),
        (&[("policy", "P"), ("AWSAccessKeyId", "K")], "signature"),
        (&[("policy", "P"), ("signature", "S")], "AWSAccessKeyId"),
        (&[("AWSAccessKeyId", "K"), ("signature", "S")], "policy"),
    ] {
        assert_eq!(form(fields).authorization().unwrap_err().details[0].1, name);
    }
}

#[test]
fn what_signs_has_to_be_well_formed() {
    for (name, value, message) in [
        ("x-amz-algorithm", "AWS4-ECDSA-P256-SHA256", "Only AWS4-HMAC-SHA256 is supported"),
        ("x-amz-date", "yesterday", "X-Amz-Date must be formatted via ISO8601 Long format"),
        ("x-amz-date", "20151230T000000Z", "The date of the credential is not that of x-amz-date."),
        (
            "x-amz-credential",
            "KEY",
            "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
        ),
        (
            "x-amz-credential",
            "KEY/2015/us-east-1/s3/aws4_request",
            "incorrect date format \"2015\". This date in the credential must be in the format \"yyyyMMdd\".",
        ),
    ] {
        let fields: Vec<(&str, &str)> =
            SIGNED.iter().map(|(own, old)| (*own, if *own == name { value } else { *old })).collect();
        let error = form(&fields).authorization().unwrap_err();
        assert_eq!(error.to_string(), format!("InvalidArgument: {message}"), "{name}");
    }
}

#[test]
fn what_the_name_of_the_file_makes_of_a_form_is_checked_before_it_is_written() {
    let outcome = |fields: &[(&str, &str)], file_name: &str| {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Form::expand(fields, file_name).map(|form| form.get("key").map(str::len)).map_err(|error| error.code)
    };
    let too_large = Err(ErrorCode::MaxPostPreDataLengthExceededError);
    let many = FILE_NAME.repeat(1800);
    assert_eq!(outcome(&[("key", &many)], &"n".repeat(43_000)), too_large);
    assert_eq!(outcome(&[("key", "k")], &"n".repeat(43_000)), too_large, "the name counts by itself");
    assert_eq!(outcome(&[("key", &many)], "12"), Ok(Some(3600)), "a form may become shorter");
    assert_eq!(outcome(&[("x-amz-meta-a", &many), ("x-amz-meta-b", &many)], "123456"), too_large);
    // Exact to the byte: the name of the field, the name of the file, and the rest of the value.
    let value = format!("{}{FILE_NAME}{FILE_NAME}", "v".repeat(FIELDS_LENGTH_MAX - 3 - 2 * 100));
    assert_eq!(outcome(&[("key", &value)], &"n".repeat(100)), Ok(Some(FIELDS_LENGTH_MAX - 3)));
    assert_eq!(outcome(&[("key", &value)], &"n".repeat(101)), too_large);
    // Characters of several bytes count as these.
    assert_eq!(outcome(&[("key", &value)], &"é".repeat(50)), Ok(Some(FIELDS_LENGTH_MAX - 3)));
    assert_eq!(outcome(&[("key", &value)], &"é".repeat(51)), too_large);
    // Signed fields are not expanded, and so count as they are.
    assert_eq!(outcome(&[("Policy", &FILE_NAME.repeat(900))], &"n".repeat(1000)), Ok(None));
}

#[test]
fn the_name_of_the_file_is_put_in_once() {
    let form = named("a${filename}b", &[("key", "${filename}/${file${filename}name}")]);
    assert_eq!(form.key().unwrap(), "a${filename}b/${filea${filename}bname}");
    let (fields, file_name) = form.into_fields();
    assert_eq!(Form::new(fields, &file_name).key().unwrap(), "a${filename}b/${filea${filename}bname}");
}

#[test]
fn fields_of_one_name_are_found_among_many() {
    let names: Vec<String> = (0..200).map(|at| format!("X-Ignore-{}", at % 50)).collect();
    let fields: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
    let form = form(&fields);
    assert_eq!((form.all("x-ignore-7").count(), form.get("x-ignore-49")), (4, Some("v")));
    assert_eq!(form.get("x-ignore-50"), None);
}
