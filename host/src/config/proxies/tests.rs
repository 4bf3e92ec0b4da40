use super::*;

fn check(network: &str, inside: &[&str], outside: &[&str]) {
    let network: Network = network.parse().unwrap();
    let contains = |address: &&str| network.contains(address.parse().unwrap());
    assert_eq!(inside.iter().filter(|address| !contains(address)).collect::<Vec<_>>(), [&""; 0], "{network}");
    assert_eq!(outside.iter().filter(|address| contains(address)).collect::<Vec<_>>(), [&""; 0], "{network}");
    assert_eq!(network.to_string().parse::<Network>(), Ok(network));
}

#[test]
fn a_network_holds_what_begins_with_its_bits() {
    check("192.0.2.7", &["192.0.2.7", "::ffff:192.0.2.7"], &["192.0.2.6", "::1", "::192.0.2.7"]);
    check("10.0.0.0/8", &["10.0.0.0", "10.255.255.255"], &["9.255.255.255", "11.0.0.0"]);
    check("10.1.2.3/8", &["10.9.9.9"], &["11.1.2.3"]);
    check("128.0.0.0/1", &["255.255.255.255"], &["127.255.255.255", "ff::"]);
    check("2001:db8::/32", &["2001:db8::1", "2001:db8:ffff::"], &["2001:db9::", "192.0.2.1"]);
    check("::1", &["::1"], &["::2", "127.0.0.1"]);
    check("::ffff:10.0.0.0/104", &["10.1.1.1"], &["11.0.0.0"]);
}

#[test]
fn what_is_no_network_is_refused() {
    for text in [
        "",
        "/",
        "10.0.0.0/",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/+8",
        "10.0.0/8",
        "0.0.0.0/0",
        "::/0",
        "proxy",
    ] {
        assert_eq!(text.parse::<Network>(), Err(()), "{text}");
    }
    assert_eq!("::ffff:10.0.0.0/90".parse::<Network>(), Err(()), "it reaches beyond IPv4");
}
