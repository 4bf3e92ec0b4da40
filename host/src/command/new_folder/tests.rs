use super::*;

#[test]
fn a_name_is_good_for_files_and_crates() {
    for good in ["a", "no-deletes", "stage2"] {
        check_name(good, "stage").unwrap();
    }
    let long = "x".repeat(65);
    for bad in ["", "-a", "a-", "A", "a_b", "../a", "a/b", "2a", "a b", "ü", &long] {
        assert!(check_name(bad, "stage").unwrap_err().to_string().contains("no name of a stage"), "{bad}");
    }
}

#[test]
fn a_folder_is_made_once() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("upper");
    make(&folder).unwrap();
    write_file(&folder.join("src/lib.rs"), b"code").unwrap();
    assert_eq!(std::fs::read(folder.join("src/lib.rs")).unwrap(), b"code");
    assert!(make(&folder).unwrap_err().to_string().contains("is there already"));
}
