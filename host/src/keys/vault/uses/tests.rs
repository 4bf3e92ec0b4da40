use super::*;

#[test]
fn uses_outlive_the_vault_that_noted_them() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Arc::new(Vault::open(folder.path()).unwrap());
    let keeper = vault.keep_uses().unwrap();
    vault.note_use("AKIAEXAMPLE", "20130524/us-east-1/s3/aws4_request", 1);
    vault.note_use("AKIAEXAMPLE", "20130524/eu-west-1/s3/aws4_request", 2);
    drop(keeper);
    let again = Arc::new(Vault::open(folder.path()).unwrap());
    let last = LastUse { at_ms: 2, service: "s3".to_owned(), region: "eu-west-1".to_owned() };
    assert_eq!(again.last_use("AKIAEXAMPLE"), Some(last));
    assert_eq!(again.last_use("AKIAOTHER"), None);
    // Where nothing was used, nothing is written.
    let path = folder.path().join(USES_FILE);
    fs::remove_file(&path).unwrap();
    drop(again.keep_uses().unwrap());
    assert!(!path.exists());
}

#[test]
fn a_file_that_cannot_be_read_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    for damaged in [&b""[..], b"\0", b"\x01\xff", b"\x02\0", b"\x01\xff\xff\xff\xff\x7f"] {
        fs::write(folder.path().join(USES_FILE), damaged).unwrap();
        let vault = Vault::open(folder.path()).unwrap();
        assert_eq!(vault.last_use("AKIAEXAMPLE"), None);
    }
}
