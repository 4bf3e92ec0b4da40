use super::*;

#[test]
fn what_is_written_is_read_again() {
    let bytes: [u8; 32] = std::array::from_fn(|at| (at * 8 + 7) as u8);
    let digits = text(&bytes);
    assert!(digits.starts_with("070f171f") && digits.len() == 64, "{digits}");
    assert_eq!(bytes_32(&digits), Some(bytes));
    assert_eq!(bytes_32(&digits.to_uppercase()), Some(bytes));
    for wrong in ["", "07", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66)] {
        assert_eq!(bytes_32(wrong), None, "{wrong}");
    }
}
