//! An example of a stage: each account keeps to buckets whose names begin with its prefix, and is
//! told its tenant.
//!
//! The variable `tenants` holds `account=prefix` pairs, comma-separated. At `after-auth` the stage
//! refuses a bucket of another prefix; at `on-response` it adds `x-tenant`. An account without a
//! pair is nobody's tenant, and is refused.

wit_bindgen::generate!({ path: "../../../gateway/wit", world: "user-stage" });

use exports::portcullis::gateway::stage::Guest;
use portcullis::gateway::calls::{Call, Refusal};
use portcullis::gateway::settings;

struct Tenancy;

impl Guest for Tenancy {
    fn on_request(call: &Call) -> Result<(), Refusal> {
        let (Some(account), Some(bucket)) = (call.account(), call.target().bucket) else { return Ok(()) };
        match prefix(&account) {
            Some(prefix) if bucket.starts_with(&prefix) => Ok(()),
            found => Err(Refusal {
                code: "AccessDenied".to_owned(),
                message: Some("The bucket belongs to another tenant".to_owned()),
                details: found.map(|prefix| ("TenantPrefix".to_owned(), prefix)).into_iter().collect(),
                headers: String::new(),
            }),
        }
    }

    fn on_response(call: &Call, _status: u16) {
        // What was answered or refused before policy may have no principal; asking for it would
        // trap.
        if call.decision().is_some()
            && let Some(prefix) = call.account().and_then(|account| prefix(&account))
        {
            call.add_headers(&format!("x-tenant: {prefix}\n"));
        }
    }
}

/// What the names of an account's buckets begin with.
fn prefix(account: &str) -> Option<String> {
    let tenants = settings::get("tenants").unwrap_or_default();
    let mut pairs = tenants.split(',').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == account).map(|(_, prefix)| prefix.to_owned())
}

export!(Tenancy);
