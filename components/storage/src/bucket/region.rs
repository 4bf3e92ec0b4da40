//! Regions that a new bucket may name.

use gateway::errors::{ErrorCode, Result, S3Error};

/// The region for which S3 has exceptions.
const US_EAST_1: &str = "us-east-1";

/// The region of a new bucket: what its `LocationConstraint` names, or else the deployment's.
///
/// As in AWS, `us-east-1` takes buckets for every region and any other region only its own. Unlike
/// AWS, a bucket without a constraint is accepted everywhere, and one for `us-east-1` there:
/// clients of self-hosted servers do both.
pub(crate) fn of_new_bucket(constraint: Option<&str>, deployment: &str) -> Result<String> {
    let Some(constraint) = constraint.filter(|constraint| !constraint.is_empty()) else {
        return Ok(deployment.to_owned());
    };
    // The oldest constraint is a name of its own:
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    let region = if constraint == "EU" { "eu-west-1" } else { constraint };
    if region == deployment {
        return Ok(region.to_owned());
    }
    if !is_region(region) {
        return Err(
            S3Error::new(ErrorCode::InvalidLocationConstraint).detail("LocationConstraint", constraint)
        );
    }
    if deployment == US_EAST_1 {
        return Ok(region.to_owned());
    }
    Err(S3Error::new(ErrorCode::IllegalLocationConstraintException).message(format!(
        "The {constraint} location constraint is incompatible for the region specific endpoint this request \
         was sent to."
    )))
}

/// Whether a text has the form of a region's name: `ap-southeast-2`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let area = parts.next().is_some_and(|area| area.len() == 2 && lower(area));
    let number = parts.next_back().is_some_and(|number| {
        (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    let mut directions = parts.peekable();
    area && number && text.len() <= 32 && directions.peek().is_some() && directions.all(lower)
}

fn lower(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests;
