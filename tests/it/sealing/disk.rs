//! What somebody finds who has the data folder, and nothing else.

use std::path::Path;

use super::*;

/// Keys that nothing else in a folder looks like.
const ONE: u8 = 0xA7;
const OTHER: u8 = 0xB3;

/// Every byte of every file.
fn contents(folder: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => found.extend(contents(&entry)),
            false => found.push(std::fs::read(&entry).unwrap()),
        }
    }
    found
}

fn holds(files: &[Vec<u8>], needle: &[u8]) -> bool {
    files.iter().any(|file| file.windows(needle.len()).any(|window| window == needle))
}

#[test]
fn neither_bytes_nor_keys_are_found_on_the_disk() {
    let (mut server, mut client) = photos();
    let sentence = b"a sentence that nobody else has written into any file".repeat(3);
    // In the log, and in a file of its own: here and there one segment, and several.
    for (name, length) in [("short", 0), ("log", 150_000), ("file", 2 << 20)] {
        let body = [&bytes(length, 3)[..], &sentence].concat();
        for key in [None, Some(ONE)] {
            let target = format!("/photos/{name}-{}", key.is_some());
            let request = Request::new("PUT", &target).body(body.clone());
            client.expect(key.map_or(request.clone(), |byte| keyed(request, OBJECT, byte)));
            let copy = Request::new("PUT", &format!("{target}-copy")).header("x-amz-copy-source", &target);
            client.expect(keyed(key.map_or(copy.clone(), |byte| keyed(copy, SOURCE, byte)), OBJECT, OTHER));
        }
    }
    server.terminate();
    server.wait(std::time::Duration::from_secs(20)).expect("it ends");
    let files = contents(server.data());
    assert!(holds(&files, b"photos"), "names are no secret: this is where things are");
    assert!(!holds(&files, b"a sentence that nobody else"), "bytes of an object");
    for byte in [ONE, OTHER] {
        let key = [byte; 32];
        for form in [key.to_vec(), BASE64.encode(key).into_bytes(), BASE64.encode(md5(&key)).into_bytes()] {
            assert!(!holds(&files, &form), "a key, or its MD5");
        }
    }
    // And all of it is still there for who has the keys.
    server.start_again();
    let mut client = server.client();
    for name in ["short", "log", "file"] {
        assert!(client.get(&format!("/photos/{name}-false")).body.ends_with(&sentence));
        let sealed = client.expect(with_key("GET", &format!("/photos/{name}-true"), ONE));
        assert!(sealed.body.ends_with(&sentence));
        for source in [false, true] {
            let copy = client.expect(with_key("GET", &format!("/photos/{name}-{source}-copy"), OTHER));
            assert!(copy.body.ends_with(&sentence));
        }
    }
}
