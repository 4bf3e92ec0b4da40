//! Prints what each stage of the pipeline costs, for the operations that matter:
//! `cargo run --release -p tests --example stage_cost`
//!
//! One connection, one request after the other, every call timed; so the table says where time
//! goes, not how much a loaded server does. Times are microseconds of wall clock, and contain the
//! two looks at the clock at each border.

use tests::client::Client;
use tests::http::Request;
use tests::server::Server;

const STAGES: [&str; 8] = ["host", "gateway", "auth", "policy", "storage", "receive", "commit", "digest"];
const METRIC: &str = "portcullis_stage_duration_seconds_sum";
const OBJECTS: usize = 1000;
const ROUNDS: usize = 3000;

/// Microseconds of each stage so far.
fn spent(server: &Server) -> [f64; STAGES.len()] {
    STAGES.map(|stage| server.metric(METRIC, &[&format!("stage=\"{stage}\"")]) * 1e6)
}

fn main() {
    let server = Server::start();
    let mut client = server.client();
    client.put("/bench", "");
    let body = vec![b'x'; 4096];
    for number in 0..OBJECTS {
        client.put(&format!("/bench/o/{number:04}"), body.clone());
    }

    type Operation<'a> = (&'a str, usize, Box<dyn Fn(&mut Client, usize) + 'a>);
    let key = |number: usize| format!("/bench/o/{:04}", number * 7919 % OBJECTS);
    let operations: [Operation<'_>; 4] = [
        ("GET 4 KiB", ROUNDS, Box::new(|client, number| drop(client.get(&key(number))))),
        ("HEAD", ROUNDS, Box::new(|client, number| drop(client.expect(Request::new("HEAD", &key(number)))))),
        ("PUT 4 KiB", ROUNDS, Box::new(|client, number| drop(client.put(&key(number), body.clone())))),
        ("LIST 1,000", ROUNDS / 10, Box::new(|client, _| drop(client.get("/bench?list-type=2")))),
    ];

    println!("| operation | {} | all |", STAGES.join(" | "));
    println!("| --- |{} ---: |", " ---: |".repeat(STAGES.len()));
    for (name, rounds, run) in &operations {
        // The first ones fill caches, and the server's own.
        (0..rounds / 10).for_each(|number| run(&mut client, number));
        let before = spent(&server);
        (0..*rounds).for_each(|number| run(&mut client, number));
        let after = spent(&server);
        let each: Vec<f64> =
            before.iter().zip(after).map(|(before, after)| (after - before) / *rounds as f64).collect();
        let cells: Vec<String> = each.iter().map(|spent| format!("{spent:.1}")).collect();
        println!("| {name} | {} | {:.1} |", cells.join(" | "), each.iter().sum::<f64>());
    }
}
