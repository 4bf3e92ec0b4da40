//! Prints what access points and transforms cost beside a plain GET:
//! `cargo run --release -p tests --example transform_cost [ROUNDS]`
//!
//! Kinds of GET take turns, 16 connections each, and the processor time of the server is counted.
//! A round compares each kind with the plain GET of the same round; the table has the medians. Then
//! an object of 1 GiB is read plain and through a function that streams. `PYTHON_TRANSFORM=FILE`
//! adds a component from Python, such as `portcullis transform new --lang python` builds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    reason = "a measurement that cannot go on stops, and says where"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tests::client::Client;
use tests::http::Request;
use tests::server::Server;
use tests::sign::Payload;
use tests::transforms::{component, creation};

const OWN: &str = "000000000001";
const CONNECTIONS: usize = 16;
const OBJECTS: usize = 500;
const BODY_BYTES: usize = 4 << 10;
const LARGE_BYTES: usize = 1 << 30;

/// A kind of GET: its name, the bucket or alias that it reads from, and how many a round has.
struct Kind {
    name: &'static str,
    bucket: String,
    count: usize,
}

fn arn(function: &str) -> String {
    format!("arn:aws:lambda:us-east-1:{OWN}:function:{function}")
}

fn control(method: &str, path: &str) -> Request {
    Request::new(method, &format!("/v20180820/{path}")).header("x-amz-account-id", OWN)
}

fn deploy(main: &mut Client, name: &str, component: &[u8], variables: &[(&str, &str)]) {
    // The buffered one imports a secret, too.
    let variables = [&[("TOKEN", "hush")], variables].concat();
    let mut document = creation(name, component, &variables);
    document["Timeout"] = 60.into();
    document["MemorySize"] = 256.into();
    main.expect(Request::new("POST", "/2015-03-31/functions").body(document.to_string()));
}

/// The text of an element of a document.
fn element(document: &str, name: &str) -> String {
    let start = format!("<{name}>");
    let rest = document.split(&start).nth(1).unwrap_or_else(|| panic!("no {name} in {document}"));
    rest.split('<').next().unwrap_or_default().to_owned()
}

/// An Object Lambda access point that has a function transform what is read; its alias.
fn point(main: &mut Client, function: &str) -> String {
    let root = "CreateAccessPointForObjectLambdaRequest";
    let document = format!(
        "<{root}><Configuration>\
         <SupportingAccessPoint>arn:aws:s3:us-east-1:{OWN}:accesspoint/plain</SupportingAccessPoint>\
         <TransformationConfigurations><TransformationConfiguration><Actions><Action>GetObject</Action></Actions>\
         <ContentTransformation><AwsLambda><FunctionArn>{}</FunctionArn></AwsLambda></ContentTransformation>\
         </TransformationConfiguration></TransformationConfigurations></Configuration></{root}>",
        arn(function)
    );
    let path = format!("accesspointforobjectlambda/of-{function}");
    element(&main.expect(control("PUT", &path).body(document)).text(), "Value")
}

fn key(number: usize) -> String {
    format!("o/{:04}", number * 7919 % OBJECTS)
}

/// Processor seconds of the server so far.
fn spent(server: &Server) -> f64 {
    server.metric("process_cpu_seconds_total", &[])
}

/// Microseconds of the server for one GET of a kind.
fn measure(server: &Server, kind: &Kind) -> f64 {
    let before = spent(server);
    std::thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            scope.spawn(move || {
                let mut client = server.client();
                for number in (connection..kind.count).step_by(CONNECTIONS) {
                    let answer = client.get(&format!("/{}/{}", kind.bucket, key(number)));
                    assert_eq!(answer.body.len(), BODY_BYTES, "{}: {}", kind.name, answer.status);
                }
            });
        }
    });
    (spent(server) - before) * 1e6 / kind.count as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Reads an object whose bytes nobody keeps: seconds, processor seconds, and the most memory that
/// was seen.
fn stream(server: &Server, target: &str) -> (f64, f64, u64) {
    let request = server.client().signed(Request::new("GET", target), Payload::Signed);
    let request = request.header("connection", "close");
    let (began, before) = (Instant::now(), spent(server));
    let mut connection = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    connection.write_all(&request.head()).unwrap();
    let (mut buffer, mut read, mut most) = (vec![0; 1 << 20], 0_usize, 0);
    let mut next = 0;
    loop {
        let count = connection.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        read += count;
        if read >= next {
            next += 64 << 20;
            most = most.max(server.resident_bytes());
        }
    }
    assert!(read >= LARGE_BYTES, "{target}: {read} bytes");
    (began.elapsed().as_secs_f64(), spent(server) - before, most)
}

fn main() {
    let rounds = std::env::args().nth(1).map_or(5, |rounds| rounds.parse().expect("a number of rounds"));
    let server = Server::start();
    let mut main = server.client();
    main.put("/bench", "");
    for number in 0..OBJECTS {
        main.put(&format!("/bench/{}", key(number)), vec![b'x'; BODY_BYTES]);
    }
    let points = "<CreateAccessPointRequest><Bucket>bench</Bucket></CreateAccessPointRequest>";
    let alias = element(&main.expect(control("PUT", "accesspoint/plain").body(points)).text(), "Alias");
    let grants = ("PORTCULLIS_GRANTS", "clock,random,objects,scratch,http=api.example.com");
    deploy(&mut main, "rust", &component("buffered"), &[grants]);
    // What may read other objects is not kept.
    deploy(&mut main, "kept", &component("streaming"), &[("PORTCULLIS_VARY", "none")]);
    deploy(&mut main, "streaming", &component("streaming"), &[]);
    let kind = |name, bucket, count| Kind { name, bucket, count };
    let mut kinds = vec![
        kind("plain", "bench".to_owned(), 8000),
        kind("by the alias of an access point", alias, 8000),
        kind("through a Rust transform, buffered", point(&mut main, "rust"), 4000),
        kind("what one made before, kept", point(&mut main, "kept"), 8000),
    ];
    if let Some(path) = std::env::var_os("PYTHON_TRANSFORM") {
        let python = std::fs::read(path).expect("PYTHON_TRANSFORM");
        let began = Instant::now();
        deploy(&mut main, "python", &python, &[]);
        println!("Python: deployed, with compiling, in {:.1} s", began.elapsed().as_secs_f64());
        let bucket = point(&mut main, "python");
        let began = Instant::now();
        main.get(&format!("/{bucket}/{}", key(0)));
        println!("Python: first call after {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
        kinds.push(kind("through a Python transform", bucket, 200));
    }
    // What is kept is made, and caches are filled.
    for kind in &kinds {
        measure(&server, kind);
    }

    let mut spent: Vec<Vec<f64>> = vec![Vec::new(); kinds.len()];
    for round in 0..rounds {
        for at in 0..kinds.len() {
            let at = (at + round) % kinds.len();
            spent[at].push(measure(&server, &kinds[at]));
        }
    }
    println!("GET of 4 KiB, {CONNECTIONS} at once, {rounds} rounds\n");
    println!("| GET | µs of the processor | more than plain | to plain |");
    println!("| --- | ---: | ---: | ---: |");
    for (kind, own) in kinds.iter().zip(&spent) {
        let more = median(own.iter().zip(&spent[0]).map(|(own, plain)| own - plain).collect());
        let ratio = median(own.iter().zip(&spent[0]).map(|(own, plain)| own / plain).collect());
        println!("| {} | {:.1} | {more:.1} | {ratio:.2} |", kind.name, median(own.clone()));
    }

    main.put("/bench/large", vec![b'x'; LARGE_BYTES]);
    let streaming = point(&mut main, "streaming");
    let base = server.resident_bytes();
    println!("\n| 1 GiB | MiB/s | µs of the processor per MiB | memory beside, MiB |");
    println!("| --- | ---: | ---: | ---: |");
    for (name, bucket) in [("plain", "bench"), ("through a Rust transform, streamed", &*streaming)] {
        let runs: Vec<_> = (0..3).map(|_| stream(&server, &format!("/{bucket}/large"))).collect();
        let seconds = median(runs.iter().map(|run| run.0).collect());
        let processor = median(runs.iter().map(|run| run.1).collect());
        let most = runs.iter().map(|run| run.2).max().unwrap_or_default();
        let mib = |bytes: u64| bytes >> 20;
        println!(
            "| {name} | {:.0} | {:.0} | {} |",
            1024.0 / seconds,
            processor * 1e6 / 1024.0,
            mib(most.saturating_sub(base))
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}
