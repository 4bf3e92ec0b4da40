//! What a transform can do wrong wherever it is called.

use std::hint::black_box;
use std::time::Duration;

/// Does what the payload says, if it is one of these.
pub fn misbehave(payload: &str) {
    match payload {
        "panic" => panic!("this is what a panic says"),
        "exit" => std::process::exit(1),
        "loop" => loop {
            black_box(payload);
        },
        "memory" => {
            let mut kept = Vec::new();
            loop {
                kept.push(vec![1u8; 1 << 20]);
                black_box(&kept);
            }
        }
        "stack" => {
            black_box(descend(0));
        }
        "sleep" => std::thread::sleep(Duration::from_secs(3600)),
        "print" => {
            for line in 0..20_000 {
                println!("line {line} {}", "x".repeat(100));
            }
        }
        "open" => drop(std::fs::File::open("/etc/passwd").map(|_| panic!("there are files"))),
        "connect" => drop(std::net::TcpStream::connect("127.0.0.1:22").map(|_| panic!("there is a network"))),
        "environment" => assert_eq!(std::env::vars().count(), 0),
        _ => {}
    }
}

#[expect(unconditional_recursion, reason = "this is what it is for")]
fn descend(depth: u64) -> u64 {
    black_box(descend(black_box(depth + 1)) + 1)
}
