//! Golden exchanges: every file of `tests/golden` is played on a server of its own, and the answers
//! are compared whole.
//!
//! `BLESS=1 cargo test -p tests golden` writes what the server answers into the files; review the
//! difference.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tests::client::Client;
use tests::golden::{Exchange, File, Names, Promise, Sender, prepare};
use tests::http::Response;
use tests::server::Server;
use tests::sign::Payload;
use tests::workspace;

/// Servers at a time.
const PLAYERS: usize = 3;

#[test]
fn every_exchange_is_answered_as_written() {
    let files = Mutex::new(workspace::files(&workspace::tests().join("golden"), "http"));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..PLAYERS {
            scope.spawn(|| {
                while let Some(path) = next(&files) {
                    if let Err(failure) = play(&path) {
                        let name =
                            path.strip_prefix(workspace::root()).unwrap_or(&path).display().to_string();
                        failures.lock().unwrap().push(format!("{name}: {failure}"));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(
        failures.is_empty(),
        "{} files differ (BLESS=1 rewrites them)\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

fn next(files: &Mutex<Vec<PathBuf>>) -> Option<PathBuf> {
    files.lock().unwrap().pop()
}

/// The users of one file, on one server.
struct Players {
    main: Client,
    alt: Client,
    anonymous: Client,
}

impl Players {
    fn send(&mut self, block: &str) -> Result<Response, String> {
        let prepared = prepare(block)?;
        let client = match prepared.sender {
            Sender::Main => &mut self.main,
            Sender::Alt => &mut self.alt,
            Sender::Anonymous => &mut self.anonymous,
        };
        let payload = if prepared.unsigned_payload { Payload::Unsigned } else { Payload::Signed };
        let request = client.signed(prepared.request, payload);
        client
            .try_send_as_is(&request)
            .map_err(|error| format!("{} {}: {error}", request.method, request.target))
    }
}

fn play(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut file = File::parse(&text)?;
    let server = Server::start();
    let mut players =
        Players { main: server.client(), alt: server.other_client(), anonymous: server.anonymous() };
    let mut names = Names::default()
        .with(&format!("127.0.0.1:{}", server.port()), "host")
        .with(env!("CARGO_PKG_VERSION"), "version");
    for exchange in &mut file.exchanges {
        let response = players.send(&names.fill(&exchange.request))?;
        let described = names.describe(&response);
        judge(exchange, &response, &described)?;
        exchange.response = if exchange.promise.is_some() { described } else { String::new() };
    }
    if workspace::blessing() {
        std::fs::write(path, file.render()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The promise must be kept in any case; the text below it may be blessed.
fn judge(exchange: &Exchange, response: &Response, described: &str) -> Result<(), String> {
    let line = exchange.request.lines().next().unwrap_or_default();
    let Some(promise) = &exchange.promise else {
        let works = (200..300).contains(&response.status);
        return if works {
            Ok(())
        } else {
            Err(format!("setup {line}: {} {}", response.status, response.text()))
        };
    };
    let kept = Promise { status: response.status, code: response.code() };
    if *promise != kept {
        return Err(format!(
            "{line}: promised {} {}, came {} {}\n{described}",
            promise.status, promise.code, kept.status, kept.code
        ));
    }
    if described != exchange.response && !workspace::blessing() {
        return Err(format!("{line}\n--- written\n{}\n--- answered\n{described}", exchange.response));
    }
    Ok(())
}
