//! Operations on buckets and on what is configured for them.

pub(crate) mod acl;
pub(crate) mod cors;
pub(crate) mod create_bucket;
pub(crate) mod delete_bucket;
pub(crate) mod encryption;
pub(crate) mod get_bucket_location;
pub(crate) mod head_bucket;
pub(crate) mod list_buckets;
pub(crate) mod nothing;
pub(crate) mod object_lock;
pub(crate) mod ownership_controls;
pub(crate) mod policy;
pub(crate) mod public_access_block;
pub(crate) mod region;
pub(crate) mod request_payment;
pub(crate) mod tagging;
pub(crate) mod transforms;
pub(crate) mod versioning;

use gateway::errors::Result;

use crate::plan::{ATTEMPTS_MAX, Plan, aborted};
use crate::records::BucketRow;
use crate::request::Request;
use crate::tables;

/// Changes the row of the request's bucket. `change` gets the row as it is now, and may refuse. It
/// runs again when another request wrote the row meanwhile.
async fn change(request: &Request, change: impl Fn(&mut BucketRow) -> Result<()>) -> Result<()> {
    for attempt in 0..ATTEMPTS_MAX {
        let row = request.bucket_just_decided(attempt).await?;
        let mut changed = row.record.clone();
        change(&mut changed)?;
        if changed == row.record {
            return Ok(());
        }
        let mut plan = Plan::new();
        plan.require_bucket(&row);
        plan.essential();
        plan.put(tables::BUCKETS, row.key, &changed)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok(());
        }
    }
    Err(aborted())
}
