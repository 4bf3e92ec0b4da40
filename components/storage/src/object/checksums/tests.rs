use super::*;

fn headers(lines: &[(&str, &str)]) -> Headers {
    lines.iter().copied().collect()
}

fn received(digests: &[(DigestAlgorithm, &[u8])], trailers: &[(&str, &str)]) -> Ingested {
    Ingested {
        blob: 1,
        length: 9,
        digests: digests
            .iter()
            .map(|(algorithm, value)| Digest { algorithm: *algorithm, value: value.to_vec() })
            .collect(),
        trailers: trailers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

const MD5: (DigestAlgorithm, &[u8]) = (DigestAlgorithm::Md5, &[7; 16]);
const CRC32: (DigestAlgorithm, &[u8]) = (DigestAlgorithm::Crc32, &[1, 2, 3, 4]);

#[test]
fn without_claims_the_default_checksum_is_stored() {
    let claims = Claims::read(&headers(&[])).unwrap();
    assert!(!claims.are_any());
    assert_eq!(claims.algorithm(), None);
    let wanted = claims.digests(ChecksumAlgorithm::Crc64Nvme);
    assert_eq!(wanted, [DigestAlgorithm::Md5, DigestAlgorithm::Crc64nvme]);
    let received = received(&[MD5, (DigestAlgorithm::Crc64nvme, &[5; 8])], &[]);
    let verified = claims.verify(ChecksumAlgorithm::Crc64Nvme, &received).unwrap();
    assert_eq!(verified.md5, [7; 16]);
    assert_eq!(verified.checksum.value, [5; 8]);
}

#[test]
fn a_checksum_in_a_header_is_compared() {
    let claims = Claims::read(&headers(&[("x-amz-checksum-crc32", "AQIDBA==")])).unwrap();
    assert_eq!(claims.algorithm(), Some(ChecksumAlgorithm::Crc32));
    assert!(claims.verify(ChecksumAlgorithm::Crc32, &received(&[MD5, CRC32], &[])).is_ok());
    let other = received(&[MD5, (DigestAlgorithm::Crc32, &[0; 4])], &[]);
    assert_eq!(claims.verify(ChecksumAlgorithm::Crc32, &other).unwrap_err().code, ErrorCode::BadDigest);
}

#[test]
fn a_checksum_in_a_trailer_is_compared() {
    let claims = Claims::read(&headers(&[("x-amz-trailer", "x-amz-checksum-crc32")])).unwrap();
    let verify = |trailers| {
        claims
            .verify(ChecksumAlgorithm::Crc32, &received(&[MD5, CRC32], trailers))
            .map_err(|error| error.code)
    };
    assert!(verify(&[("x-amz-checksum-crc32", "AQIDBA==")]).is_ok());
    assert_eq!(verify(&[("x-amz-checksum-crc32", "AAAAAA==")]), Err(ErrorCode::BadDigest));
    assert_eq!(verify(&[("x-amz-checksum-crc32", "?")]), Err(ErrorCode::InvalidRequest));
    assert_eq!(verify(&[]), Err(ErrorCode::MalformedTrailerError));
}

#[test]
fn content_md5_is_compared() {
    let md5 = BASE64.encode([7; 16]);
    let claims = Claims::read(&headers(&[("content-md5", &md5)])).unwrap();
    assert!(claims.are_any());
    assert!(claims.verify(ChecksumAlgorithm::Crc32, &received(&[MD5, CRC32], &[])).is_ok());
    let other = received(&[(DigestAlgorithm::Md5, &[0; 16]), CRC32], &[]);
    let error = claims.verify(ChecksumAlgorithm::Crc32, &other).unwrap_err();
    assert_eq!(error.code, ErrorCode::BadDigest);
    let calculated = ("CalculatedDigest", BASE64.encode([0; 16]));
    assert_eq!(error.details, [calculated, ("ExpectedDigest", "07".repeat(16))]);
    let short = Claims::read(&headers(&[("content-md5", "YWJyYWNhZGFicmE=")]));
    assert_eq!(short.unwrap_err().code, ErrorCode::InvalidDigest);
}

#[test]
fn md5_as_a_checksum_is_computed_once() {
    let claims = Claims::read(&headers(&[("x-amz-checksum-md5", &BASE64.encode([7; 16]))])).unwrap();
    assert_eq!(claims.digests(ChecksumAlgorithm::Md5), [DigestAlgorithm::Md5]);
    assert!(claims.verify(ChecksumAlgorithm::Md5, &received(&[MD5], &[])).is_ok());
}

#[test]
fn a_document_must_come_with_a_digest_where_one_is_required() {
    let claims = Claims::read(&headers(&[])).unwrap();
    let document = Collected { body: b"<x/>".to_vec(), trailers: Vec::new() };
    assert_eq!(
        claims.verify_document(&document, Need::Required).unwrap_err().code,
        ErrorCode::InvalidRequest
    );
    assert!(claims.verify_document(&document, Need::Optional).is_ok());
}

#[test]
fn a_digest_that_the_host_did_not_compute_is_an_internal_error() {
    let claims = Claims::read(&headers(&[])).unwrap();
    let error = claims.verify(ChecksumAlgorithm::Sha1, &received(&[MD5], &[])).unwrap_err();
    assert_eq!(error.code, ErrorCode::InternalError);
}
