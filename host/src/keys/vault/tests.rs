//! What is sealed opens for its holder, and for nobody else.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

const HOLDER: Holder<'_> =
    Holder { account: "000000000001", unique_id: "AIDAEXAMPLE", access_key_id: "AKIAEXAMPLE" };

fn vault() -> Vault {
    Vault::new(&[7; 32])
}

fn details(expires_ms: u64) -> SessionDetails {
    SessionDetails {
        issuer_kind: IdentityKind::AssumedRole,
        issuer_arn: "arn:aws:iam::000000000001:role/r".to_owned(),
        issuer_id: "AROAEXAMPLE".to_owned(),
        parent_key_id: "AKIAEXAMPLE".to_owned(),
        policies: vec!["{}".to_owned()],
        policy_arns: Vec::new(),
        tags: vec![("team".to_owned(), "cats".to_owned())],
        transitive_tags: Vec::new(),
        source_identity: None,
        multi_factor: false,
        issued_ms: 1,
        expires_ms,
        context: vec![(
            "aws:FederatedProvider".to_owned(),
            vec!["arn:aws:iam::111122223333:oidc-provider/idp".to_owned()],
        )],
    }
}

#[test]
fn an_access_key_opens_for_its_holder_only() {
    let vault = vault();
    let key = vault.generate(HOLDER.account, HOLDER.unique_id).unwrap();
    assert!(key.access_key_id.starts_with("AKIA") && key.access_key_id.len() == 20);
    assert_eq!(key.secret.reveal().len(), 40);
    let own = Holder { access_key_id: &key.access_key_id, ..HOLDER };
    assert_eq!(vault.open_key(&own, &key.sealed).unwrap(), key.secret);
    for other in [
        Holder { account: "000000000002", ..own },
        Holder { unique_id: "AIDAOTHER", ..own },
        Holder { access_key_id: "AKIAOTHER", ..own },
    ] {
        assert_eq!(vault.open_key(&other, &key.sealed), Err(Unsealable));
    }
    assert_eq!(Vault::new(&[8; 32]).open_key(&own, &key.sealed), Err(Unsealable));
}

#[test]
fn what_was_changed_does_not_open() {
    let vault = vault();
    let key = vault.generate(HOLDER.account, HOLDER.unique_id).unwrap();
    let own = Holder { access_key_id: &key.access_key_id, ..HOLDER };
    for at in 0..key.sealed.len() {
        let mut changed = key.sealed.clone();
        changed[at] ^= 1;
        assert_eq!(vault.open_key(&own, &changed), Err(Unsealable), "byte {at}");
        assert_eq!(vault.open_key(&own, &key.sealed[..at]), Err(Unsealable), "{at} bytes");
    }
}

#[test]
fn a_token_carries_its_session() {
    let vault = vault();
    let holder = SessionHolder {
        kind: IdentityKind::AssumedRole,
        account: HOLDER.account,
        user: "",
        unique_id: "AROAEXAMPLE:s",
        arn: "arn:aws:sts::000000000001:assumed-role/r/s",
    };
    let made = vault.seal_session(holder, details(5)).unwrap();
    let opened = vault.open_session(&made.token).unwrap();
    assert_eq!(opened.access_key_id, made.access_key_id);
    assert_eq!(opened.secret(), made.secret.reveal());
    assert_eq!((opened.kind, opened.details), (IdentityKind::AssumedRole, details(5)));
    assert_eq!(Vault::new(&[8; 32]).open_session(&made.token), Err(Unsealable));
    for token in ["", "AQ", "no token", &made.token[1..]] {
        assert_eq!(vault.open_session(token), Err(Unsealable), "{token}");
    }
    // An access key is no session, whatever its holder says.
    let key = vault.generate(HOLDER.account, HOLDER.unique_id).unwrap();
    assert_eq!(vault.open_session(&URL_SAFE_NO_PAD.encode(key.sealed)), Err(Unsealable));
}

#[test]
fn a_folder_keeps_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let made = Vault::open(folder.path()).unwrap().generate(HOLDER.account, HOLDER.unique_id).unwrap();
    let path = folder.path().join(SEALING_FILE);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let own = Holder { access_key_id: &made.access_key_id, ..HOLDER };
    let again = Vault::open(folder.path()).unwrap();
    assert_eq!(again.open_key(&own, &made.sealed).unwrap(), made.secret);
    std::fs::write(&path, "not a key\n").unwrap();
    assert!(Vault::open(folder.path()).is_err());
}

#[test]
fn the_last_use_is_remembered() {
    let vault = vault();
    assert_eq!(vault.last_use("AKIAEXAMPLE"), None);
    vault.note_use("AKIAEXAMPLE", "20130524/us-east-1/s3/aws4_request", 1);
    vault.note_use("AKIAEXAMPLE", "20130524/us-east-1/iam/aws4_request", 2);
    let last = LastUse { at_ms: 2, service: "iam".to_owned(), region: "us-east-1".to_owned() };
    assert_eq!(vault.last_use("AKIAEXAMPLE"), Some(last));
}

#[test]
fn the_volume_lies_in_the_data_folder() {
    let mut config = Config { data_dir: "here".into(), ..Config::default() };
    config.storage.dir = "elsewhere".into();
    let options = volume_options(&config);
    assert_eq!(options.dir, Path::new("here"));
    assert!(options.key.is_some());
}
