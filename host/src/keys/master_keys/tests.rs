use std::path::Path;

use super::*;
use crate::config::SecretSource;
use crate::keys::accounts::FolderAccount;
use crate::secret::Secret;

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";

fn config(folder: &Path, keys: Vec<MasterKeyEntry>) -> Config {
    let mut config = Config { data_dir: folder.to_owned(), master_keys: keys, ..Config::default() };
    config.root.access_key = Some(SecretSource::Text(Secret::new("root")));
    config.root.secret_key = Some(SecretSource::Text(Secret::new("correct horse battery staple")));
    let account = |id: &str| toml::from_str(&format!("id = \"{id}\"")).unwrap();
    config.accounts = vec![account(ACCOUNT), account(OTHER)];
    config
}

fn entry(id: &str, account: &str, alias: &[&str]) -> MasterKeyEntry {
    MasterKeyEntry {
        id: id.to_owned(),
        account: Some(account.to_owned()),
        alias: alias.iter().map(|alias| (*alias).to_owned()).collect(),
        enabled: true,
        policy: None,
    }
}

fn open(folder: &Path, keys: Vec<MasterKeyEntry>) -> Result<MasterKeys, KeysError> {
    let config = config(folder, keys);
    let accounts = Arc::new(Accounts::open(&config, &FolderAccount::new())?);
    MasterKeys::open(&config, DeclaredKey::load_all(&config)?, accounts, Arc::new(Vault::open(folder)?))
}

const DATA_KEY: DataKey = DataKey::new([7; 32]);
const CONTEXT: &[u8] = b"context";

#[test]
fn a_key_goes_by_four_names() {
    let folder = tempfile::tempdir().unwrap();
    let opened =
        open(folder.path(), vec![entry("photos", ACCOUNT, &["alias/a/b"]), entry("photos", OTHER, &[])])
            .unwrap();
    let arn = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/photos");
    let alias_arn = format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/a/b");
    let elsewhere = format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/photos");
    for name in ["photos", "alias/a/b", &arn, &alias_arn, &elsewhere] {
        let found = opened.find(ACCOUNT, name).unwrap();
        assert_eq!(
            (found.arn.as_str(), found.enabled, found.aws_managed),
            (arn.as_str(), true, false),
            "{name}"
        );
        assert_eq!(found.aliases, ["alias/a/b"]);
    }
    assert_eq!(opened.find(OTHER, "photos").unwrap().account, OTHER, "an id is of an account");
    assert_eq!(opened.find(OTHER, &arn).unwrap().account, ACCOUNT, "an ARN says of which");
    let long = "k".repeat(4096);
    for name in ["", "Photos", "a/b", "alias/", "alias/A/b", "../photos", "arn:aws:kms:us-east-1", &long] {
        assert_eq!(opened.find(ACCOUNT, name), None, "{name}");
    }
    assert_eq!(opened.find(OTHER, "alias/a/b"), None);
    let s3 = format!("arn:aws:s3:us-east-1:{ACCOUNT}:key/photos");
    assert_eq!(opened.find(ACCOUNT, &s3), None);
}

#[test]
fn what_is_wrapped_opens_for_its_key_and_its_context_alone() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), vec![entry("a", ACCOUNT, &[]), entry("b", ACCOUNT, &[])]).unwrap();
    let arn = |id: &str| opened.find(ACCOUNT, id).unwrap().arn;
    let wrapped = opened.wrap(&arn("a"), CONTEXT, &DATA_KEY).unwrap();
    assert_eq!(opened.unwrap(&arn("a"), CONTEXT, &wrapped), Ok(DATA_KEY));
    assert_ne!(opened.wrap(&arn("a"), CONTEXT, &DATA_KEY).unwrap(), wrapped, "no two wraps are alike");
    assert_eq!(opened.unwrap(&arn("b"), CONTEXT, &wrapped), Err(KeyError::Mismatch));
    assert_eq!(opened.unwrap(&arn("a"), b"other", &wrapped), Err(KeyError::Mismatch));
    for at in 0..wrapped.len() {
        let mut changed = wrapped.clone();
        changed[at] ^= 1;
        assert_eq!(opened.unwrap(&arn("a"), CONTEXT, &changed), Err(KeyError::Mismatch), "{at}");
        assert_eq!(opened.unwrap(&arn("a"), CONTEXT, &wrapped[..at]), Err(KeyError::Mismatch), "{at}");
    }
    assert_eq!(opened.wrap("nothing", CONTEXT, &DATA_KEY), Err(KeyError::NotFound));
    assert!(!wrapped.windows(8).any(|window| window == [7; 8]));
}

#[test]
fn keys_outlive_the_configuration_and_the_name_of_the_region() {
    let folder = tempfile::tempdir().unwrap();
    let keys = || vec![entry("a", ACCOUNT, &["alias/a"])];
    let opened = open(folder.path(), keys()).unwrap();
    let arn = opened.find(ACCOUNT, "a").unwrap().arn;
    let wrapped = opened.wrap(&arn, CONTEXT, &DATA_KEY).unwrap();

    let gone = open(folder.path(), Vec::new()).unwrap();
    let found = gone.find(ACCOUNT, "a").unwrap();
    assert!(!found.enabled && found.aliases.is_empty());
    assert_eq!(gone.unwrap(&arn, CONTEXT, &wrapped), Err(KeyError::Disabled));
    assert_eq!(gone.wrap(&arn, CONTEXT, &DATA_KEY), Err(KeyError::Disabled));
    let disabled = MasterKeyEntry { enabled: false, ..entry("a", ACCOUNT, &[]) };
    let disabled = open(folder.path(), vec![disabled]).unwrap();
    assert_eq!(disabled.unwrap(&arn, CONTEXT, &wrapped), Err(KeyError::Disabled));

    let mut elsewhere = config(folder.path(), keys());
    elsewhere.region = "eu-west-1".to_owned();
    let accounts = Arc::new(Accounts::open(&elsewhere, &FolderAccount::new()).unwrap());
    let vault = Arc::new(Vault::open(folder.path()).unwrap());
    let elsewhere =
        MasterKeys::open(&elsewhere, DeclaredKey::load_all(&elsewhere).unwrap(), accounts, vault).unwrap();
    assert_eq!(elsewhere.unwrap(&arn, CONTEXT, &wrapped), Ok(DATA_KEY));
}

#[test]
fn who_removes_the_file_has_destroyed_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = || vec![entry("a", ACCOUNT, &[]), entry("b", ACCOUNT, &[])];
    let opened = open(folder.path(), keys()).unwrap();
    let arn = |id: &str| opened.find(ACCOUNT, id).unwrap().arn;
    let (a, b) = (arn("a"), arn("b"));
    let wrapped = opened.wrap(&a, CONTEXT, &DATA_KEY).unwrap();
    let kept = opened.wrap(&b, CONTEXT, &DATA_KEY).unwrap();
    let file = folder.path().join(KEYS_FOLDER).join(ACCOUNT).join("a");
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::remove_file(&file).unwrap();
    let without = open(folder.path(), vec![entry("b", ACCOUNT, &[])]).unwrap();
    assert_eq!(without.unwrap(&a, CONTEXT, &wrapped), Err(KeyError::NotFound));
    assert_eq!(without.unwrap(&b, CONTEXT, &kept), Ok(DATA_KEY));
    // Nobody gets another key by the same name unawares: what is under it now would be lost when
    // the file is put back.
    let error = open(folder.path(), keys()).unwrap_err().to_string();
    assert!(error.contains("kms_keys a"), "{error}");
    let notes = folder.path().join("master-keys");
    let line = format!("{ACCOUNT}/a\n");
    let text = std::fs::read_to_string(&notes).unwrap();
    assert!(text.contains(&line), "{text}");
    std::fs::write(&notes, text.replace(&line, "")).unwrap();
    let again = open(folder.path(), keys()).unwrap();
    assert_eq!(again.unwrap(&a, CONTEXT, &wrapped), Err(KeyError::Mismatch), "a new key of the same name");
}

#[test]
fn a_file_of_one_key_is_not_taken_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let keys = || vec![entry("a", ACCOUNT, &[]), entry("b", ACCOUNT, &[])];
    let arn = open(folder.path(), keys()).unwrap().find(ACCOUNT, "a").unwrap().arn;
    let of = |id: &str| folder.path().join(KEYS_FOLDER).join(ACCOUNT).join(id);
    std::fs::copy(of("b"), of("a")).unwrap();
    assert!(open(folder.path(), keys()).is_err(), "a key that cannot be used stops the start");
    std::fs::write(of("a"), "junk").unwrap();
    let error = open(folder.path(), keys()).unwrap_err().to_string();
    assert!(error.contains("kms_keys a"), "{error}");
    std::fs::write(of("a.new"), "").unwrap();
    let disabled = open(folder.path(), Vec::new()).unwrap();
    assert_eq!(disabled.unwrap(&arn, CONTEXT, &[1; 77]), Err(KeyError::Disabled));
}

#[test]
fn every_account_has_a_key_that_is_made_when_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), Vec::new()).unwrap();
    let aws_managed = opened.find(ACCOUNT, "alias/aws/s3").unwrap();
    assert!(aws_managed.aws_managed && aws_managed.enabled && aws_managed.id.len() == 36, "{aws_managed:?}");
    assert_eq!(opened.find(ACCOUNT, &aws_managed.arn), Some(aws_managed.clone()));
    assert_ne!(opened.find(OTHER, "alias/aws/s3").unwrap().arn, aws_managed.arn);
    assert_eq!(opened.find("999999999999", "alias/aws/s3"), None, "no such account");
    let file = folder.path().join(KEYS_FOLDER).join(ACCOUNT).join(&aws_managed.id);
    assert_eq!(opened.unwrap(&aws_managed.arn, CONTEXT, &[1; 77]), Err(KeyError::NotFound));
    assert!(!file.exists());
    let wrapped = opened.wrap(&aws_managed.arn, CONTEXT, &DATA_KEY).unwrap();
    assert!(file.exists());
    let later = open(folder.path(), Vec::new()).unwrap();
    assert_eq!(later.find(ACCOUNT, "alias/aws/s3"), Some(aws_managed.clone()));
    assert_eq!(later.unwrap(&aws_managed.arn, CONTEXT, &wrapped), Ok(DATA_KEY));
}

#[test]
fn a_configuration_that_contradicts_itself_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let why = |keys| open(folder.path(), keys).unwrap_err().to_string();
    let twice = vec![entry("a", ACCOUNT, &[]), entry("a", ACCOUNT, &[])];
    assert!(why(twice).contains("another key of the account has this id"));
    let alias = vec![entry("a", ACCOUNT, &["alias/x"]), entry("b", ACCOUNT, &["alias/x"])];
    assert!(why(alias).contains("alias/x: another key of the account has it"));
    assert!(why(vec![entry("a", "999999999999", &[])]).contains("there is none with this id"));
    let policy = MasterKeyEntry { policy: Some(folder.path().join("none.json")), ..entry("a", ACCOUNT, &[]) };
    assert!(why(vec![policy]).contains("none.json"));
    let of_root = MasterKeyEntry { account: None, ..entry("r", ACCOUNT, &[]) };
    let opened = open(folder.path(), vec![of_root, entry("r", ACCOUNT, &[])]).unwrap();
    assert_ne!(opened.find(ACCOUNT, "r").unwrap().account, opened.accounts.root().account_id);
}

#[test]
fn nothing_secret_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), vec![entry("a", ACCOUNT, &[])]).unwrap();
    assert_eq!(format!("{opened:?}"), "MasterKeys([redacted])");
}
