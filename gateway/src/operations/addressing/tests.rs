use super::*;
use crate::request::url_encoding::push_path;
use proptest::prelude::*;

fn domains() -> Domains {
    Domains::new(["example.com", "s3.example.com:9000"])
}

fn check(host: &str, path: &str, expected: std::result::Result<(&str, &str), ErrorCode>) {
    let found = address(host, path, &domains()).map_err(|error| error.code);
    let expected = expected.map(|(bucket, key)| Address {
        bucket: (!bucket.is_empty()).then(|| bucket.to_owned()),
        key: (!key.is_empty()).then(|| key.to_owned()),
        in_host: domains().bucket_of(host).is_some(),
    });
    assert_eq!(found, expected, "{host} {path}");
}

#[test]
fn both_styles_name_bucket_and_key() {
    check("127.0.0.1:9000", "/", Ok(("", "")));
    check("127.0.0.1:9000", "/photos", Ok(("photos", "")));
    check("127.0.0.1:9000", "/photos/", Ok(("photos", "")));
    check("[::1]:9000", "/photos/cat.jpg", Ok(("photos", "cat.jpg")));
    check("s3.example.com:9000", "/photos/cat.jpg", Ok(("photos", "cat.jpg")));
    check("photos.s3.example.com:9000", "/cat.jpg", Ok(("photos", "cat.jpg")));
    check("PHOTOS.S3.Example.com", "/", Ok(("photos", "")));
    check("my.photos.s3.example.com", "/a/b", Ok(("my.photos", "a/b")));
    check("photos.example.com", "/a", Ok(("photos", "a")));
    check("elsewhere.org", "/photos/a", Ok(("photos", "a")));
    check("", "/photos/a", Ok(("photos", "a")));
}

#[test]
fn keys_are_decoded_and_never_normalised() {
    check("h", "/photos//", Ok(("photos", "/")));
    check("h", "/photos//a//b/", Ok(("photos", "/a//b/")));
    check("h", "/photos/./a/../b", Ok(("photos", "./a/../b")));
    check("h", "/photos/..", Ok(("photos", "..")));
    check("h", "/photos/a%2Fb%20c+d%25", Ok(("photos", "a/b c+d%")));
    check("h", "/photos/%C3%A9", Ok(("photos", "é")));
    check("h", "/photos/%00", Ok(("photos", "\0")));
    check("photos.example.com", "//a", Ok(("photos", "/a")));
}

#[test]
fn what_cannot_be_a_name_is_refused() {
    check("h", "/photos/%ff", Err(ErrorCode::InvalidURI));
    check("h", "/photos/%2", Err(ErrorCode::InvalidURI));
    check("h", "/%zz/a", Err(ErrorCode::InvalidURI));
    check("h", "photos/a", Err(ErrorCode::InvalidURI));
    check("h", "*", Err(ErrorCode::InvalidURI));
    check("h", "//a", Err(ErrorCode::InvalidBucketName));
    check("h", "/a%2Fb/c", Err(ErrorCode::InvalidBucketName));
    check("h", "/ab", Err(ErrorCode::InvalidBucketName));
    check("h", &format!("/photos/{}", "k".repeat(1024)), Ok(("photos", &"k".repeat(1024))));
    check("h", &format!("/photos/{}", "k".repeat(1025)), Err(ErrorCode::KeyTooLongError));
}

proptest! {
    #[test]
    fn an_encoded_key_comes_back(key in "\\PC{1,60}") {
        let mut path = String::from("/photos/");
        push_path(&mut path, &key);
        prop_assert_eq!(address("h", &path, &domains()).unwrap().key, Some(key));
    }

    #[test]
    fn no_path_or_host_panics(host in "\\PC{0,30}", path in "(/|%|[0-9a-f]|\\PC){0,30}") {
        let _ = address(&host, &path, &domains());
    }
}
