//! A transform for tests: what is buffered, doing what its payload says.

wit_bindgen::generate!({
    path: "../../../gateway/transform-wit",
    inline: "
        package tests:buffered;
        world all {
            import portcullis:transform/log@0.1.0;
            import portcullis:transform/clock@0.1.0;
            import portcullis:transform/random@0.1.0;
            import portcullis:transform/http@0.1.0;
            import portcullis:transform/secrets@0.1.0;
            import portcullis:transform/objects@0.1.0;
            import portcullis:transform/scratch@0.1.0;
            export portcullis:transform/get@0.1.0;
            export portcullis:transform/head@0.1.0;
            export portcullis:transform/list-page@0.1.0;
            export portcullis:transform/put@0.1.0;
        }
    ",
    world: "tests:buffered/all",
    generate_all,
});

use std::time::{SystemTime, UNIX_EPOCH};

use exports::portcullis::transform::{get, head, list_page, put};
use misbehaving::misbehave;
use portcullis::transform::types::{Context, Error, Head, Reply};
use portcullis::transform::{clock, http, log, objects, random, scratch, secrets};

struct Buffered;

fn good(body: Vec<u8>) -> Result<Reply, Error> {
    Ok(Reply { head: Head { status: 200, headers: vec![], metadata: None }, body: Some(body) })
}

fn with_headers(headers: Vec<(String, String)>) -> Result<Reply, Error> {
    Ok(Reply { head: Head { status: 200, headers, metadata: None }, body: Some(vec![]) })
}

fn error(status: u16, code: &str, message: &str) -> Error {
    Error { status, code: code.to_owned(), message: message.to_owned() }
}

/// What each capability gives, as a text.
fn ask(what: &str, of: &str) -> String {
    match what {
        "clock" => clock::now_ms().to_string(),
        "system-time" => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().to_string(),
        "random" => format!("{:?}", random::bytes(of.parse().unwrap())),
        "hash" => {
            use std::hash::BuildHasher as _;
            std::hash::RandomState::new().hash_one(of).to_string()
        }
        "http" => match http::get(of) {
            Ok(response) => format!("{} {}", response.status, String::from_utf8_lossy(&response.body)),
            Err(error) => format!("{error:?}"),
        },
        "secret" => format!("{:?}", secrets::get(of)),
        "object" => match objects::get(of, None) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("{error:?}"),
        },
        "objects" => {
            (0..of.parse().unwrap()).for_each(|_| drop(objects::get("none", None)));
            String::new()
        }
        "set" => {
            let (key, value) = of.split_once('=').unwrap();
            scratch::set(key, value.as_bytes());
            String::new()
        }
        "get" => format!("{:?}", scratch::get(of).map(|value| String::from_utf8(value).unwrap())),
        "remove" => {
            scratch::remove(of);
            String::new()
        }
        _ => panic!("there is no `{what}`"),
    }
}

impl get::Guest for Buffered {
    fn transform(context: Context, body: Vec<u8>) -> Result<Reply, Error> {
        misbehave(&context.payload);
        let header = |name: &str, value: &str| with_headers(vec![(name.to_owned(), value.to_owned())]);
        let (verb, rest) = context.payload.split_once(' ').unwrap_or((&context.payload, ""));
        match verb {
            "ask" => {
                let (what, of) = rest.split_once(' ').unwrap_or((rest, ""));
                good(ask(what, of).into_bytes())
            }
            "context" => good(format!("{context:?}").into_bytes()),
            "header-crlf" => header("x-a", "b\r\nset-cookie: c"),
            "header-name" => header("x-a: b\r\nx-c", "d"),
            "header-frames" => header("Content-Length", "5"),
            "header-hop" => header("transfer-encoding", "chunked"),
            "header-id" => header("x-amz-request-id", "forged"),
            "header-long" => header("x-long", &"x".repeat(1 << 20)),
            "headers-many" => {
                with_headers((0..100_000).map(|at| (format!("x-{at}"), String::new())).collect())
            }
            "status" => Ok(Reply { head: Head { status: 102, headers: vec![], metadata: None }, body: None }),
            "metadata" => {
                let metadata = Some(vec![("large".to_owned(), "x".repeat(4096))]);
                Ok(Reply { head: Head { status: 200, headers: vec![], metadata }, body: None })
            }
            "error" => Err(error(451, "NotHere", "Not in this country")),
            "error-code" => Err(error(403, "<Code>", "")),
            "error-status" => Err(error(200, "Fine", "")),
            "error-long" => Err(error(403, "Long", &"x".repeat(1 << 20))),
            "large" => good(vec![b'x'; 100 << 20]),
            "same" => Ok(Reply { head: Head { status: 200, headers: vec![], metadata: None }, body: None }),
            "log" => {
                log::write(log::Level::Warn, rest);
                eprintln!("printed: {rest}");
                good(vec![])
            }
            "log-flood" => {
                (0..100_000).for_each(|_| log::write(log::Level::Info, &"x".repeat(100_000)));
                good(vec![])
            }
            _ => good(body.to_ascii_uppercase()),
        }
    }
}

impl head::Guest for Buffered {
    fn transform(context: Context) -> Result<head::HeadReply, Error> {
        misbehave(&context.payload);
        Ok(head::HeadReply { head: Head { status: 200, headers: vec![], metadata: None }, size: Some(7) })
    }
}

impl list_page::Guest for Buffered {
    fn transform(context: Context, mut page: list_page::Page) -> Result<list_page::Page, Error> {
        misbehave(&context.payload);
        match context.payload.as_str() {
            "new" => page.entries[0].key = "zzz".to_owned(),
            "many" => (0..2000).for_each(|_| page.entries.push(page.entries[0].clone())),
            _ => page.entries.retain(|entry| !entry.key.starts_with("secret")),
        }
        Ok(page)
    }
}

impl put::Guest for Buffered {
    fn transform(context: Context, body: Vec<u8>) -> Result<put::Stored, Error> {
        misbehave(&context.payload);
        if body.starts_with(b"virus") {
            return Err(error(422, "Infected", "This is a virus"));
        }
        let mut metadata = vec![("checked".to_owned(), "yes".to_owned())];
        if context.payload == "tags" {
            let tags = context.object.tags.iter().map(|(name, value)| format!("{name}={value}"));
            metadata.push(("tags".to_owned(), tags.collect::<Vec<_>>().join(",")));
        }
        let metadata = Some(metadata);
        Ok(put::Stored { content_type: Some("text/plain".to_owned()), metadata, body: None })
    }
}

export!(Buffered);
