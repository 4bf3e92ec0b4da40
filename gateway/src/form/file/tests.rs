//! The end of the file, against a search in the whole.

use super::*;
use proptest::prelude::*;

fn read(boundary: &str, body: &[u8], chunk_length: usize) -> (Vec<u8>, State) {
    let mut reader = FileReader::new(boundary);
    let mut content = Vec::new();
    let mut state = State::More;
    for chunk in body.chunks(chunk_length) {
        state = reader.push(chunk, |bytes| content.extend_from_slice(bytes));
    }
    (content, state)
}

#[test]
fn the_delimiter_ends_the_file() {
    for (body, content, state) in [
        ("hello\r\n--B--\r\n", "hello", State::Ended),
        ("hello\r\n--B\r\nmore", "hello", State::Ended),
        ("\r\n--B", "", State::Ended),
        ("a\r\r\n--B", "a\r", State::Ended),
        ("a\r\n-\r\n--B", "a\r\n-", State::Ended),
        ("a\r\n--\r\n--B", "a\r\n--", State::Ended),
        ("a\r\n--C", "a\r\n--C", State::More),
        // What may be the start of the delimiter is held back.
        ("a\r\n--", "a", State::More),
    ] {
        for chunk_length in 1..body.len() + 1 {
            assert_eq!(
                read("B", body.as_bytes(), chunk_length),
                (content.as_bytes().to_vec(), state),
                "{body:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn the_first_delimiter_is_found(
        boundary in "[ab\r\n-]{0,6}",
        body in prop::collection::vec(prop::sample::select(b"\r\n-abx".to_vec()), 0..80),
        chunk_length in 1_usize..20,
    ) {
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        let (content, state) = read(&boundary, &body, chunk_length);
        match body.windows(delimiter.len()).position(|window| window == delimiter) {
            Some(end) => prop_assert_eq!((content.as_slice(), state), (&body[..end], State::Ended)),
            None => {
                prop_assert_eq!(state, State::More);
                prop_assert!(body.starts_with(&content));
                prop_assert!(delimiter.starts_with(&body[content.len()..]));
            }
        }
    }
}
