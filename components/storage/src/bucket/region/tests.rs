use gateway::errors::ErrorCode;

use super::of_new_bucket;

fn code(constraint: &str, deployment: &str) -> ErrorCode {
    of_new_bucket(Some(constraint), deployment).unwrap_err().code
}

#[test]
fn without_a_constraint_a_bucket_is_where_the_deployment_is() {
    assert_eq!(of_new_bucket(None, "us-east-1").unwrap(), "us-east-1");
    assert_eq!(of_new_bucket(None, "eu-north-1").unwrap(), "eu-north-1");
    assert_eq!(of_new_bucket(Some(""), "garage").unwrap(), "garage");
}

#[test]
fn us_east_1_takes_buckets_for_every_other_region() {
    assert_eq!(of_new_bucket(Some("eu-west-1"), "us-east-1").unwrap(), "eu-west-1");
    assert_eq!(of_new_bucket(Some("us-gov-west-1"), "us-east-1").unwrap(), "us-gov-west-1");
    assert_eq!(of_new_bucket(Some("EU"), "us-east-1").unwrap(), "eu-west-1");
    assert_eq!(of_new_bucket(Some("us-east-1"), "us-east-1").unwrap(), "us-east-1");
}

#[test]
fn any_other_region_takes_its_own_buckets_only() {
    assert_eq!(of_new_bucket(Some("eu-west-1"), "eu-west-1").unwrap(), "eu-west-1");
    assert_eq!(of_new_bucket(Some("home"), "home").unwrap(), "home");
    assert_eq!(code("eu-west-2", "eu-west-1"), ErrorCode::IllegalLocationConstraintException);
    assert_eq!(code("us-east-1", "eu-west-1"), ErrorCode::IllegalLocationConstraintException);
}

#[test]
fn what_is_no_region_is_no_constraint() {
    for constraint in
        ["nowhere", "eu-west-", "-1", "eu--1", "EU-WEST-1", "eu-west-1000", "europe-west-1", "eu-1"]
    {
        assert_eq!(code(constraint, "us-east-1"), ErrorCode::InvalidLocationConstraint, "{constraint}");
    }
}
