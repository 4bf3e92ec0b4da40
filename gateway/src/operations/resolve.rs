//! Finds the operation of a request. A pure function of the request's head.

use super::{Operation, OperationRow, ROWS, Selector, TargetKind, account_control};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::operations::addressing::{Address, Domains, address};
use crate::request::method::Method;
use crate::request::query::Query;
use crate::request::subresource;
use std::fmt;
use std::sync::LazyLock;

/// The parts of a request that decide which operation it is.
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    /// As sent: `GET`.
    pub method: &'a str,
    /// As sent, percent-encoded, with the leading `/`.
    pub path: &'a str,
    /// The parsed query.
    pub query: &'a Query,
    /// The host that the client addressed, with or without a port.
    pub host: &'a str,
    /// Whether a header was sent, by its lower-case name. Called only where the table needs it.
    pub has_header: &'a dyn Fn(&str) -> bool,
}

impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the query: a presigned one holds a signature.
        formatter.debug_struct("RequestHead").field("method", &self.method).field("path", &self.path).finish()
    }
}

/// The operation of a request and what it is addressed to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// The operation.
    pub operation: Operation,
    /// The bucket, decoded.
    pub bucket: Option<String>,
    /// The key, decoded.
    pub key: Option<String>,
    /// Whether the bucket is named by the host, and not by the path.
    pub in_host: bool,
}

/// Finds the operation of a request.
///
/// Fails with `InvalidURI`, `InvalidBucketName`, `KeyTooLongError`, `InvalidArgument` for two
/// subresources at once, `NotImplemented` for an operation on an account that is not in the table,
/// or `MethodNotAllowed` when there is no such operation. A known subresource is never ignored:
/// `DELETE /photos?acl` does not delete the bucket.
pub fn resolve(request: &RequestHead<'_>, domains: &Domains) -> Result<Resolved> {
    // First, because such a path is not the address of a bucket.
    if let Some(operation) = by_path(request)? {
        return Ok(Resolved { operation, bucket: None, key: None, in_host: false });
    }
    let Address { bucket, key, in_host } = address(request.host, request.path, domains)?;
    let target = match (&bucket, &key) {
        (None, _) => TargetKind::Service,
        (Some(_), None) => TargetKind::Bucket,
        (Some(_), Some(_)) => TargetKind::Object,
    };
    let subresource = subresource(request.query)?;
    let method = Method::parse(request.method).ok_or_else(|| not_allowed(request, target, subresource))?;
    let method = if is_query_call(request, target) { Method::Post } else { method };
    let operation = select(request, method, target, subresource)
        .ok_or_else(|| refuse(request, method, target, subresource))?;
    if operation == Operation::PutObject && request.query.has("partNumber") {
        let message = "This operation does not accept partNumber without uploadId";
        return Err(S3Error::invalid_argument("partNumber", "partNumber", message));
    }
    Ok(Resolved { operation, bucket, key, in_host })
}

/// The row whose conditions all hold; of several, the one with the most.
fn select(
    request: &RequestHead<'_>,
    method: Method,
    target: TargetKind,
    subresource: Option<&str>,
) -> Option<Operation> {
    rows_of(method, target)
        .iter()
        .filter(|row| row.subresource() == subresource && holds(row, request))
        .max_by_key(|row| row.selected_by.len())
        .map(|row| row.operation)
}

/// The rows of a method and a target. The whole table is too long to search for every request.
fn rows_of(method: Method, target: TargetKind) -> &'static [&'static OperationRow] {
    static ROWS_OF: LazyLock<Vec<(Method, TargetKind, Vec<&'static OperationRow>)>> = LazyLock::new(|| {
        let of = |method, target| {
            let is_of =
                |row: &&OperationRow| row.method == method && row.target == target && !row.is_superseded();
            (method, target, ROWS.iter().filter(is_of).collect())
        };
        TargetKind::ALL.into_iter().flat_map(|target| Method::ALL.map(|method| of(method, target))).collect()
    });
    let found = ROWS_OF.iter().find(|(own, kind, _)| *own == method && *kind == target);
    found.map_or(&[], |(.., rows)| rows.as_slice())
}

fn holds(row: &OperationRow, request: &RequestHead<'_>) -> bool {
    row.selected_by.iter().all(|selector| match *selector {
        Selector::Subresource(_) => true,
        Selector::Parameter(name) => request.query.has(name),
        Selector::ParameterIs(name, value) => request.query.get(name) == Some(value),
        Selector::Header(name) => (request.has_header)(name),
        Selector::Path(path) => request.path == path,
        Selector::Under(start, end) => account_control::name_between(request.path, start, end).is_some(),
        Selector::Below(start) => request.path.strip_prefix(start).is_some_and(|rest| !rest.is_empty()),
    })
}

/// The operations that are called by a path of their own. `NotImplemented` for those of an account
/// that are not in the table.
fn by_path(request: &RequestHead<'_>) -> Result<Option<Operation>> {
    let is = |operation: &Operation| {
        let row = operation.row();
        row.method.as_str() == request.method && holds(row, request)
    };
    if account_control::is_addressed(request.path, request.has_header) {
        let mut of_account = Operation::ALL.iter().copied().filter(|operation| operation.is_of_account());
        return Ok(Some(of_account.find(is).ok_or(ErrorCode::NotImplemented)?));
    }
    Ok(Some(Operation::WriteGetObjectResponse).filter(is))
}

/// AWS Query services take their parameters in the query of a GET as well, which is how presigned
/// calls of `GetCallerIdentity` are made.
fn is_query_call(request: &RequestHead<'_>, target: TargetKind) -> bool {
    target == TargetKind::Service && request.method == "GET" && request.query.has("Action")
}

/// The subresource that the query names. S3 refuses two at once.
fn subresource(query: &Query) -> Result<Option<&'static str>> {
    let mut found: Option<&'static str> = None;
    for (name, _) in query.iter() {
        let Some(name) = subresource::of_parameter(name) else { continue };
        match found {
            Some(first) if name != first => {
                let message = format!("Conflicting query string parameters: {first}, {name}");
                return Err(S3Error::invalid_argument("ResourceType", first, message));
            }
            _ => found = Some(name),
        }
    }
    Ok(found)
}

fn refuse(
    request: &RequestHead<'_>,
    method: Method,
    target: TargetKind,
    subresource: Option<&str>,
) -> S3Error {
    match (method, target, subresource) {
        (Method::Get, TargetKind::Object, Some("uploads")) => {
            S3Error::invalid_request("Key is not expected for the GET method ?uploads subresource")
        }
        (Method::Get, TargetKind::Object, Some("versions")) => {
            S3Error::invalid_request("There is no such thing as the ?versions sub-resource for a key")
        }
        _ => not_allowed(request, target, subresource),
    }
}

/// `MethodNotAllowed`, with the name that S3 has for the resource. Its names for most subresources
/// are not known.
fn not_allowed(request: &RequestHead<'_>, target: TargetKind, subresource: Option<&str>) -> S3Error {
    let error = S3Error::new(ErrorCode::MethodNotAllowed).detail("Method", request.method);
    match (target, subresource) {
        (TargetKind::Service, None) => error.detail("ResourceType", "SERVICE"),
        (TargetKind::Bucket, None) => error.detail("ResourceType", "BUCKET"),
        (TargetKind::Object, None) => error.detail("ResourceType", "OBJECT"),
        (TargetKind::Object, Some("uploadId")) => {
            error.detail("ResourceType", "UPLOAD").header("allow", "DELETE, POST, GET")
        }
        _ => error,
    }
}
