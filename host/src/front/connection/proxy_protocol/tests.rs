use super::*;

const PROXY: &str = "10.0.0.9:50000";

fn client(address: &str, tls: Option<&'static str>) -> Introduced {
    let proxy = Some(PROXY.parse().unwrap());
    Introduced::AtOnce(Client { address: address.parse().unwrap(), is_known: true, proxy, tls })
}

#[test]
fn a_line_of_version_1_names_the_client() {
    let read = |line: &str| version_1(line.as_bytes(), PROXY.parse().unwrap());
    assert_eq!(read("PROXY TCP4 192.0.2.7 10.0.0.7 56324 443"), Some(client("192.0.2.7:56324", None)));
    assert_eq!(read("PROXY TCP6 2001:db8::7 ::1 1 65535"), Some(client("[2001:db8::7]:1", None)));
    assert_eq!(read("PROXY UNKNOWN"), Some(Introduced::Nobody));
    assert_eq!(read("PROXY UNKNOWN ffff::1 and whatever"), Some(Introduced::Nobody));
    for line in [
        "PROXY ",
        "PROXY UNKNOWNS",
        "PROXY TCP4",
        "PROXY TCP4 192.0.2.7 10.0.0.7 56324",
        "PROXY TCP4 192.0.2.7 10.0.0.7 56324 443 1",
        "PROXY TCP4 192.0.2.7 10.0.0.7 56324 443 ",
        "PROXY TCP4  192.0.2.7 10.0.0.7 56324 443",
        "PROXY TCP4 2001:db8::7 ::1 1 2",
        "PROXY TCP6 192.0.2.7 10.0.0.7 1 2",
        "PROXY TCP4 192.0.2.7 10.0.0.7 +1 2",
        "PROXY TCP4 192.0.2.7 10.0.0.7 65536 2",
        "PROXY UDP4 192.0.2.7 10.0.0.7 1 2",
        "proxy TCP4 192.0.2.7 10.0.0.7 1 2",
    ] {
        assert_eq!(read(line), None, "{line}");
    }
}

/// A record: kind, length, value.
fn record_of(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[kind], &length[..], value].concat()
}

const IPV4: [u8; 12] = [192, 0, 2, 7, 10, 0, 0, 7, 0xdc, 4, 1, 187];

#[test]
fn a_header_of_version_2_names_the_client() {
    let read = |command, family, rest: &[u8]| version_2(command, family, rest, PROXY.parse().unwrap());
    assert_eq!(read(0x21, 0x11, &IPV4), Some(client("192.0.2.7:56324", None)));
    let mut ipv6 = [0; 36];
    ipv6[..2].copy_from_slice(&[0x20, 1]);
    ipv6[15] = 7;
    ipv6[32..34].copy_from_slice(&[1, 2]);
    assert_eq!(read(0x21, 0x21, &ipv6), Some(client("[2001::7]:258", None)));
    // A probe of the proxy, and clients without an address.
    assert_eq!(read(0x20, 0x00, &[]), Some(Introduced::Nobody));
    assert_eq!(read(0x20, 0x11, &IPV4), Some(Introduced::Nobody));
    assert_eq!(read(0x21, 0x00, &[]), Some(Introduced::Nobody));
    assert_eq!(read(0x21, 0x31, &[0; 216]), Some(Introduced::Nobody));
    for (command, family, rest) in [
        (0x11, 0x11, &IPV4[..]),
        (0x22, 0x11, &IPV4),
        (0x21, 0x12, &IPV4),
        (0x21, 0x41, &IPV4),
        (0x21, 0x11, &IPV4[..11]),
        (0x21, 0x21, &ipv6[..35]),
    ] {
        assert_eq!(read(command, family, rest), None, "{command:x} {family:x} {rest:?}");
    }
}

#[test]
fn the_records_of_version_2_tell_of_tls() {
    let read = |records: &[u8]| version_2(0x21, 0x11, &[&IPV4[..], records].concat(), PROXY.parse().unwrap());
    let ssl = |flags: u8, parts: &[u8]| record_of(0x20, &[&[flags, 0, 0, 0, 0], parts].concat());
    for (version, expected) in [
        ("TLSv1.3", "1.3"),
        ("TLSv1.2", "1.2"),
        ("TLSv1.1", "1.1"),
        ("TLSv1", "1.0"),
        ("SSLv3", ""),
        ("", ""),
    ] {
        let parts = [record_of(0x22, b"example"), record_of(0x21, version.as_bytes())].concat();
        let records = [record_of(0x04, b"padding"), ssl(7, &parts), record_of(0x01, b"h2")].concat();
        assert_eq!(read(&records), Some(client("192.0.2.7:56324", Some(expected))), "{version}");
    }
    assert_eq!(read(&ssl(1, &[])), Some(client("192.0.2.7:56324", Some(""))));
    assert_eq!(read(&ssl(0, &record_of(0x21, b"TLSv1.3"))), Some(client("192.0.2.7:56324", None)));
    for records in [&[0x20][..], &[0x20, 0, 1], &record_of(0x20, &[1, 0, 0, 0]), &ssl(1, &[0x21, 0, 9])] {
        assert_eq!(read(records), None, "{records:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_header_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80), family in 0u8..0x42) {
        let _ = version_1(&bytes, PROXY.parse().unwrap());
        let _ = version_2(0x21, family, &bytes, PROXY.parse().unwrap());
        let _ = version_2(0x21, 0x11, &[&IPV4[..], &bytes].concat(), PROXY.parse().unwrap());
    }
}
