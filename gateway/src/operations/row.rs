//! What a row of the operations table says.

use super::Operation;
use crate::request::method::Method;

/// One row: everything that is true of an operation before its parameters are read.
#[derive(Clone, Copy, Debug)]
pub struct OperationRow {
    /// The operation.
    pub operation: Operation,
    /// The method of its requests.
    pub method: Method,
    /// What it is addressed to.
    pub target: TargetKind,
    /// What tells it apart from other operations with this method and target; all must hold.
    pub selected_by: &'static [Selector],
    /// The IAM actions that it takes. All must be allowed.
    pub actions: &'static [Action],
    /// What its request body is.
    pub body: BodyKind,
    /// Whether the request must carry a digest of its body.
    pub digest: BodyDigest,
    /// Its purpose.
    pub purpose: Purpose,
    /// Whether its requests may carry a one-time code (`x-amz-mfa`), which is used up before the
    /// decision. In other requests to S3 the header has no effect.
    pub takes_code: bool,
    /// Whether its response says that the requester was charged (`x-amz-request-charged`).
    pub says_charged: bool,
    /// Whether its requests may come by an access point:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-service-api-support.html>.
    pub by_access_point: bool,
    /// The stage that gives the operation effect; the operation is refused where the pipeline has
    /// no such stage.
    pub enforced_by: Option<&'static str>,
    /// Whether the server implements it.
    pub support: Support,
}

impl OperationRow {
    /// Whether it is the older name of another row for the same requests.
    pub fn is_superseded(&self) -> bool {
        self.support == Support::Superseded
    }

    /// The subresource that selects the row: `?acl`.
    pub fn subresource(&self) -> Option<&'static str> {
        self.selected_by.iter().find_map(|selector| match selector {
            Selector::Subresource(name) => Some(*name),
            _ => None,
        })
    }
}

/// What an operation is addressed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TargetKind {
    /// `/`
    Service,
    /// `/photos`
    Bucket,
    /// `/photos/cat.jpg`
    Object,
}

impl TargetKind {
    /// All of them.
    pub const ALL: [TargetKind; 3] = [TargetKind::Service, TargetKind::Bucket, TargetKind::Object];
}

/// Whether the server implements an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Support {
    /// It is implemented.
    Full,
    /// It reads or deletes a configuration that cannot be made here, and says that there is none:
    /// see [`super::nothing`]. The operation that makes one is [`Support::Missing`].
    Nothing,
    /// It is answered with `NotImplemented`.
    Missing,
    /// It is the older name of another row for the same requests.
    Superseded,
}

/// The purpose of an operation. Code outside of the table compares this, and keeps no lists of
/// operations. A test compares it with the actions and the body of the row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// `-` in the table: none of the others. Only the operation's own code depends on what it does.
    Other,
    /// It makes a bucket. Every other operation needs an existing bucket.
    MakeBucket,
    /// It lists what a bucket holds: objects, versions or uploads, from a prefix on.
    ListContents,
    /// It returns an object, or its headers.
    ReadObject,
    /// It says how the bytes of an object or of an upload are stored, without returning them.
    DescribeObject,
    /// It makes an object.
    WriteObject,
    /// It begins an upload, and says how the object will be.
    BeginUpload,
    /// It adds a part to an upload, which is kept as the upload was begun.
    WritePart,
    /// It makes an object of the parts of an upload, as the upload was begun.
    CompleteUpload,
    /// It sets the ACL of a bucket or of an object that is there.
    SetAcl,
    /// It sets or removes the tags of a bucket or of an object that is there.
    SetTags,
    /// It sets the retention or the legal hold of an object that is there.
    SetLock,
}

/// A condition on the request by which a row is selected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Selector {
    /// A subresource in the query, such as `?acl`. A request has at most one.
    Subresource(&'static str),
    /// A query parameter that refines.
    Parameter(&'static str),
    /// A query parameter with one value.
    ParameterIs(&'static str, &'static str),
    /// A header, by its lower-case name.
    Header(&'static str),
    /// The whole path.
    Path(&'static str),
    /// How the path begins and ends, with one name between the two.
    Under(&'static str, &'static str),
    /// How the path begins, with anything behind it.
    Below(&'static str),
}

/// An IAM action that an operation takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// On the request's target.
    Target(&'static str),
    /// On the request's target: the first, or the second when the request names a version id.
    Versioned(&'static str, &'static str),
    /// On the object that `x-amz-copy-source` names: the first, or the second when it names a
    /// version id.
    Source(&'static str, &'static str),
    /// On each object that the body names: the first, or the second where a version id is named.
    Each(&'static str, &'static str),
    /// On the request's target, when the request carries the header that comes first.
    WithHeader(&'static str, &'static str),
}

/// What the body of a request is, with its limit in bytes where it is read into memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyKind {
    /// There is none. A body that is sent is not read.
    None,
    /// An XML document.
    Xml(u64),
    /// A JSON document.
    Json(u64),
    /// Parameters as in a query string.
    Form(u64),
    /// The bytes of an object or a part.
    Stream,
    /// An HTML form: its fields count as headers, and its file is the bytes of an object.
    UploadForm,
}

impl BodyKind {
    /// The limit in bytes of a body that is read into memory.
    pub fn length_max(self) -> Option<u64> {
        match self {
            BodyKind::Xml(limit) | BodyKind::Json(limit) | BodyKind::Form(limit) => Some(limit),
            BodyKind::None | BodyKind::Stream | BodyKind::UploadForm => None,
        }
    }
}

/// Whether `Content-MD5` or a checksum must come with the body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyDigest {
    /// The request is refused without one.
    Required,
    /// SDKs send one. S3 takes the request without it.
    Expected,
    /// A digest that comes is verified.
    Optional,
}

pub(super) const fn sub(name: &'static str) -> Selector {
    Selector::Subresource(name)
}

pub(super) const fn has(name: &'static str) -> Selector {
    Selector::Parameter(name)
}

pub(super) const fn is(name: &'static str, value: &'static str) -> Selector {
    Selector::ParameterIs(name, value)
}

pub(super) const fn header(name: &'static str) -> Selector {
    Selector::Header(name)
}

pub(super) const fn path(path: &'static str) -> Selector {
    Selector::Path(path)
}

pub(super) const fn under(start: &'static str, end: &'static str) -> Selector {
    Selector::Under(start, end)
}

pub(super) const fn below(start: &'static str) -> Selector {
    Selector::Below(start)
}

pub(super) const fn all(action: &'static str) -> Action {
    Action::Target(action)
}

pub(super) const fn versioned(current: &'static str, version: &'static str) -> Action {
    Action::Versioned(current, version)
}

pub(super) const fn source(current: &'static str, version: &'static str) -> Action {
    Action::Source(current, version)
}

pub(super) const fn each(current: &'static str, version: &'static str) -> Action {
    Action::Each(current, version)
}

pub(super) const fn with(header: &'static str, action: &'static str) -> Action {
    Action::WithHeader(header, action)
}
