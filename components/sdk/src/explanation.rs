//! What is known of a call that is denied, in the terms of explanations.

use gateway::access::explanation::{Circumstances, ShownPrincipal};
use gateway::policy::resource_arn;

use crate::trace;
use crate::{IdentityKind, Principal};

/// The circumstances that the host told, in the terms of explanations.
pub fn circumstances(told: &trace::Circumstances) -> Circumstances<'_> {
    let target = told.target.as_ref();
    Circumstances {
        request_id: &told.request_id,
        received_ms: told.received_ms,
        operation: target.map_or("", |target| &target.operation),
        principal: shown_principal(told.principal.as_ref()),
        address: target
            .and_then(|target| Some(resource_arn(target.bucket.as_deref()?, target.key.as_deref()))),
        source_ip: if told.source_ip.is_empty() { "not known" } else { &told.source_ip },
    }
}

fn shown_principal(principal: Option<&Principal>) -> ShownPrincipal<'_> {
    let identity = match principal {
        None => return ShownPrincipal { kind: "unknown", arn: "", account: "", access_key_id: "" },
        Some(Principal::Anonymous) => {
            return ShownPrincipal { kind: "anonymous", arn: "", account: "", access_key_id: "" };
        }
        Some(Principal::Authenticated(identity)) => identity,
    };
    let kind = match identity.kind {
        IdentityKind::Root => "root",
        IdentityKind::ConfiguredUser | IdentityKind::User => "user",
        IdentityKind::AssumedRole => "assumed-role",
        IdentityKind::FederatedUser => "federated-user",
    };
    ShownPrincipal {
        kind,
        arn: &identity.arn,
        account: &identity.account,
        access_key_id: &identity.access_key_id,
    }
}
