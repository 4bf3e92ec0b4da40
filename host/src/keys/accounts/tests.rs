use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::config::{Environment, Given, load};

fn config(folder: &Path, environment: &[(&str, &str)]) -> Config {
    let given = Given { values: vec![("data_dir", vec![folder.display().to_string()])], ..Given::default() };
    load(&given, &Environment::of(environment.iter().copied())).unwrap()
}

/// The accounts of a folder in which nothing was ever stored.
fn open(config: &Config) -> Result<Accounts, KeysError> {
    Accounts::open(config, &FolderAccount::new())
}

#[test]
fn credentials_are_generated_once_and_kept_where_only_the_owner_reads() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &[]);
    let first = open(&config).unwrap();
    let path = folder.path().join(ROOT_FILE);
    assert_eq!(first.root().origin, RootOrigin::Generated(path.clone()));
    // A start that fails before it shows them has made none: the next one makes and shows others.
    let later = open(&config).unwrap();
    assert_eq!(later.root().origin, first.root().origin);
    assert_ne!(later.root().access_key, first.root().access_key);
    assert_eq!(later.root().account_id, first.root().account_id);
    first.root().keep().unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(first.root().secret_key.reveal().len(), 40);

    let second = open(&config).unwrap();
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
    let configured = open(&config(folder.path(), &pair)).unwrap();
    assert_eq!(configured.root().origin, RootOrigin::Configured);
    assert!(!std::fs::read_to_string(folder.path().join(ROOT_FILE)).unwrap().contains("secret"));
    assert!(configured.find("operator").is_some());

    let generated = open(&config(folder.path(), &[])).unwrap();
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
    let accounts = open(&config(folder.path(), &pair)).unwrap();
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
    assert!(open(&config(folder.path(), &[])).is_ok());
    let error = open(&config(folder.path(), &[("PORTCULLIS_LISTEN", "0.0.0.0:0")])).unwrap_err();
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
        let error = open(&config(folder.path(), &[])).unwrap_err().to_string();
        assert!(error.contains(ROOT_FILE) && !error.contains("verysecret"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn no_secret_is_in_debug() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = open(&config(folder.path(), &[])).unwrap();
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
    let accounts = open(&load(&given, &Environment::default()).unwrap()).unwrap();
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

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";

/// The root credentials of a folder whose index and file say this, and in which these accounts own
/// something; or why there are none.
fn open_used(
    folder: &Path,
    noted: Option<&str>,
    stored: Option<&str>,
    configured: Option<&str>,
    owners: &[&str],
) -> Result<RootCredentials, String> {
    let file = folder.join(ROOT_FILE);
    let _ = std::fs::remove_file(&file);
    if let Some(id) = stored {
        let text = format!("account_id = \"{id}\"\naccess_key = \"admin\"\nsecret_key = \"the first one\"\n");
        std::fs::write(&file, text).unwrap();
    }
    let declared = "[[accounts]]\nid = \"123456789012\"\n";
    let text = configured.map_or(String::new(), |id| format!("root.account_id = \"{id}\"\n")) + declared;
    let settings = folder.join("portcullis.toml");
    std::fs::write(&settings, text).unwrap();
    let values = vec![("data_dir", vec![folder.display().to_string()])];
    let given = Given { file: Some(settings), values, ..Given::default() };
    let config = load(&given, &Environment::default()).unwrap();
    let owners = || Ok(Some(owners.iter().map(|id| (*id).to_owned()).collect()));
    let account = FolderAccount { noted: noted.map(str::to_owned), is_new: false, owners: &owners };
    let opened = Accounts::open(&config, &account).map_err(|error| error.to_string());
    assert_eq!(
        std::fs::read_to_string(&file).is_ok_and(|text| text.contains("the first one")),
        stored.is_some(),
        "a file that is there stays"
    );
    Ok(opened?.root().clone())
}

#[test]
fn the_account_of_a_folder_outlives_the_file_with_the_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(ROOT_FILE);
    let check = |noted, stored, configured, owners: &[&str]| {
        let root = open_used(folder.path(), noted, stored, configured, owners).unwrap();
        assert_eq!(root.account_id, ACCOUNT, "{noted:?} {stored:?} {configured:?} {owners:?}");
        match stored {
            Some(_) => assert_eq!(root.origin, RootOrigin::Stored(file.clone())),
            None => {
                assert_eq!(root.origin, RootOrigin::Replaced(file.clone()));
                assert!(!std::fs::read_to_string(&file).unwrap().contains(&root.access_key));
                root.keep().unwrap();
                assert!(std::fs::read_to_string(&file).unwrap().contains(&root.access_key));
            }
        }
    };
    let id = Some(ACCOUNT);
    check(id, id, None, &[OTHER]);
    check(id, id, id, &[OTHER]);
    check(id, None, None, &[OTHER]);
    check(id, None, id, &[OTHER]);
    check(None, id, None, &[]);
    check(None, id, None, &[ACCOUNT, OTHER]);
    check(None, id, None, &["123456789012"]);
    check(None, id, id, &[OTHER]);
    check(None, None, id, &[OTHER]);
    check(None, None, None, &[ACCOUNT]);
    check(None, None, None, &[ACCOUNT, "123456789012"]);
}

#[test]
fn a_folder_of_another_account_is_refused_with_both_ids() {
    let folder = tempfile::tempdir().unwrap();
    let check = |noted, stored, configured, owners: &[&str], expected: &[&str]| {
        let error = open_used(folder.path(), noted, stored, configured, owners).unwrap_err();
        for words in expected {
            assert!(error.contains(words), "{error}");
        }
    };
    let (id, other) = (Some(ACCOUNT), Some(OTHER));
    check(id, other, None, &[], &[ACCOUNT, OTHER, ROOT_FILE, "put the file of this folder back"]);
    check(id, other, other, &[], &[ACCOUNT, OTHER, ROOT_FILE]);
    check(id, None, other, &[], &[ACCOUNT, OTHER, "root.account_id"]);
    check(id, id, other, &[], &[ACCOUNT, OTHER, "root.account_id"]);
    check(None, id, other, &[], &[ACCOUNT, OTHER, "root.account_id", ROOT_FILE]);
    // An earlier release made the file anew, for another account.
    check(None, id, None, &[OTHER], &[ACCOUNT, OTHER, "made anew", "root.account_id"]);
    // Nothing says whose the folder is.
    check(None, None, None, &[], &[ROOT_FILE, "is missing", "root.account_id"]);
    check(None, None, None, &["000000000000"], &["000000000000", "root.account_id"]);
    check(None, None, None, &[ACCOUNT, OTHER], &[ACCOUNT, OTHER, "root.account_id"]);
    let many: Vec<String> = (1..20).map(|number| format!("{number:012}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    check(None, None, None, &many, &["000000000005 and 14 more"]);
}
