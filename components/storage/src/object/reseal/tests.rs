use super::*;

#[test]
fn only_what_is_said_of_bytes_may_be_said_of_their_copies() {
    let kept = [Protection::Unsaid, Protection::SseS3, Protection::SseC(vec![1])];
    let needless: Vec<Vec<bool>> =
        kept.iter().map(|from| kept.iter().map(|to| is_needless(from, to)).collect()).collect();
    assert_eq!(needless, [[true, false, false], [true, true, false], [false, false, false]]);
}
