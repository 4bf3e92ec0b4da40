//! Configurations that cannot be made here: what S3 says of a bucket without one.
//!
//! The operations that make one answer `NotImplemented` as long as nothing acts on it. So "there is
//! none" is true, and tools that read a bucket's whole state before they change it go on. The rows
//! are those with [`Support::Nothing`](super::Support::Nothing).

use super::Operation;
use crate::errors::{ErrorCode, Result, S3Error};
use crate::xml::XmlWriter;

/// What S3 responds where there is no configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NothingResponse {
    /// 200 with a document that holds nothing.
    Document(String),
    /// 204: deleting a missing configuration succeeds.
    Deleted,
}

/// The response of an operation on a bucket that has no such configuration. The error is S3's code
/// for it; `NotImplemented` for an operation that is not of this kind.
///
/// Deleting a missing configuration is an error for those with an id and those of metadata tables,
/// and a success for the others.
pub fn respond(operation: Operation, bucket: &str) -> Result<NothingResponse> {
    match operation {
        Operation::GetBucketAbac => {
            let mut xml = XmlWriter::document("AbacStatus");
            xml.text("Status", "Disabled");
            Ok(NothingResponse::Document(xml.finish()))
        }
        Operation::GetBucketAccelerateConfiguration => Ok(empty("AccelerateConfiguration")),
        Operation::GetBucketLogging => Ok(empty("BucketLoggingStatus")),
        Operation::GetBucketNotificationConfiguration => Ok(empty("NotificationConfiguration")),

        // The names of the roots are those of the published model, where each is different.
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
        | Operation::DeleteBucketWebsite => Ok(NothingResponse::Deleted),

        other => Err(not_implemented(other)),
    }
}

/// `NotImplemented`, naming an operation that is known, and that no stage serves.
pub fn not_implemented(operation: Operation) -> S3Error {
    S3Error::new(ErrorCode::NotImplemented).message(format!("{operation} is not implemented."))
}

fn empty(root: &str) -> NothingResponse {
    NothingResponse::Document(XmlWriter::document(root).finish())
}

fn list(root: &str) -> NothingResponse {
    let mut xml = XmlWriter::document(root);
    xml.boolean("IsTruncated", false);
    NothingResponse::Document(xml.finish())
}

fn missing(code: ErrorCode, bucket: &str) -> Result<NothingResponse> {
    Err(S3Error::new(code).detail("BucketName", bucket))
}

#[cfg(test)]
mod tests;
