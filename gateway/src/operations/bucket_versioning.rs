//! GetBucketVersioning and PutBucketVersioning:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>

use crate::errors::{ErrorCode, Result, S3Error};
use crate::versioning::VersioningStatus;
use crate::xml::{Element, XmlWriter};

/// Reads the body of PutBucketVersioning. `MalformedXML` against the schema,
/// `IllegalVersioningConfigurationException` without a status, `NotImplemented` for MFA delete.
pub fn parse(body: &[u8]) -> Result<VersioningStatus> {
    let root = Element::parse_named(body, "VersioningConfiguration")?;
    root.only(&["Status", "MfaDelete"])?;
    match root.text_of("MfaDelete").map(str::trim) {
        None | Some("Disabled") => {}
        Some("Enabled") => return Err(S3Error::new(ErrorCode::NotImplemented).detail("Header", "MfaDelete")),
        Some(_) => return Err(ErrorCode::MalformedXML.into()),
    }
    let Some(status) = root.text_of("Status") else {
        return Err(ErrorCode::IllegalVersioningConfigurationException.into());
    };
    Ok(VersioningStatus::parse(status.trim()).ok_or(ErrorCode::MalformedXML)?)
}

/// The document of GetBucketVersioning: empty when versioning was never turned on.
pub fn document(status: Option<VersioningStatus>) -> String {
    let mut xml = XmlWriter::document("VersioningConfiguration");
    xml.optional("Status", status.map(VersioningStatus::name));
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_back_as_written() {
        for status in [VersioningStatus::Enabled, VersioningStatus::Suspended] {
            assert_eq!(parse(document(Some(status)).as_bytes()).unwrap(), status);
        }
        assert!(document(None).ends_with("2006-03-01/\"></VersioningConfiguration>"));
    }

    #[test]
    fn other_documents_are_refused() {
        let cases = [
            ("", ErrorCode::MalformedXML),
            ("<Versioning/>", ErrorCode::MalformedXML),
            ("<VersioningConfiguration/>", ErrorCode::IllegalVersioningConfigurationException),
            (
                "<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>",
                ErrorCode::MalformedXML,
            ),
            (
                "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>\
                 </VersioningConfiguration>",
                ErrorCode::NotImplemented,
            ),
        ];
        for (xml, code) in cases {
            assert_eq!(parse(xml.as_bytes()).unwrap_err().code, code, "{xml}");
        }
    }
}
