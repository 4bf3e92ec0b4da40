use super::*;
use crate::hex;
use crate::keys::accounts;
use crate::keys::signing::counted::{DERIVATIONS, MACS};
use crate::keys::signing::{SigningKeys, derive};

const SCOPE: &str = "20130524/us-east-1/s3/aws4_request";

fn known(secret: &str) -> std::result::Result<Signer, Verdict> {
    let identity = Identity {
        kind: contract_kind(accounts::IdentityKind::Root),
        account: String::new(),
        canonical_id: String::new(),
        display_name: String::new(),
        user: String::new(),
        unique_id: String::new(),
        arn: String::new(),
        access_key_id: String::new(),
    };
    Ok(Signer { secret: Secret::new(secret), identity, session: None })
}

/// What verifying a claim takes, and whether the signature is right: as `verify` does it.
fn cost(
    keys: &mut SigningKeys,
    signer: &std::result::Result<Signer, Verdict>,
    mac: &str,
) -> (usize, usize, bool) {
    let before = (MACS.get(), DERIVATIONS.get());
    let (holder, secret) = holder_and_secret(signer, "AKIA");
    let is_right = keys.key(holder, SCOPE, secret).verifies("message", mac);
    (MACS.get() - before.0, DERIVATIONS.get() - before.1, is_right)
}

#[test]
fn an_unknown_access_key_costs_what_a_wrong_signature_costs() {
    let right = hex::text(&derive("secret", SCOPE).mac("message"));
    let wrong = "0".repeat(64);
    let (present, unknown) = (known("secret"), Err(Verdict::UnknownKey));
    let (mut ours, mut theirs) = (SigningKeys::default(), SigningKeys::default());
    // The first time a key is derived, and later none.
    for derivations in [1, 0, 0] {
        assert_eq!(cost(&mut ours, &present, &wrong), (1, derivations, false));
        assert_eq!(cost(&mut theirs, &unknown, &wrong), (1, derivations, false));
    }
    assert_eq!(cost(&mut ours, &present, &right), (1, 0, true));
    // Nor does what is sent as a signature change what is done.
    for malformed in ["", "zz", &"z".repeat(64), &wrong[1..]] {
        assert_eq!(cost(&mut ours, &present, malformed), (1, 0, false), "{malformed}");
        assert_eq!(cost(&mut theirs, &unknown, malformed), (1, 0, false), "{malformed}");
    }
}
