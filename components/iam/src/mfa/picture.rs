//! A QR code as a PNG of one bit a pixel: <https://www.w3.org/TR/png/>
//!
//! The picture is made once, so it is not worth the code that would compress it: its lines are
//! stored as they are.

use gateway::errors::{ErrorCode, Result};
use qrcodegen::{QrCode, QrCodeEcc};

/// Pixels along a side of a module, the code's own pixel.
const SCALE: i32 = 6;
/// Modules of the empty margin: <https://www.qrcode.com/en/howto/code.html>
const MARGIN: i32 = 4;
/// Bytes that a stored block holds at most.
const BLOCK_BYTES_MAX: usize = 0xFFFF;

/// A picture of a text. `InternalError` for one that is too long for a QR code, which is beyond
/// 2,000 characters.
pub(super) fn png(text: &str) -> Result<Vec<u8>> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| ErrorCode::InternalError)?;
    let side = (code.size() + 2 * MARGIN) * SCALE;
    let mut header = Vec::with_capacity(13);
    for _ in 0..2 {
        header.extend(side.to_be_bytes());
    }
    // One bit, greyscale; the one way of compression and of filtering that there is; not
    // interlaced.
    header.extend([1, 0, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    push_chunk(&mut png, b"IHDR", &header);
    push_chunk(&mut png, b"IDAT", &stored(&lines(&code, side)));
    push_chunk(&mut png, b"IEND", &[]);
    Ok(png)
}

/// The lines of the picture, each behind a zero: not filtered. White is one.
fn lines(code: &QrCode, side: i32) -> Vec<u8> {
    let is_white = |x: i32, y: i32| x >= side || !code.get_module(x / SCALE - MARGIN, y / SCALE - MARGIN);
    let mut lines = Vec::new();
    for y in 0..side {
        lines.push(0);
        for start in (0..side).step_by(8) {
            let byte = (start..start + 8).fold(0_u8, |byte, x| (byte << 1) | u8::from(is_white(x, y)));
            lines.push(byte);
        }
    }
    lines
}

/// Bytes in the format of zlib, not compressed:
/// <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4>
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(BLOCK_BYTES_MAX).peekable();
    while let Some(block) = blocks.next() {
        out.push(u8::from(blocks.peek().is_none()));
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(bytes).to_be_bytes());
    out
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    (b << 16) | a
}

/// Length, type, content, and the CRC-32 of the last two.
fn push_chunk(png: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) {
    png.extend(u32::try_from(content.len()).unwrap_or_default().to_be_bytes());
    png.extend(kind);
    png.extend(content);
    png.extend(crc32(kind.iter().chain(content)).to_be_bytes());
}

fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    !bytes.fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests;
