//! THE ROWS: which requests are sent for each key. A key without a row does not build.

use gateway::policy::KeyId;

use super::{Case, Other, Sent, sent};

/// How a key is asked for.
pub(super) enum Row {
    /// By the policies of buckets.
    Asked(Vec<Case>),
    /// No request carries it: THE CONDITION KEYS say why.
    Never,
    /// By another test, in this file.
    Elsewhere(&'static str),
}

const SESSIONS: &str = "components/policy/src/permissions.rs";
const IAM: &str = "gateway/src/policy/keys.rs";

/// The row of a key.
pub(super) fn row(id: KeyId) -> Row {
    use KeyId as K;
    let always = |operator, value: &str, other| Row::Asked(vec![always(id, operator, value, other)]);
    match id {
        K::CalledVia | K::CalledViaFirst | K::CalledViaLast => Row::Never,
        K::PrincipalOrgId | K::PrincipalOrgPaths | K::ResourceOrgId | K::ResourceOrgPaths => Row::Never,
        K::SourceOrgId | K::SourceOrgPaths | K::VpceOrgId | K::VpceOrgPaths | K::VpceAccount => Row::Never,
        K::PrincipalServiceName | K::PrincipalServiceNamesList => Row::Never,
        K::SourceAccount | K::SourceArn | K::SourceOwner | K::SourceVpcArn => Row::Never,
        K::AccessGrantsInstanceArn | K::AccessPointNetworkOrigin | K::AccessPointTag => Row::Never,
        K::DataAccessPointAccount | K::DataAccessPointArn => Row::Never,
        K::IsReplicationPauseRequest | K::InventoryOptionalFields => Row::Never,
        K::KmsGrantConstraintType | K::KmsGranteePrincipal | K::KmsGrantIsForAwsResource => Row::Never,
        K::KmsGrantOperations | K::KmsRetiringPrincipal | K::KmsReEncryptOnSameKey => Row::Never,
        K::Other => Row::Never,
        _ => asked(id).unwrap_or_else(|| elsewhere(id)),
    }
}
