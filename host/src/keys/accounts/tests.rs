use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::config::{Environment, Given, load};

fn config(folder: &Path, environment: &[(&str, &str)]) -> Config {
    let given = Given { values: vec![("data_dir", vec![folder.display().to_string()])], ..Given::default() };
    load(&given, &Environment::of(environment.iter().copied())).unwrap()
}

#[test]
fn credentials_are_generated_once_and_kept_where_only_the_owner_reads() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &[]);
    let first = Accounts::open(&config).unwrap();
    let path = folder.path().join(ROOT_FILE);
    assert_eq!(first.root().origin, RootOrigin::Generated(path.clone()));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(first.root().secret_key.reveal().len(), 40);

    let second = Accounts::open(&config).unwrap();
    assert_eq!(second.root().origin, RootOrigin::Stored(path));
    assert_eq!(second.root().access_key, first.root().access_key);
    assert_eq!(second.root().secret_key, first.root().secret_key);
    assert_eq!(second.root().account_id, first.root().account_id);

    let credential = second.find(&first.root().access_key).unwrap();
    assert_eq!(credential.identity.user, "");
    assert_eq!(credential.identity.canonical_id.len(), 64);
    assert_eq!(second.account(&first.root().account_id).unwrap().access_key_id, "");
}

#[test]
fn configured_credentials_win_and_the_account_stays() {
    let folder = tempfile::tempdir().unwrap();
    let pair = [("PORTCULLIS_ROOT_ACCESS_KEY", "operator"), ("PORTCULLIS_ROOT_SECRET_KEY", "a long secret")];
    let configured = Accounts::open(&config(folder.path(), &pair)).unwrap();
    assert_eq!(configured.root().origin, RootOrigin::Configured);
    assert!(!std::fs::read_to_string(folder.path().join(ROOT_FILE)).unwrap().contains("secret"));
    assert!(configured.find("operator").is_some());

    let generated = Accounts::open(&config(folder.path(), &[])).unwrap();
    assert!(matches!(generated.root().origin, RootOrigin::Generated(_)));
    assert_eq!(generated.root().account_id, configured.root().account_id);
}

#[test]
fn secrets_are_read_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "from the file\n").unwrap();
    let path = file.display().to_string();
    let pair = [("MINIO_ROOT_USER", "operator"), ("MINIO_ROOT_PASSWORD_FILE", path.as_str())];
    let accounts = Accounts::open(&config(folder.path(), &pair)).unwrap();
    assert_eq!(accounts.find("operator").unwrap().secret.reveal(), "from the file");
}

#[test]
fn weak_credentials_are_refused_where_others_can_reach_a_listener() {
    let folder = tempfile::tempdir().unwrap();
    let check = |listen: &str, secret: &str| {
        let pair = [
            ("PORTCULLIS_LISTEN", listen),
            ("PORTCULLIS_ROOT_ACCESS_KEY", "operator"),
            ("PORTCULLIS_ROOT_SECRET_KEY", secret),
        ];
        Accounts::check(&config(folder.path(), &pair))
    };
    for weak in [
        "tiny",
        "minioadmin",
        "MinioAdmin",
        "operator",
        "password",
        "fifteen letters",
        "abababababababababab",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ] {
        for beyond in ["0.0.0.0:9000", "[::]:9000", "192.0.2.7:9000", "[::ffff:192.0.2.7]:9000"] {
            let error = check(&format!("127.0.0.1:9000,{beyond}"), weak).unwrap_err().to_string();
            assert!(error.contains(beyond) && error.contains("127.0.0.1"), "{error}");
            assert!(weak == "operator" || !error.contains(weak), "{error}");
        }
        check("127.0.0.1:9000,[::1]:9000,[::ffff:127.0.0.1]:9000", weak).unwrap();
        let pair = [
            ("PORTCULLIS_PROXIES_TRUSTED", "10.0.0.7"),
            ("PORTCULLIS_ROOT_ACCESS_KEY", "operator"),
            ("PORTCULLIS_ROOT_SECRET_KEY", weak),
        ];
        let error = Accounts::check(&config(folder.path(), &pair)).unwrap_err().to_string();
        assert!(error.contains("by the proxy 10.0.0.7"), "{error}");
    }
    check("0.0.0.0:9000", "correct horse battery").unwrap();
}

#[test]
fn a_named_listener_counts_as_well_as_every_account() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &str| {
        let file = folder.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        Accounts::check(
            &load(&Given { file: Some(file), ..Given::default() }, &Environment::default()).unwrap(),
        )
    };
    let account = |access_key: &str, secret: &str| {
        format!(
            "[[accounts]]\nid = \"111111111111\"\naccess_key = \"{access_key}\"\nsecret_key = \"{secret}\"\n"
        )
    };
    let named = |address: &str| format!("[[listeners]]\naddress = \"{address}\"\nendpoint = \"vpce-1\"\n");
    let (good, weak) = (account("photos", "a secret of some length"), account("photos", "hunter2"));
    check(&(named("192.0.2.7:9001") + &good)).unwrap();
    check(&(named("127.0.0.1:9001") + &weak)).unwrap();
    assert!(check(&(named("192.0.2.7:9001") + &weak)).unwrap_err().to_string().contains("192.0.2.7:9001"));
    let example = account("AKIAIOSFODNN7EXAMPLE", "a secret of some length");
    assert!(
        check(&(named("192.0.2.7:9001") + &example)).unwrap_err().to_string().contains("well-known example")
    );
    let user = "users = [{ name = \"u\", access_key = \"uuu\", secret_key = \"minioadmin\" }]\n";
    assert!(check(&(named("192.0.2.7:9001") + &good + user)).unwrap_err().to_string().contains("user u"));
}

#[test]
fn credentials_that_were_put_into_the_data_folder_are_checked_too() {
    let folder = tempfile::tempdir().unwrap();
    let text = "account_id = \"123456789012\"\naccess_key = \"admin\"\nsecret_key = \"password\"\n";
    std::fs::write(folder.path().join(ROOT_FILE), text).unwrap();
    assert!(Accounts::open(&config(folder.path(), &[])).is_ok());
    let error = Accounts::open(&config(folder.path(), &[("PORTCULLIS_LISTEN", "0.0.0.0:0")])).unwrap_err();
    assert!(error.to_string().contains("well-known default"), "{error}");
}

#[test]
fn the_credentials_of_the_test_suites_are_not_for_others() {
    let given = Given {
        file: Some(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/conformance.toml").into()),
        values: vec![("listen", vec!["0.0.0.0:0".to_owned()])],
        ..Given::default()
    };
    let error = Accounts::check(&load(&given, &Environment::default()).unwrap()).unwrap_err().to_string();
    assert!(error.contains("well-known"), "{error}");
}

#[test]
fn a_damaged_root_file_stops_the_start_and_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(ROOT_FILE);
    for text in [
        "account_id = 12",
        "account_id = \"123\"",
        "account_id = \"123456789012\"\naccess_key = \"lonely\"",
        "account_id = \"123456789012\"\nsecret_key = [\"verysecret\"]\naccess_key = \"x\"",
        "secret_key = \"verysecret",
    ] {
        std::fs::write(&path, text).unwrap();
        let error = Accounts::open(&config(folder.path(), &[])).unwrap_err().to_string();
        assert!(error.contains(ROOT_FILE) && !error.contains("verysecret"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn no_secret_is_in_debug() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(&config(folder.path(), &[])).unwrap();
    let shown = format!("{accounts:?}");
    assert!(shown.contains("[redacted]") && !shown.contains(accounts.root().secret_key.reveal()));
}

#[test]
fn the_accounts_of_the_conformance_run_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/conformance.toml");
    let given = Given {
        file: Some(file.into()),
        values: vec![("data_dir", vec![folder.path().display().to_string()])],
        ..Given::default()
    };
    let accounts = Accounts::open(&load(&given, &Environment::default()).unwrap()).unwrap();
    let main = accounts.find("0555b35654ad1656d804").unwrap();
    assert_eq!(main.identity.canonical_id, "testid");
    assert_eq!(main.identity.display_name, "M. Tester");
    assert_eq!(main.secret.reveal(), "h7GhxuBLTrlhVUyxSPUKUV8r/2EI4ngqJxD7iBdBYLhwluN30JaT3Q==");
    for access_key in ["NOPQRSTUVWXYZABCDEFG", "HIJKLMNOPQRSTUVWXYZA", "ABCDEFGHIJKLMNOPQRST"] {
        assert_ne!(accounts.find(access_key).unwrap().identity.account, main.identity.account);
    }
    assert_eq!(accounts.find("AAAAAAAAAAAAAAAAAAaa").unwrap().identity.user, "");
    assert_eq!(accounts.find("BBBBBBBBBBBBBBBBBBbb").unwrap().identity.user, "");
}

#[test]
fn accounts_that_collide_or_are_malformed_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    for (text, expected) in [
        ("[[accounts]]\nid = \"1\"", "12 digits"),
        ("[[accounts]]\nid = \"111111111111\"\n[[accounts]]\nid = \"111111111111\"", "canonical_id"),
        ("[[accounts]]\nid = \"111111111111\"\naccess_key = \"abc\"", "neither"),
        ("[[accounts]]\nid = \"111111111111\"\naccess_key = \"a/c\"\nsecret_key = \"s\"", "access_key"),
        (
            "[[accounts]]\nid = \"111111111111\"\naccess_key = \"abc\"\nsecret_key = \"s\"\n\
             [[accounts.users]]\nname = \"u\"\naccess_key = \"abc\"\nsecret_key = \"t\"",
            "abc is given twice",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let given = Given { file: Some(file.clone()), ..Given::default() };
        let error = Accounts::check(&load(&given, &Environment::default()).unwrap()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
