//! GetBucketVersioning and PutBucketVersioning:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>

use crate::errors::{ErrorCode, Result};
use crate::versioning::{MfaDelete, VersioningStatus};
use crate::xml::{Element, XmlWriter};

/// What PutBucketVersioning asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Input {
    /// Whether the bucket keeps versions.
    pub status: VersioningStatus,
    /// Whether it takes a second factor to delete them; `None` leaves that as it is.
    pub mfa_delete: Option<MfaDelete>,
}

impl Input {
    /// Reads the body. `MalformedXML` against the schema, `IllegalVersioningConfigurationException` without a status.
    pub fn parse(body: &[u8]) -> Result<Input> {
        let root = Element::parse_named(body, "VersioningConfiguration")?;
        root.only(&["Status", "MfaDelete"])?;
        let mfa_delete = match root.word_of("MfaDelete") {
            None => None,
            Some(text) => Some(MfaDelete::parse(text).ok_or(ErrorCode::MalformedXML)?),
        };
        let Some(status) = root.word_of("Status") else {
            return Err(ErrorCode::IllegalVersioningConfigurationException.into());
        };
        let status = VersioningStatus::parse(status).ok_or(ErrorCode::MalformedXML)?;
        Ok(Input { status, mfa_delete })
    }
}

/// The document of GetBucketVersioning: empty when versioning was never turned on, without `MfaDelete` when nobody ever said
/// anything of it.
pub fn document(status: Option<VersioningStatus>, mfa_delete: Option<MfaDelete>) -> String {
    let mut xml = XmlWriter::document("VersioningConfiguration");
    xml.optional("Status", status.map(VersioningStatus::name));
    xml.optional("MfaDelete", mfa_delete.map(MfaDelete::name));
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_back_as_written() {
        for status in [VersioningStatus::Enabled, VersioningStatus::Suspended] {
            for mfa_delete in [None, Some(MfaDelete::Enabled), Some(MfaDelete::Disabled)] {
                let document = document(Some(status), mfa_delete);
                assert_eq!(Input::parse(document.as_bytes()).unwrap(), Input { status, mfa_delete });
            }
        }
        assert!(document(None, None).ends_with("2006-03-01/\"></VersioningConfiguration>"));
    }

    #[test]
    fn other_documents_are_refused() {
        let cases = [
            ("", ErrorCode::MalformedXML),
            ("<Versioning/>", ErrorCode::MalformedXML),
            ("<VersioningConfiguration/>", ErrorCode::IllegalVersioningConfigurationException),
            (
                "<VersioningConfiguration><MfaDelete>Disabled</MfaDelete></VersioningConfiguration>",
                ErrorCode::IllegalVersioningConfigurationException,
            ),
            (
                "<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>",
                ErrorCode::MalformedXML,
            ),
            (
                "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Suspended</MfaDelete>\
                 </VersioningConfiguration>",
                ErrorCode::MalformedXML,
            ),
        ];
        for (xml, code) in cases {
            assert_eq!(Input::parse(xml.as_bytes()).unwrap_err().code, code, "{xml}");
        }
    }
}
