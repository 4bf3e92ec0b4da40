use super::*;

fn headers(lines: &[(&str, &str)]) -> Headers {
    lines.iter().copied().collect()
}

#[test]
fn the_owner_that_a_client_expects_is_checked() {
    let check = |value| {
        let headers = headers(&[("x-amz-expected-bucket-owner", value)]);
        check_expected_owner(&headers, "x-amz-expected-bucket-owner", Account(42)).map_err(|error| error.code)
    };
    assert_eq!(check("000000000042"), Ok(()));
    assert_eq!(check("000000000043"), Err(ErrorCode::AccessDenied));
    assert_eq!(check("42"), Err(ErrorCode::InvalidBucketOwnerAWSAccountID));
    assert!(check_expected_owner(&headers(&[]), "x-amz-expected-bucket-owner", Account(42)).is_ok());
}

fn presigned(query: &str) -> Result<Headers> {
    with_presigned(headers(&[("x-amz-meta-a", "1")]), &Query::parse(query)?)
}

#[test]
fn a_presigned_url_carries_headers() {
    let headers = presigned("X-Amz-Signature=0&x-amz-meta-b=%C3%A9+x&X-Amz-Meta-A=2&versionId=3").unwrap();
    assert_eq!(headers.get("x-amz-meta-b"), Some("é x"));
    assert_eq!(headers.get("x-amz-meta-a"), Some("1"), "what was sent as a header counts");
    assert!(!headers.has("versionid"));
}

#[test]
fn what_a_presigned_url_says_of_a_body_is_no_promise() {
    for name in [
        "x-amz-checksum-crc32",
        "X-Amz-Checksum-SHA256",
        "x-amz-checksum-crc64nvme",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-decoded-content-length",
    ] {
        let headers = presigned(&format!("X-Amz-Signature=0&{name}=AAAAAA%3D%3D")).unwrap();
        assert!(!headers.has(&name.to_ascii_lowercase()), "{name}");
    }
    let headers = presigned(
        "Signature=0&x-amz-checksum-algorithm=CRC32&x-amz-checksum-type=COMPOSITE&x-amz-checksum-mode=ENABLED",
    );
    assert_eq!(
        headers.unwrap().with_prefix("x-amz-checksum-").count(),
        3,
        "what is chosen, or asked, counts"
    );
}

#[test]
fn the_checksum_beside_a_list_of_parts_is_that_of_the_object() {
    let has = |query: &str| {
        let query = format!("X-Amz-Signature=0&x-amz-checksum-crc32=AAAAAA%3D%3D&{query}");
        presigned(&query).unwrap().has("x-amz-checksum-crc32")
    };
    assert!(has("uploadId=u"));
    assert!(!has("uploadId=u&partNumber=1"));
}

#[test]
fn a_query_that_is_not_presigned_carries_none() {
    assert!(!presigned("x-amz-meta-b=2").unwrap().has("x-amz-meta-b"));
}

#[test]
fn a_presigned_url_cannot_smuggle_lines_and_may_ask_for_a_protection() {
    let code = |query: &str| presigned(&format!("X-Amz-Signature=0&{query}")).unwrap_err().code;
    assert_eq!(code("x-amz-meta-b=1%0Ax-amz-acl:private"), ErrorCode::InvalidRequest);
    assert_eq!(code("x-amz-meta-b%0Ax:y=1"), ErrorCode::InvalidRequest);
    let asked = presigned("X-Amz-Signature=0&x-amz-server-side-encryption=aws:kms").unwrap();
    assert_eq!(asked.get("x-amz-server-side-encryption"), Some("aws:kms"));
}
