use super::*;
use proptest::prelude::*;

/// 24 May 2013, 00:00:00.
const MAY_24: u64 = 1_369_353_600_000;

#[test]
fn times_print_in_the_forms_of_s3() {
    let cases = [
        (0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT", "19700101T000000Z"),
        (MAY_24, "2013-05-24T00:00:00.000Z", "Fri, 24 May 2013 00:00:00 GMT", "20130524T000000Z"),
        (951_827_696_789, "2000-02-29T12:34:56.789Z", "Tue, 29 Feb 2000 12:34:56 GMT", "20000229T123456Z"),
        (4_107_542_399_999, "2100-02-28T23:59:59.999Z", "Sun, 28 Feb 2100 23:59:59 GMT", "21000228T235959Z"),
        (LATEST_MS, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 GMT", "99991231T235959Z"),
        (u64::MAX, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 GMT", "99991231T235959Z"),
    ];
    for (ms, iso, http, amz) in cases {
        assert_eq!(iso8601(ms), iso);
        assert_eq!(http_date(ms), http);
        assert_eq!(amz_date(ms), amz);
    }
}

#[test]
fn http_dates_are_read_in_their_three_forms() {
    let same = [
        "Fri, 24 May 2013 00:00:00 GMT",
        "Friday, 24-May-13 00:00:00 GMT",
        "Fri May 24 00:00:00 2013",
        " Fri,  24 may 2013 00:00:00 UTC ",
        "Fri, 24 May 2013 00:00:00 +0000",
    ];
    for text in same {
        assert_eq!(parse_http_date(text), Some(MAY_24), "{text}");
    }
    assert_eq!(parse_http_date("Sun Nov  6 08:49:37 1994"), Some(784_111_777_000));
    assert_eq!(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), Some(784_111_777_000));
    assert_eq!(parse_http_date("Wed, 31 Dec 1969 23:59:59 GMT"), Some(0));
    assert_eq!(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT"), Some(1_483_228_799_000));
}

#[test]
fn what_is_no_http_date_is_none() {
    for text in [
        "",
        "GMT",
        "Fri, 24 May 2013",
        "Fri, 24 May 2013 00:00:00",
        "Fri, 24 May 2013 24:00:00 GMT",
        "Fri, 31 Apr 2013 00:00:00 GMT",
        "Fri, 24 Mai 2013 00:00:00 GMT",
        "Fri, 24 May 2013 00:00:00 PST",
        "Fri, 24 May 213 00:00:00 GMT",
        "Fri, 24 May 2013 0:0:0 GMT",
        "Fri, 24 May 2013 00:00:00 GMT x",
        "2013-05-24T00:00:00Z",
    ] {
        assert_eq!(parse_http_date(text), None, "{text}");
    }
}

#[test]
fn iso_8601_is_read_with_decimals_and_offsets() {
    let cases = [
        ("2013-05-24T00:00:00Z", Some(MAY_24)),
        ("2013-05-24T00:00:00", Some(MAY_24)),
        ("2013-05-24", Some(MAY_24)),
        ("2013-05-24T00:00:00.5Z", Some(MAY_24 + 500)),
        ("2013-05-24T00:00:00.123456789Z", Some(MAY_24 + 123)),
        ("2013-05-24T02:00:00+02:00", Some(MAY_24)),
        ("2013-05-23T19:00:00.000-0500", Some(MAY_24)),
        ("1969-01-01T00:00:00Z", Some(0)),
        ("2013-02-29T00:00:00Z", None),
        ("2013-5-24T00:00:00Z", None),
        ("2013-05-24T00:00Z", None),
        ("2013-05-24T00:00:00.xZ", None),
        ("2013-05-24T00:00:00+99:00", None),
        ("20130524T000000Z", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_iso8601(text), expected, "{text}");
    }
}

#[test]
fn the_form_of_signatures_is_read_strictly() {
    assert_eq!(parse_amz_date("20130524T000000Z"), Some(MAY_24));
    for text in [
        "20130524T000000",
        "20130524T00000Z",
        "2013-05-24T00:00:00Z",
        "20131324T000000Z",
        "20130524T250000Z",
        "é0130524T00000Z",
    ] {
        assert_eq!(parse_amz_date(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn printed_times_are_read_back(ms in 0..=LATEST_MS) {
        let seconds = ms / 1000 * 1000;
        prop_assert_eq!(parse_iso8601(&iso8601(ms)), Some(ms));
        prop_assert_eq!(parse_http_date(&http_date(ms)), Some(seconds));
        prop_assert_eq!(parse_amz_date(&amz_date(ms)), Some(seconds));
    }

    #[test]
    fn days_and_dates_are_inverse(days in 0..2_932_896_u32) {
        let (year, month, day) = date_of(days);
        prop_assert_eq!(days_of(year, month, day), Some(days));
    }

    #[test]
    fn reading_never_panics(text in "\\PC{0,40}", digits in "[0-9:T,. GMTZ+-]{0,40}") {
        for text in [text, digits] {
            let _ = (parse_http_date(&text), parse_iso8601(&text), parse_amz_date(&text));
        }
    }
}
