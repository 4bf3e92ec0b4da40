//! Any aws-chunked framing is taken apart, or refused; how it arrives makes no difference.
#![no_main]

// The two files of the host that it is about, and what they call: the whole host would bring a
// compiler of WebAssembly with it.
#[path = "../../../host/src/body/framing.rs"]
mod framing;
#[path = "../../../host/src/hex.rs"]
mod hex;
#[path = "../../../host/src/body/payload.rs"]
#[allow(dead_code, reason = "framing uses a part of it")]
mod payload;

use framing::{Decoder, FramingError};
use payload::{ChunkSignature, Chunked, Failure};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let whole = decode(bytes, bytes.len());
    for piece in [1, 3, 64] {
        assert_eq!(whole, decode(bytes, piece), "in pieces of {piece}");
    }
});

/// The body and the trailers, when the framing arrives in pieces of so many bytes.
fn decode(bytes: &[u8], piece: usize) -> Result<(Vec<u8>, Vec<(String, String)>), FramingError> {
    let mut decoder = Decoder::new(Chunked { decoded_length: None, signature: None, trailers: true });
    let mut body = Vec::new();
    for mut input in bytes.chunks(piece.max(1)) {
        while let Some(decoded) = decoder.push(&mut input)? {
            body.extend_from_slice(decoded);
        }
    }
    decoder.finish().map(|trailers| (body, trailers))
}
