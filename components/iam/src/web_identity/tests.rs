use super::*;

/// Of alice at idp.example.com for the client `app`: with `amr`, the tag `team=cats`, which passes
/// on, and a source identity.
const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIsInN1YiI6ImFsaWNlIiwiYXVkIjoiYXBwIiw\
                     iYW1yIjpbInB3ZCIsIm90cCJdLCJpYXQiOjEsImV4cCI6MiwiaHR0cHM6Ly9hd3MuYW1hem9uLmNvbS90YWdzIjp7InByaW5jaXB\
                     hbF90YWdzIjp7InRlYW0iOlsiY2F0cyJdfSwidHJhbnNpdGl2ZV90YWdfa2V5cyI6WyJ0ZWFtIl19LCJodHRwczovL2F3cy5hbWF\
                     6b24uY29tL3NvdXJjZV9pZGVudGl0eSI6ImFsaWNlIn0.AAAA";

fn request(form: &str) -> Request {
    crate::tests::request(&format!("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&{form}")).unwrap()
}

fn needed() -> NeededAccess {
    let claims = Token::parse(TOKEN).unwrap().claims().unwrap();
    let request = request("RoleSessionName=s1&DurationSeconds=900&Tags.member.1.Key=a&Tags.member.1.Value=b");
    let tags = vec![("kind".to_owned(), "visitor".to_owned())];
    NeededAccess {
        actions: actions(&claims),
        arn: "arn:aws:iam::111122223333:role/r".to_owned(),
        owner: "111122223333".to_owned(),
        context: context(&request, &claims, "idp.example.com", "app", tags),
        provider: Some("arn:aws:iam::111122223333:oidc-provider/idp.example.com".to_owned()),
    }
}

#[test]
fn the_needed_access_holds_all_that_the_token_says() {
    let needed = needed();
    assert_eq!(needed.actions, [ACTION, "sts:TagSession", "sts:SetSourceIdentity"]);
    let texts: Vec<String> =
        needed.context.iter().map(|(key, values)| format!("{key}={}", values.join("+"))).collect();
    assert_eq!(
        texts,
        [
            "idp.example.com:aud=app",
            "idp.example.com:sub=alice",
            "idp.example.com:amr=pwd+otp",
            "sts:RoleSessionName=s1",
            "sts:DurationSeconds=900",
            "sts:SourceIdentity=alice",
            "aws:TagKeys=team",
            "aws:RequestTag/team=cats",
            "sts:TransitiveTagKeys=team",
            "aws:ResourceTag/kind=visitor",
            "iam:ResourceTag/kind=visitor",
        ]
    );
}

#[test]
fn a_session_remembers_the_claims_and_nothing_of_the_call() {
    let mut needed = needed();
    let arn = needed.provider.clone().unwrap();
    let context = session_context(&needed, "idp.example.com", &arn).unwrap();
    let keys: Vec<&str> = context.iter().map(|(key, _)| key.as_str()).collect();
    let claims = ["idp.example.com:aud", "idp.example.com:sub", "idp.example.com:amr"];
    assert_eq!(keys, [&["aws:FederatedProvider"][..], &claims].concat());
    assert_eq!(request_tags(&needed), [("team".to_owned(), "cats".to_owned())]);
    assert_eq!(one(&needed, SOURCE_IDENTITY), Some("alice"));
    // It travels in a header.
    needed.context.push(("idp.example.com:oaud".to_owned(), vec!["a".repeat(255); 17]));
    let refused = session_context(&needed, "idp.example.com", &arn).unwrap_err();
    assert_eq!(refused.code, ErrorCode::PackedPolicyTooLarge);
}

#[test]
fn a_token_is_asked_for_in_the_words_of_sts() {
    let check = |form: &str, expected: &str| {
        let refused = token(&request(form)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::ValidationError);
        assert!(refused.message.as_ref().is_some_and(|text| text.contains(expected)), "{refused}");
    };
    check("", "Value null at 'webIdentityToken'");
    check("WebIdentityToken=abc", "greater than or equal to 4");
    check(&format!("WebIdentityToken={}", "a".repeat(20_001)), "less than or equal to 20000");
    check("WebIdentityToken=abcd&ProviderId=www.amazon.com", "ProviderId");
    assert_eq!(token(&request("WebIdentityToken=abcd")).unwrap(), "abcd");
}

#[test]
fn an_arn_names_a_whole_account() {
    for arn in [
        "arn:aws:iam::1:role/r",
        "arn:aws:iam::111122223333r:role/r",
        "arn:aws:iam:::role/r",
        "arn:aws:iam::11112222333a:role/r",
    ] {
        assert_eq!(names::split_arn(arn, "role"), None, "{arn}");
    }
    assert_eq!(
        names::split_arn("arn:aws:iam::111122223333:role/a/r", "role"),
        Some(("111122223333", "/a/", "r"))
    );
}
