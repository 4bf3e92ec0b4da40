//! Access points in addresses: the bucket that one stands for takes its place in the target, so
//! that later stages see a bucket.

use gateway::bucket::access_point::{self, HostKind, InHost, by_arn, in_host, no_such};
use gateway::bucket::object_lambda;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::sigv4::credential_scope::OBJECT_LAMBDA_SERVICE;
use gateway::operations::Operation;
use gateway::operations::copy_source::CopySource;
use gateway::request::headers::Headers;
use sdk::bindings::gateway::portcullis::gateway::access_points::{self, Address, Unusable};
use sdk::{AccessPoint, Call, Head, ObjectLambda, Target};

use crate::key_use;

/// Whether a request comes by an Object Lambda access point that transforms what the operation
/// returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reached {
    /// The response is transformed.
    Transformed,
    /// It passes as it is.
    Plain,
}

/// Finds the access point of a request, where its address may name one: sets the fact
/// `access-point`, for an Object Lambda access point also `object-lambda`, and makes the bucket
/// that it stands for that of the target. `service` is the service that the request says that it is
/// signed for.
///
/// Other requests pay for two comparisons of the end of a name. `NoSuchAccessPoint` for a host that
/// can name nothing else, `MethodNotAllowed` for operations that do not go by access points.
pub(crate) fn reach(
    call: &Call,
    operation: Option<Operation>,
    target: &mut Target,
    is_in_host: bool,
    service: &dyn Fn() -> Option<String>,
) -> Result<Reached> {
    let Some(bucket) = target.bucket.as_deref() else { return Ok(Reached::Plain) };
    let (address, kind) = match is_in_host {
        _ if object_lambda::is_alias(bucket) => (Address::Alias(bucket.to_owned()), HostKind::ObjectLambda),
        _ if access_point::is_alias(bucket) => (Address::Alias(bucket.to_owned()), HostKind::AccessPoint),
        true => match in_host(bucket) {
            Some(InHost { name, account, kind }) => {
                (Address::Name((account.to_owned(), name.to_owned())), kind)
            }
            None => return Ok(Reached::Plain),
        },
        false => return Ok(Reached::Plain),
    };
    // A bucket that is to be made has the name that the address says.
    if operation.is_some_and(Operation::makes_bucket) {
        return Ok(Reached::Plain);
    }
    // SDKs send the ARN of either kind to the same host, and sign for another service.
    let is_object_lambda = kind == HostKind::ObjectLambda
        || (kind == HostKind::Any && service().as_deref() == Some(OBJECT_LAMBDA_SERVICE));
    if is_object_lambda {
        return match (reach_object_lambda(call, operation, target, &address)?, &address) {
            (Some(reached), _) => Ok(reached),
            (None, Address::Name((_, name))) => Err(no_such(name)),
            // An alias that nothing has is the name of a bucket that is not there.
            (None, Address::Alias(_)) => Ok(Reached::Plain),
        };
    }
    let Some(point) = find(&address, bucket)? else {
        return match &address {
            Address::Name((_, name)) if kind == HostKind::AccessPoint => Err(no_such(name)),
            // A preflight is not signed, so it does not say which kind it means.
            Address::Name(_) if operation.is_none() => {
                Ok(reach_object_lambda(call, operation, target, &address)?.unwrap_or(Reached::Plain))
            }
            Address::Name(_) | Address::Alias(_) => Ok(Reached::Plain),
        };
    };
    if operation.is_some_and(|operation| !operation.goes_by_access_point()) {
        return Err(S3Error::new(ErrorCode::MethodNotAllowed).detail("ResourceType", "ACCESSPOINT"));
    }
    target.bucket = Some(point.bucket.clone());
    call.set_access_point(&point);
    Ok(Reached::Plain)
}

/// The same of an Object Lambda access point; `None` where there is none at the address.
fn reach_object_lambda(
    call: &Call,
    operation: Option<Operation>,
    target: &mut Target,
    address: &Address,
) -> Result<Option<Reached>> {
    let sent = target.bucket.clone().unwrap_or_default();
    let found =
        access_points::find_object_lambda(address, &target.operation).map_err(|unusable| match unusable {
            Unusable::Unreadable => S3Error::from(ErrorCode::InternalError),
            Unusable::Unsupported => S3Error::new(ErrorCode::NoSuchAccessPoint).message(
                "The access point that supports the specified Object Lambda access point does not exist",
            ),
        })?;
    let Some((object_lambda, point)) = found else { return Ok(None) };
    if operation.is_some_and(|operation| !operation.goes_by_object_lambda()) {
        return Err(not_by_object_lambda());
    }
    let reached = if object_lambda.transformation.is_some() { Reached::Transformed } else { Reached::Plain };
    target.bucket = Some(point.bucket.clone());
    call.set_access_point(&AccessPoint { address: sent.clone(), ..point });
    call.set_object_lambda(&ObjectLambda { address: sent, ..object_lambda });
    Ok(Some(reached))
}

/// The refusal of what does not go by Object Lambda access points.
fn not_by_object_lambda() -> S3Error {
    S3Error::new(ErrorCode::MethodNotAllowed).detail("ResourceType", "OBJECTLAMBDAACCESSPOINT")
}

/// Finds the access point by which a copy names its source, and sets the fact
/// `source-access-point`. `NoSuchAccessPoint` for an ARN of one that is not there,
/// `MethodNotAllowed` for an Object Lambda access point.
pub(crate) fn reach_source(call: &Call, head: &Head, headers: &Headers) -> Result<()> {
    // A source that cannot be read is refused by `storage`, when the principal is known.
    let Ok(source) = key_use::sent_source(head, headers) else { return Ok(()) };
    if !source.names_access_point() {
        return Ok(());
    }
    let named = by_arn(&source.bucket);
    // What is transformed is not copied.
    if object_lambda::is_alias(&source.bucket) || named.is_some_and(|named| named.is_object_lambda) {
        return Err(not_by_object_lambda());
    }
    let address = match named {
        Some(named) => Address::Name((named.account.to_owned(), named.name.to_owned())),
        None => Address::Alias(source.bucket.clone()),
    };
    match (find(&address, &source.bucket)?, named) {
        (Some(point), _) => call.set_source_access_point(&point),
        (None, Some(named)) => return Err(no_such(named.name)),
        (None, None) => {}
    }
    Ok(())
}

/// The source of a copy, in the bucket that the access point stands for where one names it.
pub(crate) fn source(call: &Call, sent: CopySource) -> CopySource {
    match sent.names_access_point() {
        false => sent,
        true => match call.source_access_point() {
            Some(point) => sent.in_bucket(point.bucket),
            None => sent,
        },
    }
}

fn find(address: &Address, sent: &str) -> Result<Option<AccessPoint>> {
    let found = access_points::find(address).map_err(|()| S3Error::from(ErrorCode::InternalError))?;
    Ok(found.map(|point| AccessPoint { address: sent.to_owned(), ..point }))
}
