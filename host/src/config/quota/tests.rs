//! `[[quotas]]` tables, good and bad.

use super::*;

fn read(text: &str) -> Result<QuotaEntry, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
}

#[test]
fn a_table_says_for_whom_and_how_much() {
    let entry = |subject, name: &str, bytes_max, objects_max| {
        Ok(QuotaEntry { subject, name: name.to_owned(), allowance: Quota { bytes_max, objects_max } })
    };
    for (text, expected) in [
        (
            "bucket = \"photos\"\nbytes_max = \"10 GiB\"",
            entry(Subject::Bucket, "photos", Some(10 << 30), None),
        ),
        (
            "account = \"123456789012\"\nobjects_max = 7",
            entry(Subject::Account, "123456789012", None, Some(7)),
        ),
        ("bucket = \"*\"\nbytes_max = 0\nobjects_max = 0", entry(Subject::Bucket, "*", Some(0), Some(0))),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_table_is_said() {
    for (text, expected) in [
        ("bytes_max = 1", "one of account and bucket says what it is for"),
        ("bucket = \"photos\"", "set bytes_max or objects_max"),
        ("bucket = \"a\"\naccount = \"123456789012\"\nbytes_max = 1", "a table is for one account or bucket"),
        ("account = \"12\"\nbytes_max = 1", "account = \"12\": there is no such account; * is each of them"),
        ("bucket = \"a/b\"\nbytes_max = 1", "bucket = \"a/b\": there is no such bucket; * is each of them"),
        (
            "bucket = \"a\"\nbytes_max = \"much\"",
            "bytes_max = \"much\": allowed is a size up to 1 EiB, written as 1048576, 450MB or 2GiB (1 MB is 1000 KB, 1 MiB is 1024 KiB)",
        ),
        ("bucket = \"a\"\nobjects_max = -1", "objects_max = \"-1\": allowed is a whole number up to 2^50"),
        ("bucket = \"a\"\nobjects_max = true", "objects_max: allowed is a text or a whole number"),
        ("address = \"192.0.2.7\"\nbytes_max = 1", "unknown quota address; there are bytes_max, objects_max"),
    ] {
        assert_eq!(read(text).unwrap_err(), expected, "{text}");
    }
}
