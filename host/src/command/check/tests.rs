use super::*;
use volume::Problem;

#[test]
fn a_report_says_what_is_wrong_to_people_and_to_programs() {
    let clean = Report { rows: 3, blobs: 2, bytes: 10, segments: 1, ..Report::default() };
    assert!(
        render(&clean, &BlobNames::default(), (Counted::Yes, UsageCounted::Yes), Output::Text)
            .starts_with("clean: 3 rows, 2 blobs of 10 bytes")
    );
    let damaged = Report { problem_count: 2, problems: vec![Problem::Corrupt(7)], ..clean };
    let text = render(&damaged, &BlobNames::default(), (Counted::Yes, UsageCounted::Yes), Output::Text);
    assert!(text.contains("0000000000000007") && text.contains("and 1 more") && text.contains("DAMAGED"));
    let document: serde_json::Value = serde_json::from_str(&render(
        &damaged,
        &BlobNames::default(),
        (Counted::Yes, UsageCounted::Yes),
        Output::Json,
    ))
    .unwrap();
    assert_eq!(document["clean"], false);
    assert_eq!(document["problem_count"], 2);
    assert_eq!(document["references_counted"], true);
    assert!(
        render(&damaged, &BlobNames::default(), (Counted::No, UsageCounted::No), Output::Text)
            .contains("not counted")
    );
    let uncounted = render(&damaged, &BlobNames::default(), (Counted::Yes, UsageCounted::No), Output::Text);
    assert!(uncounted.contains("usage was not compared"), "{uncounted}");
}
