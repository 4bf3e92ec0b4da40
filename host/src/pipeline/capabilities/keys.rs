//! `keys`: identities, and keys that never leave the host.

mod published;

use subtle::ConstantTimeEq;
use wasmtime::Result;
use wasmtime::component::Resource;

use crate::body::ChunkSignature;
use crate::keys::signing::{string_to_sign, verifies_v2};
use crate::keys::vault::{Holder, SessionDetails};
use crate::pipeline::bindings::CallHandle;
use crate::pipeline::bindings::calls::{self, Identity, Principal};
use crate::pipeline::bindings::keys::{Claim, Host, PublicKey, Signing, StoredKey, TextClaim, Verdict};
use crate::pipeline::capabilities::HostState;
use crate::pipeline::capabilities::calls::establish;
use crate::pipeline::contract::{contract_identity, contract_kind, contract_session, promised};
use crate::secret::Secret;

impl Host for HostState {
    fn account(&mut self, account: String) -> Result<Option<Identity>> {
        Ok(self.shared.accounts.account(&account).map(contract_identity))
    }

    fn find_by_canonical_id(&mut self, canonical_id: String) -> Result<Option<Identity>> {
        Ok(self.shared.accounts.find_by_canonical_id(&canonical_id).map(contract_identity))
    }

    fn find_by_email(&mut self, address: String) -> Result<Option<Identity>> {
        Ok(self.shared.accounts.find_by_email(&address).map(contract_identity))
    }

    fn configured_user(&mut self, account: String, name: String) -> Result<Option<Identity>> {
        Ok(self.shared.accounts.user(&account, &name).map(contract_identity))
    }

    fn is_configured(&mut self, access_key_id: String) -> Result<bool> {
        Ok(self.shared.accounts.find(&access_key_id).is_some())
    }

    fn verify(
        &mut self,
        handle: Resource<CallHandle>,
        claim: Claim,
        payload: calls::Payload,
    ) -> Result<Verdict> {
        // Digested before the key is looked up, and with a key made up where there is none: an
        // unknown key costs what a wrong signature costs.
        let message = string_to_sign(&claim.timestamp, &claim.scope, &claim.canonical_request);
        let signer = self.signer(&claim.access_key_id, claim.security_token.as_deref(), &claim.stored);
        let (holder, secret) = holder_and_secret(&signer, &claim.access_key_id);
        let key = self.signing_keys.key(holder, &claim.scope, secret);
        let is_right = key.verifies(&message, &claim.signature);
        let signer = match signer {
            Ok(signer) if is_right => signer,
            Ok(_) => return Ok(Verdict::Mismatch),
            Err(verdict) => return Ok(verdict),
        };
        let chain = ChunkSignature::new(key.bytes, claim.timestamp, claim.scope.clone(), claim.signature);
        let service_scope = claim.stored.is_some().then_some(claim.scope.as_str());
        self.establish(&handle, signer, claim.signed, (payload, Some(chain)), service_scope)
    }

    fn verify_text(
        &mut self,
        handle: Resource<CallHandle>,
        claim: TextClaim,
        payload: calls::Payload,
    ) -> Result<Verdict> {
        // As above: what nobody has is judged with a key made up.
        let signer = self.signer(&claim.access_key_id, claim.security_token.as_deref(), &claim.stored);
        let (holder, secret) = holder_and_secret(&signer, &claim.access_key_id);
        let is_right = match &claim.signing {
            Signing::V4(scope) => {
                self.signing_keys.key(holder, scope, secret).verifies(&claim.text, &claim.signature)
            }
            Signing::V2 => verifies_v2(secret, &claim.text, &claim.signature),
        };
        let signer = match signer {
            Ok(signer) if is_right => signer,
            Ok(_) => return Ok(Verdict::Mismatch),
            Err(verdict) => return Ok(verdict),
        };
        let scope = match &claim.signing {
            Signing::V4(scope) => scope.as_str(),
            Signing::V2 => "",
        };
        let used = claim.stored.is_some().then_some(scope);
        self.establish(&handle, signer, claim.signed, (payload, None), used)
    }

    fn verify_published(&mut self, key: PublicKey, message: Vec<u8>, signature: Vec<u8>) -> Result<bool> {
        Ok(published::verify(&key, &message, &signature))
    }
}

/// Whoever a claim says signed: not proven yet.
struct Signer {
    secret: Secret,
    identity: Identity,
    session: Option<SessionDetails>,
}

/// Whose key judges a claim. No access key id is empty, and nobody signs with what an empty secret
/// derives: what it verifies is not looked at.
fn holder_and_secret<'a>(
    signer: &'a std::result::Result<Signer, Verdict>,
    access_key_id: &'a str,
) -> (&'a str, &'a str) {
    match signer {
        Ok(signer) => (access_key_id, signer.secret.reveal()),
        Err(_) => ("", ""),
    }
}

impl HostState {
    /// Establishes whom a true claim names. `used` is the scope in which a stored access key
    /// signed.
    fn establish(
        &mut self,
        handle: &Resource<CallHandle>,
        signer: Signer,
        signed: calls::Signature,
        (payload, chain): (calls::Payload, Option<ChunkSignature>),
        used: Option<&str>,
    ) -> Result<Verdict> {
        let call = self.calls.of(handle)?;
        if signer.session.as_ref().is_some_and(|session| session.expires_ms <= call.received_ms) {
            return Ok(Verdict::ExpiredToken);
        }
        if let Some(scope) = used {
            self.shared.vault.note_use(&signer.identity.access_key_id, scope, call.received_ms);
        }
        let facts = &mut call.facts;
        establish(&mut facts.principal, Principal::Authenticated(signer.identity), "principal")?;
        establish(&mut facts.signature, signed, "signature")?;
        establish(&mut facts.payload, promised(payload, chain)?, "payload")?;
        if let Some(session) = signer.session {
            establish(&mut facts.session, contract_session(session), "session")?;
        }
        Ok(Verdict::Verified)
    }

    /// Whose the access key of a claim is. What the configuration says goes before anything that
    /// stages say.
    fn signer(
        &self,
        access_key_id: &str,
        token: Option<&str>,
        stored: &Option<StoredKey>,
    ) -> std::result::Result<Signer, Verdict> {
        if let Some(token) = token {
            return self.session_signer(token, access_key_id);
        }
        if let Some(credential) = self.shared.accounts.find(access_key_id) {
            let identity = contract_identity(&credential.identity);
            return Ok(Signer { secret: credential.secret.clone(), identity, session: None });
        }
        let Some(stored) = stored else {
            // As much as opening what would be stored of it.
            self.shared.vault.open_none(access_key_id);
            return Err(Verdict::UnknownKey);
        };
        let holder = Holder { account: &stored.account, unique_id: &stored.unique_id, access_key_id };
        let secret = self.shared.vault.open_key(&holder, &stored.sealed).map_err(|_| Verdict::UnknownKey)?;
        // An account that left the configuration took its users with it.
        let root = self.shared.accounts.account(&stored.account).ok_or(Verdict::UnknownKey)?;
        // Only the account's own id, which the seal vouches for, makes somebody its root user.
        let kind = if stored.unique_id == stored.account { calls::IdentityKind::Root } else { stored.kind };
        let unlimited = matches!(kind, calls::IdentityKind::Root | calls::IdentityKind::ConfiguredUser);
        if unlimited && stored.unique_id != stored.account {
            return Err(Verdict::UnknownKey);
        }
        let identity = Identity {
            kind,
            user: stored.user.clone(),
            unique_id: stored.unique_id.clone(),
            arn: stored.arn.clone(),
            access_key_id: access_key_id.to_owned(),
            ..contract_identity(root)
        };
        Ok(Signer { secret, identity, session: None })
    }

    fn session_signer(&self, token: &str, access_key_id: &str) -> std::result::Result<Signer, Verdict> {
        let session = self.shared.vault.open_session(token).map_err(|_| Verdict::InvalidToken)?;
        let is_its = bool::from(session.access_key_id.as_bytes().ct_eq(access_key_id.as_bytes()));
        let root =
            self.shared.accounts.account(&session.account).filter(|_| is_its).ok_or(Verdict::InvalidToken)?;
        let secret = Secret::new(session.secret());
        let identity = Identity {
            kind: contract_kind(session.kind),
            user: session.user,
            unique_id: session.unique_id,
            arn: session.arn,
            access_key_id: session.access_key_id,
            ..contract_identity(root)
        };
        Ok(Signer { secret, identity, session: Some(session.details) })
    }
}

#[cfg(test)]
mod tests;
