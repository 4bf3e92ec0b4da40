use super::*;

#[test]
fn names_are_read_back() {
    for (position, (class, name)) in NAMES.iter().enumerate() {
        assert_eq!(*class as usize, position);
        assert_eq!(StorageClass::parse(name), Some(*class));
        assert_eq!(class.name(), *name);
    }
}

#[test]
fn an_unknown_class_is_invalid() {
    let of = |name| StorageClass::of_headers(&Headers::from_iter([("x-amz-storage-class", name)]));
    assert_eq!(of("GLACIER").unwrap(), StorageClass::Glacier);
    assert_eq!(StorageClass::of_headers(&Headers::default()).unwrap(), StorageClass::Standard);
    assert_eq!(of("standard").unwrap_err().code, ErrorCode::InvalidStorageClass);
}
