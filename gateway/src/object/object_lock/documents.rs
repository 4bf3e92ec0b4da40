//! The documents of `?object-lock`, `?retention` and `?legal-hold`.

use super::{
    DAYS_MAX, DefaultRetention, LegalHold, ObjectLockConfiguration, Retention, RetentionMode,
    RetentionPeriod, YEARS_MAX,
};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::timestamp::{parse_iso8601, push_iso8601};
use crate::xml::{Element, XmlWriter};

impl ObjectLockConfiguration {
    /// Reads the body of PutObjectLockConfiguration. `MalformedXML` against the schema,
    /// `InvalidRetentionPeriod` for a period out of bounds.
    pub fn parse_document(body: &[u8]) -> Result<ObjectLockConfiguration> {
        let root = Element::parse_named(body, "ObjectLockConfiguration")?;
        root.only(&["ObjectLockEnabled", "Rule"])?;
        if root.required("ObjectLockEnabled")? != "Enabled" {
            return Err(ErrorCode::MalformedXML.into());
        }
        let Some(rule) = root.child("Rule") else { return Ok(ObjectLockConfiguration::default()) };
        rule.only(&["DefaultRetention"])?;
        let retention = rule.child("DefaultRetention").ok_or(ErrorCode::MalformedXML)?;
        retention.only(&["Mode", "Days", "Years"])?;
        let mode = RetentionMode::parse(retention.required("Mode")?).ok_or(ErrorCode::MalformedXML)?;
        let period = match (retention.word_of("Days"), retention.word_of("Years")) {
            (Some(days), None) => RetentionPeriod::Days(period(days, DAYS_MAX)?),
            (None, Some(years)) => RetentionPeriod::Years(period(years, YEARS_MAX)?),
            _ => return Err(ErrorCode::MalformedXML.into()),
        };
        Ok(ObjectLockConfiguration { default_retention: Some(DefaultRetention { mode, period }) })
    }

    /// The document of GetObjectLockConfiguration.
    pub fn document(&self) -> String {
        let mut xml = XmlWriter::document("ObjectLockConfiguration");
        xml.text("ObjectLockEnabled", "Enabled");
        if let Some(DefaultRetention { mode, period }) = self.default_retention {
            xml.open("Rule");
            xml.open("DefaultRetention");
            xml.text("Mode", mode.name());
            match period {
                RetentionPeriod::Days(days) => xml.number("Days", u64::from(days)),
                RetentionPeriod::Years(years) => xml.number("Years", u64::from(years)),
            }
            xml.close("DefaultRetention");
            xml.close("Rule");
        }
        xml.finish()
    }
}

fn period(text: &str, max: u32) -> Result<u32> {
    let number: i64 = text.parse().map_err(|_| ErrorCode::MalformedXML)?;
    if number <= 0 {
        let message = "Default retention period must be a positive integer value.";
        return Err(S3Error::new(ErrorCode::InvalidRetentionPeriod).message(message));
    }
    match u32::try_from(number) {
        Ok(number) if number <= max => Ok(number),
        _ => Err(S3Error::new(ErrorCode::InvalidRetentionPeriod)
            .message(format!("Default retention period too large: it must not exceed {max}."))),
    }
}

impl Retention {
    /// Reads the body of PutObjectRetention: `None` when it is empty, which takes the retention
    /// away. `MalformedXML` against the schema, `InvalidArgument` when it has ended already.
    pub fn parse_document(body: &[u8], now_ms: u64) -> Result<Option<Retention>> {
        let root = Element::parse_named(body, "Retention")?;
        root.only(&["Mode", "RetainUntilDate"])?;
        if root.children.is_empty() {
            return Ok(None);
        }
        let mode = RetentionMode::parse(root.required("Mode")?).ok_or(ErrorCode::MalformedXML)?;
        let until = root.required("RetainUntilDate")?;
        let until_ms = parse_iso8601(until).ok_or(ErrorCode::MalformedXML)?;
        if until_ms <= now_ms {
            let message = "The retain until date must be in the future!";
            return Err(S3Error::invalid_argument("RetainUntilDate", until, message));
        }
        Ok(Some(Retention { mode, until_ms }))
    }

    /// The document of GetObjectRetention.
    pub fn document(&self) -> String {
        let mut xml = XmlWriter::document("Retention");
        xml.text("Mode", self.mode.name());
        xml.with("RetainUntilDate", |out| push_iso8601(out, self.until_ms));
        xml.finish()
    }
}

impl LegalHold {
    /// Reads the body of PutObjectLegalHold. `MalformedXML` against the schema.
    pub fn parse_document(body: &[u8]) -> Result<LegalHold> {
        let root = Element::parse_named(body, "LegalHold")?;
        root.only(&["Status"])?;
        Ok(LegalHold::parse(root.required("Status")?).ok_or(ErrorCode::MalformedXML)?)
    }

    /// The document of GetObjectLegalHold.
    pub fn document(self) -> String {
        let mut xml = XmlWriter::document("LegalHold");
        xml.text("Status", self.name());
        xml.finish()
    }
}
