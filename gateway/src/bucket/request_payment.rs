//! Requester Pays: who is charged for the requests to a bucket.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html>

use crate::errors::{ErrorCode, Result};
use crate::request::headers::Headers;
use crate::request::query::Query;
use crate::xml::{Element, XmlWriter};
use serde::{Deserialize, Serialize};

/// The header, or the parameter, by which who asks says that they pay.
const REQUEST_PAYER: &str = "x-amz-request-payer";

/// Who is charged. The order of the variants is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Payer {
    /// The account that owns the bucket.
    #[default]
    BucketOwner,
    /// The account that asks, which has to say so; without an account nobody gets in.
    Requester,
}

impl Payer {
    /// Reads the document of PutBucketRequestPayment. `MalformedXML`.
    pub fn parse_document(body: &[u8]) -> Result<Payer> {
        let root = Element::parse_named(body, "RequestPaymentConfiguration")?;
        root.only(&["Payer"])?;
        match root.required("Payer")? {
            "BucketOwner" => Ok(Payer::BucketOwner),
            "Requester" => Ok(Payer::Requester),
            _ => Err(ErrorCode::MalformedXML.into()),
        }
    }

    /// The document of GetBucketRequestPayment.
    pub fn document(self) -> String {
        let mut xml = XmlWriter::document("RequestPaymentConfiguration");
        xml.text("Payer", self.as_str());
        xml.finish()
    }

    fn as_str(self) -> &'static str {
        match self {
            Payer::BucketOwner => "BucketOwner",
            Payer::Requester => "Requester",
        }
    }
}

/// Whether a request says that its sender pays: in a header, which a presigned query or a form may
/// hold, or in the query.
pub fn is_accepted(headers: &Headers, query: &Query) -> bool {
    let in_query =
        || query.iter().any(|(name, value)| name.eq_ignore_ascii_case(REQUEST_PAYER) && value == "requester");
    headers.get(REQUEST_PAYER) == Some("requester") || in_query()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payer_is_read_back_as_written() {
        for payer in [Payer::BucketOwner, Payer::Requester] {
            assert_eq!(Payer::parse_document(payer.document().as_bytes()), Ok(payer));
        }
        for xml in [
            "",
            "<RequestPaymentConfiguration/>",
            "<RequestPaymentConfiguration><Payer>requester</Payer></RequestPaymentConfiguration>",
            "<RequestPaymentConfiguration><Payer>Requester</Payer><Rate>1</Rate></RequestPaymentConfiguration>",
            "<Payer>Requester</Payer>",
        ] {
            let refused = Payer::parse_document(xml.as_bytes()).map_err(|error| error.code);
            assert_eq!(refused, Err(ErrorCode::MalformedXML), "{xml}");
        }
    }

    #[test]
    fn who_pays_says_so_in_a_header_or_in_the_query() {
        let check = |header: Option<&str>, query: &str, expected| {
            let headers = Headers::from_iter(header.map(|value| (REQUEST_PAYER, value)));
            assert_eq!(is_accepted(&headers, &Query::parse(query).unwrap()), expected, "{header:?} {query}");
        };
        check(Some("requester"), "", true);
        check(None, "x-amz-request-payer=requester", true);
        check(None, "X-Amz-Request-Payer=requester&versionId=1", true);
        for other in ["", "Requester", "bucketowner", "requester,requester"] {
            check(Some(other), "", false);
            check(None, &format!("x-amz-request-payer={other}"), false);
        }
        check(None, "", false);
        check(None, "request-payer=requester", false);
    }
}
