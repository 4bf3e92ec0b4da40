//! A transform that streams: gzip and Zstandard as what they hold. What is neither comes as it is.

mod gzip;
mod zstandard;

wit_bindgen::generate!({ path: "../../../gateway/transform-wit", world: "streaming" });

use exports::portcullis::transform::get_stream::{Context, Error, Guest, Streamed};
use portcullis::transform::types::Head;
use wit_bindgen::{StreamReader, StreamResult};

use gzip::Gzip;
use zstandard::Zstandard;

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// How the bytes are compressed.
enum Decoder {
    Not(Vec<u8>),
    Gzip(Box<Gzip>),
    Zstandard(Box<Zstandard>),
}

impl Decoder {
    /// By the first bytes: names and content types are often wrong.
    fn of(start: &[u8]) -> Decoder {
        match start {
            [0x1f, 0x8b, ..] => Decoder::Gzip(Box::default()),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Decoder::Zstandard(Box::default()),
            _ => Decoder::Not(Vec::new()),
        }
    }

    /// Takes bytes in.
    fn push(&mut self, bytes: &[u8]) {
        match self {
            Decoder::Not(waiting) => waiting.extend_from_slice(bytes),
            Decoder::Gzip(gzip) => gzip.push(bytes),
            Decoder::Zstandard(zstandard) => zstandard.push(bytes),
        }
    }

    /// A few of the bytes that they hold, so that a small object which holds terabytes needs no memory. `None` where
    /// more have to come in.
    fn pull(&mut self) -> Result<Option<Vec<u8>>, String> {
        match self {
            Decoder::Not(waiting) => Ok((!waiting.is_empty()).then(|| std::mem::take(waiting))),
            Decoder::Gzip(gzip) => gzip.pull(),
            Decoder::Zstandard(zstandard) => zstandard.pull(),
        }
    }

    /// Nothing comes any more.
    fn finish(&mut self) -> Result<Vec<u8>, String> {
        match self {
            Decoder::Not(_) => Ok(Vec::new()),
            Decoder::Gzip(gzip) => gzip.finish(),
            Decoder::Zstandard(zstandard) => zstandard.finish().map(|()| Vec::new()),
        }
    }
}

struct Decompress;

impl Guest for Decompress {
    async fn transform(context: Context, mut body: StreamReader<u8>) -> Result<Streamed, Error> {
        // The head comes first, so the start of the body says what it is.
        let (mut start, mut is_over) = (Vec::new(), false);
        while start.len() < 4 && !is_over {
            let (result, piece) = body.read(Vec::with_capacity(PIECE)).await;
            start.extend_from_slice(&piece);
            is_over = matches!(result, StreamResult::Dropped);
        }
        let mut decoder = Decoder::of(&start);
        let headers = match decoder {
            Decoder::Not(_) => Vec::new(),
            _ => headers(&context),
        };
        let (mut sender, stream) = wit_stream::new();
        let (end, told) = wit_future::new(|| Err(error("It stopped on its way".to_owned())));
        wit_bindgen::spawn_local(async move {
            let mut piece = start;
            let ended = loop {
                decoder.push(&piece);
                let pulled = loop {
                    match decoder.pull() {
                        Ok(None) => break Ok(()),
                        Ok(Some(bytes)) => {
                            if !sender.write_all(bytes).await.is_empty() {
                                // Nobody reads any more.
                                return;
                            }
                        }
                        Err(why) => break Err(why),
                    }
                };
                if pulled.is_err() || is_over {
                    break pulled.and_then(|()| decoder.finish());
                }
                let result;
                (result, piece) = body.read(Vec::with_capacity(PIECE)).await;
                is_over = matches!(result, StreamResult::Dropped);
            };
            let ended = match ended {
                Ok(last) => {
                    sender.write_all(last).await;
                    Ok(())
                }
                Err(why) => Err(error(why)),
            };
            drop(sender);
            let _ = end.write(ended).await;
        });
        Ok(Streamed { head: Head { status: 200, headers, metadata: None }, body: stream, end: told })
    }
}

/// The payload is the content type of what objects hold.
fn headers(context: &Context) -> Vec<(String, String)> {
    let own = context.object.content_type.as_deref().unwrap_or_default();
    let is_of_archive = matches!(own, "application/gzip" | "application/x-gzip" | "application/zstd");
    let content_type = match context.payload.as_str() {
        "" if is_of_archive => Some("application/octet-stream"),
        "" => None,
        payload => Some(payload),
    };
    let content_type = content_type.map(|own| ("content-type".to_owned(), own.to_owned()));
    // An object that was stored with `content-encoding: gzip` has it no more.
    [("content-encoding".to_owned(), "identity".to_owned())].into_iter().chain(content_type).collect()
}

fn error(why: String) -> Error {
    Error { status: 422, code: "DamagedArchive".to_owned(), message: why }
}

export!(Decompress);
