use super::*;

fn read(text: &str) -> Result<RateEntry, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
}

#[test]
fn a_table_is_for_one_of_four() {
    let entry = read("account = '000000000001'\nrequests_per_second = 5\nbytes_in_per_second = '1 MiB'");
    let rate = Rate { requests_per_second: Some(5), bytes_in_per_second: Some(1 << 20), ..Rate::default() };
    assert_eq!(
        entry.unwrap(),
        RateEntry { subject: Subject::Account, name: "000000000001".to_owned(), allowance: rate }
    );
    let address = read("address = '2001:DB8:0:0:1::1'\nrequests_per_second = 1").unwrap();
    assert_eq!(address.name, "2001:db8::");
    assert_eq!(read("bucket = '*'\nbytes_out_per_second = 65536").unwrap().name, "*");
}

#[test]
fn what_is_wrong_is_said() {
    for (text, why) in [
        ("requests_per_second = 5", "says what it is for"),
        ("account = '1'\nrequests_per_second = 5", "no such account"),
        ("address = 'here'\nrequests_per_second = 5", "no such address"),
        ("bucket = 'a'\naccess_key = 'b'\nrequests_per_second = 5", "is for one"),
        ("bucket = 'a'", "set requests_per_second"),
        ("bucket = 'a'\nrequests_burst = 3", "set requests_per_second"),
        ("bucket = 'a'\nrequests_per_second = 0", "from 1 to"),
        ("bucket = 'a'\nbytes_in_per_second = 100", "64 KiB"),
        ("bucket = 'a'\nrequests = 1", "unknown limit requests"),
        ("bucket = 'a'\nrequests_per_second = 1.5", "a whole number"),
    ] {
        let refused = read(text).unwrap_err();
        assert!(refused.contains(why), "{text}: {refused}");
    }
}
