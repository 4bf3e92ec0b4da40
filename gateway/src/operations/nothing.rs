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
mod tests;
