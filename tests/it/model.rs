//! The reference model: random sequences of steps run on the server and on a small S3 in memory,
//! and must agree.
//!
//! Every step compares its answer, status and error code included; every sequence ends by comparing
//! all objects, versions, uploads and listings. A failing sequence is shrunk to its shortest form
//! and printed. `PORTCULLIS_MODEL_CASES` sets how many sequences are tried.

mod listings;
mod play;
mod reference;
mod steps;

use std::time::Duration;

use proptest::test_runner::{Config, TestCaseError, TestRunner};

use tests::server::Server;
use tests::workspace;

#[test]
fn the_server_means_what_the_reference_means() {
    let mut server = Server::start();
    let cases = u32::try_from(workspace::number("PORTCULLIS_MODEL_CASES", 96)).unwrap();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let outcome = TestRunner::new(config).run(&steps::sequences(), |steps| {
        let mut player = play::Player::new(&server);
        for (at, step) in steps.iter().enumerate() {
            player.play(step).map_err(|why| TestCaseError::fail(format!("step {at}, {step:?}: {why}")))?;
        }
        player.compare_all().map_err(|why| TestCaseError::fail(format!("at the end: {why}")))
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(server.is_alive());
    // References and usage are counted from all that is left, and compared with what was noted.
    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).is_some());
    server.check().unwrap_or_else(|report| panic!("{report}"));
}
