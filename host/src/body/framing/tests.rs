//! The examples that AWS publishes, and everything that can be wrong with a framed body.

use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::{
    CHUNK_BYTES_MAX, Decoder, FramingError, HEADER_BYTES_MAX, TRAILER_BYTES_MAX, TRAILERS_MAX, Trailers, hex,
};
use crate::body::{ChunkSignature, Chunked};

const SECRET: &str = "AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TIMESTAMP: &str = "20130524T000000Z";
const SCOPE: &str = "20130524/us-east-1/s3/aws4_request";

fn hmac(key: &[u8], message: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().into()
}

fn signing_key() -> [u8; 32] {
    SCOPE
        .split('/')
        .fold(None, |key: Option<[u8; 32]>, part| {
            Some(hmac(key.as_ref().map_or(SECRET.as_bytes(), |key| key), part))
        })
        .unwrap()
}

fn signed(seed: &str, trailers: bool) -> Chunked {
    let signature = ChunkSignature::new(signing_key(), TIMESTAMP.into(), SCOPE.into(), seed.into());
    Chunked { decoded_length: None, signature: Some(signature), trailers }
}

fn unsigned(trailers: bool) -> Chunked {
    Chunked { decoded_length: None, signature: None, trailers }
}

/// What a body decodes to when it arrives in pieces of these lengths, over and over.
fn decode(framing: &Chunked, body: &[u8], splits: &[usize]) -> Result<(Vec<u8>, Trailers), FramingError> {
    let mut decoder = Decoder::new(framing.clone());
    let (mut decoded, mut rest) = (Vec::new(), body);
    for split in splits.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (mut input, later) = rest.split_at((*split).clamp(1, rest.len()));
        while let Some(piece) = decoder.push(&mut input)? {
            assert!(!piece.is_empty());
            decoded.extend_from_slice(piece);
        }
        rest = later;
    }
    Ok((decoded, decoder.finish()?))
}

/// A body and its trailing headers, as a test writes them down.
type Expected<'a> = Result<(&'a str, &'a [(&'a str, &'a str)]), FramingError>;

fn check(framing: &Chunked, body: &str, expected: Expected<'_>) {
    let expected = expected.map(|(bytes, trailers)| {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        (bytes.as_bytes().to_vec(), trailers.iter().map(owned).collect())
    });
    for splits in [&[usize::MAX][..], &[1], &[2, 3, 5]] {
        assert_eq!(decode(framing, body.as_bytes(), splits), expected, "{body:?} in pieces of {splits:?}");
    }
}

/// The chunks of both of AWS's examples: 65,536 and 1,024 bytes of `a`.
fn example(signatures: [&str; 3], end: &str) -> Vec<u8> {
    let [first, second, last] = signatures;
    format!(
        "10000;chunk-signature={first}\r\n{}\r\n400;chunk-signature={second}\r\n{}\r\n0;chunk-signature={last}\r\n{end}",
        "a".repeat(65536),
        "a".repeat(1024),
    )
    .into_bytes()
}

const SEED: &str = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
const SIGNATURES: [&str; 3] = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
];
const TRAILER_SEED: &str = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
const TRAILER_SIGNATURES: [&str; 3] = [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
];
const TRAILER: &str = "x-amz-checksum-crc32c:sOO8/Q==\n\r\nx-amz-trailer-signature:\
    d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";

#[test]
fn the_published_example_of_signed_chunks_is_accepted() {
    let body = example(SIGNATURES, "\r\n");
    assert_eq!(body.len(), 66824);
    let framing = Chunked { decoded_length: Some(66560), ..signed(SEED, false) };
    for splits in [&[usize::MAX][..], &[1], &[8192], &[65536, 3]] {
        let (decoded, trailers) = decode(&framing, &body, splits).unwrap();
        assert_eq!(decoded, vec![b'a'; 66560]);
        assert_eq!(trailers, []);
    }
}

#[test]
fn the_published_example_of_a_signed_trailer_is_accepted() {
    for end in [TRAILER.to_owned(), TRAILER.replace("\n\r\n", "\r\n"), TRAILER.replace("\r\n\r\n", "\r\n")] {
        let body = example(TRAILER_SIGNATURES, &end);
        let (decoded, trailers) = decode(&signed(TRAILER_SEED, true), &body, &[1000]).unwrap();
        assert_eq!(decoded, vec![b'a'; 66560]);
        assert_eq!(trailers, [("x-amz-checksum-crc32c".to_owned(), "sOO8/Q==".to_owned())]);
    }
}

#[test]
fn a_changed_byte_or_signature_is_refused() {
    let framing = signed(SEED, false);
    let body = example(SIGNATURES, "\r\n");
    for at in [100, 65_000, 65_622, 65_650, 66_000, 66_730, 66_820 - 20] {
        let mut changed = body.clone();
        changed[at] = if changed[at] == b'b' { b'c' } else { b'b' };
        assert!(decode(&framing, &changed, &[777]).is_err(), "byte {at}");
    }
    let swapped = example([SIGNATURES[1], SIGNATURES[0], SIGNATURES[2]], "\r\n");
    assert_eq!(decode(&framing, &swapped, &[777]), Err(FramingError::SignatureMismatch));
    assert_eq!(decode(&signed(TRAILER_SEED, false), &body, &[777]), Err(FramingError::SignatureMismatch));
}

#[test]
fn a_changed_or_unsigned_trailer_is_refused() {
    let framing = signed(TRAILER_SEED, true);
    for end in [
        TRAILER.replace("sOO8", "sOO9"),
        TRAILER.replace("d81f", "d81e"),
        TRAILER.replace("d81f", "zzzz"),
        "x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n".to_owned(),
        format!("x-amz-checksum-crc32:AAAAAA==\r\n{TRAILER}"),
    ] {
        let body = example(TRAILER_SIGNATURES, &end);
        assert_eq!(decode(&framing, &body, &[777]), Err(FramingError::SignatureMismatch), "{end}");
    }
    // Behind the signature, nothing more.
    let body = example(TRAILER_SIGNATURES, &format!("{TRAILER}x-amz-checksum-crc32:AAAAAA==\r\n"));
    assert_eq!(decode(&framing, &body, &[777]), Err(FramingError::Malformed));
}

#[test]
fn a_chunk_without_its_signature_is_refused() {
    check(&signed(SEED, false), "3\r\nabc\r\n0\r\n\r\n", Err(FramingError::SignatureMismatch));
}

#[test]
fn the_last_bytes_of_a_chunk_wait_for_its_signature() {
    let body = example(["0".repeat(64).as_str(), SIGNATURES[1], SIGNATURES[2]], "\r\n");
    let mut decoder = Decoder::new(signed(SEED, false));
    let mut input = &body[..];
    assert_eq!(decoder.push(&mut input), Err(FramingError::SignatureMismatch));
}

#[test]
fn unsigned_chunks_with_a_trailer_are_accepted() {
    let trailer: &[_] = &[("x-amz-checksum-crc32", "NSRBwg==")];
    check(&unsigned(true), "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n", Ok(("abc", trailer)));
    check(&unsigned(true), "3\r\nabc\r\n0\r\nX-Amz-Checksum-CRC32: NSRBwg== \n\r\n", Ok(("abc", trailer)));
    check(&unsigned(true), "00003\r\nabc\r\n0\r\n\r\n", Ok(("abc", &[])));
    check(&unsigned(true), "0\r\n\r\n", Ok(("", &[])));
    check(&unsigned(false), "A\r\n\r\n345678\r\n\r\n0\r\n\r\n", Ok(("\r\n345678\r\n", &[])));
    check(
        &unsigned(true),
        "1\r\na\r\n2\r\nbc\r\n0\r\nb:2\r\na:1\r\n\r\n",
        Ok(("abc", &[("b", "2"), ("a", "1")])),
    );
}

#[test]
fn what_does_not_follow_the_grammar_is_malformed() {
    let line = |bytes: usize| "a".repeat(bytes);
    for body in [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "+1\r\na\r\n0\r\n\r\n",
        " 1\r\na\r\n0\r\n\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "3;\r\nabc\r\n0\r\n\r\n",
        "3;name=value\r\nabc\r\n0\r\n\r\n",
        "3;chunk-signature=abc\r\nabc\r\n0\r\n\r\n",
        "10000000000000000\r\n",
        "ffffffffffffffff\r\n",
        "0\r\nno colon\r\n\r\n",
        "0\r\n:value\r\n\r\n",
        "0\r\na b:value\r\n\r\n",
        "0\r\na:\u{1}\r\n\r\n",
        "0\r\n\r\na:behind the end\r\n",
        "0\r\n\r\n\r\n\r\n\r\n",
        &format!("{:x}\r\n", CHUNK_BYTES_MAX + 1),
        &format!("{}\r\n", "0".repeat(17)),
        &line(HEADER_BYTES_MAX + 1),
        &format!("0\r\n{}", line(TRAILER_BYTES_MAX + 1)),
        &format!("0\r\n{}\r\n", "a:b\r\n".repeat(TRAILERS_MAX + 1)),
    ] {
        check(&unsigned(true), body, Err(FramingError::Malformed));
    }
    check(&unsigned(false), "0\r\na:b\r\n\r\n", Err(FramingError::Malformed));
    assert_eq!(decode(&unsigned(true), b"0\r\na:\xff\r\n\r\n", &[3]), Err(FramingError::Malformed));
}

#[test]
fn a_body_without_its_end_is_incomplete() {
    for body in [
        "",
        "3",
        "3\r\n",
        "3\r\nab",
        "3\r\nabc",
        "3\r\nabc\r\n",
        "0",
        "0\r\n",
        "0\r\n\r",
        "0\r\na:b",
        "0\r\na:b\r\n",
    ] {
        check(&unsigned(true), body, Err(FramingError::Incomplete));
    }
}

#[test]
fn the_announced_length_is_held_to() {
    let announced = |length| Chunked { decoded_length: Some(length), ..unsigned(true) };
    let body = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    check(&announced(5), body, Ok(("abcde", &[])));
    for length in [0, 4, 6] {
        check(&announced(length), body, Err(FramingError::DecodedLengthMismatch));
    }
}

/// Frames as a client does, with this chunk size.
fn frame(bytes: &[u8], chunk: usize, trailers: &[(&str, &str)], seed: Option<&str>) -> Vec<u8> {
    let mut previous = seed.map(str::to_owned);
    let mut framed = Vec::new();
    for piece in bytes.chunks(chunk).chain([&[][..]]) {
        framed.extend(format!("{:x}", piece.len()).bytes());
        if let Some(previous) = &mut previous {
            let digests = [super::EMPTY_SHA256.to_owned(), hex::text(&Sha256::digest(piece))].join("\n");
            let text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{TIMESTAMP}\n{SCOPE}\n{previous}\n{digests}");
            *previous = hex::text(&hmac(&signing_key(), &text));
            framed.extend(format!(";chunk-signature={previous}").bytes());
        }
        framed.extend(b"\r\n");
        framed.extend(piece);
        if !piece.is_empty() {
            framed.extend(b"\r\n");
        }
    }
    let lines: String = trailers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    framed.extend(lines.replace('\n', "\r\n").bytes());
    if let Some(previous) = previous.filter(|_| !trailers.is_empty()) {
        let digest = hex::text(&Sha256::digest(&lines));
        let text = format!("AWS4-HMAC-SHA256-TRAILER\n{TIMESTAMP}\n{SCOPE}\n{previous}\n{digest}");
        framed.extend(
            format!("x-amz-trailer-signature:{}\r\n", hex::text(&hmac(&signing_key(), &text))).bytes(),
        );
    }
    framed.extend(b"\r\n");
    framed
}

proptest! {
    #[test]
    fn it_does_not_matter_how_a_body_is_framed_and_split(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        chunk in 1usize..300,
        splits in proptest::collection::vec(1usize..400, 1..6),
        is_signed in any::<bool>(),
        trailer in proptest::option::of("[a-z]{1,8}"),
    ) {
        let trailers: Vec<_> = trailer.iter().map(|name| (name.as_str(), "some value")).collect();
        let framing = if is_signed { signed(SEED, true) } else { unsigned(true) };
        let framed = frame(&bytes, chunk, &trailers, is_signed.then_some(SEED));
        let (decoded, found) = decode(&framing, &framed, &splits).unwrap();
        prop_assert_eq!(decoded, bytes);
        prop_assert_eq!(found.len(), trailers.len());
    }

    #[test]
    fn any_bytes_give_the_same_answer_in_any_pieces(
        body in proptest::collection::vec(prop_oneof![
            Just(b"\r\n".to_vec()), Just(b"\n".to_vec()), Just(b"0".to_vec()), Just(b"3".to_vec()),
            Just(b";chunk-signature=".to_vec()), Just(b"abc".to_vec()), Just(b"a:b".to_vec()),
            Just(b"3\r\nabc\r\n".to_vec()), Just(b"0\r\n".to_vec()), proptest::collection::vec(any::<u8>(), 0..4),
        ], 0..12),
        splits in proptest::collection::vec(1usize..20, 1..4),
        is_signed in any::<bool>(),
        trailers in any::<bool>(),
    ) {
        let framing = if is_signed { signed(SEED, trailers) } else { unsigned(trailers) };
        let body = body.concat();
        prop_assert_eq!(decode(&framing, &body, &splits), decode(&framing, &body, &[usize::MAX]));
    }
}
