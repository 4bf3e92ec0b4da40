use std::io::Write as _;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

fn package(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[track_caller]
fn refused(package: &[u8], why: &str) {
    let came = format!("{:#}", component(package).unwrap_err());
    assert!(came.contains(why), "{came}");
}

#[test]
fn the_one_component_of_a_package_is_found() {
    let bytes = b"\0asm component".as_slice();
    assert_eq!(component(&package(&[("upper.wasm", bytes)])).unwrap(), bytes);
    assert_eq!(component(&package(&[("README", b"x"), ("build/upper.wasm", bytes)])).unwrap(), bytes);
}

#[test]
fn what_is_no_package_of_one_component_is_refused() {
    refused(b"", "no .zip file");
    refused(b"PK\x03\x04 and nothing else", "no .zip file");
    refused(b"\0asm\x0d\0\x01\0", "this is a component");
    refused(&package(&[]), "0 files");
    refused(&package(&[("index.js", b"x")]), "0 files");
    refused(&package(&[("a.wasm", b"x"), ("b.wasm", b"y")]), "2 files");
    refused(&vec![0; PACKAGE_BYTES_MAX as usize + 1], "up to 18874368");
    let whole = package(&[("a.wasm", &[7; 100_000])]);
    for length in 0..whole.len() {
        assert!(component(&whole[..length]).is_err(), "{length}");
    }
    let mut damaged = whole.clone();
    damaged[40] ^= 0xFF;
    refused(&damaged, "cannot be read");
}

#[test]
fn a_bomb_is_not_unpacked() {
    refused(&package(&[("a.wasm", &vec![0; COMPONENT_BYTES_MAX + 1])]), "more than 67108864 bytes");
    // The same, and the package says that it is small.
    let mut lying = package(&[("a.wasm", &vec![0; COMPONENT_BYTES_MAX + 1])]);
    let size = (COMPONENT_BYTES_MAX as u32 + 1).to_le_bytes();
    let positions: Vec<usize> = (0..lying.len() - 4).filter(|at| lying[*at..*at + 4] == size).collect();
    assert!(!positions.is_empty());
    for at in positions {
        lying[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    assert!(component(&lying).is_err());
    let names: Vec<String> = (0..=FILES_MAX).map(|number| format!("{number}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    refused(&package(&files), "more than 1000 files");
}
