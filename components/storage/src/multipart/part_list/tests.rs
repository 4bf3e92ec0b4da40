use gateway::errors::{ErrorCode, S3Error};
use gateway::object::checksum::{self, ChecksumAlgorithm};
use gateway::object::etag::ETag;
use gateway::operations::complete_multipart_upload::CompletedPart;
use gateway::operations::parameters::PART_LENGTH_MIN;

use super::{Expected, choose};
use crate::records::{Checksum, Part, Row};

fn part(number: u32, size: u64) -> Row<Part> {
    let checksums =
        vec![Checksum { algorithm: ChecksumAlgorithm::Crc32, value: vec![0, 0, 0, number as u8] }];
    let record = Part { number, size, modified_ms: 0, md5: [number as u8; 16], checksums, spans: Vec::new() };
    Row { key: Vec::new(), record, revision: 1 }
}

fn listed(number: u32) -> CompletedPart {
    CompletedPart { number, etag: Some(ETag::of_object([number as u8; 16])), ..CompletedPart::default() }
}

fn chosen(listed: &[CompletedPart], parts: &[Row<Part>]) -> Result<Vec<u32>, S3Error> {
    choose(listed, parts, "upload", Expected::Any).map(|parts| parts.iter().map(|part| part.number).collect())
}

#[test]
fn a_list_may_leave_parts_out() {
    let parts = [part(1, PART_LENGTH_MIN), part(2, 1), part(5, 3)];
    assert_eq!(chosen(&[listed(1), listed(5)], &parts).unwrap(), [1, 5]);
    assert_eq!(chosen(&[listed(5)], &parts).unwrap(), [5]);
}

#[test]
fn a_part_that_was_not_uploaded_is_invalid() {
    let parts = [part(1, 1)];
    let error = chosen(&[listed(9_999)], &parts).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidPart);
    assert!(error.details.contains(&("PartNumber", "9999".to_owned())));
    for etag in [None, Some(ETag::of_object([0xff; 16])), Some(ETag { md5: [1; 16], parts: 1 })] {
        let other = CompletedPart { etag, ..listed(1) };
        assert_eq!(chosen(&[other], &parts).unwrap_err().code, ErrorCode::InvalidPart);
    }
}

#[test]
fn a_listed_checksum_must_be_the_stored_one() {
    let parts = [part(1, 1)];
    let with = |algorithm, value: &[u8]| CompletedPart {
        checksum: Some(checksum::Checksum { algorithm, value: value.to_vec(), parts: None }),
        ..listed(1)
    };
    assert!(chosen(&[with(ChecksumAlgorithm::Crc32, &[0, 0, 0, 1])], &parts).is_ok());
    assert!(chosen(&[with(ChecksumAlgorithm::Sha1, &[0; 20])], &parts).is_ok());
    let refused = chosen(&[with(ChecksumAlgorithm::Crc32, &[0, 0, 0, 2])], &parts);
    assert_eq!(refused.unwrap_err().code, ErrorCode::InvalidPart);
}

#[test]
fn an_upload_with_an_algorithm_takes_no_other_checksums() {
    let parts = [part(1, 1)];
    let with = |algorithm, value: &[u8]| CompletedPart {
        checksum: Some(checksum::Checksum { algorithm, value: value.to_vec(), parts: None }),
        ..listed(1)
    };
    let right = with(ChecksumAlgorithm::Crc32, &[0, 0, 0, 1]);
    let wrong = with(ChecksumAlgorithm::Crc32, &[0, 0, 0, 2]);
    let other = with(ChecksumAlgorithm::Sha1, &[0; 20]);
    let checked = |listed: &CompletedPart, expected| {
        choose(std::slice::from_ref(listed), &parts, "upload", expected)
            .map(|_| ())
            .map_err(|error| error.code)
    };
    for expected in [Expected::Only(ChecksumAlgorithm::Crc32), Expected::Each(ChecksumAlgorithm::Crc32)] {
        assert_eq!(checked(&right, expected), Ok(()));
        assert_eq!(checked(&wrong, expected), Err(ErrorCode::InvalidPart));
        assert_eq!(checked(&other, expected), Err(ErrorCode::BadDigest));
    }
    assert_eq!(checked(&listed(1), Expected::Only(ChecksumAlgorithm::Crc32)), Ok(()));
    let missing =
        choose(&[listed(1)], &parts, "upload", Expected::Each(ChecksumAlgorithm::Crc32)).unwrap_err();
    assert_eq!(
        missing.message.as_deref(),
        Some(
            "The upload was created using a crc32 checksum. The complete request must include the checksum for each \
             part. It was missing for part 1 in the request."
        )
    );
}

#[test]
fn a_wrong_etag_is_told_as_it_was_sent() {
    let other = CompletedPart { etag: None, other_etag: "invalid".to_owned(), ..listed(1) };
    let error = chosen(&[other], &[part(1, 1)]).unwrap_err();
    assert!(error.details.contains(&("ETag", "invalid".to_owned())));
}

#[test]
fn only_the_last_part_may_be_small() {
    let parts = [part(1, PART_LENGTH_MIN), part(2, PART_LENGTH_MIN - 1), part(3, 1)];
    assert!(chosen(&[listed(1), listed(2)], &parts).is_ok());
    let error = chosen(&[listed(1), listed(2), listed(3)], &parts).unwrap_err();
    assert_eq!(error.code, ErrorCode::EntityTooSmall);
    let names: Vec<&str> = error.details.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["ProposedSize", "MinSizeAllowed", "PartNumber", "ETag"]);
    assert!(error.details.contains(&("PartNumber", "2".to_owned())));
}
