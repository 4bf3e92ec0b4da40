//! What a deployer grants and limits, as the row of a function has it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;

use crate::keys::vault::Vault;
use crate::transforms::{CallLimits, Grants, LimitsGiven};

/// The settings (JSON).
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DeployedSettings {
    grants: Vec<String>,
    limits: LimitsGiven,
    /// By their names: sealed for the function, in base64.
    secrets: BTreeMap<String, String>,
}

/// Reads settings, and opens the secrets of a function: `arn` is that of the function, with its
/// version or without.
///
/// # Errors
/// What cannot be granted or is no limit, for the deployer; secrets that were sealed for another
/// function.
pub(super) fn read(text: &str, arn: &str, vault: &Vault) -> Result<(Grants, CallLimits)> {
    let settings: DeployedSettings = match text.is_empty() {
        true => DeployedSettings::default(),
        false => serde_json::from_str(text).context("its settings")?,
    };
    let mut grants = Grants::default();
    for grant in &settings.grants {
        grants.add(grant)?;
    }
    if !settings.secrets.is_empty() {
        let function = unqualified(arn);
        let open = |(name, sealed): (String, String)| -> Result<_> {
            let sealed = BASE64.decode(sealed).with_context(|| format!("the secret {name}"))?;
            let secret = vault
                .open_secret(function, &name, &sealed)
                .with_context(|| format!("the secret {name} was not sealed for this function"))?;
            Ok((name, secret))
        };
        let opened: BTreeMap<_, _> = settings.secrets.into_iter().map(open).collect::<Result<_>>()?;
        grants.secrets.get_or_insert_default().extend(opened);
    }
    Ok((grants, CallLimits::new(&settings.limits)?))
}

/// The ARN of a function without its version:
/// `arn:aws:lambda:us-east-1:111122223333:function:redact`.
fn unqualified(arn: &str) -> &str {
    let end = arn.match_indices(':').nth(6).map_or(arn.len(), |(at, _)| at);
    arn.get(..end).unwrap_or(arn)
}

#[cfg(test)]
mod tests;
