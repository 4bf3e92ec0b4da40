//! Roles for web identities: an issuer signs, a stranger shows its token, and the role decides.

mod issuer;

use serde_json::{Value, json};
use tests::client::{Client, value};
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::{self, Credentials};

use issuer::{Issuer, Signer, file};

const ACCOUNT: &str = "000000000001";
const ROLE: &str = "arn:aws:iam::000000000001:role/visitor";

/// A call of IAM or STS; parameters are encoded here.
fn call(client: &mut Client, action: &str, parameters: &[(&str, &str)]) -> Response {
    let is_sts = action.starts_with("Assume") || action == "GetCallerIdentity";
    let version = if is_sts { "2011-06-15" } else { "2010-05-08" };
    let mut form = format!("Action={action}&Version={version}");
    for (name, text) in parameters {
        form.push_str(&format!("&{name}={}", value(text)));
    }
    let request = Request::new("POST", "/").header("content-type", "application/x-www-form-urlencoded");
    client.send(request.body(form.into_bytes()))
}

fn ok(client: &mut Client, action: &str, parameters: &[(&str, &str)]) -> String {
    let response = call(client, action, parameters);
    assert_eq!(response.status, 200, "{action}: {}", response.text());
    response.text()
}

fn element(document: &str, name: &str) -> String {
    let start =
        document.split(&format!("<{name}>")).nth(1).unwrap_or_else(|| panic!("no {name} in {document}"));
    start.split('<').next().unwrap().to_owned()
}

/// A server that may reach issuers on this machine, and trusts their authority.
fn server() -> Server {
    let authority = file("authority.pem").display().to_string();
    Server::start_with(&[
        "--outbound-allow",
        "localhost",
        "--outbound-ca-file",
        &authority,
        "--outbound-retry-seconds-min",
        "0",
    ])
}

fn arn(issuer: &Issuer) -> String {
    format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{}", issuer.name())
}

/// A trust policy with one statement.
fn trust(provider: &str, actions: &[&str], condition: &Value) -> String {
    let statement = json!({
        "Effect": "Allow", "Principal": {"Federated": provider}, "Action": actions, "Condition": condition,
    });
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

const ASSUME: &str = "sts:AssumeRoleWithWebIdentity";

/// Registers an issuer, and makes a role that trusts it on a condition; returns the root user's
/// client.
fn introduce(server: &Server, issuer: &Issuer, condition: &Value) -> Client {
    let mut main = server.client();
    let url = issuer.url();
    ok(&mut main, "CreateOpenIDConnectProvider", &[("Url", &url), ("ClientIDList.member.1", "app")]);
    let trust = trust(&arn(issuer), &[ASSUME], condition);
    ok(&mut main, "CreateRole", &[("RoleName", "visitor"), ("AssumeRolePolicyDocument", &trust)]);
    main
}

fn assume(server: &Server, token: &str, more: &[(&str, &str)]) -> Response {
    let mut parameters = vec![("RoleArn", ROLE), ("RoleSessionName", "session"), ("WebIdentityToken", token)];
    parameters.extend(more);
    call(&mut server.anonymous(), "AssumeRoleWithWebIdentity", &parameters)
}

fn assumed(server: &Server, token: &str, more: &[(&str, &str)]) -> String {
    let response = assume(server, token, more);
    assert_eq!(response.status, 200, "{}", response.text());
    response.text()
}

/// Status, code and message of a refusal.
fn refused(server: &Server, token: &str, more: &[(&str, &str)]) -> (u16, String, String) {
    let response = assume(server, token, more);
    let text = response.text();
    (response.status, element(&text, "Code"), element(&text, "Message"))
}

#[track_caller]
fn check(server: &Server, token: &str, status: u16, code: &str) {
    let came = refused(server, token, &[]);
    assert_eq!((came.0, came.1.as_str()), (status, code), "{}", came.2);
}

/// The status of a GET with the credentials of an answer.
fn get(server: &Server, answer: &str, path: &str) -> u16 {
    with_session(server, answer, Request::new("GET", path)).status
}

fn with_session(server: &Server, answer: &str, request: Request) -> Response {
    let key = Credentials {
        access_key_id: element(answer, "AccessKeyId").leak(),
        secret_access_key: element(answer, "SecretAccessKey").leak(),
    };
    let host = format!("127.0.0.1:{}", server.port());
    let request =
        request.header("host", &host).header("x-amz-security-token", &element(answer, "SessionToken"));
    server.anonymous().send(sign::sign(request, &key, sign::Payload::Signed))
}

fn put_policy(main: &mut Client, statement: &Value) {
    let document = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    let parameters = [("RoleName", "visitor"), ("PolicyName", "p"), ("PolicyDocument", document.as_str())];
    ok(main, "PutRolePolicy", &parameters);
}

fn set_trust(main: &mut Client, document: &str) {
    ok(main, "UpdateAssumeRolePolicy", &[("RoleName", "visitor"), ("PolicyDocument", document)]);
}

#[test]
fn a_token_opens_a_role_that_trusts_its_issuer() {
    let (server, issuer) = (server(), Issuer::start());
    let (rsa, p256) = (Signer::rsa(), Signer::p256());
    issuer.publish(&[rsa.key("r"), p256.key("e")]);
    let mut main = introduce(&server, &issuer, &json!({}));
    main.put("/photos", "");
    main.put("/photos/alice/cat.jpg", "a picture of a cat");
    main.put("/photos/bob/cat.jpg", "another one");
    // What the token says can be asked for as long as the session lasts.
    let own = format!("arn:aws:s3:::photos/${{{}:sub}}/*", issuer.name());
    let condition = json!({"StringEquals": {"aws:FederatedProvider": arn(&issuer)}});
    put_policy(
        &mut main,
        &json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": own, "Condition": condition}),
    );
    for token in [
        rsa.sign("r", &issuer.claims("alice", &json!({}))),
        p256.sign("e", &issuer.claims("alice", &json!({}))),
    ] {
        let answer = assumed(&server, &token, &[]);
        assert_eq!(element(&answer, "SubjectFromWebIdentityToken"), "alice");
        assert_eq!(element(&answer, "Audience"), "app");
        assert_eq!(element(&answer, "Provider"), arn(&issuer));
        assert_eq!(element(&answer, "Arn"), format!("arn:aws:sts::{ACCOUNT}:assumed-role/visitor/session"));
        assert!(element(&answer, "AssumedRoleId").starts_with("AROA"));
        assert_eq!(get(&server, &answer, "/photos/alice/cat.jpg"), 200);
        assert_eq!(get(&server, &answer, "/photos/bob/cat.jpg"), 403);
        let who = Request::new("GET", "/?Action=GetCallerIdentity&Version=2011-06-15");
        let who = with_session(&server, &answer, who).text();
        assert_eq!(element(&who, "Arn"), format!("arn:aws:sts::{ACCOUNT}:assumed-role/visitor/session"));
    }
    // Both were fetched once for all of it.
    assert_eq!(issuer.asked(), ["/.well-known/openid-configuration", "/keys"]);
    // The call may be a GET as well, since nobody signs it.
    let token = rsa.sign("r", &issuer.claims("alice", &json!({})));
    let query = format!("RoleArn={}&RoleSessionName=session&WebIdentityToken={token}", value(ROLE));
    let target = format!("/?Action=AssumeRoleWithWebIdentity&Version=2011-06-15&{query}");
    let answer = server.anonymous().call("GET", &target).text();
    assert_eq!(get(&server, &answer, "/photos/alice/cat.jpg"), 200);
    // A session can be limited, and ends with its role.
    let token = rsa.sign("r", &issuer.claims("alice", &json!({})));
    let nothing =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}});
    let limited = assumed(&server, &token, &[("Policy", &nothing.to_string()), ("DurationSeconds", "900")]);
    assert_eq!(get(&server, &limited, "/photos/alice/cat.jpg"), 403);
    assert_eq!(refused(&server, &token, &[("Policy", "{")]).1, "MalformedPolicyDocument");
    assert_eq!(refused(&server, &token, &[("DurationSeconds", "7200")]).1, "ValidationError");
    let answer = assumed(&server, &token, &[]);
    ok(&mut main, "DeleteRolePolicy", &[("RoleName", "visitor"), ("PolicyName", "p")]);
    ok(&mut main, "DeleteRole", &[("RoleName", "visitor")]);
    assert_eq!(get(&server, &answer, "/photos/alice/cat.jpg"), 400);
    let (status, code, message) = refused(&server, &token, &[]);
    assert_eq!((status, code.as_str()), (403, "AccessDenied"));
    assert_eq!(message, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
}

#[test]
fn tokens_that_do_not_hold_are_refused() {
    let (server, issuer) = (server(), Issuer::start());
    let (rsa, p256, stranger) = (Signer::rsa(), Signer::p256(), Signer::p256());
    issuer.publish(&[rsa.key("r"), p256.key("e")]);
    let mut main = introduce(&server, &issuer, &json!({}));
    let claims = |more: Value| issuer.claims("alice", &more);
    let good = p256.sign("e", &claims(json!({})));
    let now = claims(json!({}))["iat"].as_u64().unwrap();
    // None of these makes anybody ask the issuer.
    check(&server, &p256.sign("e", &claims(json!({"aud": "other"}))), 400, "InvalidIdentityToken");
    check(&server, &p256.sign("e", &claims(json!({"azp": "other"}))), 400, "InvalidIdentityToken");
    check(&server, &p256.sign("e", &claims(json!({"exp": now - 400}))), 400, "ExpiredTokenException");
    check(&server, &p256.sign("e", &claims(json!({"nbf": now + 900}))), 400, "InvalidIdentityToken");
    check(&server, &p256.sign("e", &claims(json!({"sub": 7}))), 400, "InvalidIdentityToken");
    check(
        &server,
        &p256.sign("e", &claims(json!({"iss": "https://localhost"}))),
        400,
        "InvalidIdentityToken",
    );
    check(
        &server,
        &p256.sign("e", &claims(json!({"iss": issuer.url().replace("https", "http")}))),
        400,
        "InvalidIdentityToken",
    );
    let payload = good.split('.').nth(1).unwrap();
    // {"alg":"none"}, and {"alg":"HS256","kid":"r"}
    check(&server, &format!("eyJhbGciOiJub25lIn0.{payload}."), 400, "InvalidIdentityToken");
    check(
        &server,
        &format!("eyJhbGciOiJIUzI1NiIsImtpZCI6InIifQ.{payload}.AAAA"),
        400,
        "InvalidIdentityToken",
    );
    check(&server, "a.b.c", 400, "InvalidIdentityToken");
    check(&server, "", 400, "ValidationError");
    check(&server, &"a".repeat(20_001), 400, "ValidationError");
    assert_eq!(refused(&server, &good, &[("ProviderId", "www.amazon.com")]).1, "ValidationError");
    assert!(issuer.asked().is_empty(), "{:?}", issuer.asked());
    // Signed by somebody else, with another key's id, or changed since.
    check(&server, &stranger.sign("e", &claims(json!({}))), 400, "InvalidIdentityToken");
    check(&server, &stranger.sign("r", &claims(json!({}))), 400, "InvalidIdentityToken");
    check(&server, &rsa.sign("e", &claims(json!({}))), 400, "InvalidIdentityToken");
    let (start, signature) = good.rsplit_once('.').unwrap();
    let bob = p256.sign("e", &issuer.claims("bob", &json!({})));
    let (other, _) = bob.rsplit_once('.').unwrap();
    check(&server, &format!("{other}.{signature}"), 400, "InvalidIdentityToken");
    check(&server, &format!("{start}.{}", "A".repeat(86)), 400, "InvalidIdentityToken");
    // The provider is one of the role's account, and of no other.
    let other_role = ROLE.replace(ACCOUNT, "000000000002");
    let parameters =
        [("RoleArn", other_role.as_str()), ("RoleSessionName", "session"), ("WebIdentityToken", &good)];
    let response = call(&mut server.anonymous(), "AssumeRoleWithWebIdentity", &parameters);
    assert!(
        response.text().contains("No OpenIDConnect provider found in your account"),
        "{}",
        response.text()
    );
    assumed(&server, &good, &[]);
    // A client that the provider lost, and a provider that is gone, are so at once.
    let arn = arn(&issuer);
    let client = [("OpenIDConnectProviderArn", arn.as_str()), ("ClientID", "app")];
    ok(&mut main, "RemoveClientIDFromOpenIDConnectProvider", &client);
    assert_eq!(refused(&server, &good, &[]).2, "Incorrect token audience");
    ok(&mut main, "DeleteOpenIDConnectProvider", &[("OpenIDConnectProviderArn", &arn)]);
    check(&server, &good, 400, "InvalidIdentityToken");
}

#[test]
fn keys_that_an_issuer_changes_are_noticed() {
    let (server, issuer) = (server(), Issuer::start());
    let (former, latter) = (Signer::p256(), Signer::p256());
    issuer.publish(&[former.key("1")]);
    introduce(&server, &issuer, &json!({}));
    let claims = issuer.claims("alice", &json!({}));
    assumed(&server, &former.sign("1", &claims), &[]);
    check(&server, &latter.sign("2", &claims), 400, "InvalidIdentityToken");
    issuer.publish(&[latter.key("2")]);
    // Known keys are not asked for again; an unknown one is.
    let asked = issuer.asked().len();
    assumed(&server, &former.sign("1", &claims), &[]);
    assert_eq!(issuer.asked().len(), asked);
    assumed(&server, &latter.sign("2", &claims), &[]);
    assert_eq!(issuer.asked().len(), asked + 1);
    check(&server, &former.sign("1", &claims), 400, "InvalidIdentityToken");
}

#[test]
fn the_role_decides_whom_it_trusts() {
    let (server, issuer) = (server(), Issuer::start());
    let signer = Signer::p256();
    issuer.publish(&[signer.key("1")]);
    let key = |name: &str| format!("{}:{name}", issuer.name());
    let mut main =
        introduce(&server, &issuer, &json!({"StringLike": {key("sub"): "ali*", key("aud"): "app"}}));
    let token = |subject: &str, more: Value| signer.sign("1", &issuer.claims(subject, &more));
    assumed(&server, &token("alice", json!({})), &[]);
    check(&server, &token("bob", json!({})), 403, "AccessDenied");
    let provider = arn(&issuer);
    for document in [
        trust("arn:aws:iam::000000000001:oidc-provider/elsewhere", &[ASSUME], &json!({})),
        trust(&provider, &["sts:AssumeRole"], &json!({})),
        trust(&provider, &[ASSUME], &json!({"StringEquals": {key("aud"): "other"}})),
        trust(&provider, &[ASSUME], &json!({"ForAnyValue:StringEquals": {key("amr"): "otp"}})),
        // Nobody but the provider: those of the account neither.
        trust(&provider, &[ASSUME], &json!({})).replace("Federated", "AWS").replace(&provider, ACCOUNT),
    ] {
        set_trust(&mut main, &document);
        check(&server, &token("alice", json!({})), 403, "AccessDenied");
    }
    set_trust(
        &mut main,
        &trust(&provider, &[ASSUME], &json!({"ForAnyValue:StringEquals": {key("amr"): "otp"}})),
    );
    assumed(&server, &token("alice", json!({"amr": ["pwd", "otp"]})), &[]);
    check(&server, &token("alice", json!({"amr": ["pwd"]})), 403, "AccessDenied");
    // Whoever signs the call as well does not ask as who they are.
    let mut ask = |subject: &str| {
        let token = token(subject, json!({"amr": "otp"}));
        let parameters = [("RoleArn", ROLE), ("RoleSessionName", "session"), ("WebIdentityToken", &token)];
        call(&mut main, "AssumeRoleWithWebIdentity", &parameters)
    };
    let signed = ask("alice");
    assert_eq!(signed.status, 200, "{}", signed.text());
    let answer = signed.text();
    let made = Request::new("PUT", "/made-by-a-visitor");
    assert_eq!(with_session(&server, &answer, made).status, 403);
    let document = trust(&provider, &[ASSUME], &json!({"StringEquals": {key("sub"): "alice"}}));
    set_trust(&mut server.client(), &document);
    assert_eq!(ask("bob").status, 403);
    // The root user of the account is none whom this role trusts.
    let assume = [("RoleArn", ROLE), ("RoleSessionName", "session")];
    assert_eq!(call(&mut main, "AssumeRole", &assume).status, 403);
}

#[test]
fn tags_of_a_token_are_tags_of_the_session_where_the_role_allows_them() {
    let (server, issuer) = (server(), Issuer::start());
    let signer = Signer::p256();
    issuer.publish(&[signer.key("1")]);
    let mut main = introduce(&server, &issuer, &json!({}));
    main.put("/photos", "");
    main.put("/photos/cats/1.jpg", "a cat");
    main.put("/photos/dogs/1.jpg", "a dog");
    let own = "arn:aws:s3:::photos/${aws:PrincipalTag/team}/*";
    put_policy(&mut main, &json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": own}));
    let tags = json!({"principal_tags": {"team": ["cats"]}, "transitive_tag_keys": ["team"]});
    let more =
        json!({"https://aws.amazon.com/tags": tags, "https://aws.amazon.com/source_identity": "alice"});
    let token = signer.sign("1", &issuer.claims("alice", &more));
    check(&server, &token, 403, "AccessDenied");
    let provider = arn(&issuer);
    let condition = json!({"StringEquals": {"aws:RequestTag/team": "cats"}});
    set_trust(&mut main, &trust(&provider, &[ASSUME, "sts:TagSession"], &condition));
    check(&server, &token, 403, "AccessDenied");
    set_trust(&mut main, &trust(&provider, &[ASSUME, "sts:TagSession", "sts:SetSourceIdentity"], &condition));
    let answer = assumed(&server, &token, &[]);
    assert_eq!(element(&answer, "SourceIdentity"), "alice");
    assert_eq!(get(&server, &answer, "/photos/cats/1.jpg"), 200);
    assert_eq!(get(&server, &answer, "/photos/dogs/1.jpg"), 403);
    let broken = json!({"https://aws.amazon.com/tags": {"principal_tags": {"team": ["cats", "dogs"]}}});
    check(&server, &signer.sign("1", &issuer.claims("alice", &broken)), 400, "InvalidIdentityToken");
    // Parameters of AssumeRole are none here.
    let plain = signer.sign("1", &issuer.claims("alice", &json!({})));
    let with = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "cats")];
    assert_eq!(refused(&server, &plain, &with).1, "AccessDenied");
}

#[test]
fn an_issuer_that_cannot_be_asked_is_told_apart() {
    let issuer = Issuer::start();
    let signer = Signer::p256();
    issuer.publish(&[signer.key("1")]);
    let token = signer.sign("1", &issuer.claims("alice", &json!({})));
    {
        let server = server();
        introduce(&server, &issuer, &json!({}));
        for (status, answer, code) in [
            ("500 Internal Server Error", 400, "IDPCommunicationError"),
            ("403 Forbidden", 403, "IDPRejectedClaim"),
            ("302 Found", 400, "InvalidIdentityToken"),
            ("404 Not Found", 400, "InvalidIdentityToken"),
        ] {
            issuer.answer_with(Some(status));
            check(&server, &token, answer, code);
        }
        issuer.answer_with(None);
        assumed(&server, &token, &[]);
        // Nobody listens there.
        let gone = "https://localhost:1";
        let mut main = server.client();
        ok(&mut main, "CreateOpenIDConnectProvider", &[("Url", gone), ("ClientIDList.member.1", "app")]);
        let claims = issuer.claims("alice", &json!({"iss": gone}));
        check(&server, &signer.sign("1", &claims), 400, "IDPCommunicationError");
    }
    // Without the operator's word, nothing on this machine is reached.
    let before = issuer.asked().len();
    let server = Server::start();
    introduce(&server, &issuer, &json!({}));
    check(&server, &token, 400, "IDPCommunicationError");
    // Nor is an issuer believed whose authority nobody trusts.
    let server = Server::start_with(&["--outbound-allow", "localhost"]);
    introduce(&server, &issuer, &json!({}));
    check(&server, &token, 400, "IDPCommunicationError");
    assert_eq!(issuer.asked().len(), before);
    assert!(server.log().contains("not fetched"), "{}", server.log());
}
