//! Rows of every table, byte by byte: every later release reads them, and writes the same bytes.
//!
//! `BLESS=1 cargo test -p functions rows` rewrites `tests/rows.txt` beside this file. Lines may be
//! added. A line that changes stands for rows that data folders hold and this release no longer
//! reads.

use gateway::errors::ErrorCode;
use serde::de::DeserializeOwned;

use super::*;
use crate::tables;

fn least() -> Version {
    Version {
        code: Code {
            blob: 7,
            length: 100,
            digest: [1; 32],
            package_length: 60,
            package_sha256: [2; 32],
            entries: vec!["get".to_owned()],
        },
        description: String::new(),
        handler: None,
        runtime: None,
        role: String::new(),
        timeout_seconds: 3,
        memory_mb: 128,
        architecture: "x86_64".to_owned(),
        declared: Vec::new(),
        secrets: Vec::new(),
        modified_ms: 1_369_353_600_000,
        revision_id: "r".to_owned(),
    }
}

fn full() -> Version {
    Version {
        description: "d".to_owned(),
        handler: Some("h".to_owned()),
        runtime: Some("provided.al2023".to_owned()),
        role: "arn:aws:iam::111122223333:role/r".to_owned(),
        declared: vec![("PORTCULLIS_GRANTS".to_owned(), "clock".to_owned())],
        secrets: vec![SealedSecret { name: "TOKEN".to_owned(), sealed: vec![1, 2, 3] }],
        ..least()
    }
}

fn function(latest: Version) -> Function {
    Function { latest, published: 0, calls_max: None, policy: None, tags: Vec::new() }
}

fn line<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(name: &str, record: &T) -> String {
    let value = encode(record).unwrap();
    assert_eq!(&decode::<T>(&value).unwrap(), record, "{name}");
    format!("{name} {}\n", gateway::hex::encode(&value))
}

#[test]
fn all_rows_are_as_the_golden_file_says() {
    let of_all = Function {
        published: 3,
        calls_max: Some(5),
        policy: Some(9),
        tags: vec![("team".to_owned(), "blue".to_owned())],
        ..function(full())
    };
    let alias = Alias { version: 3, description: "d".to_owned(), revision_id: "r".to_owned() };
    let policy = Policy { text: "{\"Statement\":[]}".to_owned(), revision_id: "r".to_owned() };
    let came = [
        line("functions/least", &function(least())),
        line("functions/full", &of_all),
        line("function-versions/least", &least()),
        line("function-versions/full", &full()),
        line("function-aliases/alias", &alias),
        line("function-policies/policy", &policy),
        line("function-accounts/use", &AccountUse { functions: 2, code_bytes: 300 }),
    ]
    .concat();
    for table in tables::ALL {
        assert!(came.contains(&format!("{table}/")), "{table}");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/records/tests/rows.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &came).unwrap();
    }
    let held = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(came, held, "BLESS=1 rewrites {path}");
}

#[test]
fn a_damaged_row_is_an_error() {
    let whole = encode(&function(full())).unwrap();
    for length in 0..whole.len() {
        assert!(decode::<Function>(&whole[..length]).is_err(), "{length}");
    }
    let newer = [&[2], &whole[1..]].concat();
    assert_eq!(decode::<Function>(&newer).unwrap_err().code, ErrorCode::InternalError);
}

#[test]
fn keys_keep_functions_and_accounts_apart() {
    let key = tables::key("111122223333", "resize");
    assert_eq!(tables::split_key(&key), Some(("111122223333", "resize")));
    let range = tables::of_account("111122223333", "resize");
    assert!(!range.contains(&key));
    assert!(range.contains(&tables::key("111122223333", "resize-2")));
    assert!(!range.contains(&tables::key("111122223334", "resize-2")));
    let versions = tables::versions_of("111122223333", "resize", 0);
    for number in [1, 255, 256, u64::MAX] {
        let key = tables::version_key("111122223333", "resize", number);
        assert!(versions.contains(&key), "{number}");
        assert_eq!(tables::number_in(&key), Some(number));
    }
    assert!(!versions.contains(&tables::version_key("111122223333", "resize-2", 1)));
    assert!(!versions.contains(&tables::version_key("111122223333", "resiz", 1)));
    let aliases = tables::aliases_of("111122223333", "resize", "");
    assert!(aliases.contains(&tables::alias_key("111122223333", "resize", "live")));
    assert!(!aliases.contains(&tables::alias_key("111122223333", "resize-2", "live")));
}

#[test]
fn versions_with_other_code_or_settings_differ_and_others_do_not() {
    let again =
        Version { modified_ms: 1, revision_id: "x".to_owned(), description: "e".to_owned(), ..full() };
    assert!(again.is_as(&full()));
    assert!(Version { code: Code { blob: 8, ..full().code }, ..full() }.is_as(&full()));
    assert!(!Version { timeout_seconds: 9, ..full() }.is_as(&full()));
    assert!(!Version { code: Code { package_sha256: [9; 32], ..full().code }, ..full() }.is_as(&full()));
    assert!(!format!("{:?}", full()).contains("[1, 2, 3]"));
}
