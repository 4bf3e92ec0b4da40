//! DeleteObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>

use super::parameters::{is_true, version_id};
use crate::errors::Result;
use crate::headers::Headers;
use crate::precondition::DeletePreconditions;
use crate::query::Query;

/// What is to be deleted.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// The version; without it the current one gives way to a delete marker where the bucket keeps versions.
    pub version_id: Option<String>,
    /// Whether to delete in spite of governance retention.
    pub bypass_governance: bool,
    /// `If-Match` and its relatives.
    pub preconditions: DeletePreconditions,
}

impl Input {
    /// Reads the parameters. `InvalidArgument` for invalid ones.
    pub fn parse(query: &Query, headers: &Headers) -> Result<Input> {
        Ok(Input {
            version_id: version_id(query)?,
            bypass_governance: bypass_governance(headers),
            preconditions: DeletePreconditions::parse(headers)?,
        })
    }
}

/// `x-amz-bypass-governance-retention: true`
pub fn bypass_governance(headers: &Headers) -> bool {
    is_true(headers, "x-amz-bypass-governance-retention")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_bypass_and_preconditions_are_read() {
        let headers = Headers::from_iter([("x-amz-bypass-governance-retention", "True"), ("if-match", "*")]);
        let input = Input::parse(&Query::parse("versionId=v").unwrap(), &headers).unwrap();
        assert_eq!(input.version_id.as_deref(), Some("v"));
        assert!(input.bypass_governance && input.preconditions.is_conditional());
        assert!(!Input::default().preconditions.is_conditional());
    }
}
