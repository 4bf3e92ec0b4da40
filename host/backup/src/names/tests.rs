use super::*;

#[test]
fn stamps_are_dates_of_the_calendar() {
    for (seconds, expected) in [
        (0, "19700101T000000000Z"),
        (951_782_400, "20000229T000000000Z"),
        (1_709_164_800, "20240229T000000000Z"),
        (1_735_689_599, "20241231T235959000Z"),
        (4_107_542_400, "21000301T000000000Z"),
    ] {
        assert_eq!(stamp(UNIX_EPOCH + Duration::from_secs(seconds)), expected, "{seconds}");
    }
    assert_eq!(shown_time("20240229T101112345Z-00ff00ff"), "2024-02-29 10:11:12");
    assert_eq!(shown_time("other"), "other");
}

#[test]
fn the_name_of_a_pack_is_read_back_and_nothing_else_is() {
    let name = PackName { lowest: 1, highest: u64::MAX, digest: [7; DIGEST_BYTES] };
    assert_eq!(PackName::parse(&name.to_string()), Some(name));
    let long = format!("{name}-00");
    for other in ["", "a-b-c", "1-2-3", &long, &name.to_string()[1..]] {
        assert_eq!(PackName::parse(other), None, "{other}");
    }
}

#[test]
fn days_are_counted_as_dates_are_written() {
    for day in (0..60_000).step_by(7) {
        let (year, month, day_of_month) = date(day);
        assert_eq!(days(year, month, day_of_month), Some(day));
    }
    assert_eq!(days(1969, 12, 31), None);
    assert_eq!(days(2024, 13, 1), None);
}
