use super::*;

#[test]
fn sums_are_those_of_the_standards() {
    assert_eq!(crc32(b"123456789".iter()), 0xCBF4_3926);
    assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
}

#[test]
fn a_picture_has_every_pixel_of_the_code() {
    let text = "otpauth://totp/phone@000000000001?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Portcullis";
    let png = png(text).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"));
    assert!(png.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
    let side = (code.size() + 2 * MARGIN) * SCALE;
    assert_eq!(png[16..20], side.to_be_bytes());
    let lines = lines(&code, side);
    let line_bytes = 1 + (side as usize).div_ceil(8);
    assert_eq!(lines.len(), line_bytes * side as usize);
    // A corner of the margin is white, the corner of the code behind it black.
    let pixel = |x: usize, y: usize| lines[y * line_bytes + 1 + x / 8] >> (7 - x % 8) & 1;
    assert_eq!((pixel(0, 0), pixel(24, 24)), (1, 0));
    assert_eq!(stored(&[]).len(), 6);
    // A name as long as one can be.
    assert!(super::png(&"n".repeat(400)).is_ok());
    assert!(super::png(&"n".repeat(4000)).is_err());
}
