//! The examples of AWS's documentation, with every text on the way to the signature.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

use super::*;
use crate::identity::sigv4::payload::{
    Chunked, Chunks, Payload, STREAMING_PAYLOAD, STREAMING_PAYLOAD_TRAILER,
};
use crate::identity::sigv4::sign::Unsigned;
use crate::identity::sigv4::string_to_sign::EMPTY_SHA256;

pub(super) struct Example {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    query: &'static str,
    headers: &'static [(&'static str, &'static str)],
    payload_hash: &'static str,
    canonical_request: &'static str,
    canonical_request_sha256: &'static str,
    signed_headers: &'static str,
    signature: &'static str,
}

const HOST: (&str, &str) = ("host", "examplebucket.s3.amazonaws.com");
const DATE: (&str, &str) = ("x-amz-date", TIMESTAMP);
const WELCOME_SHA256: &str = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        name: "GET Object",
        method: "GET",
        path: "/test.txt",
        query: "",
        headers: &[HOST, ("range", "bytes=0-9"), ("x-amz-content-sha256", EMPTY_SHA256), DATE],
        payload_hash: EMPTY_SHA256,
        canonical_request: "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n\
             x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\
             x-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        canonical_request_sha256: "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
        signed_headers: "host;range;x-amz-content-sha256;x-amz-date",
        signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    },
    Example {
        name: "PUT Object",
        method: "PUT",
        path: "/test$file.text",
        query: "",
        headers: &[
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            HOST,
            ("x-amz-content-sha256", WELCOME_SHA256),
            DATE,
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ],
        payload_hash: WELCOME_SHA256,
        canonical_request: "PUT\n/test%24file.text\n\ndate:Fri, 24 May 2013 00:00:00 GMT\n\
             host:examplebucket.s3.amazonaws.com\n\
             x-amz-content-sha256:44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n\
             x-amz-date:20130524T000000Z\nx-amz-storage-class:REDUCED_REDUNDANCY\n\n\
             date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class\n\
             44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        canonical_request_sha256: "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
        signed_headers: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    },
    Example {
        name: "GET Bucket Lifecycle",
        method: "GET",
        path: "/",
        query: "lifecycle",
        headers: &[HOST, ("x-amz-content-sha256", EMPTY_SHA256), DATE],
        payload_hash: EMPTY_SHA256,
        canonical_request: "GET\n/\nlifecycle=\nhost:examplebucket.s3.amazonaws.com\n\
             x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\
             x-amz-date:20130524T000000Z\n\nhost;x-amz-content-sha256;x-amz-date\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        canonical_request_sha256: "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
        signed_headers: "host;x-amz-content-sha256;x-amz-date",
        signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    },
    Example {
        name: "GET Bucket (List Objects)",
        method: "GET",
        path: "/",
        query: "max-keys=2&prefix=J",
        headers: &[HOST, ("x-amz-content-sha256", EMPTY_SHA256), DATE],
        payload_hash: EMPTY_SHA256,
        canonical_request: "GET\n/\nmax-keys=2&prefix=J\nhost:examplebucket.s3.amazonaws.com\n\
             x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\
             x-amz-date:20130524T000000Z\n\nhost;x-amz-content-sha256;x-amz-date\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        canonical_request_sha256: "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7",
        signed_headers: "host;x-amz-content-sha256;x-amz-date",
        signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    },
    Example {
        name: "PUT Object in chunks",
        method: "PUT",
        path: "/examplebucket/chunkObject.txt",
        query: "",
        headers: &[
            ("content-encoding", "aws-chunked"),
            ("content-length", "66824"),
            ("host", "s3.amazonaws.com"),
            ("x-amz-content-sha256", STREAMING_PAYLOAD),
            DATE,
            ("x-amz-decoded-content-length", "66560"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ],
        payload_hash: STREAMING_PAYLOAD,
        canonical_request: "PUT\n/examplebucket/chunkObject.txt\n\ncontent-encoding:aws-chunked\n\
             content-length:66824\nhost:s3.amazonaws.com\n\
             x-amz-content-sha256:STREAMING-AWS4-HMAC-SHA256-PAYLOAD\nx-amz-date:20130524T000000Z\n\
             x-amz-decoded-content-length:66560\nx-amz-storage-class:REDUCED_REDUNDANCY\n\n\
             content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;\
             x-amz-decoded-content-length;x-amz-storage-class\nSTREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        canonical_request_sha256: "cee3fed04b70f867d036f722359b0b1f2f0e5dc0efadbc082b76c4c60e316455",
        signed_headers: "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;\
             x-amz-decoded-content-length;x-amz-storage-class",
        signature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    },
    Example {
        name: "PUT Object in chunks with a trailer",
        method: "PUT",
        path: "/examplebucket/chunkObject.txt",
        query: "",
        headers: &[
            ("content-encoding", "aws-chunked"),
            ("host", "s3.amazonaws.com"),
            ("x-amz-content-sha256", STREAMING_PAYLOAD_TRAILER),
            DATE,
            ("x-amz-decoded-content-length", "66560"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("x-amz-trailer", "x-amz-checksum-crc32c"),
        ],
        payload_hash: STREAMING_PAYLOAD_TRAILER,
        canonical_request: "PUT\n/examplebucket/chunkObject.txt\n\ncontent-encoding:aws-chunked\n\
             host:s3.amazonaws.com\n\
             x-amz-content-sha256:STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\nx-amz-date:20130524T000000Z\n\
             x-amz-decoded-content-length:66560\nx-amz-storage-class:REDUCED_REDUNDANCY\n\
             x-amz-trailer:x-amz-checksum-crc32c\n\n\
             content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;\
             x-amz-storage-class;x-amz-trailer\nSTREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        canonical_request_sha256: "44d48b8c2f70eae815a0198cc73d7a546a73a93359c070abbaa5e6c7de112559",
        signed_headers: "content-encoding;host;x-amz-content-sha256;x-amz-date;\
             x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
        signature: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    },
];

impl Example {
    fn unsigned(&self) -> Unsigned<'static> {
        Unsigned {
            method: self.method,
            path: self.path,
            query: self.query,
            headers: self.headers,
            date: date(),
        }
    }

    fn authorization(&self) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders={},Signature={}",
            self.signed_headers, self.signature
        )
    }

    pub(super) fn sent(&self) -> Sent {
        let sent = Sent {
            method: self.method,
            path: self.path.to_owned(),
            query: self.query.to_owned(),
            headers: self.headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            form_sha256: None,
            received_ms: date().milliseconds(),
        };
        sent.with("authorization", &self.authorization())
    }
}

#[test]
fn every_example_is_read_as_documented() {
    for example in EXAMPLES {
        example.sent().verified(|result| {
            let signed = signed(result.unwrap());
            let name = example.name;
            assert_eq!(signed.canonical_request(), example.canonical_request, "{name}");
            assert_eq!(sha256(signed.canonical_request()), example.canonical_request_sha256, "{name}");
            assert_eq!(
                signed.string_to_sign(example.canonical_request_sha256),
                format!(
                    "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n{}",
                    example.canonical_request_sha256
                ),
                "{name}"
            );
            assert_eq!(signed.access_key_id(), "AKIAIOSFODNN7EXAMPLE", "{name}");
            assert!(verify(&signed), "{name}");
        });
    }
}

#[test]
fn every_example_is_signed_as_documented() {
    for example in EXAMPLES {
        let signature = SIGNER.sign_head(&example.unsigned(), example.payload_hash);
        assert_eq!(signature.canonical_request, example.canonical_request, "{}", example.name);
        assert_eq!(signature.signature, example.signature, "{}", example.name);
        assert_eq!(signature.authorization, example.authorization(), "{}", example.name);
    }
}

#[test]
fn the_signing_key_is_the_documented_one() {
    assert_eq!(
        hex::encode(&SIGNER.signing_key(date())),
        "dbb893acc010964918f1fd433add87c70e8b0db6be30c1fbeafefa5ec6ba8378"
    );
}

/// The URL of the presigned example, valid for a day.
pub(super) fn presigned_url() -> Sent {
    Sent {
        method: "GET",
        path: "/test.txt".to_owned(),
        query: "X-Amz-Algorithm=AWS4-HMAC-SHA256\
                &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
                &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
                &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
            .to_owned(),
        headers: vec![(HOST.0.to_owned(), HOST.1.to_owned())],
        form_sha256: None,
        received_ms: date().milliseconds(),
    }
}

#[test]
fn the_presigned_example_is_read_as_documented() {
    let canonical_request = "GET\n/test.txt\nX-Amz-Algorithm=AWS4-HMAC-SHA256\
        &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
        &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\n\
        host:examplebucket.s3.amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD";
    presigned_url().verified(|result| {
        let signed = signed(result.unwrap());
        assert_eq!(signed.canonical_request(), canonical_request);
        assert_eq!(
            sha256(signed.canonical_request()),
            "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04"
        );
        assert_eq!(signed.payload(), &Payload::Unsigned);
        assert!(verify(&signed));
    });
}

#[test]
fn the_presigned_example_is_signed_as_documented() {
    let unsigned = Unsigned { method: "GET", path: "/test.txt", query: "", headers: &[HOST], date: date() };
    assert_eq!(SIGNER.presign(&unsigned, 86_400).authorization, presigned_url().query);
}

static FIRST_CHUNK: [u8; 65_536] = [b'a'; 65_536];
static SECOND_CHUNK: [u8; 1024] = [b'a'; 1024];

#[test]
fn the_chunks_of_the_example_are_signed_as_documented() {
    let mut chunks = SIGNER.chunks(date(), EXAMPLES[4].signature);
    for (chunk, signature) in [
        (&FIRST_CHUNK[..], "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
        (&SECOND_CHUNK[..], "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
        (&[][..], "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
    ] {
        assert_eq!(chunks.sign_chunk(chunk), signature);
    }
}

#[test]
fn the_chunks_and_the_trailer_of_the_example_are_signed_as_documented() {
    let mut chunks = SIGNER.chunks(date(), EXAMPLES[5].signature);
    for (chunk, signature) in [
        (&FIRST_CHUNK[..], "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
        (&SECOND_CHUNK[..], "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
        (&[][..], "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
    ] {
        assert_eq!(chunks.sign_chunk(chunk), signature);
    }
    assert_eq!(
        chunks.sign_trailer("x-amz-checksum-crc32c:sOO8/Q==\n"),
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
    );
}

#[test]
fn a_framed_body_is_as_long_as_the_example_says() {
    let framed = SIGNER.chunks(date(), EXAMPLES[4].signature).frame(&[b'a'; 66_560], 65_536, &[]);
    assert_eq!(framed.len(), 66_824);
    assert!(framed.starts_with(
        b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\naa"
    ));
    assert!(framed.ends_with(
        b"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
    ));
}

#[test]
fn the_payloads_of_the_examples_are_told_apart() {
    let chunked =
        |trailers| Payload::Chunked(Chunked { decoded_length: 66_560, chunks: Chunks::Signed, trailers });
    let expected = [
        Payload::Sha256(EMPTY_SHA256.to_owned()),
        Payload::Sha256(WELCOME_SHA256.to_owned()),
        Payload::Sha256(EMPTY_SHA256.to_owned()),
        Payload::Sha256(EMPTY_SHA256.to_owned()),
        chunked(false),
        chunked(true),
    ];
    for (example, expected) in EXAMPLES.iter().zip(expected) {
        example.sent().verified(|result| assert_eq!(signed(result.unwrap()).payload(), &expected));
    }
}
