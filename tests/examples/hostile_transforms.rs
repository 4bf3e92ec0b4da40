//! Prints what hostile transforms cost their callers, and what they cost others:
//! `cargo run --release -p tests --example hostile_transforms [SECONDS]`
//!
//! Each row runs a component of `tests/transforms` that does what its payload says, by four clients
//! at once for some seconds, while two others read a small object. The table has what the callers
//! of the transform see, how long the others wait (p99, beside that of the quiet server in the same
//! minute), and how much memory the server has more afterwards than at the beginning.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    reason = "a measurement that cannot go on stops, and says where"
)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tests::client::Client;
use tests::http::Request;
use tests::server::Server;
use tests::transforms::{component, creation};

const OWN: &str = "000000000001";
/// Components, and the payloads that they misbehave by.
const CASES: [(&str, &str); 20] = [
    ("buffered", "panic"),
    ("buffered", "exit"),
    ("buffered", "loop"),
    ("buffered", "memory"),
    ("buffered", "stack"),
    ("buffered", "sleep"),
    ("buffered", "print"),
    ("buffered", "large"),
    ("buffered", "header-crlf"),
    ("buffered", "header-frames"),
    ("buffered", "header-id"),
    ("buffered", "headers-many"),
    ("buffered", "metadata"),
    ("buffered", "error"),
    ("streaming", "later-panic"),
    ("streaming", "later-loop"),
    ("streaming", "endless"),
    ("streaming", "trickle"),
    ("streaming", "failed"),
    ("streaming", "unsaid"),
];

fn control(method: &str, path: &str) -> Request {
    Request::new(method, &format!("/v20180820/{path}")).header("x-amz-account-id", OWN)
}

fn deploy(main: &mut Client, name: &str) {
    let variables = [
        ("PORTCULLIS_GRANTS", "clock,random,objects,scratch,http=api.example.com"),
        ("PORTCULLIS_LIMITS", "cpu_ms_max=400,output_bytes_max=16777216,calls_max=4"),
        ("TOKEN", "hush"),
    ];
    let mut document = creation(name, &component(name), &variables);
    document["Timeout"] = 1.into();
    main.expect(Request::new("POST", "/2015-03-31/functions").body(document.to_string()));
}

/// The alias of an Object Lambda access point that hands a payload to a function.
fn point(main: &mut Client, number: usize, (function, payload): (&str, &str)) -> String {
    let root = "CreateAccessPointForObjectLambdaRequest";
    let document = format!(
        "<{root}><Configuration>\
         <SupportingAccessPoint>arn:aws:s3:us-east-1:{OWN}:accesspoint/plain</SupportingAccessPoint>\
         <TransformationConfigurations><TransformationConfiguration><Actions><Action>GetObject</Action></Actions>\
         <ContentTransformation><AwsLambda>\
         <FunctionArn>arn:aws:lambda:us-east-1:{OWN}:function:{function}</FunctionArn>\
         <FunctionPayload>{payload}</FunctionPayload></AwsLambda></ContentTransformation>\
         </TransformationConfiguration></TransformationConfigurations></Configuration></{root}>"
    );
    let path = format!("accesspointforobjectlambda/case-{number}");
    let made = main.expect(control("PUT", &path).body(document)).text();
    let value = made.split("<Value>").nth(1).expect("an alias");
    value.split('<').next().unwrap_or_default().to_owned()
}

/// How long reads of a small object take, until `ends`.
fn waits(server: &Server, ends: &AtomicBool) -> Vec<Duration> {
    let mut client = server.client();
    let mut waits = Vec::new();
    while !ends.load(Ordering::Relaxed) {
        let began = Instant::now();
        client.get("/photos/cat.txt");
        waits.push(began.elapsed());
        std::thread::sleep(Duration::from_millis(2));
    }
    waits
}

/// What callers of a transform see, until `ends`.
fn calls(server: &Server, target: &str, ends: &AtomicBool) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut client = server.client();
    while !ends.load(Ordering::Relaxed) {
        seen.insert(match client.try_send(Request::new("GET", target)) {
            Ok(answer) if answer.status < 400 => format!("{}, {} bytes", answer.status, answer.body.len()),
            Ok(answer) => format!("{} {}", answer.status, answer.code()),
            Err(_) => {
                client = server.client();
                "a broken transfer".to_owned()
            }
        });
    }
    seen
}

/// Runs clients for some time: the p99 of those that read a small object, and what the callers of
/// `target` saw.
fn run(server: &Server, target: Option<&str>, time: Duration) -> (Duration, BTreeSet<String>) {
    let ends = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let others: Vec<_> = (0..2).map(|_| scope.spawn(|| waits(server, &ends))).collect();
        let callers: Vec<_> = target
            .into_iter()
            .flat_map(|target| (0..4).map(move |_| target))
            .map(|target| scope.spawn(|| calls(server, target, &ends)))
            .collect();
        std::thread::sleep(time);
        ends.store(true, Ordering::Relaxed);
        let mut waits: Vec<Duration> =
            others.into_iter().flat_map(|other| other.join().expect("a reader")).collect();
        let seen = callers.into_iter().flat_map(|caller| caller.join().expect("a caller")).collect();
        waits.sort();
        (waits.get(waits.len() * 99 / 100).copied().unwrap_or_default(), seen)
    })
}

fn main() {
    let seconds = std::env::args().nth(1).map_or(3.0, |text| text.parse().expect("seconds"));
    let time = Duration::from_secs_f64(seconds);
    let server = Server::start();
    let mut main = server.client();
    main.put("/photos", "");
    main.put("/photos/cat.txt", vec![b'x'; 4096]);
    let document = "<CreateAccessPointRequest><Bucket>photos</Bucket></CreateAccessPointRequest>";
    main.expect(control("PUT", "accesspoint/plain").body(document));
    ["buffered", "streaming"].into_iter().for_each(|name| deploy(&mut main, name));
    // Threads and pools are there once they were needed.
    let good = point(&mut main, CASES.len(), ("buffered", "nothing"));
    run(&server, Some(&format!("/{good}/cat.txt")), time);
    let base = server.resident_bytes();

    println!("| payload | its callers see | p99 of others: quiet | beside | memory after, MiB |");
    println!("| --- | --- | ---: | ---: | ---: |");
    for (number, (function, payload)) in CASES.into_iter().enumerate() {
        let alias = point(&mut main, number, (function, payload));
        let (quiet, _) = run(&server, None, time);
        let (beside, seen) = run(&server, Some(&format!("/{alias}/cat.txt")), time);
        let seen: Vec<String> = seen.into_iter().collect();
        let more = (server.resident_bytes() >> 20) as i64 - (base >> 20) as i64;
        let milliseconds = |wait: Duration| wait.as_secs_f64() * 1e3;
        println!(
            "| {payload} | {} | {:.1} ms | {:.1} ms | {more:+} |",
            seen.join("; "),
            milliseconds(quiet),
            milliseconds(beside)
        );
    }
    assert!(server.is_alive(), "the server has ended");
}
