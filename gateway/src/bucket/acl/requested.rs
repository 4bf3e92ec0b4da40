//! The ACL that a request names: `x-amz-acl`, `x-amz-grant-…`, or a document.

use super::{Acl, Canned, GRANTS_MAX, Grant, Grantee, Group, Parties, Permission};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::identity::account::Account;
use crate::request::headers::Headers;
use crate::xml::Element;

/// An ACL as a request names it.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub enum RequestedAcl {
    /// Nothing is said: `private`.
    #[default]
    Default,
    /// `x-amz-acl`
    Canned(Canned),
    /// `x-amz-grant-…`
    Grants(Vec<RequestedGrant>),
    /// An `AccessControlPolicy`.
    Document {
        /// The canonical id of the owner, who must be the owner already.
        owner: String,
        /// What it grants.
        grants: Vec<RequestedGrant>,
    },
}

/// How a request names a grantee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NamedGrantee {
    /// By canonical id.
    Id(String),
    /// By e-mail address.
    Email(String),
    /// A group.
    Group(Group),
}

/// A grant as a request names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestedGrant {
    /// To whom.
    pub grantee: NamedGrantee,
    /// What.
    pub permission: Permission,
}

impl RequestedAcl {
    /// Reads the headers of a request.
    ///
    /// `InvalidRequest` for a canned ACL and grants at once; `InvalidArgument` for an unknown
    /// canned ACL, an unknown group, or a grant that is not `id="…"`, `uri="…"` or
    /// `emailAddress="…"`, several separated by commas; `MalformedACLError` for more than 100
    /// grants.
    pub fn of_headers(headers: &Headers) -> Result<RequestedAcl> {
        let canned = headers.get("x-amz-acl");
        let mut grants = Vec::new();
        let mut granted = false;
        for permission in Permission::ALL {
            let name = permission.header();
            for value in headers.all(name) {
                granted = true;
                read_grants(name, value, permission, &mut grants)?;
            }
        }
        match (canned, granted) {
            (Some(_), true) => {
                Err(S3Error::invalid_request("Specifying both Canned ACLs and Header Grants is not allowed"))
            }
            (Some(name), false) => Ok(RequestedAcl::Canned(Canned::parse(name)?)),
            (None, true) => Ok(RequestedAcl::Grants(grants)),
            (None, false) => Ok(RequestedAcl::Default),
        }
    }

    /// Reads the request of PutBucketAcl or PutObjectAcl. Besides the errors of
    /// [`RequestedAcl::of_headers`]: `UnexpectedContent` for headers and a document at once,
    /// `MissingSecurityHeader` for neither, `MalformedACLError` for a document against the schema.
    pub fn of_request(headers: &Headers, body: &[u8]) -> Result<RequestedAcl> {
        match (RequestedAcl::of_headers(headers)?, body.is_empty()) {
            (RequestedAcl::Default, true) => {
                Err(S3Error::new(ErrorCode::MissingSecurityHeader).detail("MissingHeaderName", "x-amz-acl"))
            }
            (RequestedAcl::Default, false) => RequestedAcl::of_document(body),
            (requested, true) => Ok(requested),
            (_, false) => Err(ErrorCode::UnexpectedContent.into()),
        }
    }

    fn of_document(body: &[u8]) -> Result<RequestedAcl> {
        let malformed = || S3Error::new(ErrorCode::MalformedACLError);
        let root = Element::parse_named(body, "AccessControlPolicy").map_err(|_| malformed())?;
        root.only(&["Owner", "AccessControlList"]).map_err(|_| malformed())?;
        let owner = root.child("Owner").and_then(|owner| owner.word_of("ID")).ok_or_else(malformed)?;
        let list = root.child("AccessControlList").ok_or_else(malformed)?;
        list.only(&["Grant"]).map_err(|_| malformed())?;
        if list.children.len() > GRANTS_MAX {
            return Err(malformed());
        }
        let grants: Result<Vec<_>> = list.children.iter().map(read_element).collect();
        Ok(RequestedAcl::Document { owner: owner.to_owned(), grants: grants? })
    }

    /// The ACL that is meant. `find` looks accounts up.
    ///
    /// `InvalidArgument` for a canonical id that nobody has, `UnresolvableGrantByEmailAddress`, and
    /// `AccessDenied` for a document that names another owner.
    pub fn resolve(&self, parties: Parties, find: impl Fn(&NamedGrantee) -> Option<Account>) -> Result<Acl> {
        let (grants, argument) = match self {
            RequestedAcl::Default => return Ok(Acl::private(parties.owner)),
            RequestedAcl::Canned(canned) => return Ok(canned.expand(parties)),
            RequestedAcl::Grants(grants) => (grants, "id"),
            RequestedAcl::Document { owner, grants } => {
                if find(&NamedGrantee::Id(owner.clone())) != Some(parties.owner) {
                    return Err(ErrorCode::AccessDenied.into());
                }
                (grants, "CanonicalUser/ID")
            }
        };
        let grants: Result<Vec<_>> = grants.iter().map(|grant| grant.resolve(argument, &find)).collect();
        Ok(Acl { grants: grants? })
    }
}

impl RequestedGrant {
    /// `argument` is the name that S3 has for a canonical id in a header, or in a document.
    fn resolve(
        &self,
        argument: &'static str,
        find: impl Fn(&NamedGrantee) -> Option<Account>,
    ) -> Result<Grant> {
        let account = |unknown: S3Error| find(&self.grantee).map(Grantee::Account).ok_or(unknown);
        let grantee = match &self.grantee {
            NamedGrantee::Group(group) => Grantee::Group(*group),
            NamedGrantee::Id(id) => account(S3Error::invalid_argument(argument, id, "Invalid id"))?,
            NamedGrantee::Email(address) => account(
                S3Error::new(ErrorCode::UnresolvableGrantByEmailAddress)
                    .detail("ArgumentName", "EmailAddress")
                    .detail("ArgumentValue", address.as_str()),
            )?,
        };
        Ok(Grant { grantee, permission: self.permission })
    }
}

fn invalid_group(uri: &str) -> S3Error {
    S3Error::invalid_argument("Group/URI", uri, "Invalid group uri")
}

/// `id="…", uri="…"`, with quotes or without.
fn read_grants(
    name: &'static str,
    value: &str,
    permission: Permission,
    grants: &mut Vec<RequestedGrant>,
) -> Result<()> {
    let malformed = || S3Error::invalid_argument(name, value, "Argument format not recognized");
    for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        if grants.len() == GRANTS_MAX {
            return Err(ErrorCode::MalformedACLError.into());
        }
        let (kind, text) = part.split_once('=').ok_or_else(malformed)?;
        let text = text.trim();
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        if text.is_empty() || text.contains('"') {
            return Err(malformed());
        }
        let grantee = match kind.trim() {
            kind if kind.eq_ignore_ascii_case("id") => NamedGrantee::Id(text.to_owned()),
            kind if kind.eq_ignore_ascii_case("emailaddress") => NamedGrantee::Email(text.to_owned()),
            kind if kind.eq_ignore_ascii_case("uri") => {
                NamedGrantee::Group(Group::parse(text).ok_or_else(|| invalid_group(text))?)
            }
            _ => return Err(malformed()),
        };
        grants.push(RequestedGrant { grantee, permission });
    }
    Ok(())
}

/// A `Grant` element. The kind of grantee is `xsi:type`; without one, what the element holds
/// decides.
fn read_element(grant: &Element) -> Result<RequestedGrant> {
    let malformed = || S3Error::new(ErrorCode::MalformedACLError);
    grant.only(&["Grantee", "Permission"]).map_err(|_| malformed())?;
    let permission = grant.word_of("Permission").and_then(Permission::parse);
    let permission = permission.ok_or_else(malformed)?;
    let grantee = grant.child("Grantee").ok_or_else(malformed)?;
    let text = |name| grantee.word_of(name);
    let kind = match (grantee.kind.as_deref(), text("ID"), text("URI"), text("EmailAddress")) {
        (Some(kind), ..) => kind,
        (None, Some(_), ..) => "CanonicalUser",
        (None, None, Some(_), _) => "Group",
        (None, None, None, Some(_)) => "AmazonCustomerByEmail",
        (None, None, None, None) => return Err(malformed()),
    };
    let grantee = match kind {
        "CanonicalUser" => NamedGrantee::Id(text("ID").ok_or_else(malformed)?.to_owned()),
        "AmazonCustomerByEmail" => {
            NamedGrantee::Email(text("EmailAddress").ok_or_else(malformed)?.to_owned())
        }
        "Group" => {
            let uri = text("URI").ok_or_else(malformed)?;
            NamedGrantee::Group(Group::parse(uri).ok_or_else(|| invalid_group(uri))?)
        }
        _ => return Err(malformed()),
    };
    Ok(RequestedGrant { grantee, permission })
}
