//! Requester Pays: who is charged for the requests to a bucket.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html>

use crate::errors::{ErrorCode, Result};
use crate::request::headers::Headers;
use crate::request::query::Query;
use crate::xml::{Element, XmlWriter};
use serde::{Deserialize, Serialize};

/// The header, or the parameter, by which the client says that its account pays.
const REQUEST_PAYER: &str = "x-amz-request-payer";

/// Who is charged. The order of the variants is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Payer {
    /// The account that owns the bucket.
    #[default]
    BucketOwner,
    /// The account of the principal, and the request has to say so. `anonymous` requests are
    /// refused.
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

/// Whether a request says that its account pays: in a header, which a presigned query or a form may
/// hold, or in the query.
pub fn is_accepted(headers: &Headers, query: &Query) -> bool {
    let in_query =
        || query.iter().any(|(name, value)| name.eq_ignore_ascii_case(REQUEST_PAYER) && value == "requester");
    headers.get(REQUEST_PAYER) == Some("requester") || in_query()
}

#[cfg(test)]
mod tests;
