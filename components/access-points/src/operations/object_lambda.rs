//! CreateAccessPointForObjectLambda, GetAccessPointForObjectLambda,
//! ListAccessPointsForObjectLambda, DeleteAccessPointForObjectLambda, and
//! GetAccessPointConfigurationForObjectLambda and PutAccessPointConfigurationForObjectLambda.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessPointForObjectLambda.html>.
//! The row is read with every request by the access point, and has to be small: payloads have rows
//! of their own, which are read where a function gets them.

use gateway::bucket::access_point::{name_in_host, no_such, taken_by_bucket};
use gateway::bucket::object_lambda::{
    OF_ACCOUNT_MAX, ObjectLambdaConfiguration, Transformation as Configured, check_name, make_alias,
    supporting_of,
};
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::object_lambda::{ShownObjectLambda, configuration_document, list_document};
use gateway::policy::object_lambda_arn;
use sdk::{Call, Response, random};

use crate::changes::{ATTEMPTS_MAX, Changes, change_object_lambda, commit};
use crate::records::{AccessPoint, ObjectLambda, Payload, Row, Transformation};
use crate::request::{Input, Request};
use crate::{rows, tables};

/// CreateAccessPointForObjectLambda.
///
/// `InvalidRequest` for a name against the rules, or one that a bucket has in hosts;
/// `AccessPointAlreadyOwnedByYou`, `TooManyAccessPoints`; `NoSuchAccessPoint` where the supporting
/// access point is not there.
pub(crate) async fn create(call: &Call, request: &Request) -> Result<Response> {
    let Input::Configuration(configuration) = &request.input else {
        return Err(ErrorCode::InternalError.into());
    };
    check_name(&request.name)?;
    let key = tables::key(&request.account, &request.name);
    let in_host = name_in_host(&request.name, &request.account);
    for _ in 0..ATTEMPTS_MAX {
        if rows::object_lambda(&request.account, &request.name)?.is_some() {
            let error = S3Error::new(ErrorCode::AccessPointAlreadyOwnedByYou);
            return Err(error.detail("AccessPointName", &*request.name));
        }
        if rows::bucket_revision(&in_host).is_some() {
            return Err(taken_by_bucket(&in_host));
        }
        if rows::count(tables::OBJECT_LAMBDAS, &request.account, OF_ACCOUNT_MAX) >= OF_ACCOUNT_MAX {
            return Err(ErrorCode::TooManyAccessPoints.into());
        }
        let record = ObjectLambda {
            supporting: configuration.supporting.clone(),
            alias: make_alias(&request.name, random::next_u64),
            created_ms: request.now_ms,
            metrics: configuration.metrics,
            features: configuration.features.clone(),
            transformations: kept(configuration),
            policy: None,
        };
        let mut changes = Changes::new();
        changes.require(tables::ACCESS_POINTS, &supporting(configuration)?);
        changes.require_absent(tables::OBJECT_LAMBDAS, key.clone());
        changes.require_absent(tables::BUCKETS, in_host.clone().into_bytes());
        changes.require_absent(tables::OBJECT_LAMBDA_ALIASES, record.alias.clone().into_bytes());
        changes.put(tables::OBJECT_LAMBDAS, key.clone(), &record)?;
        changes.put_bytes(tables::OBJECT_LAMBDA_ALIASES, record.alias.clone().into_bytes(), key.clone());
        put_payloads(&mut changes, request, configuration)?;
        if commit(call, changes).await?.is_some() {
            return Ok(Response::new(200).xml(shown(&request.name, &request.arn(), &record).created()));
        }
    }
    Err(ErrorCode::OperationAborted.into())
}

/// The supporting access point of a configuration. `NoSuchAccessPoint`
fn supporting(configuration: &ObjectLambdaConfiguration) -> Result<Row<AccessPoint>> {
    let (account, name) = supporting_of(&configuration.supporting).ok_or(ErrorCode::InternalError)?;
    rows::access_point(account, name)?.ok_or_else(|| no_such(name))
}

/// The transformations as their row keeps them.
fn kept(configuration: &ObjectLambdaConfiguration) -> Vec<Transformation> {
    let kept = |own: &Configured| Transformation {
        actions: own.actions.clone(),
        function_arn: own.function_arn.clone(),
        has_payload: !own.payload.is_empty(),
    };
    configuration.transformations.iter().map(kept).collect()
}

fn put_payloads(
    changes: &mut Changes,
    request: &Request,
    configuration: &ObjectLambdaConfiguration,
) -> Result<()> {
    for (position, own) in configuration.transformations.iter().enumerate() {
        if !own.payload.is_empty() {
            let key = tables::payload_key(&request.account, &request.name, position);
            let payload = Payload { text: own.payload.clone() };
            changes.put(tables::OBJECT_LAMBDA_PAYLOADS, key, &payload)?;
        }
    }
    Ok(())
}

/// Deletes the payloads that an access point has, but for those that a new configuration replaces.
fn delete_payloads(
    changes: &mut Changes,
    request: &Request,
    record: &ObjectLambda,
    new: Option<&ObjectLambdaConfiguration>,
) {
    for (position, own) in record.transformations.iter().enumerate() {
        let next = new.and_then(|new| new.transformations.get(position));
        if own.has_payload && next.is_none_or(|next| next.payload.is_empty()) {
            let key = tables::payload_key(&request.account, &request.name, position);
            changes.delete(tables::OBJECT_LAMBDA_PAYLOADS, key);
        }
    }
}

/// An Object Lambda access point, as documents show it.
fn shown<'a>(name: &'a str, arn: &'a str, record: &'a ObjectLambda) -> ShownObjectLambda<'a> {
    ShownObjectLambda { name, arn, alias: &record.alias, created_ms: record.created_ms }
}

/// GetAccessPointForObjectLambda. `NoSuchAccessPoint`
pub(crate) fn get(request: &Request) -> Result<Response> {
    let row = request.object_lambda()?;
    Ok(Response::new(200).xml(shown(&request.name, &request.arn(), &row.record).document()))
}

/// ListAccessPointsForObjectLambda: those of the account, in the order of their names.
pub(crate) fn list(request: &Request) -> Result<Response> {
    let Input::List(list) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    // One more than the page holds says whether there are more.
    let mut found = rows::list_object_lambdas(&request.account, &list.after, list.max + 1)?;
    let more = found.len() > list.max as usize;
    found.truncate(list.max as usize);
    let arns: Vec<String> =
        found.iter().map(|(name, _)| object_lambda_arn(&request.region, &request.account, name)).collect();
    let shown: Vec<ShownObjectLambda<'_>> =
        found.iter().zip(&arns).map(|((name, row), arn)| shown(name, arn, &row.record)).collect();
    Ok(Response::new(200).xml(list_document(&shown, more)))
}

/// DeleteAccessPointForObjectLambda, with its policy. `NoSuchAccessPoint`
pub(crate) async fn delete(call: &Call, request: &Request) -> Result<Response> {
    for _ in 0..ATTEMPTS_MAX {
        let row = request.object_lambda()?;
        let mut changes = Changes::new();
        changes.require(tables::OBJECT_LAMBDAS, &row);
        delete_payloads(&mut changes, request, &row.record, None);
        changes.delete(tables::OBJECT_LAMBDAS, row.key.clone());
        changes.delete(tables::OBJECT_LAMBDA_POLICIES, row.key);
        changes.delete(tables::OBJECT_LAMBDA_ALIASES, row.record.alias.into_bytes());
        if commit(call, changes).await?.is_some() {
            return Ok(Response::new(204));
        }
    }
    Err(ErrorCode::OperationAborted.into())
}

/// GetAccessPointConfigurationForObjectLambda. `NoSuchAccessPoint`
pub(crate) fn configuration(request: &Request) -> Result<Response> {
    let record = request.object_lambda()?.record;
    let read = |(position, own): (usize, Transformation)| {
        let payload = match own.has_payload {
            true => rows::payload(&request.account, &request.name, position)?,
            false => String::new(),
        };
        Ok(Configured { actions: own.actions, function_arn: own.function_arn, payload })
    };
    let configuration = ObjectLambdaConfiguration {
        supporting: record.supporting,
        metrics: record.metrics,
        features: record.features,
        transformations: record.transformations.into_iter().enumerate().map(read).collect::<Result<_>>()?,
    };
    Ok(Response::new(200).xml(configuration_document(&configuration)))
}

/// PutAccessPointConfigurationForObjectLambda: replaces all of it. `NoSuchAccessPoint`, also where
/// the supporting access point is not there.
pub(crate) async fn configure(call: &Call, request: &Request) -> Result<Response> {
    let Input::Configuration(configuration) = &request.input else {
        return Err(ErrorCode::InternalError.into());
    };
    change_object_lambda(call, request, |changes, row| {
        changes.require(tables::ACCESS_POINTS, &supporting(configuration)?);
        delete_payloads(changes, request, &row.record, Some(configuration));
        put_payloads(changes, request, configuration)?;
        row.record.supporting.clone_from(&configuration.supporting);
        row.record.metrics = configuration.metrics;
        row.record.features.clone_from(&configuration.features);
        row.record.transformations = kept(configuration);
        Ok(())
    })
    .await?;
    Ok(Response::new(200))
}
