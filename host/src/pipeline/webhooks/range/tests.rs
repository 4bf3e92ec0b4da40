use super::*;

#[test]
fn ranges_are_read_as_s3_reads_them() {
    use Wanted::{From, Last, Whole};
    let cases: [(&str, Wanted); 17] = [
        ("bytes=0-0", From(0, Some(0))),
        ("bytes=2-5", From(2, Some(5))),
        ("bytes=2-", From(2, None)),
        ("bytes=-3", Last(3)),
        ("BYTES = 1 - 2", From(1, Some(2))),
        ("bytes=0-99999999999999999999999", From(0, Some(u64::MAX))),
        ("bytes=5-2", Whole),
        ("bytes=0-1,3-4", Whole),
        ("bytes=", Whole),
        ("bytes=-", Whole),
        ("bytes=a-b", Whole),
        ("bytes=+1-2", Whole),
        ("bytes=1--2", Whole),
        ("lines=1-2", Whole),
        ("1-2", Whole),
        ("", Whole),
        ("bytes=0x1-2", Whole),
    ];
    for (text, expected) in cases {
        assert_eq!(wanted(Some(text)), expected, "{text}");
    }
    assert_eq!(wanted(None), Whole);
}

#[test]
fn a_result_has_a_part_of_what_is_wanted() {
    let range = |first, last| Served::Range { first, last };
    let cases = [
        ("bytes=0-0", 10, range(0, 0), Some("bytes 0-0/10")),
        ("bytes=2-50", 10, range(2, 9), Some("bytes 2-9/10")),
        ("bytes=9-", 10, range(9, 9), Some("bytes 9-9/10")),
        ("bytes=10-", 10, Served::Unsatisfiable, Some("bytes */10")),
        ("bytes=-3", 10, range(7, 9), Some("bytes 7-9/10")),
        ("bytes=-30", 10, range(0, 9), Some("bytes 0-9/10")),
        ("bytes=-0", 10, Served::Unsatisfiable, Some("bytes */10")),
        ("bytes=0-", 0, Served::Unsatisfiable, Some("bytes */0")),
        ("bytes=-1", 0, Served::Unsatisfiable, Some("bytes */0")),
        ("nothing", 0, Served::Whole, None),
    ];
    for (text, length, served, header) in cases {
        let found = wanted(Some(text)).of(length);
        assert_eq!((found, content_range(found, length).as_deref()), (served, header), "{text} of {length}");
    }
}
