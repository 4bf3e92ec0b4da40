use super::*;

#[test]
fn a_word_with_a_slip_is_recognized_and_another_one_is_not() {
    let known =
        ["region", "listen", "data_dir", "connections_max", "requests_per_second", "requests_burst", "sigv2"];
    for (word, expected) in [
        ("regoin", Some("region")),
        ("lisen", Some("listen")),
        ("data-dir", Some("data_dir")),
        ("DataDir", Some("data_dir")),
        ("conections_max", Some("connections_max")),
        ("requests", Some("requests_per_second")),
        ("sigv3", Some("sigv2")),
        ("colour", None),
        ("x", None),
        ("", None),
    ] {
        assert_eq!(meant(word, known), expected, "{word}");
    }
    assert_eq!(meant(&"region".repeat(100_000), known), None);
    assert_eq!(did_you_mean("regoin", known), " (did you mean region?)");
}
