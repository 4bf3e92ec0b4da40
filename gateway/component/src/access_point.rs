//! Access points in addresses: the bucket that one stands for takes its place in the target, so
//! that later stages see a bucket.

use gateway::bucket::access_point::{self, InHost, by_arn, in_host, no_such};
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::Operation;
use gateway::operations::copy_source::CopySource;
use gateway::request::headers::Headers;
use sdk::bindings::gateway::portcullis::gateway::access_points::{self, Address};
use sdk::{AccessPoint, Call, Head, ObjectLambda, Target};

use crate::key_use;

/// Finds the access point of a request, where its address may name one: sets the fact
/// `access-point`, and makes the bucket that it stands for that of the target.
///
/// Returns whether it is an Object Lambda access point that transforms what the operation returns:
/// then the fact `object-lambda` is set, too. Other requests pay for two comparisons of the end of a name. `NoSuchAccessPoint` for a host that
/// can name nothing else, `MethodNotAllowed` for operations that do not go by access points.
pub(crate) fn reach(
    call: &Call,
    operation: Option<Operation>,
    target: &mut Target,
    is_in_host: bool,
) -> Result<bool> {
    let Some(bucket) = target.bucket.as_deref() else { return Ok(false) };
    let (address, certain) = match is_in_host {
        _ if access_point::is_alias(bucket) => (Address::Alias(bucket.to_owned()), None),
        true => match in_host(bucket) {
            Some(InHost { name, account, is_certain }) => {
                (Address::Name((account.to_owned(), name.to_owned())), is_certain.then_some(name))
            }
            None => return Ok(false),
        },
        false => return Ok(false),
    };
    // A bucket that is to be made has the name that the address says.
    if operation.is_some_and(Operation::makes_bucket) {
        return Ok(false);
    }
    if let Some((object_lambda, point)) = find_object_lambda(&address, bucket, &target.operation)? {
        let transforms = object_lambda.transformation.is_some();
        target.bucket = Some(point.bucket.clone());
        call.set_access_point(&point);
        call.set_object_lambda(&object_lambda);
        return Ok(transforms);
    }
    let Some(point) = find(&address, bucket)? else {
        return certain.map_or(Ok(false), |name| Err(no_such(name)));
    };
    if operation.is_some_and(|operation| !operation.goes_by_access_point()) {
        return Err(S3Error::new(ErrorCode::MethodNotAllowed).detail("ResourceType", "ACCESSPOINT"));
    }
    target.bucket = Some(point.bucket.clone());
    call.set_access_point(&point);
    Ok(false)
}

/// Finds the access point by which a copy names its source, and sets the fact
/// `source-access-point`. `NoSuchAccessPoint` for an ARN of one that is not there.
pub(crate) fn reach_source(call: &Call, head: &Head, headers: &Headers) -> Result<()> {
    // A source that cannot be read is refused by `storage`, when the principal is known.
    let Ok(source) = key_use::sent_source(head, headers) else { return Ok(()) };
    if !source.names_access_point() {
        return Ok(());
    }
    let named = by_arn(&source.bucket);
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

fn find_object_lambda(
    address: &Address,
    sent: &str,
    operation: &str,
) -> Result<Option<(ObjectLambda, AccessPoint)>> {
    let found = access_points::find_object_lambda(address, operation)
        .map_err(|()| S3Error::from(ErrorCode::InternalError))?;
    Ok(found
        .map(|(object_lambda, point)| (ObjectLambda { address: sent.to_owned(), ..object_lambda }, point)))
}
