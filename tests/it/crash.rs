//! The crash test: a server under concurrent load is killed at random points, again and again, on
//! one data folder.
//!
//! Workers write, overwrite, delete, copy, upload in parts and write versions; each keeps a ledger
//! of what was acknowledged and of the one request that the kill interrupted. After every restart
//! the server must hold exactly what the ledgers say: what was acknowledged byte for byte, and of
//! the interrupted request all or nothing. Some restarts are killed too, inside recovery.
//! `portcullis check` must find nothing.
//!
//! `PORTCULLIS_CRASH_ROUNDS` (100) and `PORTCULLIS_CRASH_SEED` set the length and the load.

mod ledger;
mod parts;
mod plain;
mod versioned;

use std::thread;
use std::time::Duration;

use tests::bodies::Noise;
use tests::client::Client;
use tests::server::Server;
use tests::workspace;

/// `portcullis check` after every so many kills.
const CHECK_EVERY: u64 = 5;
/// One in so many restarts is killed before it is ready.
const KILLED_IN_RECOVERY: u64 = 8;
/// The longest time under load before a kill.
const LOAD_MS_MAX: u64 = 500;

/// The request was interrupted, or the server refused it for lack of room: its outcome is not
/// known.
pub(crate) struct Interrupted;

/// Somebody who changes the bucket and knows what must be in it.
trait Worker: Send {
    /// One change. The ledger is told before the request leaves, and again when it is acknowledged.
    fn step(&mut self, client: &mut Client) -> Result<(), Interrupted>;
    /// Compares everything that this worker wrote, and settles what was interrupted.
    fn verify(&mut self, client: &mut Client) -> Result<(), String>;
}

#[test]
fn what_was_acknowledged_survives_any_kill() {
    let rounds = workspace::number("PORTCULLIS_CRASH_ROUNDS", 100);
    let mut noise = Noise::new(workspace::number("PORTCULLIS_CRASH_SEED", 0x9e37_79b9));
    let mut server = Server::start();
    let mut client = server.client();
    client.put("/plain", "");
    client.put("/versioned", "");
    client.set_versioning("versioned", "Enabled");
    let mut workers = staff(&mut noise);
    for round in 1..=rounds {
        let load = Duration::from_millis(noise.below(LOAD_MS_MAX));
        work_until_killed(&mut server, &mut workers, load);
        if round % KILLED_IN_RECOVERY == 0 {
            server.start_and_kill(Duration::from_millis(noise.below(120)));
        }
        if round % CHECK_EVERY == 0 || round == rounds {
            let checked = server.check();
            assert!(checked.is_ok(), "round {round}: check found: {}", checked.unwrap_err());
        }
        server.start_again();
        let mut client = server.client();
        for worker in &mut workers {
            if let Err(why) = worker.verify(&mut client) {
                panic!("round {round}, killed after {load:?}: {why}\n{}", server.log_tail());
            }
        }
    }
}

fn staff(noise: &mut Noise) -> Vec<Box<dyn Worker>> {
    let mut workers: Vec<Box<dyn Worker>> = Vec::new();
    for number in 0..5 {
        workers.push(Box::new(plain::Plain::new(number, noise.draw())));
    }
    for number in 0..3 {
        workers.push(Box::new(versioned::Versioned::new(number, noise.draw())));
    }
    workers.push(Box::new(parts::Parts::new(noise.draw())));
    workers
}

fn work_until_killed(server: &mut Server, workers: &mut [Box<dyn Worker>], load: Duration) {
    let port = server.port();
    thread::scope(|scope| {
        for worker in workers {
            scope.spawn(move || {
                let mut client = Client::new(port, Some(tests::sign::MAIN));
                while worker.step(&mut client).is_ok() {}
            });
        }
        thread::sleep(load);
        server.kill();
    });
}
