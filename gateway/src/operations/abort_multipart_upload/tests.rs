use super::*;

#[test]
fn an_abort_may_name_the_time() {
    let headers = Headers::from_iter([("x-amz-if-match-initiated-time", "Fri, 24 May 2013 00:00:00 GMT")]);
    let input = Input::parse(&Query::parse("uploadId=u").unwrap(), &headers).unwrap();
    assert_eq!(input.if_match_initiated_ms, Some(1_369_353_600_000));
}
