use super::*;
use crate::errors::ErrorCode;
use crate::request::headers::Headers;
use proptest::prelude::*;

fn headers(pairs: &[(&str, &str)]) -> Headers {
    Headers::from_iter(pairs.iter().copied())
}

#[test]
fn names_headers_and_elements_belong_together() {
    for algorithm in ChecksumAlgorithm::ALL {
        assert_eq!(ChecksumAlgorithm::parse(algorithm.name()), Some(algorithm));
        assert_eq!(ChecksumAlgorithm::of_header(algorithm.header()), Some(algorithm));
        assert_eq!(algorithm.header(), format!("x-amz-checksum-{}", algorithm.name().to_lowercase()));
        assert_eq!(algorithm.element(), format!("Checksum{}", algorithm.name()));
        assert!(algorithm.supports(algorithm.default_type()));
    }
    assert_eq!(ChecksumAlgorithm::parse("sha256"), Some(ChecksumAlgorithm::Sha256));
    assert_eq!(ChecksumAlgorithm::parse("CRC16"), None);
    let bits = ChecksumAlgorithm::Sha1.bit() | ChecksumAlgorithm::XxHash128.bit();
    assert_eq!(
        ChecksumAlgorithm::of_bits(bits).collect::<Vec<_>>(),
        [ChecksumAlgorithm::Sha1, ChecksumAlgorithm::XxHash128]
    );
}

#[test]
fn types_go_with_algorithms_as_documented() {
    use ChecksumType::{Composite, FullObject};
    let cases = [
        (ChecksumAlgorithm::Crc32, true, true),
        (ChecksumAlgorithm::Crc32c, true, true),
        (ChecksumAlgorithm::Crc64Nvme, false, true),
        (ChecksumAlgorithm::Sha1, true, false),
        (ChecksumAlgorithm::Sha256, true, false),
    ];
    for (algorithm, composite, full) in cases {
        assert_eq!(
            (algorithm.supports(Composite), algorithm.supports(FullObject)),
            (composite, full),
            "{algorithm}"
        );
    }
}

#[test]
fn values_have_the_length_of_their_algorithm() {
    let crc = Checksum::parse(ChecksumAlgorithm::Crc32, "sOO8/Q==").unwrap();
    assert_eq!((crc.value.as_slice(), crc.parts), ([0xb0, 0xe3, 0xbc, 0xfd].as_slice(), None));
    assert_eq!(Checksum::parse(ChecksumAlgorithm::Crc32, "sOO8/Q==-3").unwrap().parts, Some(3));
    for text in ["", "sOO8", "sOO8/Q", "sOO8/Q==-", "sOO8/Q==-0", "sOO8/Q==-x", "!!!!", "sOO8/QAA"] {
        let error = Checksum::parse(ChecksumAlgorithm::Crc32, text).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        assert_eq!(error.message.unwrap(), "Value for x-amz-checksum-crc32 header is invalid.", "{text}");
    }
}

#[test]
fn a_request_gives_one_checksum_or_announces_it() {
    let given = RequestChecksum::parse(&headers(&[
        ("x-amz-checksum-crc32", "sOO8/Q=="),
        ("x-amz-sdk-checksum-algorithm", "CRC32"),
        ("x-amz-checksum-mode", "ENABLED"),
    ]))
    .unwrap();
    assert_eq!((given.algorithm, given.in_trailer), (Some(ChecksumAlgorithm::Crc32), false));
    assert_eq!(given.with_trailers(&[]).unwrap(), given.value);

    let announced = RequestChecksum::parse(&headers(&[("x-amz-trailer", "X-Amz-Checksum-CRC32")])).unwrap();
    assert!(announced.in_trailer && announced.value.is_none());
    let trailers = [("x-amz-checksum-crc32".to_owned(), "sOO8/Q==".to_owned())];
    assert_eq!(announced.with_trailers(&trailers).unwrap(), given.value);
    assert_eq!(announced.with_trailers(&[]).unwrap_err().code, ErrorCode::MalformedTrailerError);

    let none = RequestChecksum::parse(&Headers::default()).unwrap();
    assert_eq!(none, RequestChecksum::default());
    assert_eq!(none.with_trailers(&trailers).unwrap_err().code, ErrorCode::MalformedTrailerError);
    let two = [trailers[0].clone(), ("x-amz-checksum-sha1".to_owned(), "x".to_owned())];
    assert_eq!(announced.with_trailers(&two).unwrap_err().code, ErrorCode::MalformedTrailerError);
    let bad = [("x-amz-checksum-crc32".to_owned(), "x".to_owned())];
    assert_eq!(
        announced.with_trailers(&bad).unwrap_err().message.as_deref(),
        Some("Value for x-amz-checksum-crc32 trailing header is invalid.")
    );
}

#[test]
fn unknown_and_repeated_checksums_are_invalid() {
    let cases: &[&[(&str, &str)]] = &[
        &[("x-amz-checksum-crc16", "AAAA")],
        &[("x-amz-checksum-crc32", "sOO8/Q=="), ("x-amz-checksum-crc32c", "sOO8/Q==")],
        &[("x-amz-checksum-crc32", "sOO8/Q=="), ("x-amz-trailer", "x-amz-checksum-crc32c")],
        &[("x-amz-trailer", "x-amz-checksum-crc32,x-amz-checksum-sha1")],
        &[("x-amz-trailer", "x-amz-meta-a")],
        &[("x-amz-sdk-checksum-algorithm", "CRC16")],
        &[("x-amz-sdk-checksum-algorithm", "CRC32")],
        &[("x-amz-checksum-crc32", ""), ("x-amz-checksum-sha1", "")],
        &[("x-amz-sdk-checksum-algorithm", "CRC32"), ("x-amz-trailer", "x-amz-checksum-sha1")],
    ];
    for case in cases {
        assert_eq!(
            RequestChecksum::parse(&headers(case)).unwrap_err().code,
            ErrorCode::InvalidRequest,
            "{case:?}"
        );
    }
}

#[test]
fn a_multipart_upload_names_algorithm_and_type() {
    let parse = |pairs: &[(&str, &str)]| MultipartChecksum::parse(&headers(pairs));
    assert_eq!(parse(&[]).unwrap(), None);
    let crc = parse(&[("x-amz-checksum-algorithm", "CRC32")]).unwrap().unwrap();
    assert_eq!(crc.kind, ChecksumType::Composite);
    let full = parse(&[("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-type", "FULL_OBJECT")])
        .unwrap()
        .unwrap();
    assert_eq!(full.kind, ChecksumType::FullObject);
    let cases: &[&[(&str, &str)]] = &[
        &[("x-amz-checksum-algorithm", "CRC16")],
        &[("x-amz-checksum-type", "FULL_OBJECT")],
        &[("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-type", "HALF")],
        &[("x-amz-checksum-algorithm", "SHA256"), ("x-amz-checksum-type", "FULL_OBJECT")],
        &[("x-amz-checksum-algorithm", "CRC64NVME"), ("x-amz-checksum-type", "COMPOSITE")],
    ];
    for case in cases {
        assert_eq!(parse(case).unwrap_err().code, ErrorCode::InvalidRequest, "{case:?}");
    }
}

#[test]
fn content_md5_is_the_base64_of_sixteen_bytes() {
    let parse = |text| content_md5(&headers(&[("content-md5", text)]));
    assert_eq!(content_md5(&Headers::default()).unwrap(), None);
    assert_eq!(parse("1B2M2Y8AsgTpgAmY7PhCfg==").unwrap().unwrap()[0], 0xd4);
    for text in ["", "YWJyYWNhZGFicmE=", "\u{7}AWS HAHAHA", "1B2M2Y8AsgTpgAmY7PhCfg"] {
        assert_eq!(parse(text).unwrap_err().code, ErrorCode::InvalidDigest, "{text}");
    }
}

#[test]
fn some_operations_need_a_digest() {
    assert_eq!(require_digest(&Headers::default()).unwrap_err().code, ErrorCode::InvalidRequest);
    assert!(require_digest(&headers(&[("content-md5", "x")])).is_ok());
    assert!(require_digest(&headers(&[("x-amz-checksum-crc32", "sOO8/Q==")])).is_ok());
    assert!(require_digest(&headers(&[("x-amz-trailer", "x-amz-checksum-crc32")])).is_ok());
}

proptest! {
    #[test]
    fn printed_values_are_read_back(value: [u8; 20], parts in proptest::option::of(1..=10_000_u32)) {
        let checksum = Checksum { algorithm: ChecksumAlgorithm::Sha1, value: value.to_vec(), parts };
        prop_assert_eq!(Checksum::parse(ChecksumAlgorithm::Sha1, &checksum.to_string()).unwrap(), checksum);
    }
}
