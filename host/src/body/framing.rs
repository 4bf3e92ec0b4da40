//! The `aws-chunked` framing of request bodies, taken apart without copying and without I/O.
//!
//! ```text
//! body     = *chunk last-chunk *trailer [CRLF]
//! chunk    = size [";chunk-signature=" 64HEXDIG] CRLF 1*OCTET CRLF        size: hexadecimal
//! last     = "0" [";chunk-signature=" 64HEXDIG] CRLF
//! trailer  = name ":" value (LF / CRLF)
//! ```
//!
//! Signed chunks form a chain: each signature covers the one before, from the signature of the
//! request head to that of the trailer. See
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>.

use std::borrow::Cow;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{ChunkSignature, Chunked, Failure};
use crate::hex;

#[cfg(test)]
mod tests;

/// The largest chunk, in bytes: as much as one upload may have.
const CHUNK_BYTES_MAX: u64 = 5 << 30;
/// The longest line before a chunk. The size and the signature need less than 120 bytes.
const HEADER_BYTES_MAX: usize = 256;
/// The longest trailing header, with its name.
const TRAILER_BYTES_MAX: usize = 4096;
/// The most trailing headers.
const TRAILERS_MAX: usize = 16;
/// The most empty lines after the last chunk: one ends the trailers, one may end the trailer's
/// signature.
const EMPTY_LINES_MAX: u32 = 3;

const SIGNATURE_EXTENSION: &[u8] = b"chunk-signature=";
/// Where the framing itself carries the trailer's signature.
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What is wrong with a framed body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// It does not follow the grammar or exceeds a limit.
    #[error("the aws-chunked framing is broken")]
    Malformed,
    /// A signature is missing or wrong.
    #[error("the signature of a chunk or of the trailer is wrong")]
    SignatureMismatch,
    /// The chunks have more or fewer bytes than was announced.
    #[error("the chunks do not add up to the announced length")]
    DecodedLengthMismatch,
    /// It ended before its last chunk did.
    #[error("the body ended before its last chunk")]
    Incomplete,
}

impl From<FramingError> for Failure {
    fn from(error: FramingError) -> Self {
        match error {
            FramingError::Malformed => Self::ChunkMalformed,
            FramingError::SignatureMismatch => Self::ChunkSignatureMismatch,
            FramingError::DecodedLengthMismatch => Self::DecodedLengthMismatch,
            FramingError::Incomplete => Self::BodyIncomplete,
        }
    }
}

/// Trailing headers: names in lower case, values trimmed, in the order received.
pub type Trailers = Vec<(String, String)>;

/// Where in the framing the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expecting {
    /// The line with the size of a chunk.
    Header,
    /// The bytes of a chunk: so many are still to come, at least one.
    Chunk(u64),
    /// The end of the line after a chunk.
    ChunkEnd,
    /// After the last chunk: trailing headers and empty lines. Counts the empty lines.
    Trailer(u32),
}

/// Takes a framed body apart, piece by piece.
#[derive(Debug)]
pub struct Decoder {
    expecting: Expecting,
    /// The beginning of a line whose end has not arrived.
    line: Vec<u8>,
    /// Bytes announced by the chunk headers so far.
    decoded: u64,
    decoded_length: Option<u64>,
    signatures: Option<SignatureChain>,
    trailers_allowed: bool,
    trailers: Trailers,
    trailer_signed: bool,
}

impl Decoder {
    /// Stands before the first chunk.
    pub fn new(framing: Chunked) -> Self {
        Self {
            expecting: Expecting::Header,
            line: Vec::new(),
            decoded: 0,
            decoded_length: framing.decoded_length,
            signatures: framing.signature.map(SignatureChain::new),
            trailers_allowed: framing.trailers,
            trailers: Vec::new(),
            trailer_signed: false,
        }
    }

    /// Takes framing off the front of `input` until a piece of the body, which it returns, or the
    /// end of `input`.
    ///
    /// The last piece of a chunk is returned only when the signature of the chunk is right.
    pub fn push<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>, FramingError> {
        while !input.is_empty() {
            if let Expecting::Chunk(left) = self.expecting {
                return self.take_piece(input, left).map(Some);
            }
            let line_max =
                if let Expecting::Trailer(_) = self.expecting { TRAILER_BYTES_MAX } else { HEADER_BYTES_MAX };
            let Some(line) = self.take_line(input, line_max)? else { break };
            match self.expecting {
                Expecting::Header => self.begin_chunk(without_crlf(&line)?)?,
                Expecting::ChunkEnd if without_crlf(&line)?.is_empty() => self.expecting = Expecting::Header,
                Expecting::ChunkEnd | Expecting::Chunk(_) => return Err(FramingError::Malformed),
                Expecting::Trailer(empty_lines) => self.take_trailer(&line, empty_lines)?,
            }
        }
        Ok(None)
    }

    /// Ends the body: everything that was to come must have come. Returns the trailing headers.
    pub fn finish(self) -> Result<Trailers, FramingError> {
        let Expecting::Trailer(empty_lines) = self.expecting else { return Err(FramingError::Incomplete) };
        if !self.line.is_empty() || (empty_lines == 0 && !self.trailer_signed) {
            return Err(FramingError::Incomplete);
        }
        if self.signatures.is_some() && !self.trailers.is_empty() && !self.trailer_signed {
            return Err(FramingError::SignatureMismatch);
        }
        Ok(self.trailers)
    }

    fn take_piece<'a>(&mut self, input: &mut &'a [u8], left: u64) -> Result<&'a [u8], FramingError> {
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
        let (piece, rest) = input.split_at(length);
        *input = rest;
        let left = left - length as u64;
        self.expecting = if left == 0 { Expecting::ChunkEnd } else { Expecting::Chunk(left) };
        if let Some(signatures) = &mut self.signatures {
            signatures.update(piece);
            if left == 0 {
                signatures.end_chunk()?;
            }
        }
        Ok(piece)
    }

    /// Takes a line, with its line feed, when it is whole. Keeps the beginning of one that is not.
    fn take_line<'a>(
        &mut self,
        input: &mut &'a [u8],
        max: usize,
    ) -> Result<Option<Cow<'a, [u8]>>, FramingError> {
        let end = input.iter().take(max).position(|byte| *byte == b'\n');
        let (head, rest) = input.split_at(end.map_or(input.len(), |at| at + 1));
        if self.line.len() + head.len() > max {
            return Err(FramingError::Malformed);
        }
        *input = rest;
        if end.is_none() {
            self.line.extend_from_slice(head);
            return Ok(None);
        }
        if self.line.is_empty() {
            return Ok(Some(Cow::Borrowed(head)));
        }
        let mut line = std::mem::take(&mut self.line);
        line.extend_from_slice(head);
        Ok(Some(Cow::Owned(line)))
    }

    fn begin_chunk(&mut self, header: &[u8]) -> Result<(), FramingError> {
        let mut parts = header.splitn(2, |byte| *byte == b';');
        let size = parse_size(parts.next().unwrap_or_default())?;
        let signature = parts.next().map(parse_extension).transpose()?;
        self.decoded = self.decoded.checked_add(size).ok_or(FramingError::Malformed)?;
        if self.decoded_length.is_some_and(|announced| self.decoded > announced) {
            return Err(FramingError::DecodedLengthMismatch);
        }
        if let Some(signatures) = &mut self.signatures {
            signatures.begin_chunk(signature.ok_or(FramingError::SignatureMismatch)?);
        }
        if size > 0 {
            self.expecting = Expecting::Chunk(size);
            return Ok(());
        }
        if self.decoded_length.is_some_and(|announced| self.decoded != announced) {
            return Err(FramingError::DecodedLengthMismatch);
        }
        self.expecting = Expecting::Trailer(0);
        self.signatures.as_mut().map_or(Ok(()), SignatureChain::end_chunk)
    }

    fn take_trailer(&mut self, line: &[u8], empty_lines: u32) -> Result<(), FramingError> {
        let line = line.trim_ascii();
        if line.is_empty() {
            if empty_lines == EMPTY_LINES_MAX {
                return Err(FramingError::Malformed);
            }
            self.expecting = Expecting::Trailer(empty_lines + 1);
            return Ok(());
        }
        if !self.trailers_allowed || self.trailer_signed || self.trailers.len() == TRAILERS_MAX {
            return Err(FramingError::Malformed);
        }
        let (name, value) = parse_trailer(line)?;
        match &mut self.signatures {
            Some(signatures) if name == TRAILER_SIGNATURE => {
                let claimed = parse_signature(value.as_bytes()).ok_or(FramingError::SignatureMismatch)?;
                signatures.verify_trailers(&self.trailers, claimed)?;
                self.trailer_signed = true;
            }
            // An empty line ends the trailing headers; only their signature may stand behind it.
            _ if empty_lines > 0 => return Err(FramingError::Malformed),
            _ => self.trailers.push((name, value)),
        }
        Ok(())
    }
}

/// The chain of chunk signatures, and the chunk that is being read.
struct SignatureChain {
    /// Keyed, and nothing else.
    mac: Hmac<Sha256>,
    timestamp: String,
    scope: String,
    /// The signature before, in hexadecimal.
    previous: String,
    /// What the header of the chunk claims.
    claimed: [u8; 32],
    chunk: Sha256,
}

impl SignatureChain {
    fn new(signature: ChunkSignature) -> Self {
        let ChunkSignature { key, timestamp, scope, seed } = signature;
        // HMAC fills keys up to a block with zeros.
        let mut padded = [0; 64];
        padded.iter_mut().zip(key).for_each(|(slot, byte)| *slot = byte);
        let mac = Hmac::<Sha256>::new(&padded.into());
        Self { mac, timestamp, scope, previous: seed, claimed: [0; 32], chunk: Sha256::new() }
    }

    fn begin_chunk(&mut self, claimed: [u8; 32]) {
        self.claimed = claimed;
    }

    fn update(&mut self, bytes: &[u8]) {
        self.chunk.update(bytes);
    }

    fn end_chunk(&mut self) -> Result<(), FramingError> {
        let digest = hex::text(&self.chunk.finalize_reset());
        self.verify("AWS4-HMAC-SHA256-PAYLOAD", &[EMPTY_SHA256, &digest], self.claimed)
    }

    /// The trailer's signature covers the headers as `name:value` lines, sorted by name.
    fn verify_trailers(&mut self, trailers: &Trailers, claimed: [u8; 32]) -> Result<(), FramingError> {
        let mut sorted: Vec<_> = trailers.iter().collect();
        sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut lines = Sha256::new();
        for (name, value) in sorted {
            for part in [name, ":", value, "\n"] {
                lines.update(part);
            }
        }
        self.verify("AWS4-HMAC-SHA256-TRAILER", &[&hex::text(&lines.finalize())], claimed)
    }

    /// Compares `claimed` with the signature over these lines, and moves the chain on.
    fn verify(&mut self, algorithm: &str, digests: &[&str], claimed: [u8; 32]) -> Result<(), FramingError> {
        let mut mac = self.mac.clone();
        mac.update(algorithm.as_bytes());
        for line in [&self.timestamp, &self.scope, &self.previous].map(String::as_str).iter().chain(digests) {
            mac.update(b"\n");
            mac.update(line.as_bytes());
        }
        let signature: [u8; 32] = mac.finalize().into_bytes().into();
        if !bool::from(signature.ct_eq(&claimed)) {
            return Err(FramingError::SignatureMismatch);
        }
        self.previous = hex::text(&signature);
        Ok(())
    }
}

impl std::fmt::Debug for SignatureChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignatureChain").field("scope", &self.scope).finish_non_exhaustive()
    }
}

fn without_crlf(line: &[u8]) -> Result<&[u8], FramingError> {
    line.strip_suffix(b"\r\n").ok_or(FramingError::Malformed)
}

fn parse_size(digits: &[u8]) -> Result<u64, FramingError> {
    if digits.is_empty() || digits.len() > 16 {
        return Err(FramingError::Malformed);
    }
    let add = |size, digit: &u8| Some(size << 4 | u64::from(char::from(*digit).to_digit(16)?));
    let size = digits.iter().try_fold(0u64, add);
    size.filter(|size| *size <= CHUNK_BYTES_MAX).ok_or(FramingError::Malformed)
}

fn parse_extension(extension: &[u8]) -> Result<[u8; 32], FramingError> {
    let signature = extension.strip_prefix(SIGNATURE_EXTENSION).ok_or(FramingError::Malformed)?;
    parse_signature(signature).ok_or(FramingError::Malformed)
}

/// 64 hexadecimal digits.
fn parse_signature(digits: &[u8]) -> Option<[u8; 32]> {
    hex::bytes_32(std::str::from_utf8(digits).ok()?)
}

fn parse_trailer(line: &[u8]) -> Result<(String, String), FramingError> {
    let line = std::str::from_utf8(line).map_err(|_| FramingError::Malformed)?;
    let (name, value) = line.split_once(':').ok_or(FramingError::Malformed)?;
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) || value.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(FramingError::Malformed);
    }
    Ok((name.to_ascii_lowercase(), value.trim().to_owned()))
}
