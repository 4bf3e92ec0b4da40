//! GetObjectLockConfiguration, PutObjectLockConfiguration.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object_lock as documents;
use gateway::object_lock::{RetentionMode, RetentionPeriod};
use sdk::Response;

use crate::records::{DefaultRetention, LockMode, ObjectLockConfiguration, Period, Versioning};
use crate::request::Request;
use crate::subresource::document;

/// GetObjectLockConfiguration.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    let configuration = bucket.object_lock.ok_or_else(|| {
        S3Error::new(ErrorCode::ObjectLockConfigurationNotFoundError).detail("BucketName", &*request.bucket)
    })?;
    Ok(Response::new(200).xml(to_document(configuration).document()))
}

/// PutObjectLockConfiguration. Enables Object Lock in a bucket that has versioning enabled; nothing disables
/// it.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let body = document::receive(request).await?;
    let wanted = of_document(documents::ObjectLockConfiguration::parse_document(&body)?);
    super::change(request, |bucket| {
        if bucket.versioning != Versioning::Enabled {
            return Err(S3Error::new(ErrorCode::InvalidBucketState)
                .message("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"));
        }
        bucket.object_lock = Some(wanted);
        Ok(())
    })
    .await?;
    Ok(Response::new(200))
}

fn to_document(stored: ObjectLockConfiguration) -> documents::ObjectLockConfiguration {
    let default_retention = stored.default_retention.map(|default| documents::DefaultRetention {
        mode: match default.mode {
            LockMode::Governance => RetentionMode::Governance,
            LockMode::Compliance => RetentionMode::Compliance,
        },
        period: match default.period {
            Period::Days(days) => RetentionPeriod::Days(days),
            Period::Years(years) => RetentionPeriod::Years(years),
        },
    });
    documents::ObjectLockConfiguration { default_retention }
}

fn of_document(document: documents::ObjectLockConfiguration) -> ObjectLockConfiguration {
    let default_retention = document.default_retention.map(|default| DefaultRetention {
        mode: match default.mode {
            RetentionMode::Governance => LockMode::Governance,
            RetentionMode::Compliance => LockMode::Compliance,
        },
        period: match default.period {
            RetentionPeriod::Days(days) => Period::Days(days),
            RetentionPeriod::Years(years) => Period::Years(years),
        },
    });
    ObjectLockConfiguration { default_retention }
}

#[cfg(test)]
mod tests;
