//! MD5 against RFC 1321 and against another implementation, in every way in which it is computed.

use bytes::Bytes;
use md5::Digest as _;

use super::{
    BLOCK_BYTES, INITIAL, Md5, compress_scalar, digest,
    lanes::{self, LANES_MAX},
    pool::{BODY_BYTES_MIN, BodyMd5},
};

/// Bytes without a pattern that a mixed-up lane or word could hide in.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn reference(bytes: &[u8]) -> [u8; 16] {
    md5::Md5::digest(bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_examples_of_rfc_1321_hold() {
    let examples = [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a",
        ),
    ];
    for (text, expected) in examples {
        assert_eq!(hex(&digest(text.as_bytes())), expected, "{text}");
    }
}

#[test]
fn every_length_up_to_five_blocks_has_its_digest() {
    let bytes = noise(1, 5 * BLOCK_BYTES);
    for length in 0..=bytes.len() {
        assert_eq!(digest(&bytes[..length]), reference(&bytes[..length]), "{length} bytes");
    }
}

#[test]
fn it_does_not_matter_where_the_bytes_are_split() {
    let bytes = noise(2, 1000);
    for step in 1..200 {
        let mut md5 = Md5::new();
        bytes.chunks(step).for_each(|piece| md5.update(piece));
        assert_eq!(md5.finish(), reference(&bytes), "pieces of {step}");
    }
}

#[test]
fn the_vector_version_of_one_stream_equals_the_plain_one() {
    let bytes = noise(3, 40 * BLOCK_BYTES);
    let (mut plain, mut chosen) = (INITIAL, INITIAL);
    compress_scalar(&mut plain, &bytes);
    lanes::compress(&mut chosen, &bytes);
    assert_eq!(plain, chosen);
}

#[test]
fn every_number_of_lanes_gives_each_stream_its_own_chain() {
    for (width, count) in
        [1, 8, 16].into_iter().flat_map(|width| (1..=2 * LANES_MAX + 1).map(move |n| (width, n)))
    {
        let input = |lane: usize| noise(lane as u64, (9 + lane % 3) * BLOCK_BYTES + lane);
        let inputs: Vec<_> = (0..count).map(input).collect();
        let mut chains = vec![INITIAL; count];
        let mut streams: Vec<_> = chains.iter_mut().zip(inputs.iter().map(Vec::as_slice)).collect();
        let blocks = lanes::advance_by(width, &mut streams, 20);
        assert_eq!(blocks, 9);
        for (lane, input) in inputs.iter().enumerate() {
            let mut expected = INITIAL;
            compress_scalar(&mut expected, &input[..9 * BLOCK_BYTES]);
            assert_eq!(chains[lane], expected, "lane {lane} of {count}, {width} wide");
        }
    }
}

#[tokio::test]
async fn bodies_received_at_the_same_time_get_their_own_digests() {
    let bodies: Vec<_> = (0..24).map(|seed| noise(seed, seed as usize * 70_001 % 1_500_000)).collect();
    let tasks = tokio::task::LocalSet::new();
    for (seed, body) in bodies.into_iter().enumerate() {
        tasks.spawn_local(async move {
            let expected = reference(&body);
            let Some(mut md5) = BodyMd5::new() else { return };
            let mut rest = Bytes::from(body);
            let mut step = seed * 997 + 1;
            while !rest.is_empty() {
                md5.push(rest.split_to(step.min(rest.len()))).await.unwrap();
                step = step * 31 % 300_007 + 1;
                if step % 3 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            assert_eq!(md5.finish().await.unwrap(), expected, "body {seed}");
        });
    }
    tasks.await;
}

#[tokio::test]
async fn a_body_that_breaks_off_does_not_disturb_the_lane_thread() {
    let Some(mut broken) = BodyMd5::new() else { return };
    broken.push(noise(8, BODY_BYTES_MIN as usize).into()).await.unwrap();
    drop(broken);
    let bytes = noise(9, BODY_BYTES_MIN as usize);
    let mut whole = BodyMd5::new().unwrap();
    whole.push(bytes.clone().into()).await.unwrap();
    assert_eq!(whole.finish().await.unwrap(), reference(&bytes));
}
