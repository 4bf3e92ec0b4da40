//! The answers, and the socket.

use super::*;
use crate::config::TransformOptions;
use crate::keys::vault::Vault;
use crate::telemetry::explanations::Bounds;

pub(super) fn admin() -> Admin {
    let folder = tempfile::tempdir().unwrap();
    let volume = Volume::open(volume::Options::new(folder.path())).unwrap();
    admin_of(volume)
}

fn admin_of(volume: Arc<Volume>) -> Admin {
    let explanations = Explanations::new(Bounds::default());
    explanations.keep("AAAA", "{\"request_id\":\"AAAA\"}");
    explanations.keep("BBBB", "{\"request_id\":\"BBBB\"}");
    Admin {
        explanations: Arc::new(explanations),
        rates: Arc::default(),
        quotas: Arc::new(Quotas::new(&[], true)),
        volume,
        holding: Holding::default(),
        request_ids: Arc::default(),
        transforming: transforming(),
    }
}

fn transforming() -> Arc<Transforming> {
    let folder = tempfile::tempdir().unwrap();
    let (vault, explanations) = (Vault::open(folder.path()).unwrap(), Explanations::new(Bounds::default()));
    let options = TransformOptions::default();
    let cache = folder.path().join("cache");
    Arc::new(Transforming::new(&options, cache, Arc::new(vault), Arc::new(explanations)))
}

#[test]
fn every_path_has_its_answer() {
    let status = |method: Method, uri: &str| admin().answer(&method, &uri.parse().unwrap()).status().as_u16();
    for (uri, expected) in [
        ("/explanations/AAAA", 200),
        ("/explanations/CCCC", 404),
        ("/explanations/", 404),
        ("/explanations", 200),
        ("/explanations?limit=1", 200),
        ("/explanations?limit=0", 400),
        ("/explanations?limit=1001", 400),
        ("/explanations?limit=x", 400),
        ("/explanations?other=1", 400),
        ("/", 404),
        ("/explanationsx", 404),
        ("/limits", 200),
        ("/limits/account/000000000001", 405),
        ("/quotas", 200),
        ("/quotas/account/000000000001", 405),
        ("/usage", 200),
        ("/usages", 404),
        ("/functions/redact/logs", 404),
        ("/functions/redact/logs?after=7&request=AAAA", 404),
        ("/functions/redact/logs?after=x", 400),
        ("/functions/redact/logs?other=1", 400),
        ("/functions/re%20dact/logs", 400),
        ("/functions//logs", 400),
        ("/functions", 400),
    ] {
        assert_eq!(status(Method::GET, uri), expected, "{uri}");
    }
    assert_eq!(status(Method::DELETE, "/explanations/AAAA"), 405);
    assert_eq!(status(Method::PUT, "/usage"), 405);
    assert_eq!(status(Method::PUT, "/functions/redact/logs"), 405);
}

#[test]
fn a_client_gets_what_a_server_in_a_folder_answers() {
    let folder = tempfile::tempdir().unwrap();
    // Longer than the path of a socket may be.
    for name in ["short", &"long".repeat(50)] {
        let data = folder.path().join(name);
        std::fs::create_dir(&data).unwrap();
        assert!(
            get(&data, "/explanations")
                .unwrap_err()
                .to_string()
                .starts_with("no server runs on the data folder")
        );
        let server = AdminServer::start(&data, admin()).unwrap();
        let one = get(&data, "/explanations/AAAA").unwrap();
        assert_eq!((one.status.as_u16(), one.text.as_str()), (200, "{\"request_id\":\"AAAA\"}"));
        let latest = get(&data, "/explanations?limit=5").unwrap();
        assert_eq!(latest.text, "{\"explanations\":[{\"request_id\":\"BBBB\"},{\"request_id\":\"AAAA\"}]}");
        assert_eq!(get(&data, "/explanations/CCCC").unwrap().status.as_u16(), 404);
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(data.join(SOCKET)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        server.close();
        assert!(!data.join(SOCKET).exists());
    }
}

#[test]
fn connections_without_requests_make_room_for_a_further_one() {
    use std::io::{Read as _, Write as _};
    let folder = tempfile::tempdir().unwrap();
    let server = AdminServer::start(folder.path(), admin()).unwrap();
    let connect = || std::os::unix::net::UnixStream::connect(folder.path().join(SOCKET)).unwrap();
    let mut idle: Vec<_> = (0..serve::CONNECTIONS_MAX).map(|_| connect()).collect();
    assert_eq!(get(folder.path(), "/explanations/AAAA").unwrap().status.as_u16(), 200);
    // The oldest was closed, and the newest was not.
    assert_eq!(idle[0].read(&mut [0]).unwrap(), 0);
    let mut newest = idle.pop().unwrap();
    newest.write_all(b"GET /explanations/AAAA HTTP/1.1\r\nhost: admin\r\n\r\n").unwrap();
    let mut text = String::new();
    newest.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 ") && text.contains("AAAA"), "{text}");
    // None of the others lasts: its head is due.
    assert!(idle.iter_mut().all(|idle| idle.read(&mut [0]).is_ok_and(|length| length == 0)));
    server.close();
}

#[test]
fn a_socket_that_a_server_left_is_replaced_and_anything_else_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let left = socket::bind(folder.path()).unwrap();
    drop(left);
    assert!(folder.path().join(SOCKET).exists());
    assert!(get(folder.path(), "/explanations").is_err());
    AdminServer::start(folder.path(), admin()).unwrap().close();
    std::fs::write(folder.path().join(SOCKET), "a file").unwrap();
    assert!(AdminServer::start(folder.path(), admin()).is_err());
    assert_eq!(std::fs::read_to_string(folder.path().join(SOCKET)).unwrap(), "a file");
}

#[test]
fn a_client_holds_what_is_stored_until_it_is_gone_and_nobody_else_does_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let volume = Volume::open(volume::Options::new(folder.path().join("data"))).unwrap();
    let put = volume::Put { table: "t".to_owned(), key: b"k".to_vec(), value: b"v".to_vec() };
    volume.commit_blocking(volume::Batch { put: vec![put], ..volume::Batch::default() }).unwrap();
    let data = folder.path().join("data");
    assert!(hold(&data).unwrap().is_none(), "no server");
    let server = AdminServer::start(&data, admin_of(Arc::clone(&volume))).unwrap();
    let held = hold(&data).unwrap().unwrap();
    let mut pieces = Vec::new();
    while pieces.last() != Some(&HoldFrame::Piece(volume::Exported::End)) {
        pieces.push(held.wait().unwrap());
    }
    assert!(matches!(&pieces[0], HoldFrame::Piece(volume::Exported::Moment(_))), "{pieces:?}");
    assert!(matches!(&pieces[1], HoldFrame::Piece(volume::Exported::Rows { table, .. }) if table == "t"));
    assert_eq!(held.wait(), Ok(HoldFrame::Beat));
    let second = hold(&data).unwrap_err();
    assert!(format!("{second:#}").contains("a backup is being made already"), "{second:#}");
    drop(held);
    // The server notices at its next frame.
    let again = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        hold(&data).ok().flatten()
    });
    assert!(again.is_some(), "the hold of a client that is gone is given back");
    server.close();
    let again = again.unwrap();
    let gone = std::iter::from_fn(|| again.wait().err()).next();
    let gone = gone.or_else(|| (0..100).find_map(|_| again.wait().err()));
    assert_eq!(gone.as_deref(), Some("the server of the data folder has ended"));
}
