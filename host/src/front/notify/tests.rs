use super::*;

#[test]
fn the_state_reaches_the_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    notify(path.to_str(), "READY=1");
    let mut state = [0; 16];
    let length = socket.recv(&mut state).unwrap();
    assert_eq!(&state[..length], b"READY=1");
    notify(Some("/no/such/socket"), "READY=1");
    notify(None, "READY=1");
}
