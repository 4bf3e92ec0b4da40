use super::*;

#[test]
fn a_copy_says_no_more_of_its_sealing_than_its_source() {
    let kept = [Protection::Unsaid, Protection::SseS3, Protection::SseC(vec![1])];
    let shared: Vec<Vec<bool>> =
        kept.iter().map(|from| kept.iter().map(|to| may_share_blobs(from, to)).collect()).collect();
    assert_eq!(shared, [[true, false, false], [true, true, false], [false, false, false]]);
}
