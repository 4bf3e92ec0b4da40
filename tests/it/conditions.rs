//! Preconditions under load: races have one winner, counters lose no step, readers see whole
//! objects.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::{Body, md5, md5_hex};
use tests::http::{Request, Response};
use tests::server::Server;

/// Writers that race.
const WRITERS: usize = 12;

#[test]
fn of_many_first_writers_exactly_one_wins() {
    let server = Server::start();
    server.client().put("/races", "");
    for round in 0..25 {
        let target = format!("/races/key-{round}");
        let barrier = Barrier::new(WRITERS);
        let answers: Vec<Response> = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (barrier, target, mut client) = (&barrier, &target, server.client());
                    scope.spawn(move || {
                        let request = Request::new("PUT", target).header("if-none-match", "*");
                        barrier.wait();
                        client.send(request.body(format!("writer {writer}")))
                    })
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        let winners: Vec<usize> = (0..WRITERS).filter(|&writer| answers[writer].status == 200).collect();
        let codes: Vec<String> =
            answers.iter().map(|answer| format!("{} {}", answer.status, answer.code())).collect();
        assert_eq!(winners.len(), 1, "round {round}: {codes:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            let refusal = (answer.status, answer.code());
            let known =
                [(412, "PreconditionFailed".to_string()), (409, "ConditionalRequestConflict".to_string())];
            assert!(known.contains(&refusal), "round {round}: {codes:?}");
        }
        assert_eq!(server.client().get(&target).text(), format!("writer {}", winners[0]));
    }
}

#[test]
fn compare_and_swap_loses_no_step() {
    const STEPS: usize = 15;
    let server = Server::start();
    let mut client = server.client();
    client.put("/swaps", "");
    client.put("/swaps/counter", "0");
    let deadline = Instant::now() + Duration::from_secs(60);
    thread::scope(|scope| {
        for _ in 0..6 {
            let mut client = server.client();
            scope.spawn(move || {
                let mut done = 0;
                while done < STEPS {
                    assert!(Instant::now() < deadline, "no progress");
                    let read = client.get("/swaps/counter");
                    let count: usize = read.text().parse().unwrap();
                    let request = Request::new("PUT", "/swaps/counter")
                        .header("if-match", read.header("etag").unwrap());
                    let answer = client.send(request.body((count + 1).to_string()));
                    match answer.status {
                        200 => done += 1,
                        409 | 412 => {}
                        status => panic!("{status} {}", answer.text()),
                    }
                }
            });
        }
    });
    assert_eq!(client.get("/swaps/counter").text(), (6 * STEPS).to_string());
}

#[test]
fn a_conditional_delete_removes_only_what_it_names() {
    let server = Server::start();
    let mut client = server.client();
    client.put("/deletes", "");
    let etag = client.put("/deletes/a", "one").header("etag").unwrap().to_string();
    client.put("/deletes/a", "two");
    let delete = |etag: &str| Request::new("DELETE", "/deletes/a").header("if-match", etag);
    let refused = client.send(delete(&etag));
    assert_eq!((refused.status, refused.code().as_str()), (412, "PreconditionFailed"));
    let etag = client.get("/deletes/a").header("etag").unwrap().to_string();
    assert_eq!(client.send(delete(&etag)).status, 204);
    assert_eq!(client.call("GET", "/deletes/a").status, 404);
}

#[test]
fn a_version_among_many_keys_is_not_deleted_on_condition() {
    let server = Server::start();
    let mut client = server.client();
    client.put("/deletes", "");
    client.set_versioning("deletes", "Enabled");
    let put = client.put("/deletes/a", "one");
    let (etag, id) = (put.header("etag").unwrap(), put.header("x-amz-version-id").unwrap());
    let document = format!(
        "<Delete><Object><Key>a</Key><VersionId>{id}</VersionId><ETag>{}</ETag></Object></Delete>",
        etag.trim_matches('"')
    );
    let digest = BASE64.encode(md5(document.as_bytes()));
    let request = Request::new("POST", "/deletes?delete").header("content-md5", &digest).body(document);
    let answer = client.send(request);
    assert_eq!((answer.status, answer.code().as_str()), (200, "NotImplemented"), "{}", answer.text());
    assert_eq!(client.get(&format!("/deletes/a?versionId={id}")).text(), "one");
}

/// Bodies of every way of storing: in the log, and in files of their own.
const LENGTHS: [usize; 4] = [17, 4_096, 200_000, 900_000];

#[test]
fn readers_never_see_a_torn_object() {
    let server = Server::start();
    server.client().put("/torn", "");
    let first = Body { seed: 0, length: LENGTHS[1] };
    server.client().put("/torn/key", first.bytes());
    let (over, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for writer in 0..3_u64 {
            let (over, mut client) = (&over, server.client());
            scope.spawn(move || {
                for turn in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let length = LENGTHS[usize::try_from((turn + writer) % 4).unwrap()];
                    client.put("/torn/key", Body { seed: writer << 32 | turn, length }.bytes());
                }
            });
        }
        for reader in 0..3 {
            let (over, reads, mut client) = (&over, &reads, server.client());
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    if reader == 0 {
                        read_range(&mut client)
                    } else {
                        read_whole(&mut client)
                    }
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(Duration::from_secs(4));
        over.store(true, Ordering::Relaxed);
    });
    assert!(reads.load(Ordering::Relaxed) > 50, "too few reads to say anything");
}

fn read_whole(client: &mut tests::client::Client) {
    let response = client.get("/torn/key");
    assert_eq!(response.etag(), md5_hex(&response.body), "the ETag is not the body's");
    let seed = u64::from_be_bytes(response.body[..8].try_into().unwrap());
    assert_eq!(response.body, Body { seed, length: response.body.len() }.bytes(), "a mixture of two objects");
}

/// The range's bytes must belong to the object of the ETag in the same answer.
fn read_range(client: &mut tests::client::Client) {
    let response = client.expect(Request::new("GET", "/torn/key").header("range", "bytes=0-15"));
    assert_eq!(response.status, 206);
    let seed = u64::from_be_bytes(response.body[..8].try_into().unwrap());
    let length: usize =
        response.header("content-range").unwrap().rsplit('/').next().unwrap().parse().unwrap();
    let object = Body { seed, length };
    assert_eq!(response.body, &object.bytes()[..16]);
    assert_eq!(response.etag(), object.etag());
}
