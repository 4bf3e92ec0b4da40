//! Parts, however the body is cut into frames.

use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const IDLE: Duration = Duration::from_secs(5);

/// A body that comes in frames of one length.
struct Frames(VecDeque<Bytes>);

impl Frames {
    fn of(body: &[u8], length: usize) -> Frames {
        Frames(body.chunks(length).map(Bytes::copy_from_slice).collect())
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.pop_front().map(|bytes| Ok(Frame::data(bytes))))
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// What stands before the contents of `parts` parts, and the content of the last one.
fn read(body: &[u8], length: usize, parts: usize) -> (Vec<String>, Result<String, Failure>) {
    run(async {
        let mut frames = Frames::of(body, length);
        let mut reached = Reached::start(Boundary::new("B").unwrap());
        let mut heads = Vec::new();
        for _ in 0..parts {
            match next_content(&mut frames, &mut reached, 1000, IDLE).await {
                Ok(head) => heads.push(String::from_utf8(head).unwrap()),
                Err(failure) => return (heads, Err(failure)),
            }
        }
        let content = content(&mut frames, reached).await;
        (heads, content.map(|content| String::from_utf8(content).unwrap()))
    })
}

async fn content(frames: &mut Frames, reached: Reached) -> Result<Vec<u8>, Failure> {
    let mut part = pin!(PartBody::new(frames, reached));
    let mut content = Vec::new();
    while let Some(bytes) = next_bytes(&mut part).await? {
        content.extend_from_slice(&bytes);
    }
    Ok(content)
}

fn in_any_frames(body: &str, parts: usize, heads: &[&str], content: Result<&str, Failure>) {
    for length in 1..=body.len() {
        let (read_heads, read_content) = read(body.as_bytes(), length, parts);
        assert_eq!(read_heads, heads, "{body:?} in frames of {length}");
        assert_eq!(read_content, content.map(str::to_owned), "{body:?} in frames of {length}");
    }
}

#[test]
fn parts_are_handed_over_one_by_one_and_as_sent() {
    let body = "--B\r\na: 1\r\n\r\nfirst\r\n--B\r\nb: 2\r\n\r\nsecond\r\n--B--\r\n";
    in_any_frames(body, 1, &["--B\r\na: 1\r\n\r\n"], Ok("first"));
    in_any_frames(body, 2, &["--B\r\na: 1\r\n\r\n", "first\r\n--B\r\nb: 2\r\n\r\n"], Ok("second"));
    // A part without headers, one without content, and one without even the line before the
    // delimiter.
    let body = "preamble\r\n--B\r\n\r\n\r\n--B \r\nc: 3\r\n\r\n--B\r\nd: 4\r\n\r\n\r\n--B--";
    let heads = ["preamble\r\n--B\r\n\r\n", "\r\n--B \r\nc: 3\r\n\r\n", "--B\r\nd: 4\r\n\r\n"];
    in_any_frames(body, 3, &heads, Ok(""));
}

#[test]
fn the_last_delimiter_ends_what_is_handed_over() {
    let body = "--B\r\na: 1\r\n\r\nfirst\r\n--B--\r\n";
    for length in 1..=body.len() {
        let (heads, _) = read(body.as_bytes(), length, 2);
        assert_eq!(heads, ["--B\r\na: 1\r\n\r\n", "first\r\n--B--"]);
    }
}

#[test]
fn what_looks_like_a_delimiter_is_content() {
    for content in ["a\r\n-\r\n--", "\r", "\r\n", "\r\r\n--\r\n--C", "--B", "x\r\n--\r\r\n-", "\r\n--b\r\n"] {
        let body = format!("--B\r\n\r\n{content}\r\n--B--\r\n");
        in_any_frames(&body, 1, &["--B\r\n\r\n"], Ok(content));
    }
}

#[test]
fn a_body_that_ends_early_is_incomplete() {
    in_any_frames(
        "--B\r\na: 1\r\n\r\nfirst\r\n--",
        1,
        &["--B\r\na: 1\r\n\r\n"],
        Err(Failure::BodyIncomplete),
    );
    in_any_frames("--B\r\na: 1\r\n", 1, &[], Err(Failure::BodyIncomplete));
    in_any_frames("no form", 1, &[], Err(Failure::BodyIncomplete));
    assert_eq!(read(b"", 1, 1), (Vec::new(), Err(Failure::BodyIncomplete)));
}

#[test]
fn limits_hold_before_and_behind() {
    let fields = format!("--B\r\na: {}\r\n\r\n", "1".repeat(990));
    assert_eq!(read(fields.as_bytes(), 7, 1).0.len(), 0);
    assert_eq!(read(fields.as_bytes(), 7, 1).1, Err(Failure::BodyTooLarge));
    for (behind, outcome) in
        [(EPILOGUE_BYTES_MAX, Ok("first".to_owned())), (EPILOGUE_BYTES_MAX + 1, Err(Failure::BodyIncomplete))]
    {
        let body = [b"--B\r\n\r\nfirst\r\n--B".to_vec(), vec![b'-'; behind]].concat();
        assert_eq!(read(&body, 1000, 1).1, outcome, "{behind}");
    }
}

#[test]
fn boundaries_are_short_and_plain() {
    for text in ["", "a\r", "ä", &"b".repeat(71)] {
        assert_eq!(Boundary::new(text), None, "{text:?}");
    }
    for text in ["B", "----WebKitFormBoundary 'x'", &"b".repeat(70)] {
        assert!(Boundary::new(text).is_some(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn the_first_delimiter_ends_the_content(
        boundary in "[ab-]{1,6}",
        body in prop::collection::vec(prop::sample::select(b"\r\n-abx".to_vec()), 0..80),
        length in 1_usize..20,
    ) {
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        let reached = Reached::start(Boundary::new(&boundary).unwrap());
        let read = run(async { content(&mut Frames::of(&body, length), reached).await });
        match body.windows(delimiter.len()).position(|window| window == delimiter) {
            Some(end) => prop_assert_eq!(read.as_deref(), Ok(&body[..end])),
            None => prop_assert_eq!(read, Err(Failure::BodyIncomplete)),
        }
    }
}
