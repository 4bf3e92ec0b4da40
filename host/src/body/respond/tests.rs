//! Response bodies over a real volume.

use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt as _;

use super::{ResponseBody, STEP_BYTES, Source, Stored};
use volume::{Batch, Options, Span, SpanReader, Volume};

struct Folder {
    volume: std::sync::Arc<Volume>,
    dir: tempfile::TempDir,
}

fn folder() -> Folder {
    let dir = tempfile::tempdir().unwrap();
    Folder { volume: Volume::open(Options::new(dir.path())).unwrap(), dir }
}

impl Folder {
    /// Stores bytes and returns the span that is all of them.
    fn store(&self, bytes: &[u8]) -> Span {
        let mut receiver = self.volume.receive(Some(bytes.len() as u64), None);
        receiver.write(bytes).unwrap();
        let blob = receiver.finish_blocking().unwrap();
        self.volume.commit_blocking(Batch { keep: vec![blob.id()], ..Batch::default() }).unwrap();
        Span { blob: blob.id(), offset: 0, length: blob.length() }
    }

    fn reader(&self, spans: &[Span]) -> SpanReader {
        self.volume.reader(spans, None).unwrap()
    }
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

async fn collected(body: ResponseBody) -> Bytes {
    body.collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn nothing_and_bytes_say_how_long_they_are() {
    assert!(ResponseBody::Empty.is_end_stream());
    assert_eq!(ResponseBody::Empty.size_hint().exact(), Some(0));
    assert!(ResponseBody::Bytes(Bytes::new()).is_end_stream());
    let body = ResponseBody::Bytes(Bytes::from_static(b"abc"));
    assert_eq!(body.size_hint().exact(), Some(3));
    assert!(!body.is_end_stream());
    assert_eq!(collected(body).await, "abc");
    assert_eq!(collected(ResponseBody::Empty).await, "");
}

#[tokio::test]
async fn few_stored_bytes_are_at_hand_at_once() {
    let folder = folder();
    let bytes = pattern(5000);
    let span = folder.store(&bytes);
    let body = ResponseBody::stored(folder.reader(&[span])).unwrap();
    assert!(matches!(body, ResponseBody::Bytes(_)), "{body:?}");
    assert_eq!(collected(body).await, bytes);
    let parts = [Span { offset: 10, length: 90, ..span }, Span { offset: 0, length: 10, ..span }, span];
    let body = ResponseBody::stored(folder.reader(&parts)).unwrap();
    assert!(matches!(body, ResponseBody::Bytes(_)), "{body:?}");
    assert_eq!(collected(body).await, [&bytes[10..100], &bytes[..10], &bytes].concat());
    let body = ResponseBody::stored(folder.reader(&[])).unwrap();
    assert!(matches!(body, ResponseBody::Empty), "{body:?}");
}

#[tokio::test]
async fn many_stored_bytes_are_streamed_and_counted_down() {
    let folder = folder();
    let bytes = pattern(3 * STEP_BYTES + 100);
    let span = folder.store(&bytes);
    let mut body = ResponseBody::stored(folder.reader(&[span])).unwrap();
    assert!(matches!(body, ResponseBody::Stored(_)), "{body:?}");
    let mut received = Vec::new();
    while !body.is_end_stream() {
        let left = (bytes.len() - received.len()) as u64;
        assert_eq!(body.size_hint().exact(), Some(left));
        let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(!piece.is_empty() && piece.len() <= STEP_BYTES);
        received.extend_from_slice(&piece);
    }
    assert!(received == bytes);
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn what_is_missing_aborts_the_response() {
    let folder = folder();
    let reader = folder.reader(&[folder.store(&pattern(100))]);
    let stored = Stored::new(101, None, Source::Idle(reader));
    let mut body = ResponseBody::Stored(stored);
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), 100);
    assert!(!body.is_end_stream());
    assert!(body.frame().await.unwrap().is_err());
    // It stays an error, however often it is asked.
    assert!(body.frame().await.unwrap().is_err());
}

#[tokio::test]
async fn more_than_was_announced_aborts_the_response() {
    let folder = folder();
    let reader = folder.reader(&[folder.store(&pattern(100))]);
    let mut body = ResponseBody::Stored(Stored::new(99, None, Source::Idle(reader)));
    assert!(body.frame().await.unwrap().is_err());
}

#[tokio::test]
async fn stored_bytes_that_changed_on_the_disk_are_not_given_out_as_whole() {
    let folder = folder();
    let length = 2 * STEP_BYTES;
    let span = folder.store(&pattern(length));
    let path = folder.dir.path().join(format!("files/{:02x}/{:016x}.blob", span.blob & 0xff, span.blob));
    let mut stored = std::fs::read(&path).unwrap();
    stored[length - 1] ^= 1;
    std::fs::write(&path, &stored).unwrap();
    let body = ResponseBody::stored(folder.reader(&[span])).unwrap();
    assert!(body.collect().await.is_err());
}

#[tokio::test]
async fn long_answers_go_in_steps_and_say_what_is_left() {
    let bytes = pattern(2 * STEP_BYTES + 7);
    let mut body = ResponseBody::made(bytes.clone());
    let mut received = Vec::new();
    while !body.is_end_stream() {
        assert_eq!(body.size_hint().exact(), Some((bytes.len() - received.len()) as u64));
        let step = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(!step.is_empty() && step.len() <= STEP_BYTES);
        received.extend_from_slice(&step);
    }
    assert!(received == bytes && body.frame().await.is_none());
}
