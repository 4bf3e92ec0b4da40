use super::*;

#[test]
fn digits_are_read_back() {
    assert_eq!(encode(&[0, 0x7f, 0xff]), "007fff");
    assert_eq!(decode("007FfF"), Some([0, 0x7f, 0xff]));
    assert_eq!(decode::<2>("007fff"), None);
    assert_eq!(decode::<2>("00zz"), None);
    assert_eq!(decode::<2>("éé"), None);
}
