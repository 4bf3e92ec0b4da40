use super::*;

fn described(text: &str) -> Result<Described> {
    Ok(toml::from_str(text)?)
}

#[test]
fn a_description_becomes_a_request() {
    let text = "position = \"named-objects\"\nmethod = \"POST\"\npath = \"/photos?delete\"\noperation = \"DeleteObjects\"\n\
                bucket = \"photos\"\naccount = \"111122223333\"\nuser = \"alice\"\nsource_ip = \"192.0.2.7\"\n\
                [headers]\nuser-agent = \"x\"\n[[named]]\nkey = \"a\"\nversion_id = \"v\"\n[expect]\nrefused_objects = [\"a\"]\n";
    let request = described(text).unwrap();
    assert_eq!(request.position().unwrap(), Position::NamedObjects);
    let unsent = request.unsent().unwrap();
    assert_eq!((unsent.method.as_str(), unsent.uri.to_string().as_str()), ("POST", "/photos?delete"));
    assert_eq!(unsent.target.operation, "DeleteObjects");
    let Principal::Authenticated(identity) = &unsent.principal else { panic!("{:?}", unsent.principal) };
    assert_eq!(identity.arn, "arn:aws:iam::111122223333:user/alice");
    let call = unsent.call(Position::NamedObjects);
    assert_eq!(call.facts.named_objects()[0].bucket, "photos");
    // What is not known yet at a position, no stage can read.
    assert!(unsent.call(Position::AfterAccept).facts.target.is_none());
    assert!(unsent.call(Position::AfterAuth).facts.owner.is_none());
}

#[test]
fn nobody_signed_where_no_account_is_named() {
    let unsent = described("operation = \"GetObject\"").unwrap().unsent().unwrap();
    assert!(matches!(unsent.principal, Principal::Anonymous));
}

#[test]
fn what_describes_no_request_is_refused() {
    for (text, word) in [
        ("methd = \"GET\"", "methd"),
        ("position = \"before-lunch\"", "after-accept, after-auth"),
        ("method = \"G T\"", "method"),
        ("path = \"photos\"", "must begin with /"),
        ("account = \"1\"", "12 digits"),
        ("owner = \"1\"", "12 digits"),
        ("[headers]\n\"a b\" = \"c\"", "the header"),
    ] {
        let read = described(text).and_then(|request| request.position().and_then(|_| request.unsent()));
        let error = format!("{:#}", read.unwrap_err());
        assert!(error.contains(word), "{text}: {error}");
    }
}
