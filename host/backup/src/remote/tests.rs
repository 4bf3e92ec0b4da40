use super::*;

#[test]
fn a_lock_that_is_not_refreshed_is_lost_before_others_take_it() {
    const { assert!(LOST_SECONDS < STALE_SECONDS && REFRESH.as_secs() * 3 < LOST_SECONDS) };
    let freshness = Freshness::default();
    let after = |seconds| UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds);
    freshness.renew(after(0));
    assert!(!freshness.is_lost(after(LOST_SECONDS)));
    assert!(freshness.is_lost(after(LOST_SECONDS + 1)));
    freshness.renew(after(REFRESH.as_secs()));
    assert!(!freshness.is_lost(after(LOST_SECONDS + 1)));
    // A clock that is set back says nothing.
    assert!(!freshness.is_lost(UNIX_EPOCH));
}

#[test]
fn a_lost_lock_ends_the_work() {
    let options = RemoteOptions::parse("s3://backups", Some("http://127.0.0.1:9"), "us-east-1").unwrap();
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "a secret of nobody");
    let url = options.endpoint.parse().unwrap();
    let bucket = Bucket::new(url, UrlStyle::Path, options.bucket, options.region).unwrap();
    let target = RemoteTarget {
        place: "s3://backups".to_owned(),
        bucket: Arc::new(bucket),
        prefix: String::new(),
        credentials: Arc::new(credentials),
        agent: agent(&options.endpoint),
        request_id: Arc::default(),
    };
    let lock = |began| {
        let freshness = Arc::new(Freshness::default());
        freshness.renew(began);
        Refreshed { target: target.clone(), name: "lock".to_owned(), freshness, refresher: Mutex::default() }
    };
    let now = SystemTime::now();
    let (fresh, lost) = (lock(now), lock(now - Duration::from_secs(LOST_SECONDS + 10)));
    assert!(fresh.check().is_ok());
    let told = lost.check().unwrap_err().to_string();
    assert!(told.contains("s3://backups") && told.contains("run it again"), "{told}");
    // Nothing listens there: they need not try to remove it.
    std::mem::forget((fresh, lost));
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    use std::io::Write as _;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        let _ = std::io::Read::read(&mut stream, &mut head).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n").unwrap();
        // Ends when the other side has had enough.
        while stream.write_all(&[b'<'; 65536]).is_ok() {}
    });
    let response = agent(&address).get(&address).call().unwrap();
    let answer = answer(response, 4096).unwrap();
    assert_eq!((answer.body.len(), answer.exceeded), (4097, Some(4096)));
    server.join().unwrap();
}
