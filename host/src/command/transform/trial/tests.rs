use super::*;

#[test]
fn a_difference_is_shown_where_it_is() {
    assert_eq!(difference(b"a\nb", b"a\nb"), None);
    let told = difference(b"one\ntwo\n", b"one\ntoo\n").unwrap();
    assert!(told.contains("byte 5, in line 2: `too` instead of `two`"), "{told}");
    let told = difference(b"one\n", b"").unwrap();
    assert!(told.contains("0 bytes instead of 4") && told.contains("byte 0"), "{told}");
    assert!(difference(b"\xff\xfe", b"\xff").is_some());
}

#[tokio::test]
async fn objects_of_a_folder_are_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    std::fs::create_dir_all(inside.join("a")).unwrap();
    std::fs::write(inside.join("a/b"), "bytes").unwrap();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    let objects = Folder(inside);
    let read = async |key: &str, bytes_max| objects.read(key.to_owned(), None, bytes_max).await;
    assert!(matches!(read("a/b", 5).await, Ok(bytes) if bytes == b"bytes"));
    assert!(matches!(read("a/b", 4).await, Err(ObjectsError::TooLong)));
    for key in ["../secret", "/etc/passwd", "a/../../secret", "none", "."] {
        assert!(matches!(read(key, 100).await, Err(ObjectsError::Missing)), "{key}");
    }
}
