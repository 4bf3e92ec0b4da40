use super::*;

const TAG: &str = "d41d8cd98f00b204e9800998ecf8427e";

fn input(parts: &str, headers: &[(&str, &str)]) -> Result<Input> {
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let query = Query::parse("uploadId=u").unwrap();
    Input::parse(&query, &Headers::from_iter(headers.iter().copied()), body.as_bytes())
}

fn part(number: i64) -> String {
    format!("<Part><PartNumber>{number}</PartNumber><ETag>\"{TAG}\"</ETag></Part>")
}

#[test]
fn parts_are_read_with_their_checksums() {
    let read = input(
        &format!(
            "<Part><ETag>{TAG}</ETag><ChecksumCRC32>sOO8/Q==</ChecksumCRC32>\
            <PartNumber> 2 </PartNumber></Part>{}",
            part(7)
        ),
        &[("x-amz-checksum-type", "FULL_OBJECT"), ("x-amz-mp-object-size", "10"), ("if-none-match", "*")],
    )
    .unwrap();
    assert_eq!((read.parts[0].number, read.parts[1].number), (2, 7));
    assert_eq!(read.parts[0].etag, ETag::parse(TAG));
    assert_eq!(read.parts[0].checksum.as_ref().unwrap().algorithm, ChecksumAlgorithm::Crc32);
    assert_eq!((read.checksum_type, read.object_size), (Some(ChecksumType::FullObject), Some(10)));
    assert!(read.preconditions.is_conditional());
    let other = input("<Part><PartNumber>1</PartNumber><ETag>ffff</ETag></Part>", &[]).unwrap();
    assert_eq!(other.parts[0].etag, None);
}

#[test]
fn ten_thousand_parts_are_read() {
    let parts: String = (1..=10_000).map(part).collect();
    assert_eq!(input(&parts, &[]).unwrap().parts.len(), 10_000);
}

#[test]
fn wrong_part_lists_have_their_code() {
    let cases = [
        (String::new(), ErrorCode::MalformedXML),
        ("<Other/>".to_owned(), ErrorCode::MalformedXML),
        ("<Part><PartNumber>1</PartNumber></Part>".to_owned(), ErrorCode::MalformedXML),
        ("<Part><ETag>x</ETag></Part>".to_owned(), ErrorCode::MalformedXML),
        ("<Part><PartNumber>one</PartNumber><ETag>x</ETag></Part>".to_owned(), ErrorCode::MalformedXML),
        (part(0), ErrorCode::InvalidArgument),
        (part(10_001), ErrorCode::InvalidArgument),
        (part(2) + &part(1), ErrorCode::InvalidPartOrder),
        (part(1) + &part(1), ErrorCode::InvalidPartOrder),
        (
            "<Part><PartNumber>1</PartNumber><ETag>x</ETag><ChecksumSHA1>x</ChecksumSHA1></Part>".to_owned(),
            ErrorCode::InvalidArgument,
        ),
    ];
    for (parts, code) in cases {
        assert_eq!(input(&parts, &[]).unwrap_err().code, code, "{parts}");
    }
}

#[test]
fn numbers_sizes_and_checksums_that_are_none_are_named() {
    let message = |error: S3Error| (error.message.unwrap_or_default(), error.details);
    let argument = |name: &str, value: &str| {
        vec![("ArgumentName", name.to_owned()), ("ArgumentValue", value.to_owned())]
    };
    let refused = |parts: &str| message(input(parts, &[]).unwrap_err());
    assert_eq!(refused(&part(-4)), ("PartNumber must be >= 1".to_owned(), argument("PartNumber", "-4")));
    let two = "<Part><PartNumber>1</PartNumber><ETag>x</ETag><ChecksumSHA1>a</ChecksumSHA1>\
        <ChecksumCRC32>b</ChecksumCRC32></Part>";
    let invalid = "Invalid Base64 or multiple checksums present in request".to_owned();
    assert_eq!(refused(two), (invalid, argument("Checksum", "CRC32:b;SHA1:a;")));
    let sized = |size| message(input(&part(1), &[("x-amz-mp-object-size", size)]).unwrap_err()).0;
    assert_eq!(sized("size"), "Value for x-amz-mp-object-size header is invalid: 'size'");
    assert_eq!(sized("-4"), "Value for x-amz-mp-object-size header is less than zero: '-4'");
}

#[test]
fn the_document_tells_what_was_made() {
    let value = vec![0xb0, 0xe3, 0xbc, 0xfd];
    let checksum = Checksum { algorithm: ChecksumAlgorithm::Crc32, value, parts: Some(2) };
    let completed = Completed {
        location: "http://127.0.0.1:9000/photos/a",
        bucket: "photos",
        key: "a",
        etag: ETag { parts: 2, ..ETag::parse(TAG).unwrap() },
        checksums: &[checksum],
        checksum_type: Some(ChecksumType::Composite),
    };
    assert!(completed.document().ends_with(
        "<Location>http://127.0.0.1:9000/photos/a</Location><Bucket>photos</Bucket><Key>a</Key>\
         <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e-2&quot;</ETag>\
         <ChecksumCRC32>sOO8/Q==-2</ChecksumCRC32>\
         <ChecksumType>COMPOSITE</ChecksumType></CompleteMultipartUploadResult>"
    ));
}
