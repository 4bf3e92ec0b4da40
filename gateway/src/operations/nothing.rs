//! Configurations that nobody can have made: what S3 says of a bucket that has none.
//!
//! What would make one is answered with `NotImplemented` as long as nothing acts on it, so "there
//! is none" is the truth, and tools that read a bucket's whole state before they change it get
//! their answer. The rows are those with [`Support::Nothing`](super::Support::Nothing).

use super::Operation;
use crate::errors::{ErrorCode, Result, S3Error};
use crate::xml::XmlWriter;

/// What S3 says where there is nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// 200 with a document that holds nothing.
    Document(String),
    /// 204: deleting what is not there is done already.
    Deleted,
}

/// The answer of an operation on a bucket that has no such configuration. The error is S3's code
/// for that; `NotImplemented` for an operation that reads and deletes no configuration, or one that
/// can be made.
///
/// Configurations with an id are missed when they are deleted, too, as are those of metadata
/// tables; the others are not.
pub fn answer(operation: Operation, bucket: &str) -> Result<Answer> {
    match operation {
        Operation::GetBucketAbac => {
            let mut xml = XmlWriter::document("AbacStatus");
            xml.text("Status", "Disabled");
            Ok(Answer::Document(xml.finish()))
        }
        Operation::GetBucketAccelerateConfiguration => Ok(empty("AccelerateConfiguration")),
        Operation::GetBucketLogging => Ok(empty("BucketLoggingStatus")),
        Operation::GetBucketNotificationConfiguration => Ok(empty("NotificationConfiguration")),

        // The roots are those of the published model, which calls each otherwise.
        Operation::ListBucketAnalyticsConfigurations => Ok(list("ListBucketAnalyticsConfigurationResult")),
        Operation::ListBucketIntelligentTieringConfigurations => {
            Ok(list("ListBucketIntelligentTieringConfigurationsOutput"))
        }
        Operation::ListBucketInventoryConfigurations => Ok(list("ListInventoryConfigurationsResult")),
        Operation::ListBucketMetricsConfigurations => Ok(list("ListMetricsConfigurationsResult")),

        Operation::GetBucketAnalyticsConfiguration
        | Operation::DeleteBucketAnalyticsConfiguration
        | Operation::GetBucketIntelligentTieringConfiguration
        | Operation::DeleteBucketIntelligentTieringConfiguration
        | Operation::GetBucketInventoryConfiguration
        | Operation::DeleteBucketInventoryConfiguration
        | Operation::GetBucketMetricsConfiguration
        | Operation::DeleteBucketMetricsConfiguration => missing(ErrorCode::NoSuchConfiguration, bucket),

        Operation::GetBucketMetadataConfiguration
        | Operation::DeleteBucketMetadataConfiguration
        | Operation::GetBucketMetadataTableConfiguration
        | Operation::DeleteBucketMetadataTableConfiguration => {
            missing(ErrorCode::MetadataConfigurationNotFound, bucket)
        }

        Operation::GetBucketLifecycleConfiguration => {
            missing(ErrorCode::NoSuchLifecycleConfiguration, bucket)
        }
        Operation::GetBucketReplication => missing(ErrorCode::ReplicationConfigurationNotFoundError, bucket),
        Operation::GetBucketWebsite => missing(ErrorCode::NoSuchWebsiteConfiguration, bucket),

        Operation::DeleteBucketLifecycle
        | Operation::DeleteBucketReplication
        | Operation::DeleteBucketWebsite => Ok(Answer::Deleted),

        other => Err(not_implemented(other)),
    }
}

/// `NotImplemented`, naming an operation that is known and that nobody serves.
pub fn not_implemented(operation: Operation) -> S3Error {
    S3Error::new(ErrorCode::NotImplemented).message(format!("{operation} is not implemented."))
}

fn empty(root: &str) -> Answer {
    Answer::Document(XmlWriter::document(root).finish())
}

fn list(root: &str) -> Answer {
    let mut xml = XmlWriter::document(root);
    xml.boolean("IsTruncated", false);
    Answer::Document(xml.finish())
}

fn missing(code: ErrorCode, bucket: &str) -> Result<Answer> {
    Err(S3Error::new(code).detail("BucketName", bucket))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::{Method, Support};

    #[test]
    fn every_row_without_anything_has_its_answer_and_no_other_row_has_one() {
        for &operation in Operation::ALL {
            let answer = answer(operation, "photos");
            let is_answered = answer.err().map(|error| error.code) != Some(ErrorCode::NotImplemented);
            assert_eq!(is_answered, operation.row().support == Support::Nothing, "{operation}");
        }
    }

    /// The invariant: a rule that nothing enforces is not accepted. What says "there is none" is
    /// true only where nothing makes one.
    #[test]
    fn whatever_would_make_what_is_not_there_is_missing() {
        for row in Operation::ALL.iter().map(|operation| operation.row()) {
            let reads = matches!(row.method, Method::Get | Method::Delete);
            assert!(reads || row.support != Support::Nothing, "{}", row.operation);
            let about_nothing = Operation::ALL.iter().map(|operation| operation.row()).any(|other| {
                other.support == Support::Nothing
                    && other.target == row.target
                    && other.subresource() == row.subresource()
            });
            if about_nothing && !reads {
                let makes = matches!(row.support, Support::Missing | Support::Superseded);
                assert!(makes, "{} makes what others say is not there", row.operation);
            }
        }
    }

    #[test]
    fn documents_hold_nothing() {
        let document = |operation| match answer(operation, "photos") {
            Ok(Answer::Document(text)) => text.rsplit_once('\n').unwrap().1.to_owned(),
            other => panic!("{other:?}"),
        };
        let namespace = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
        assert_eq!(
            document(Operation::GetBucketLogging),
            format!("<BucketLoggingStatus {namespace}></BucketLoggingStatus>")
        );
        assert_eq!(
            document(Operation::ListBucketMetricsConfigurations),
            format!(
                "<ListMetricsConfigurationsResult {namespace}><IsTruncated>false</IsTruncated>\
                 </ListMetricsConfigurationsResult>"
            )
        );
        assert_eq!(
            document(Operation::GetBucketAbac),
            format!("<AbacStatus {namespace}><Status>Disabled</Status></AbacStatus>")
        );
    }

    #[test]
    fn what_is_missed_is_named_with_its_bucket() {
        let error = answer(Operation::GetBucketWebsite, "photos").unwrap_err();
        assert_eq!((error.code, error.code.status()), (ErrorCode::NoSuchWebsiteConfiguration, 404));
        assert_eq!(error.details, [("BucketName", "photos".to_owned())]);
        assert_eq!(answer(Operation::DeleteBucketWebsite, "photos"), Ok(Answer::Deleted));
    }
}
