use std::fs;

use super::*;
use crate::{Options, Volume};

const STORAGE_FORMAT: &str = include_str!("../../../../docs/storage-format.md");

fn write(folder: &Path, text: &str) {
    fs::create_dir_all(folder.join(segment::FOLDER)).unwrap();
    fs::write(folder.join(FORMAT_FILE), text).unwrap();
}

#[test]
fn versions_are_counted_and_written_down() {
    let numbers: Vec<u32> = FORMATS.iter().map(|version| version.number).collect();
    assert_eq!(numbers, (1..=FORMAT).collect::<Vec<_>>());
    // `raise` writes over the line in place: it stays as long as it was.
    assert!(FORMAT < 10);
    for FormatVersion { number, brought, upgrade } in FORMATS {
        let row = format!("| {number} | {brought} | {upgrade} |").replace("  ", " ");
        assert!(STORAGE_FORMAT.contains(&row), "docs/storage-format.md has no row `{row}`");
    }
}

#[test]
fn every_version_but_a_newer_one_is_read() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(format_of(folder.path()).unwrap(), None);
    for version in 1..=FORMAT {
        write(folder.path(), &format!("portcullis-volume {version} 00000000000000ff\n"));
        assert_eq!(format_of(folder.path()).unwrap(), Some(version));
    }
    // What follows the version is a newer program's affair.
    for rest in ["00000000000000ff", "elsewhere and otherwise", ""] {
        write(folder.path(), &format!("portcullis-volume {} {rest}\n", FORMAT + 1));
        let error = format_of(folder.path()).unwrap_err();
        assert!(matches!(error, OpenError::NewerFormat { found, supported: FORMAT } if found == FORMAT + 1));
        let (newer, known) = (format!("format {}", FORMAT + 1), format!("up to {FORMAT}"));
        let text = error.to_string();
        assert!(text.contains(&newer) && text.contains(&known) && text.contains("newer release"), "{text}");
    }
}

#[test]
fn a_line_that_is_none_is_damage_where_there_is_a_log() {
    let folder = tempfile::tempdir().unwrap();
    for text in
        ["", "portcullis-volume", "portcullis-volume 0 ff\n", "portcullis-volume 2 xyz\n", "other 2 ff\n"]
    {
        write(folder.path(), text);
        assert_eq!(format_of(folder.path()).unwrap(), None, "{text}");
        fs::write(folder.path().join(segment::path(1)), "").unwrap();
        let error = format_of(folder.path()).unwrap_err();
        assert!(matches!(error, OpenError::Damaged(_)), "{text}: {error}");
        fs::remove_file(folder.path().join(segment::path(1))).unwrap();
    }
}

#[test]
fn an_older_folder_is_raised_before_it_is_written_to() {
    let folder = tempfile::tempdir().unwrap();
    Volume::open(Options::new(folder.path())).unwrap().close();
    let path = folder.path().join(FORMAT_FILE);
    let now = fs::read_to_string(&path).unwrap();
    for version in 1..=FORMAT {
        let older = now.replace(&format!(" {FORMAT} "), &format!(" {version} "));
        fs::write(&path, &older).unwrap();
        // A check changes no version.
        assert!(crate::check(&Options::new(folder.path()), None).unwrap().is_clean());
        assert_eq!(fs::read_to_string(&path).unwrap(), older);
        let volume = Volume::open(Options::new(folder.path())).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), now);
        volume.close();
    }
    fs::write(&path, now.replace(&format!(" {FORMAT} "), &format!(" {} ", FORMAT + 1))).unwrap();
    let error = Volume::open(Options::new(folder.path())).unwrap_err();
    assert!(matches!(error, OpenError::NewerFormat { .. }), "{error}");
}
