//! The credential of a signature: an access key id and the scope in which its signing key is valid.
//!
//! `AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request`

use crate::request::headers::Headers;
use crate::request::query::Query;
use std::borrow::Cow;

/// The last part of every scope.
pub const TERMINAL: &str = "aws4_request";

/// The service of deployed functions, which signs as services other than S3 do.
pub const LAMBDA: &str = "lambda";
/// The service for which requests by the ARN of an Object Lambda access point are signed.
pub const OBJECT_LAMBDA_SERVICE: &str = "s3-object-lambda";

/// The service that a request says that it is signed for: `s3`. Nothing is verified yet.
pub fn claimed_service(headers: &Headers, query: &Query) -> Option<String> {
    let credential = match headers.get("authorization") {
        Some(authorization) => {
            let rest = authorization.split_once("Credential=")?.1;
            rest.split([',', ' ']).next()?
        }
        None => query.get("X-Amz-Credential")?,
    };
    let mut parts = credential.trim().rsplit('/');
    (parts.next()? == TERMINAL).then(|| parts.next().map(str::to_owned))?
}

/// Longer region names do not exist; the bound keeps scopes small.
const REGION_BYTES_MAX: usize = 64;

/// A credential whose parts are known to be well-formed. Any region is accepted, the empty one too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credential<'a> {
    text: Cow<'a, str>,
    access_key_end: usize,
    region_end: usize,
    service_end: usize,
}

/// Why a credential is refused, in S3's words. Header and query authentication put their own words
/// before it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CredentialError {
    /// It does not have five parts.
    #[error("the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")]
    Shape,
    /// The date is malformed.
    #[error("incorrect date format \"{0}\". This date in the credential must be in the format \"yyyyMMdd\".")]
    Date(String),
    /// The service is not the one that the request is sent to.
    #[error("incorrect service \"{0}\". This endpoint belongs to \"{1}\".")]
    Service(String, &'static str),
    /// The last part is not [`TERMINAL`].
    #[error("incorrect terminal \"{0}\". This endpoint uses \"aws4_request\".")]
    Terminal(String),
}

impl<'a> Credential<'a> {
    /// Reads a credential. The access key id is what stands before the last four parts.
    pub fn parse(text: Cow<'a, str>) -> Result<Credential<'a>, CredentialError> {
        // One character at a time: a search with vector instructions does not pay for such short
        // parts.
        let mut parts = text.rsplitn(5, ['/']);
        let (Some(terminal), Some(service), Some(region), Some(date), Some(access_key_id)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(CredentialError::Shape);
        };
        if access_key_id.is_empty() || region.len() > REGION_BYTES_MAX {
            return Err(CredentialError::Shape);
        }
        if !is_date(date) {
            return Err(CredentialError::Date(date.to_owned()));
        }
        if !matches!(service, "s3" | OBJECT_LAMBDA_SERVICE | "s3express" | "sts" | "iam" | LAMBDA) {
            return Err(CredentialError::Service(service.to_owned(), "s3"));
        }
        if terminal != TERMINAL {
            return Err(CredentialError::Terminal(terminal.to_owned()));
        }
        let access_key_end = access_key_id.len();
        let region_end = access_key_end + 1 + date.len() + 1 + region.len();
        let service_end = region_end + 1 + service.len();
        Ok(Credential { access_key_end, region_end, service_end, text })
    }

    /// `AKIAIOSFODNN7EXAMPLE`
    pub fn access_key_id(&self) -> &str {
        self.slice(0, self.access_key_end)
    }

    /// `20130524/us-east-1/s3/aws4_request`
    pub fn scope(&self) -> &str {
        self.slice(self.access_key_end + 1, self.text.len())
    }

    /// `20130524`
    pub fn date(&self) -> &str {
        self.slice(self.access_key_end + 1, self.access_key_end + 9)
    }

    /// `us-east-1`
    pub fn region(&self) -> &str {
        self.slice(self.access_key_end + 10, self.region_end)
    }

    /// `s3`
    pub fn service(&self) -> &str {
        self.slice(self.region_end + 1, self.service_end)
    }

    /// Refuses a credential for another service than one of these; the first is what the endpoint
    /// belongs to.
    pub fn check_service(&self, services: &[&'static str]) -> Result<(), CredentialError> {
        match services.first() {
            Some(own) if !services.contains(&self.service()) => {
                Err(CredentialError::Service(self.service().to_owned(), own))
            }
            _ => Ok(()),
        }
    }

    fn slice(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }
}

/// The scope of a signing key: `20130524/us-east-1/s3/aws4_request`.
pub fn scope(date: &str, region: &str, service: &str) -> String {
    [date, region, service, TERMINAL].join("/")
}

/// Whether a text is 8 digits. That it is a real date is checked later, by comparing it with the
/// request's time.
fn is_date(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}
