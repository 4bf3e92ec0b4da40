use super::*;

#[test]
fn an_address_of_ipv4_is_one_and_ipv6_counts_by_64_bits() {
    let of = |text: &str| Party::of_address(text.parse().unwrap());
    assert_eq!(of("10.0.0.1"), of("::ffff:10.0.0.1"));
    assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
    assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    assert!(!of("::1").is_verified());
}

#[test]
fn accounts_are_told_apart() {
    assert_eq!(Party::of_account("000000000001"), Party::Account(1));
    assert_ne!(Party::of_account("somebody"), Party::of_account("else"));
    assert!(Party::of_account("000000000001").is_verified());
}
