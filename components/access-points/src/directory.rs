//! The export `access-points`: which access point a name stands for, and who may use it.

use gateway::policy::access_point_arn;
use sdk::bindings::access_points::exports::portcullis::gateway::access_points::{
    AccessPointAccess, Address, Guest, ObjectLambdaRules,
};
use sdk::settings;

use crate::records::Kind;
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
        let Some((account, name, row)) = found else { return Ok(None) };
        let Kind::Bucket = row.record.kind;
        Ok(Some(sdk::AccessPoint {
            arn: access_point_arn(&settings::region(), &account, &name),
            guarded: row.record.policy.is_some() || row.record.network.is_some(),
            blocks_public_acls: row.record.public_access.block_public_acls,
            bucket: row.record.bucket,
            account,
            name,
            address: String::new(),
        }))
    }

    fn find_object_lambda(
        _address: Address,
        _operation: String,
    ) -> Result<Option<(sdk::ObjectLambda, sdk::AccessPoint)>, ()> {
        Ok(None)
    }

    fn object_lambda_access(_account: String, _name: String) -> Option<ObjectLambdaRules> {
        None
    }

    fn object_lambda_policy(_account: String, _name: String) -> Option<String> {
        None
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
