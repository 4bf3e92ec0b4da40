//! The encodings, and the numbers that only grow.

use proptest::prelude::*;

use super::blobs::{self, BlobRow, Location, Sealing};
use super::commit::batch::{Changes, Move, encode, encode_moves};
use super::commit::{Batch, Put, Requirement};
use super::counters::Add;
use super::log::Position;
use super::log::record::{self, HEADER_BYTES, Header, Kind};
use super::log::segment::SegmentHeader;
use super::sequence::Sequence;

fn payload(record: &[u8]) -> &[u8] {
    &record[HEADER_BYTES..]
}

#[test]
fn a_batch_is_read_back_as_it_was_written() {
    let batch = Batch {
        require: vec![Requirement::Absent { table: "t".into(), key: vec![1] }],
        put: vec![
            Put { table: "objects".into(), key: b"a".to_vec(), value: b"1".to_vec() },
            Put { table: "t".into(), key: Vec::new(), value: Vec::new() },
        ],
        delete: vec![("objects".into(), b"b".to_vec())],
        keep: vec![7, 8],
        free: vec![9],
        add: vec![Add { counter: "all".into(), amounts: [0, -1, 1 << 40], at_most: [Some(1), None, None] }],
        essential: false,
    };
    let record = encode(&batch, &[]).unwrap();
    let changes = Changes::decode(payload(&record)).unwrap();
    let puts: Vec<_> = changes.puts().collect();
    assert_eq!(puts, [("objects", &b"a"[..], &b"1"[..]), ("t", b"", b"")]);
    assert_eq!(changes.deletes().collect::<Vec<_>>(), [("objects", &b"b"[..])]);
    assert_eq!(changes.keeps, [(7, None), (8, None)]);
    assert_eq!(changes.frees, [9]);
    assert_eq!(changes.moves, []);
    assert_eq!(changes.adds().collect::<Vec<_>>(), [("all", [0, -1, 1 << 40])]);
    // Without additions, the record is as it was before there were any.
    let plain = encode(&Batch { add: Vec::new(), ..batch }, &[]).unwrap();
    assert!(record.starts_with(&plain));
    assert_eq!(Changes::decode(payload(&plain)).unwrap().adds().count(), 0);
}

#[test]
fn moves_are_read_back_as_they_were_written() {
    let moves = [Move { blob: 1, from: (2, 3), to: (4, 5) }, Move { blob: 6, from: (7, 8), to: (9, 10) }];
    let record = encode_moves(&moves);
    assert_eq!(Changes::decode(payload(&record)).unwrap().moves, moves);
}

#[test]
fn table_names_keys_and_values_are_bounded() {
    let with = |table: &str, key: usize, value: usize| {
        let put = Put { table: table.into(), key: vec![0; key], value: vec![0; value] };
        encode(&Batch { put: vec![put], ..Batch::default() }, &[]).is_ok()
    };
    assert!(with("objects-2", 16 << 10, 16 << 20));
    assert!(!with("objects", (16 << 10) + 1, 0));
    assert!(!with("objects", 0, (16 << 20) + 1));
    assert!(!with("", 0, 0));
    assert!(!with("Objects", 0, 0));
    assert!(!with("host:blobs", 0, 0));
}

#[test]
fn a_record_counts_only_at_its_own_place() {
    let mut built = record::with_room(3);
    built.extend_from_slice(b"abc");
    let header = Header { kind: Kind::Body, length: 3, number: 5, id: 6, crc: crc_fast::crc64_nvme(b"abc") };
    let at = Position { segment: 1, offset: 4096 };
    header.write(at, &mut built);
    assert_eq!(Header::read(at, &built), Some(header));
    assert_eq!(Header::read(Position { segment: 2, ..at }, &built), None);
    assert_eq!(Header::read(Position { offset: 4097, ..at }, &built), None);
    for bit in 0..HEADER_BYTES * 8 {
        let mut flipped = built.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Header::read(at, &flipped), None, "bit {bit}");
    }
}

#[test]
fn the_bytes_of_headers_and_rows_are_as_documented() {
    let mut built = record::with_room(0);
    let header = Header { kind: Kind::Commit, length: 0x0102, number: 0x0304, id: 0x0506, crc: 0x0708 };
    header.write(Position { segment: 1, offset: 4096 }, &mut built);
    let expected = [
        2, 0, 0, 0, 0x02, 0x01, 0, 0, 0, 0, 0, 0, 0x04, 0x03, 0, 0, 0, 0, 0, 0, 0x06, 0x05, 0, 0, 0, 0, 0, 0,
        0x08, 0x07, 0, 0, 0, 0, 0, 0,
    ];
    assert_eq!(built[4..], expected);
    let row = BlobRow {
        location: Location::Log { segment: 1, offset: 2 },
        sealing: Sealing::FolderKey,
        references: 3,
        length: 4,
        crc: 5,
    };
    let words: [u64; 5] = [1 | 1 << 8 | 3 << 32, 4, 5, 1, 2];
    let expected: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    assert_eq!(row.encode()[..], expected);
    let segment = SegmentHeader { number: 2, previous: 1, previous_length: 3, first_record: 4, volume: 5 };
    let bytes = segment.encode();
    assert_eq!(bytes.len(), 4096);
    assert_eq!(&bytes[..16], b"PCLOG\0\r\n\x01\0\0\0\0\0\0\0");
    assert_eq!(SegmentHeader::decode(&bytes), Some(segment));
}

#[test]
fn a_blob_has_one_path() {
    assert_eq!(blobs::file_path(0x0006_1f2a_9c00_d23f), "files/3f/00061f2a9c00d23f.blob");
    assert_eq!(blobs::file_id("00061f2a9c00d23f.blob"), Some(0x0006_1f2a_9c00_d23f));
    assert_eq!(blobs::file_id("61f2a9c00d23f.blob"), None);
    assert_eq!(blobs::file_id("00061f2a9c00d23f.tmp"), None);
}

#[test]
fn a_sequence_stays_below_its_high_water_and_asks_for_more_in_time() {
    let far = u64::MAX / 2;
    let sequence = Sequence::new(far);
    let high = sequence.wanted();
    sequence.reserved(high);
    let mut last = far;
    for _ in 0..1000 {
        let (next, _) = sequence.next();
        assert!(next > last && next <= high);
        last = next;
    }
    assert!(!sequence.next().1);
    let exhausted = Sequence::new(far);
    assert!(exhausted.next().1);
}

proptest! {
    #[test]
    fn no_payload_makes_decoding_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Some(changes) = Changes::decode(&bytes) {
            let _ = changes.puts().count() + changes.deletes().count();
        }
    }

    #[test]
    fn a_row_that_is_read_is_written_back_the_same(bytes in proptest::array::uniform32(any::<u8>()), location in 1u8..3) {
        let mut row = [0u8; 40];
        row[8..].copy_from_slice(&bytes);
        row[0] = location;
        if location == 2 {
            row[24..].fill(0);
        }
        prop_assert_eq!(BlobRow::decode(&row).unwrap().encode(), row);
    }

    #[test]
    fn every_cut_batch_is_refused(values in proptest::collection::vec(any::<Vec<u8>>(), 1..5), cut in 1usize..20) {
        let put = values.into_iter().map(|value| Put { table: "t".into(), key: value.clone(), value }).collect();
        let record = encode(&Batch { put, ..Batch::default() }, &[]).unwrap();
        let whole = payload(&record);
        prop_assert!(Changes::decode(whole).is_some());
        let less = whole.len().saturating_sub(cut);
        prop_assert!(Changes::decode(&whole[..less]).is_none());
    }
}
