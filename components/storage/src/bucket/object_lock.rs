//! GetObjectLockConfiguration, PutObjectLockConfiguration.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::xml::{Element, XmlWriter};
use sdk::Response;

use crate::records::{DefaultRetention, LockMode, ObjectLockConfiguration, Period, Versioning};
use crate::request::Request;
use crate::subresource::document;

/// The longest default retention, in either unit.
const DAYS_MAX: u32 = 36_500;
const YEARS_MAX: u32 = 100;

/// GetObjectLockConfiguration.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    let configuration = bucket.object_lock.ok_or_else(|| {
        S3Error::new(ErrorCode::ObjectLockConfigurationNotFoundError).detail("BucketName", &*request.bucket)
    })?;
    Ok(Response::new(200).xml(write(&configuration)))
}

/// PutObjectLockConfiguration. Enables Object Lock in a bucket that has versioning enabled; nothing disables it.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let wanted = parse(&document::receive(request, "ObjectLockConfiguration").await?)?;
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

fn write(configuration: &ObjectLockConfiguration) -> String {
    let mut xml = XmlWriter::document("ObjectLockConfiguration");
    xml.text("ObjectLockEnabled", "Enabled");
    if let Some(retention) = configuration.default_retention {
        xml.open("Rule");
        xml.open("DefaultRetention");
        xml.text("Mode", retention.mode.as_str());
        match retention.period {
            Period::Days(days) => xml.number("Days", u64::from(days)),
            Period::Years(years) => xml.number("Years", u64::from(years)),
        }
        xml.close("DefaultRetention");
        xml.close("Rule");
    }
    xml.finish()
}

fn parse(document: &Element) -> Result<ObjectLockConfiguration> {
    document.only(&["ObjectLockEnabled", "Rule"])?;
    if document.required("ObjectLockEnabled")? != "Enabled" {
        return Err(ErrorCode::MalformedXML.into());
    }
    let Some(rule) = document.child("Rule") else { return Ok(ObjectLockConfiguration::default()) };
    rule.only(&["DefaultRetention"])?;
    let retention = rule.child("DefaultRetention").ok_or(ErrorCode::MalformedXML)?;
    retention.only(&["Mode", "Days", "Years"])?;
    let mode = LockMode::parse(retention.required("Mode")?).ok_or(ErrorCode::MalformedXML)?;
    let period = match (retention.text_of("Days"), retention.text_of("Years")) {
        (Some(days), None) => Period::Days(count(days, DAYS_MAX)?),
        (None, Some(years)) => Period::Years(count(years, YEARS_MAX)?),
        _ => return Err(ErrorCode::MalformedXML.into()),
    };
    Ok(ObjectLockConfiguration { default_retention: Some(DefaultRetention { mode, period }) })
}

fn count(text: &str, max: u32) -> Result<u32> {
    let number: i64 = text.trim().parse().map_err(|_| ErrorCode::MalformedXML)?;
    if number <= 0 {
        return Err(S3Error::new(ErrorCode::InvalidRetentionPeriod)
            .message("Default retention period must be a positive integer value."));
    }
    u32::try_from(number).ok().filter(|number| *number <= max).ok_or_else(|| {
        S3Error::new(ErrorCode::InvalidRetentionPeriod)
            .message("Default retention period is too large. The maximum is 36500 days or 100 years.")
    })
}

#[cfg(test)]
mod tests;
