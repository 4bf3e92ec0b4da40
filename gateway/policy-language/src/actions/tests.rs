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

#[test]
fn actions_of_object_lambda_stand_for_those_of_s3() {
    assert!(object_lambda::ACTIONS.windows(2).all(|pair| pair[0] < pair[1]));
    for action in object_lambda::ACTIONS {
        let own = action.replacen(object_lambda::PREFIX, "s3:", 1);
        let is_own_of_lambda = *action == "s3-object-lambda:WriteGetObjectResponse";
        assert_eq!(level(&own).is_none(), is_own_of_lambda, "{action}");
        assert_eq!(object_lambda::standing_for(&own), Some(*action));
    }
    assert_eq!(object_lambda::standing_for("s3:GetBucketPolicy"), None);
    assert_eq!(object_lambda::standing_for("s3-object-lambda:GetObject"), None);
}
