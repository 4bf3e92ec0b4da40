use super::*;

fn texts(ring: &LogRing) -> Vec<String> {
    ring.after(0).into_iter().map(|line| line.text).collect()
}

#[test]
fn bytes_become_lines() {
    let ring = Arc::new(LogRing::default());
    let log = CallLog::new("upper", Arc::default(), Arc::clone(&ring), "id");
    log.write_bytes(Level::Stdout, b"one\ntw");
    log.write_bytes(Level::Stderr, b"other\r\n");
    log.write_bytes(Level::Stdout, b"o\n\nopen");
    assert_eq!(texts(&ring), ["one", "other", "two", ""]);
    assert_eq!(log.finish().as_deref(), Some("other"));
    assert_eq!(texts(&ring), ["one", "other", "two", "", "open"]);
}

#[test]
fn a_call_and_a_ring_have_an_end() {
    let ring = Arc::new(LogRing::default());
    for _ in 0..20 {
        let log = CallLog::new("upper", Arc::default(), Arc::clone(&ring), "id");
        for _ in 0..1000 {
            log.write(Level::Info, &"ü".repeat(4000));
        }
        log.write_bytes(Level::Stdout, &vec![b'x'; 1 << 20]);
        log.finish();
    }
    let lines = ring.after(0);
    assert!(lines.iter().all(|line| line.text.len() <= LINE_BYTES_MAX + '…'.len_utf8()));
    assert!(lines.iter().map(|line| line.text.len()).sum::<usize>() <= RING_BYTES_MAX);
    assert!(lines.last().is_some_and(|line| line.text.ends_with("more lines are left out")));
    let last = lines.last().map(|line| line.number).unwrap_or_default();
    assert!(ring.after(last).is_empty());
}

#[test]
fn no_line_shows_a_secret() {
    let ring = Arc::new(LogRing::default());
    let hidden: Arc<[Secret]> = [Secret::new("hush-hush"), Secret::new("abc")].into();
    let log = CallLog::new("upper", hidden, Arc::clone(&ring), "id");
    log.write(Level::Info, "the token is hush-hush, abc");
    log.write_bytes(Level::Stderr, b"hush-hush\n");
    // Also where the line is cut in the middle of it.
    log.write(Level::Error, &format!("{}hush-hush", "x".repeat(LINE_BYTES_MAX - 4)));
    let texts = texts(&ring);
    assert_eq!(texts[..2], ["the token is ***, abc", "***"]);
    assert!(texts[2].ends_with("x***"), "{}", texts[2].len());
    assert!(!log.finish().unwrap().contains("hush"));
}
