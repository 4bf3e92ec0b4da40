//! A transform of uploads: what holds the EICAR test file is not stored, nor what a scanner knows as infected. The
//! scanner is asked by SHA-256, so it never gets the bytes. Where it does not answer, nothing is stored.

wit_bindgen::generate!({
    path: "../../../gateway/transform-wit",
    inline: "
        package examples:scan;
        world scan {
            import portcullis:transform/log@0.1.0;
            import portcullis:transform/http@0.1.0;
            export portcullis:transform/put@0.1.0;
        }
    ",
    world: "examples:scan/scan",
    generate_all,
});

use exports::portcullis::transform::put::{Context, Error, Guest, Stored};
use portcullis::transform::http;
use portcullis::transform::log::{self, Level};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// <https://www.eicar.org/download-anti-malware-testfile/>, in two parts, so that no scanner minds this source.
const EICAR: [&str; 2] = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STAND", "ARD-ANTIVIRUS-TEST-FILE!$H+H*"];

/// What the deployer asks for, as JSON in the payload.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    /// Where to ask, for example `https://scanner.example.com/files/{sha256}`. Its host has to be granted.
    scanner: Option<String>,
    /// What the scanner has never seen is stored.
    store_unknown: bool,
}

/// What the scanner says.
#[derive(Deserialize)]
struct Verdict {
    infected: bool,
    #[serde(default)]
    name: String,
}

struct Scan;

impl Guest for Scan {
    fn transform(context: Context, body: Vec<u8>) -> Result<Stored, Error> {
        let settings: Settings = match context.payload.as_str() {
            "" => Settings::default(),
            payload => serde_json::from_str(payload)
                .map_err(|wrong| error(500, "InvalidPayload", format!("The payload: {wrong}")))?,
        };
        if memchr::memmem::find(&body, EICAR.concat().as_bytes()).is_some() {
            return Err(infected(&context, "the EICAR test file"));
        }
        let digest: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        if let Some(scanner) = &settings.scanner {
            match ask(scanner, &digest)? {
                Some(verdict) if verdict.infected => return Err(infected(&context, &verdict.name)),
                None if !settings.store_unknown => {
                    let message = "The scanner does not know this object, and unknown ones are not stored";
                    return Err(error(422, "NotScanned", message.to_owned()));
                }
                _ => {}
            }
        }
        let mut metadata = context.object.metadata;
        metadata.retain(|(name, _)| name != "scanned-sha256");
        metadata.push(("scanned-sha256".to_owned(), digest));
        Ok(Stored { content_type: None, metadata: Some(metadata), body: None })
    }
}

/// What the scanner says of a digest; `None` where it has never seen it.
fn ask(scanner: &str, digest: &str) -> Result<Option<Verdict>, Error> {
    let unavailable = |why: String| {
        log::write(Level::Error, &format!("the scanner: {why}"));
        error(503, "ServiceUnavailable", "The scanner does not answer, so nothing is stored".to_owned())
    };
    let response =
        http::get(&scanner.replace("{sha256}", digest)).map_err(|why| unavailable(why.to_string()))?;
    match response.status {
        200 => serde_json::from_slice(&response.body).map(Some).map_err(|why| unavailable(why.to_string())),
        404 => Ok(None),
        status => Err(unavailable(format!("it said {status}"))),
    }
}

fn infected(context: &Context, name: &str) -> Error {
    log::write(Level::Warn, &format!("{}: {name}", context.key));
    error(422, "Infected", format!("The object holds {name}, so it is not stored"))
}

/// An error whose message has no control characters, and is not too long.
fn error(status: u16, code: &str, message: String) -> Error {
    let message = message.chars().filter(|letter| !letter.is_control()).take(250).collect();
    Error { status, code: code.to_owned(), message }
}

export!(Scan);
