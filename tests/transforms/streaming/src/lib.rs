//! A transform for tests: what is streamed, doing what its payload says.

wit_bindgen::generate!({
    path: "../../../gateway/transform-wit",
    inline: "
        package tests:streaming;
        world all {
            import portcullis:transform/log@0.1.0;
            export portcullis:transform/get-stream@0.1.0;
            export portcullis:transform/put-stream@0.1.0;
        }
    ",
    world: "tests:streaming/all",
    generate_all,
});

use std::time::Duration;

use exports::portcullis::transform::{get_stream, put_stream};
use misbehaving::misbehave;
use portcullis::transform::types::{Context, Error, Head};
use wit_bindgen::{FutureReader, StreamReader, StreamResult};

struct Streaming;

type Made = (StreamReader<u8>, FutureReader<Result<(), Error>>);

/// Bytes that are written at once.
const PIECE: usize = 64 << 10;

fn error(code: &str) -> Error {
    Error { status: 500, code: code.to_owned(), message: "said at the end".to_owned() }
}

/// What comes after the head.
fn make(payload: String, mut body: StreamReader<u8>) -> Made {
    let (mut sender, stream) = wit_stream::new();
    let (end, told) = wit_future::new(|| Err(error("Unsaid")));
    wit_bindgen::spawn_local(async move {
        match payload.as_str() {
            "later-panic" | "later-loop" | "later-memory" | "later-stack" => {
                sender.write_all(vec![b'x'; PIECE]).await;
                misbehave(payload.trim_start_matches("later-"));
            }
            "endless" => while sender.write_all(vec![b'x'; PIECE]).await.is_empty() {},
            "trickle" => loop {
                sender.write_all(vec![b'x']).await;
                std::thread::sleep(Duration::from_millis(20));
            },
            "unread" => drop(body),
            "failed" => {
                sender.write_all(vec![b'x'; PIECE]).await;
                drop(sender);
                let _ = end.write(Err(error("Failed"))).await;
                return;
            }
            "unsaid" => {
                sender.write_all(vec![b'x'; PIECE]).await;
                return;
            }
            _ => loop {
                let (result, mut piece) = body.read(Vec::with_capacity(PIECE)).await;
                piece.make_ascii_uppercase();
                if !sender.write_all(piece).await.is_empty() || matches!(result, StreamResult::Dropped) {
                    break;
                }
            },
        }
        drop(sender);
        let _ = end.write(Ok(())).await;
    });
    (stream, told)
}

impl get_stream::Guest for Streaming {
    async fn transform(context: Context, body: StreamReader<u8>) -> Result<get_stream::Streamed, Error> {
        misbehave(&context.payload);
        if context.payload == "error" {
            return Err(Error { status: 451, code: "NotHere".to_owned(), message: String::new() });
        }
        let headers = match context.payload.as_str() {
            "header-crlf" => vec![("x-a".to_owned(), "b\r\nset-cookie: c".to_owned())],
            _ => vec![],
        };
        let (body, end) = make(context.payload, body);
        Ok(get_stream::Streamed { head: Head { status: 200, headers, metadata: None }, body, end })
    }
}

impl put_stream::Guest for Streaming {
    async fn transform(context: Context, body: StreamReader<u8>) -> Result<put_stream::Streamed, Error> {
        misbehave(&context.payload);
        let (body, end) = make(context.payload, body);
        Ok(put_stream::Streamed { content_type: None, metadata: None, body, end })
    }
}

export!(Streaming);
