//! The export `access-points`: which access point a name stands for, and who may use it.

use gateway::bucket::object_lambda::{TransformedAction, supporting_of};
use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::operations::Operation;
use gateway::policy::{access_point_arn, object_lambda_arn};
use sdk::bindings::access_points::exports::portcullis::gateway::access_points::{
    AccessPointAccess, Address, Guest, ObjectLambdaRules, Unusable,
};
use sdk::settings;

use crate::records::{AccessPoint, Kind, ObjectLambda, Row};
use crate::{AccessPoints, rows};

impl Guest for AccessPoints {
    fn find(address: Address) -> Result<Option<sdk::AccessPoint>, ()> {
        let found = match address {
            Address::Alias(alias) => rows::with_alias(&alias).map_err(drop)?,
            Address::Name((account, name)) => {
                let row = rows::access_point(&account, &name).map_err(drop)?;
                row.map(|row| (account, name, row))
            }
        };
        Ok(found.map(|(account, name, row)| access_point(account, name, row.record)))
    }

    fn find_object_lambda(
        address: Address,
        operation: String,
    ) -> Result<Option<(sdk::ObjectLambda, sdk::AccessPoint)>, Unusable> {
        let unreadable = |_| Unusable::Unreadable;
        let found = match address {
            Address::Alias(alias) => rows::object_lambda_with_alias(&alias).map_err(unreadable)?,
            Address::Name((account, name)) => {
                let row = rows::object_lambda(&account, &name).map_err(unreadable)?;
                row.map(|row| (account, name, row))
            }
        };
        let Some((account, name, Row { record, .. })) = found else { return Ok(None) };
        let (owner, supporting) = supporting_of(&record.supporting).ok_or(Unusable::Unreadable)?;
        let row = rows::access_point(owner, supporting).map_err(unreadable)?.ok_or(Unusable::Unsupported)?;
        let access_point = access_point(owner.to_owned(), supporting.to_owned(), row.record);
        let transformation =
            transformation(&account, &name, &record, &operation).map_err(|_| Unusable::Unreadable)?;
        // Sizes and ETags of a listing follow from it.
        let of_get = match transformation.is_some() && is_listing(&operation) {
            true => transformation_of_get(&account, &name, &record)?,
            false => None,
        };
        let object_lambda = sdk::ObjectLambda {
            arn: object_lambda_arn(&settings::region(), &account, &name),
            guarded: record.policy.is_some(),
            account,
            name,
            address: String::new(),
            transformation,
            of_get,
        };
        Ok(Some((object_lambda, access_point)))
    }

    fn object_lambda_access(account: String, name: String) -> Option<ObjectLambdaRules> {
        let row = rows::object_lambda(&account, &name).ok().flatten()?.record;
        Some(ObjectLambdaRules { public_access: PublicAccessBlock::ALL.into(), policy: row.policy })
    }

    fn object_lambda_policy(account: String, name: String) -> Option<String> {
        rows::object_lambda_policy(&account, &name).ok().flatten().map(|row| row.record.text)
    }

    fn access(account: String, name: String) -> Option<AccessPointAccess> {
        let row = rows::access_point(&account, &name).ok().flatten()?.record;
        Some(AccessPointAccess {
            bucket: row.bucket,
            network: row.network,
            public_access: row.public_access.into(),
            policy: row.policy,
            tags: row.tags,
        })
    }

    fn policy(account: String, name: String) -> Option<String> {
        rows::policy(&account, &name).ok().flatten().map(|row| row.record.text)
    }
}

/// An access point, as the gateway sees it.
fn access_point(account: String, name: String, record: AccessPoint) -> sdk::AccessPoint {
    let Kind::Bucket = record.kind;
    sdk::AccessPoint {
        arn: access_point_arn(&settings::region(), &account, &name),
        guarded: record.policy.is_some() || record.network.is_some(),
        blocks_public_acls: record.public_access.block_public_acls,
        bucket: record.bucket,
        account,
        name,
        address: String::new(),
    }
}

/// Whether responses of an operation show sizes and ETags of objects.
fn is_listing(operation: &str) -> bool {
    TransformedAction::of_operation(operation).is_some_and(TransformedAction::lists)
}

fn transformation_of_get(
    account: &str,
    name: &str,
    record: &ObjectLambda,
) -> Result<Option<sdk::Transformation>, Unusable> {
    transformation(account, name, record, Operation::GetObject.name()).map_err(|_| Unusable::Unreadable)
}

/// What transforms the responses of an operation.
fn transformation(
    account: &str,
    name: &str,
    record: &ObjectLambda,
    operation: &str,
) -> gateway::errors::Result<Option<sdk::Transformation>> {
    let Some(action) = TransformedAction::of_operation(operation) else { return Ok(None) };
    let mut transformations = record.transformations.iter().enumerate();
    let Some((position, own)) = transformations.find(|(_, own)| own.actions.contains(&action)) else {
        return Ok(None);
    };
    let payload = match own.has_payload {
        true => rows::payload(account, name, position)?,
        false => String::new(),
    };
    let (range, part_number) = action.features().unzip();
    // Ranges say nothing of listings.
    let allows = |feature: Option<_>| feature.is_none_or(|feature| record.features.contains(&feature));
    Ok(Some(sdk::Transformation {
        function_arn: own.function_arn.clone(),
        payload,
        allows_range: allows(range),
        allows_part_number: allows(part_number),
    }))
}
