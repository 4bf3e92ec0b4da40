use super::*;

#[test]
fn a_region_that_is_not_set_is_us_east_1() {
    for (set, expected) in
        [(None, "us-east-1"), (Some(""), "us-east-1"), (Some("eu-central-1"), "eu-central-1")]
    {
        assert_eq!(region_of(set.map(str::to_owned)), expected, "{set:?}");
    }
}

#[test]
fn domains_stand_between_commas() {
    assert!(domains_of("").is_empty());
    let domains = domains_of(" , s3.example.com ,,s3.local");
    for (host, bucket) in
        [("a.s3.example.com", Some("a")), ("a.s3.local", Some("a")), ("a.example.com", None)]
    {
        assert_eq!(domains.bucket_of(host), bucket, "{host}");
    }
}
