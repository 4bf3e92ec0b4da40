use proptest::prelude::*;

use super::*;

fn keys() -> impl Strategy<Value = String> {
    // Escaping could go wrong for zeros and for what sorts around them.
    proptest::collection::vec(prop_oneof!["\0", "\u{1}", "a", "b", "/", "\u{7f}", "é", "\u{10ffff}"], 1..6)
        .prop_map(|parts| parts.concat())
}

#[test]
fn the_layouts_are_what_the_storage_format_says() {
    assert_eq!(object_key(7, "a"), [0, 0, 0, 0, 0, 0, 0, 7, b'a']);
    assert_eq!(
        version_key(7, "a\0", 1),
        [&[0, 0, 0, 0, 0, 0, 0, 7, b'a', 0, 0xFF, 0, 0][..], &[0xFF; 7], &[0xFE]].concat()
    );
    assert_eq!(upload_key(1, "k", 2), [&[0; 7][..], &[1, b'k', 0, 0], &[0; 7], &[2]].concat());
    assert_eq!(part_key(1, 258), [&[0; 7][..], &[1, 0, 0, 1, 2]].concat());
    assert_eq!(manifest_key(1, 2), [&[0; 7][..], &[1, 0, 0, 1, 0]].concat());
}

#[test]
fn a_range_ends_where_its_prefix_does() {
    assert_eq!(after_prefix(b"ab"), b"ac");
    assert_eq!(after_prefix(&[1, 0xFF, 0xFF]), [2]);
    assert!(after_prefix(&[0xFF]) > vec![0xFF; 1024]);
    assert_eq!(after_key(b"a"), b"a\0");
}

#[test]
fn what_is_not_a_row_key_is_not_split() {
    assert_eq!(split_version_key(b"short"), None);
    assert_eq!(split_version_key(&[0; 15]), None);
    let mut broken = version_key(1, "a\0b", 5);
    broken[10] = 1;
    assert_eq!(split_version_key(&broken), None);
    assert_eq!(split_object_key(b"short"), None);
}

proptest! {
    #[test]
    fn versions_sort_by_key_then_newest_first(
        (a, b) in (keys(), keys()), (first, second) in (any::<u64>(), any::<u64>()),
    ) {
        let expected = a.as_bytes().cmp(b.as_bytes()).then(second.cmp(&first));
        prop_assert_eq!(version_key(9, &a, first).cmp(&version_key(9, &b, second)), expected);
    }

    #[test]
    fn uploads_sort_by_key_then_oldest_first(
        (a, b) in (keys(), keys()), (first, second) in (any::<u64>(), any::<u64>()),
    ) {
        let expected = a.as_bytes().cmp(b.as_bytes()).then(first.cmp(&second));
        prop_assert_eq!(upload_key(9, &a, first).cmp(&upload_key(9, &b, second)), expected);
    }

    #[test]
    fn keys_come_out_of_rows_as_they_went_in(key in keys(), number in any::<u64>()) {
        let version = version_key(3, &key, number);
        prop_assert_eq!(split_version_key(&version), Some((Cow::Borrowed(key.as_str()), number)));
        let upload = upload_key(3, &key, number);
        prop_assert_eq!(split_upload_key(&upload), Some((Cow::Borrowed(key.as_str()), number)));
        let object = object_key(3, &key);
        prop_assert_eq!(split_object_key(&object), Some(key.as_str()));
    }

    #[test]
    fn a_key_has_its_own_versions_only(a in keys(), b in keys(), number in any::<u64>()) {
        let Range { start, end } = version_range(3, &a);
        let row = version_key(3, &b, number);
        prop_assert_eq!(start <= row && row < end, a == b);
    }

    #[test]
    fn a_prefix_selects_the_rows_whose_key_starts_with_it(prefix in keys(), key in keys(), number in any::<u64>()) {
        let start = escaped_prefix(3, &prefix);
        let row = version_key(3, &key, number);
        let selected = start <= row && row < after_prefix(&start);
        prop_assert_eq!(selected, key.starts_with(&prefix));
    }

    #[test]
    fn rows_of_other_buckets_are_out_of_range(bucket in 0..u64::MAX - 1, key in keys()) {
        let Range { start, end } = bucket_range(bucket);
        let own = object_key(bucket, &key);
        prop_assert!(start <= own && own < end);
        prop_assert!(object_key(bucket + 1, &key) >= end);
    }
}
