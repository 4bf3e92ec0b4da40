//! Attacks a server beside a client that behaves well, one after the other, and prints what that
//! client and the memory felt: `cargo run --release -p tests --example attacks [SECONDS [WORDS]]`,
//! only those whose names have these words.
//!
//! Attacker, client and server share one machine and one address. Latencies are those of the
//! client, in milliseconds: of a PUT, GET, HEAD and listing in turn over a kept connection, each
//! round a GET over a new one, and a health probe.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement that cannot go on stops, and says where"
)]

use std::thread::sleep;
use std::time::{Duration, Instant};

use tests::attacks::{Attack, Running};
use tests::client::Client;
use tests::http::Request;
use tests::server::Server;
use tests::sign::{ALT, MAIN};

/// Between an attack and the look at what is left of it.
const REST: Duration = Duration::from_secs(5);
/// A pause of the client after each round, so that it does not measure its own load.
const PAUSE: Duration = Duration::from_millis(5);

/// What a client felt.
#[derive(Default)]
struct Felt {
    millis: Vec<f64>,
    errors: usize,
    resident: u64,
}

impl Felt {
    fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.millis.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
    }
}

/// Behaves well for a time.
fn behave(server: &Server, time: Duration) -> Felt {
    let mut felt = Felt::default();
    let mut kept = server.client();
    let begin = Instant::now();
    let mut round = 0;
    while begin.elapsed() < time {
        round += 1;
        let key = format!("/attacked/key-{}", round % 16);
        let mut one = |client: &mut Client, request: Request| {
            let begin = Instant::now();
            let answer = client.try_send(request);
            felt.millis.push(begin.elapsed().as_secs_f64() * 1e3);
            felt.errors += usize::from(!answer.is_ok_and(|answer| (200..300).contains(&answer.status)));
        };
        one(&mut kept, Request::new("PUT", &key).body(vec![b'x'; 4096]));
        one(&mut kept, Request::new("GET", &key));
        one(&mut kept, Request::new("HEAD", &key));
        one(&mut kept, Request::new("GET", "/attacked?list-type=2"));
        one(&mut server.client(), Request::new("GET", &key));
        one(&mut server.anonymous(), Request::new("GET", "/health/live"));
        felt.resident = felt.resident.max(server.resident_bytes());
        sleep(PAUSE);
    }
    felt
}

fn main() {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(60);
    let words = std::env::args().nth(2).unwrap_or_default();
    let time = Duration::from_secs(seconds);
    let large = "/attacked/large".to_owned();
    let public = "/attacked/public".to_owned();
    let attacks = [
        ("9 x 128 streams of POST / without a byte", Attack::BodilessStreams(9, 128)),
        ("1,500 POST / that drip", Attack::DrippingPosts(1500)),
        ("9,000 idle connections", Attack::IdleConnections(9000)),
        ("150 DeleteObjects of nobody, 1 MB each", Attack::Deletes(150, 1 << 20)),
        ("2,000 heads of 60 KB that do not end", Attack::PartialHeads(2000, 60_000)),
        ("2,000 heads of 30 KB that do not end", Attack::PartialHeads(2000, 30_000)),
        ("8,000 heads of 8 KB that do not end", Attack::PartialHeads(8000, 8_000)),
        (
            "128 GETs of 8 MB that nobody reads, of another account",
            Attack::Unread(128, public.clone(), Some(ALT)),
        ),
        ("1,500 GETs of 8 MB that nobody reads, of nobody", Attack::Unread(1500, public.clone(), None)),
        (
            "1,500 GETs of 8 MB that nobody reads, of the same user",
            Attack::Unread(1500, large.clone(), Some(MAIN)),
        ),
        ("9 x 128 streams with a window of 0, of nobody", Attack::UnreadStreams(9, 128, public, None)),
        (
            "9 x 128 streams with a window of 0, of the same user",
            Attack::UnreadStreams(9, 128, large, Some(MAIN)),
        ),
    ];
    println!("| attack | p50 quiet | p50 | p99 quiet | p99 | requests | errors | resident | after |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (name, attack) in attacks.into_iter().filter(|(name, _)| name.contains(&words)) {
        let server = Server::start();
        let mut client = server.client();
        client.put("/attacked", "");
        client.put("/attacked/large", vec![b'y'; 8 << 20]);
        client.expect(
            Request::new("PUT", "/attacked/public")
                .header("x-amz-acl", "public-read")
                .body(vec![b'z'; 8 << 20]),
        );
        behave(&server, Duration::from_secs(2));
        let quiet = behave(&server, time.min(Duration::from_secs(20)));
        let running = Running::start_aside(attack, server.port());
        sleep(Duration::from_secs(1));
        let felt = behave(&server, time);
        drop(running);
        sleep(REST);
        behave(&server, Duration::from_secs(1));
        println!(
            "| {name} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {} | {} MB | {} MB |",
            quiet.percentile(50),
            felt.percentile(50),
            quiet.percentile(99),
            felt.percentile(99),
            felt.millis.len(),
            felt.errors + quiet.errors,
            felt.resident >> 20,
            server.resident_bytes() >> 20
        );
    }
}
