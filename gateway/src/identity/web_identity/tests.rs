use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::SKEW_SECONDS;
use super::{Algorithm, Claims, Keys, PublicKey, Rejected, TOKEN_LENGTH_MAX, Token, provider};
use crate::errors::{ErrorCode, S3Error};

/// RFC 7515, A.2 and A.3: what both sign, and their keys.
const JOE: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2\
                 lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7\
                 WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkM\
                 Ls91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

fn token(header: &str, payload: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(header), part(payload), URL_SAFE_NO_PAD.encode([7; 64]))
}

fn claims(payload: &str) -> Result<Claims, Rejected> {
    Token::parse(&token(r#"{"alg":"RS256","kid":"k"}"#, payload))?.claims()
}

/// Claims that are complete, and `more`.
fn with(more: &str) -> Result<Claims, Rejected> {
    claims(&format!(r#"{{"iss":"https://idp","sub":"u","aud":"c","exp":2000,"iat":1000{more}}}"#))
}

#[test]
fn the_example_of_rfc_7515_a_2_is_taken_apart() {
    let token = Token::parse(&format!("eyJhbGciOiJSUzI1NiJ9.{JOE}.cC4hiUPoj9Ee")).unwrap();
    assert_eq!((token.algorithm, token.key_id.as_deref()), (Algorithm::Rs256, None));
    assert_eq!(token.signed, format!("eyJhbGciOiJSUzI1NiJ9.{JOE}"));
    assert_eq!(token.signature, [112, 46, 33, 137, 67, 232, 143, 209, 30]);
    // Without a subject it is not an ID token.
    assert_eq!(token.claims().unwrap_err(), Rejected::Claim("sub"));
    let token = Token::parse(&format!("eyJhbGciOiJFUzI1NiJ9.{JOE}.DtEhU3lj")).unwrap();
    assert_eq!(token.algorithm, Algorithm::Es256);
}

#[test]
fn what_is_no_token_is_refused() {
    let payload = r#"{"iss":"https://idp"}"#;
    let good = token(r#"{"alg":"RS256"}"#, payload);
    assert!(Token::parse(&good).is_ok());
    for (text, why) in [
        ("", Rejected::Malformed),
        ("a.b", Rejected::Malformed),
        ("..", Rejected::Malformed),
        (&good.replace('.', " ."), Rejected::Malformed),
        (&format!("{good}="), Rejected::Malformed),
        (&format!("{good}\n"), Rejected::Malformed),
        // One more part, as an encrypted token has.
        (&format!("e30.{good}"), Rejected::Malformed),
        (&"a".repeat(TOKEN_LENGTH_MAX + 1), Rejected::Malformed),
        (&token("[]", payload), Rejected::Malformed),
        (&token("{}", payload), Rejected::Malformed),
        (&token(r#"{"alg":"RS256"}"#, "[]"), Rejected::Malformed),
        (&token(r#"{"alg":"RS256"}"#, r#"{"sub":"a","sub":"b"}"#), Rejected::Malformed),
        (&token(r#"{"alg":"RS256","alg":"none"}"#, payload), Rejected::Malformed),
        (&token(r#"{"alg":"RS256","\u0061lg":"none"}"#, payload), Rejected::Malformed),
        (&token(r#"{"alg":["RS256"]}"#, payload), Rejected::Malformed),
        (&token(r#"{"alg":"RS256","kid":7}"#, payload), Rejected::Malformed),
        (&token(r#"{"alg":"none"}"#, payload), Rejected::Algorithm),
        (&token(r#"{"alg":"None"}"#, payload), Rejected::Algorithm),
        (&token(r#"{"alg":"HS256"}"#, payload), Rejected::Algorithm),
        (&token(r#"{"alg":"rs256"}"#, payload), Rejected::Algorithm),
        (&token(r#"{"alg":"ES384"}"#, payload), Rejected::Algorithm),
        (&token(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, payload), Rejected::Critical),
        (&token(r#"{"alg":"RS256","crit":[]}"#, payload), Rejected::Critical),
    ] {
        assert_eq!(Token::parse(text).unwrap_err(), why, "{text}");
    }
}

#[test]
fn claims_that_must_be_there_are_named_when_they_are_not() {
    for (payload, name) in [
        (r#"{"sub":"u","aud":"c","exp":1,"iat":1}"#, "iss"),
        (r#"{"iss":"i","aud":"c","exp":1,"iat":1}"#, "sub"),
        (r#"{"iss":"i","sub":"u","exp":1,"iat":1}"#, "aud"),
        (r#"{"iss":"i","sub":"u","aud":[],"exp":1,"iat":1}"#, "aud"),
        (r#"{"iss":"i","sub":"u","aud":[1],"exp":1,"iat":1}"#, "aud"),
        (r#"{"iss":"i","sub":"u","aud":"c","iat":1}"#, "exp"),
        (r#"{"iss":"i","sub":"u","aud":"c","exp":"1","iat":1}"#, "exp"),
        (r#"{"iss":"i","sub":"u","aud":"c","exp":-1,"iat":1}"#, "exp"),
        (r#"{"iss":"i","sub":"u","aud":"c","exp":1}"#, "iat"),
        (r#"{"iss":"i","sub":"u","aud":"c","exp":1,"iat":1,"nbf":"soon"}"#, "nbf"),
        (r#"{"iss":"i","sub":"a\u0000b","aud":"c","exp":1,"iat":1}"#, "sub"),
        (r#"{"iss":"i","sub":7,"aud":"c","exp":1,"iat":1}"#, "sub"),
        (r#"{"iss":"i","sub":"u","aud":"c","azp":["c"],"exp":1,"iat":1}"#, "azp"),
        (r#"{"iss":"i","sub":"u","aud":"c","amr":{"a":1},"exp":1,"iat":1}"#, "amr"),
    ] {
        assert_eq!(claims(payload).unwrap_err(), Rejected::Claim(name), "{payload}");
    }
}

#[test]
fn a_token_is_of_its_time() {
    let check = |more: &str, now: u64, expected: Result<(), Rejected>| {
        assert_eq!(with(more).unwrap().check_time(now * 1000), expected, "{more} at {now}");
    };
    check("", 1500, Ok(()));
    // Clocks differ by five minutes at most.
    check("", 2000 + SKEW_SECONDS - 1, Ok(()));
    check("", 2000 + SKEW_SECONDS, Err(Rejected::Expired(2300, 2000)));
    check("", 1000 - SKEW_SECONDS, Ok(()));
    check("", 1000 - SKEW_SECONDS - 1, Err(Rejected::Early));
    check(r#","nbf":1900"#, 1500, Err(Rejected::Early));
    check(r#","nbf":1900.5"#, 1600, Ok(()));
    let endless = r#"{"iss":"i","sub":"u","aud":"c","exp":18446744073709551615,"iat":0}"#;
    assert_eq!(claims(endless).unwrap().check_time(u64::MAX), Ok(()));
    assert_eq!(S3Error::from(Rejected::Expired(3, 2)).code, ErrorCode::ExpiredTokenException);
    assert_eq!(S3Error::from(Rejected::Early).code, ErrorCode::InvalidIdentityToken);
}

#[test]
fn the_client_is_the_authorized_party_or_one_of_the_audience() {
    let check = |aud: &str, ids: &[&str], expected: Result<&str, Rejected>| {
        let payload = format!(r#"{{"iss":"i","sub":"u","exp":1,"iat":1,{aud}}}"#);
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(claims(&payload).unwrap().client(&ids), expected, "{aud} {ids:?}");
    };
    check(r#""aud":"c""#, &["b", "c"], Ok("c"));
    check(r#""aud":"c""#, &["C"], Err(Rejected::Audience));
    check(r#""aud":"c""#, &[], Err(Rejected::Audience));
    check(r#""aud":["a","c"]"#, &["c"], Ok("c"));
    check(r#""aud":["a","c"],"azp":"a""#, &["c"], Err(Rejected::Audience));
    check(r#""aud":"c","azp":"p""#, &["p"], Ok("p"));
}

#[test]
fn conditions_are_asked_under_the_name_of_the_provider() {
    let claims = with(r#","azp":"p","amr":["pwd","otp"],"email":"u@example.com""#).unwrap();
    let context = claims.context("idp.example.com/a", "p");
    let texts: Vec<String> =
        context.iter().map(|(key, values)| format!("{key}={}", values.join("+"))).collect();
    assert_eq!(
        texts,
        [
            "idp.example.com/a:aud=p",
            "idp.example.com/a:sub=u",
            "idp.example.com/a:azp=p",
            "idp.example.com/a:oaud=c",
            "idp.example.com/a:amr=pwd+otp",
            "idp.example.com/a:email=u@example.com",
        ]
    );
}

#[test]
fn tags_of_the_session_are_nested_or_flat() {
    let nested = r#","https://aws.amazon.com/tags":{"principal_tags":{"Project":["Cats"],"Team":["a b"]},
                   "transitive_tag_keys":["project"]},"https://aws.amazon.com/source_identity":"u@x""#;
    let nested = with(nested).unwrap();
    let tags = [("Project".to_owned(), "Cats".to_owned()), ("Team".to_owned(), "a b".to_owned())];
    assert_eq!((nested.tags.as_slice(), nested.transitive_tags.len()), (tags.as_slice(), 1));
    assert_eq!(nested.source_identity.as_deref(), Some("u@x"));
    let flat = r#","https://aws.amazon.com/tags/principal_tags/Project":"Cats",
                 "https://aws.amazon.com/tags/principal_tags/Team":["a b"],
                 "https://aws.amazon.com/tags/transitive_tag_keys":["Team"]"#;
    assert_eq!(with(flat).unwrap().tags, tags);
    for wrong in [
        r#","https://aws.amazon.com/tags":[]"#,
        r#","https://aws.amazon.com/tags":{"principal_tags":[]}"#,
        r#","https://aws.amazon.com/tags":{"principal_tags":{"a":["b","c"]}}"#,
        r#","https://aws.amazon.com/tags":{"principal_tags":{"a":[]}}"#,
        r#","https://aws.amazon.com/tags":{"principal_tags":{"a":"<"}}"#,
        r#","https://aws.amazon.com/tags":{"principal_tags":{"a":"b","A":"c"}}"#,
        r#","https://aws.amazon.com/tags":{"transitive_tag_keys":["a"]}"#,
        r#","https://aws.amazon.com/source_identity":"u""#,
        r#","https://aws.amazon.com/source_identity":"u v""#,
    ] {
        assert!(matches!(with(wrong), Err(Rejected::Session(_))), "{wrong}");
    }
}

fn set(keys: &str) -> Keys {
    Keys::parse(format!(r#"{{"keys":[{keys}]}}"#).as_bytes()).unwrap()
}

/// How many keys of a set may have signed a token with this header.
fn candidates(keys: &str, header: &str) -> usize {
    set(keys).candidates(&Token::parse(&token(header, "{}")).unwrap()).len()
}

#[test]
fn keys_are_read_as_rfc_7518_writes_them() {
    let rsa = format!(r#"{{"kty":"RSA","kid":"r","use":"sig","alg":"RS256","n":"{N}","e":"AQAB"}}"#);
    let ec = format!(r#"{{"kty":"EC","kid":"e","crv":"P-256","x":"{X}","y":"{Y}","key_ops":["verify"]}}"#);
    let both = set(&format!("{rsa},{ec}"));
    let find = |header: &str| {
        let token = Token::parse(&token(header, "{}")).unwrap();
        both.candidates(&token).into_iter().cloned().collect::<Vec<_>>()
    };
    let [PublicKey::Rsa { modulus, exponent }] = &find(r#"{"alg":"RS256","kid":"r"}"#)[..] else { panic!() };
    assert_eq!(
        (modulus.len(), modulus[..4].to_vec(), exponent.as_slice()),
        (256, vec![161, 248, 22, 10], &[1, 0, 1][..])
    );
    let [PublicKey::P256 { point }] = &find(r#"{"alg":"ES256","kid":"e"}"#)[..] else { panic!() };
    assert_eq!((point.len(), &point[..4]), (65, &[4, 127, 205, 206][..]));
    // A key is of its own algorithm, whatever the token says of it.
    assert_eq!(find(r#"{"alg":"ES256","kid":"r"}"#), []);
    assert_eq!(find(r#"{"alg":"RS256","kid":"unknown"}"#), []);
    // Without an id it must be the only one.
    assert_eq!(find(r#"{"alg":"RS256"}"#).len(), 1);
    assert_eq!(candidates(&format!("{rsa},{rsa}"), r#"{"alg":"RS256"}"#), 0);
    assert_eq!(candidates(&[rsa.as_str(); 9].join(","), r#"{"alg":"RS256","kid":"r"}"#), 4);
    let number = URL_SAFE_NO_PAD.decode(N).unwrap();
    let padded = URL_SAFE_NO_PAD.encode([&[0, 0], number.as_slice()].concat());
    let padded = rsa.replace(N, &padded);
    assert_eq!(candidates(&padded, r#"{"alg":"RS256"}"#), 1);
}

#[test]
fn keys_that_are_of_no_use_are_left_out() {
    let rsa = format!(r#"{{"kty":"RSA","n":"{N}","e":"AQAB"}}"#);
    let with = |more: &str| rsa.replace("\"kty\"", &format!("{more},\"kty\""));
    let short = URL_SAFE_NO_PAD.encode([0xff; 128]);
    let long = URL_SAFE_NO_PAD.encode([0xff; 513]);
    for key in [
        with(r#""use":"enc""#),
        with(r#""use":1"#),
        with(r#""alg":"RS512""#),
        with(r#""alg":"ES256""#),
        with(r#""key_ops":["sign"]"#),
        with(r#""kid":7"#),
        rsa.replace("RSA", "rsa"),
        rsa.replace("RSA", "oct"),
        rsa.replace("AQAB", "AQ"),
        rsa.replace("AQAB", "Ag"),
        rsa.replace("AQAB", "AQAAAAAB"),
        rsa.replace("AQAB", ""),
        rsa.replace(N, &short),
        rsa.replace(N, &long),
        rsa.replace(N, "?"),
        "7".to_owned(),
    ] {
        assert_eq!(candidates(&key, r#"{"alg":"RS256"}"#), 0, "{key}");
    }
    let ec = format!(r#"{{"kty":"EC","crv":"P-256","x":"{X}","y":"{Y}"}}"#);
    assert_eq!(candidates(&ec, r#"{"alg":"ES256"}"#), 1);
    for key in [ec.replace("P-256", "P-384"), ec.replace(X, "AA"), ec.replace(Y, "")] {
        assert_eq!(candidates(&key, r#"{"alg":"ES256"}"#), 0, "{key}");
    }
    for document in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#, "\u{0}"] {
        assert_eq!(Keys::parse(document.as_bytes()), Err(Rejected::Key), "{document}");
    }
    assert_eq!(Keys::parse(b"\xff"), Err(Rejected::Key));
}

#[test]
fn a_provider_says_where_its_keys_are_and_speaks_for_itself_only() {
    let document =
        |issuer: &str, keys: &str| format!(r#"{{"issuer":"{issuer}","jwks_uri":"{keys}","x":[]}}"#);
    let check = |url: &str, text: &str, expected: Option<&str>| {
        assert_eq!(provider::keys_address(url, text.as_bytes()).ok().as_deref(), expected, "{url} {text}");
    };
    let keys = "https://keys.example.net/certs";
    check("https://idp/a", &document("https://idp/a", keys), Some(keys));
    check("https://idp/a/", &document("https://idp/a", keys), Some(keys));
    check("https://idp/a", &document("https://idp/b", keys), None);
    check("https://idp/a", &document("http://idp/a", keys), None);
    check("https://idp/a", &document("https://idp/a", "http://idp/certs"), None);
    check("http://idp/a", &document("http://idp/a", "http://idp/certs"), Some("http://idp/certs"));
    check("https://idp/a", &document("https://idp/a", "file:///etc/passwd"), None);
    check("https://idp/a", r#"{"issuer":"https://idp/a"}"#, None);
    check("https://idp/a", "", None);
    assert_eq!(provider::name("https://idp.example.com/a/"), "idp.example.com/a");
    assert_eq!(
        provider::discovery_address("https://idp/a/"),
        "https://idp/a/.well-known/openid-configuration"
    );
}
