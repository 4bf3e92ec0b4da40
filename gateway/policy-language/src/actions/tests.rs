use super::*;

#[test]
fn actions_are_listed_once_and_in_order() {
    let folded: Vec<String> = ACTIONS.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    assert!(folded.windows(2).all(|pair| pair[0] < pair[1]), "{folded:?}");
}

#[test]
fn actions_are_compared_without_regard_to_case() {
    for (pattern, action, expected) in [
        ("s3:GetObject", "s3:getobject", true),
        ("S3:GETOBJECT", "s3:getobject", true),
        ("s3:Get*", "s3:getbucketacl", true),
        ("s3:???Object", "s3:putobject", true),
        ("*", "sts:assumerole", true),
        ("s3:*", "sts:assumerole", false),
        ("s3:GetObject", "s3:getobjectacl", false),
    ] {
        assert_eq!(ActionPattern::parse(pattern).matches(action), expected, "{pattern} {action}");
    }
}
