use super::*;

fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn headers_are_written_as_functions_look_them_up() {
    let given = [
        field("host", "s3.test"),
        field("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        field("accept", "a"),
        field("accept", "b"),
    ];
    assert_eq!(
        Value::Object(headers(&given, Fields::Texts)),
        json!({"Host": "s3.test", "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD", "Accept": "a,b"})
    );
    let lists = Value::Object(headers(&given, Fields::Lists));
    assert_eq!(lists["Accept"], json!(["a", "b"]));
}

fn identity(kind: IdentityKind, unique_id: &str, arn: &str, user: &str) -> Identity {
    Identity {
        kind,
        account: "111122223333".to_owned(),
        canonical_id: String::new(),
        display_name: String::new(),
        user: user.to_owned(),
        unique_id: unique_id.to_owned(),
        arn: arn.to_owned(),
        access_key_id: "AKIA1".to_owned(),
    }
}

#[test]
fn who_sent_a_request_is_written_as_cloudtrail_does() {
    let root = identity(IdentityKind::Root, "111122223333", "arn:aws:iam::111122223333:root", "");
    assert_eq!(
        identified(&root, None),
        json!({"type": "Root", "principalId": "111122223333", "arn": "arn:aws:iam::111122223333:root",
            "accountId": "111122223333", "accessKeyId": "AKIA1"})
    );
    let user = identity(IdentityKind::User, "AIDA1", "arn:aws:iam::111122223333:user/a", "a");
    let user = identified(&user, None);
    assert_eq!((&user["type"], &user["userName"]), (&json!("IAMUser"), &json!("a")));
    let session = Session {
        issuer_kind: IdentityKind::AssumedRole,
        issuer_arn: "arn:aws:iam::111122223333:role/team/reader".to_owned(),
        issuer_id: "AROA1".to_owned(),
        parent_key_id: String::new(),
        policies: Vec::new(),
        policy_arns: Vec::new(),
        tags: Vec::new(),
        transitive_tags: Vec::new(),
        source_identity: None,
        multi_factor: true,
        issued_ms: 0,
        expires_ms: 1,
        context: Vec::new(),
    };
    let arn = "arn:aws:sts::111122223333:assumed-role/reader/s";
    let role = identified(&identity(IdentityKind::AssumedRole, "AROA1:s", arn, ""), Some(&session));
    assert_eq!(role["type"], "AssumedRole");
    assert!(role.get("userName").is_none());
    assert_eq!(role["sessionContext"]["attributes"]["mfaAuthenticated"], "true");
    let issuer = &role["sessionContext"]["sessionIssuer"];
    assert_eq!((&issuer["type"], &issuer["userName"]), (&json!("Role"), &json!("reader")));
    assert_eq!(anonymous()["accountId"], "ANONYMOUS_PRINCIPAL");
}
