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
    assert_eq!(domains_of(""), [""; 0]);
    assert_eq!(domains_of(" , s3.example.com ,,s3.local"), ["s3.example.com", "s3.local"]);
}
