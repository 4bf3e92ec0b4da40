//! Moments.

use super::*;

#[test]
fn a_date_reads_and_prints() {
    let moment = date();
    assert_eq!(moment.milliseconds(), 1_369_353_600_000);
    assert_eq!(moment.basic(), "20130524T000000Z");
    assert_eq!(moment.extended(), "2013-05-24T00:00:00Z");
    assert_eq!(moment.after(86_399).basic(), "20130524T235959Z");
    assert_eq!(AmzDate::from_milliseconds(1_369_353_600_999), moment);
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "20130524",
        "20130524T000000",
        "20130524T0000000",
        "20130524 000000Z",
        "20130524t000000Z",
        " 20130524T000000Z",
        "20131324T000000Z",
        "20130229T000000Z",
        "20130524T240000Z",
        "20130524T006000Z",
        "+0130524T000000Z",
        "2013052\u{e9}T00000Z",
    ] {
        assert_eq!(AmzDate::parse(text), None, "{text}");
    }
}

#[test]
fn a_date_header_may_be_written_in_several_ways() {
    for text in [
        "Fri, 24 May 2013 00:00:00 GMT",
        "Fri, 24 May 2013 00:00:00 +0000",
        "Fri, 24 May 2013 00:00:00 -0000",
        "Friday, 24-May-13 00:00:00 GMT",
        "20130524T000000Z",
    ] {
        assert_eq!(AmzDate::parse_http(text), Some(date()), "{text}");
    }
    for text in
        ["", "Fri, 24 May 2013 00:00:00", "Fri, 24 May 2013 00:00:00 +0200", "Fri, 30 Feb 2013 00:00:00 GMT"]
    {
        assert_eq!(AmzDate::parse_http(text), None, "{text}");
    }
}
