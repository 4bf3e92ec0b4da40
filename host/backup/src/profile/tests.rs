use super::*;

const CREDENTIALS: &str = "\
# of the backups
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = a/b=c+d

[ nightly ]
AWS_ACCESS_KEY_ID=AKIANIGHTLY
aws_secret_access_key=other
aws_session_token = token==
; the end
[half]
aws_access_key_id = AKIAHALF
";
const CONFIG: &str = "\
[default]
region = eu-central-1
s3 =
  aws_access_key_id = nested
[profile half]
aws_secret_access_key = from the config
[profile role]
role_arn = arn:aws:iam::000000000001:role/backup
source_profile = default
[nightly]
aws_access_key_id = NOTAPROFILE
";

fn found(profile: &str) -> Result<Credentials, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Some(path)
    };
    from_files(&Files {
        profile: profile.to_owned(),
        credentials: file("credentials", CREDENTIALS),
        config: file("config", CONFIG),
    })
}

fn pair(profile: &str) -> (String, String, Option<String>) {
    let found = found(profile).unwrap();
    (found.key().to_owned(), found.secret().to_owned(), found.token().map(str::to_owned))
}

#[test]
fn a_profile_has_its_credentials_in_one_file_or_in_both() {
    assert_eq!(pair("default"), ("AKIADEFAULT".to_owned(), "a/b=c+d".to_owned(), None));
    let token = Some("token==".to_owned());
    assert_eq!(pair("nightly"), ("AKIANIGHTLY".to_owned(), "other".to_owned(), token));
    assert_eq!(pair("half"), ("AKIAHALF".to_owned(), "from the config".to_owned(), None));
}

#[test]
fn what_is_not_there_or_elsewhere_is_said() {
    let why = found("role").unwrap_err();
    assert!(why.contains("role_arn") && why.contains("export-credentials --profile role"), "{why}");
    let why = found("nobody").unwrap_err();
    assert!(why.contains("\"nobody\" was looked for") && why.contains("AWS_ACCESS_KEY_ID"), "{why}");
    assert!(!why.contains("a/b=c+d"), "{why}");
    let none = Files { profile: "default".to_owned(), credentials: None, config: None };
    assert!(from_files(&none).unwrap_err().contains("HOME is not set"));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files {
        profile: "default".to_owned(),
        credentials: Some(folder.path().to_owned()),
        config: Some(folder.path().join("missing")),
    };
    assert!(from_files(&files).unwrap_err().contains("cannot be read"));
}
