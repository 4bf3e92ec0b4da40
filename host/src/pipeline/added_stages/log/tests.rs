use super::*;

#[test]
fn lines_are_bounded_in_number_and_length() {
    let mut log = StageLog::default();
    log.write(Level::Info, "é".repeat(LINE_BYTES_MAX));
    let line = &log.lines[0].text;
    assert!(line.ends_with('…') && line.len() <= LINE_BYTES_MAX + '…'.len_utf8(), "{}", line.len());
    for _ in 0..10 {
        log.write(Level::Debug, "x".repeat(LINE_BYTES_MAX));
    }
    assert!(log.bytes <= BYTES_MAX && log.left_out > 0, "{log:?}");

    let mut log = StageLog::default();
    for number in 0..LINES_MAX + 3 {
        log.write(Level::Info, number.to_string());
    }
    assert_eq!((log.lines.len(), log.left_out), (LINES_MAX, 3));
}

#[test]
fn the_last_error_is_found() {
    let mut log = StageLog::default();
    assert_eq!(log.last_error(), None);
    log.write(Level::Error, "first".to_owned());
    log.write(Level::Error, "second".to_owned());
    log.write(Level::Info, "third".to_owned());
    assert_eq!(log.last_error(), Some("second"));
}
