//! Requests for `portcullis stage test`, described in files (TOML): what comes, what the pipeline
//! would know of it, and what the stage is expected to do.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;

use crate::pipeline::added_stages::{POSITIONS, Unsent, identity, position_name};
use crate::pipeline::bindings::calls::{NamedObject, Principal, Target};
use crate::pipeline::bindings::stages::Position;

/// A described request. What is left out is as in a request of a root user who reads an object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Described {
    #[serde(default = "after_auth")]
    position: String,
    method: Option<String>,
    path: Option<String>,
    operation: Option<String>,
    bucket: Option<String>,
    key: Option<String>,
    account: Option<String>,
    #[serde(default)]
    user: String,
    owner: Option<String>,
    source_ip: Option<IpAddr>,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    named: Vec<Named>,
    /// Variables of the pipeline, which the stage reads as settings.
    #[serde(default)]
    pub(super) variables: BTreeMap<String, String>,
    /// Nothing is expected where it is left out.
    pub(super) expect: Option<Expect>,
}

/// An object that the body names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    key: String,
    version_id: Option<String>,
}

/// What the stage is expected to do.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Expect {
    /// It refuses with this code; without one it lets the request pass.
    pub(super) refused: Option<String>,
    /// The refusal's message has this text.
    pub(super) message: Option<String>,
    /// It adds these headers.
    pub(super) headers: BTreeMap<String, String>,
    /// Lines of its log have these texts.
    pub(super) log: Vec<String>,
    /// It refuses these objects among those that the request names, and no others.
    pub(super) refused_objects: Vec<String>,
    /// It fails.
    pub(super) fails: bool,
}

fn after_auth() -> String {
    position_name(Position::AfterAuth).to_owned()
}

impl Described {
    /// Reads a file.
    ///
    /// # Errors
    /// What is no description of a request.
    pub(super) fn read(path: &Path) -> Result<Described> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    /// Where the stage runs.
    ///
    /// # Errors
    /// There is no such position.
    pub(super) fn position(&self) -> Result<Position> {
        let found = POSITIONS.into_iter().find(|position| position_name(*position) == self.position);
        found.with_context(|| {
            let names: Vec<&str> = POSITIONS.into_iter().map(position_name).collect();
            format!("there is no position `{}`; there are {}", self.position, names.join(", "))
        })
    }

    /// The request.
    ///
    /// # Errors
    /// A method, a path or a header that no request has, or an account that is none.
    pub(super) fn unsent(&self) -> Result<Unsent> {
        let mut unsent = Unsent::default();
        if let Some(method) = &self.method {
            unsent.method = method.parse().with_context(|| format!("method = \"{method}\""))?;
        }
        if let Some(path) = &self.path {
            ensure!(path.starts_with('/'), "path = \"{path}\" must begin with /");
            unsent.uri = path.parse().with_context(|| format!("path = \"{path}\""))?;
        }
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name).with_context(|| format!("the header {name}"))?;
            let value = HeaderValue::try_from(value).with_context(|| format!("the header {name}"))?;
            unsent.headers.insert(name, value);
        }
        if let Some(operation) = &self.operation {
            let (bucket, key) = (self.bucket.clone(), self.key.clone());
            unsent.target = Target { operation: operation.clone(), bucket, key };
            unsent.principal = Principal::Anonymous;
        }
        if let Some(account) = &self.account {
            check_account("account", account)?;
            unsent.principal = Principal::Authenticated(identity(account, &self.user));
            unsent.owner.clone_from(account);
        }
        if let Some(owner) = &self.owner {
            check_account("owner", owner)?;
            unsent.owner.clone_from(owner);
        }
        unsent.source = self.source_ip.unwrap_or(unsent.source);
        unsent.status = self.status.unwrap_or(unsent.status);
        let named =
            |named: &Named| NamedObject { key: named.key.clone(), version_id: named.version_id.clone() };
        unsent.named = self.named.iter().map(named).collect();
        Ok(unsent)
    }
}

fn check_account(name: &str, account: &str) -> Result<()> {
    let good = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    ensure!(good, "{name} = \"{account}\" must have 12 digits");
    Ok(())
}

#[cfg(test)]
mod tests;
