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
        // The text is digested before the key is looked up, and verified also where there is no
        // such key: an unknown key takes as long as a wrong signature, and cannot be told from one.
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
        // As above: a made-up key verifies where there is no such key.
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

/// The one who signed, as a claim says. It is not proven yet.
struct Signer {
    secret: Secret,
    identity: Identity,
    session: Option<SessionDetails>,
}

/// The access key id and the secret that verify a claim. Where there is no such key, both are
/// empty: no access key id is, so the made-up key never gets in the way of a real one, and what it
/// verifies is not looked at.
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
    /// Establishes the facts of a claim that is genuine. `used` is the scope in which a stored
    /// access key signed; its use is noted.
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

    /// Whose the access key of a claim is. The configuration goes before what a stage says is
    /// stored.
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
            // Takes as long as opening a stored key: the time does not tell which keys there are.
            self.shared.vault.open_none(access_key_id);
            return Err(Verdict::UnknownKey);
        };
        let holder = Holder { account: &stored.account, unique_id: &stored.unique_id, access_key_id };
        let secret = self.shared.vault.open_key(&holder, &stored.sealed).map_err(|_| Verdict::UnknownKey)?;
        // Where the account has left the configuration, its users cannot sign any more.
        let root = self.shared.accounts.account(&stored.account).ok_or(Verdict::UnknownKey)?;
        // `kind` is the word of a stage. A root user is recognized by its unique id instead, which
        // the seal is bound to: it is the account's id.
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
