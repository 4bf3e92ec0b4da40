//! `[[webhooks]]` tables: servers elsewhere that transform objects.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::{Config, ConfigError, SecretSource};
use crate::secret::Secret;

/// How a webhook answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookKind {
    /// By a request of its own, as functions of AWS do.
    #[default]
    Aws,
    /// In its response, as those of MinIO do.
    Minio,
}

impl WebhookKind {
    /// As the configuration has it.
    pub fn name(self) -> &'static str {
        match self {
            WebhookKind::Aws => "aws",
            WebhookKind::Minio => "minio",
        }
    }
}

/// One `[[webhooks]]` table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookEntry {
    /// The name by which ARNs mean it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// How it answers.
    #[serde(default)]
    pub kind: WebhookKind,
    /// What proves to it who asks: a bearer token, or
    pub token: Option<Secret>,
    /// the file that holds it.
    pub token_file: Option<PathBuf>,
    /// How it reaches this server, where that is not by the host that clients name.
    pub server_url: Option<String>,
    /// How long it may take for a whole answer.
    #[serde(default = "time_ms_default")]
    pub time_ms_max: u64,
    /// Calls at once. As many more wait a moment.
    #[serde(default = "calls_default")]
    pub calls_max: usize,
}

fn time_ms_default() -> u64 {
    60_000
}

fn calls_default() -> usize {
    64
}

impl WebhookEntry {
    /// How long it may take.
    pub fn time_max(&self) -> Duration {
        Duration::from_millis(self.time_ms_max)
    }

    /// The token, where there is one.
    ///
    /// # Errors
    /// Its file cannot be read; there are two.
    pub fn secret(&self) -> Result<Option<Secret>, ConfigError> {
        match (&self.token, &self.token_file) {
            (Some(_), Some(_)) => Err(ConfigError("set token or token_file, not both".to_owned())),
            (Some(token), None) => Ok(Some(token.clone())),
            (None, Some(file)) => SecretSource::File(file.clone()).resolve().map(Some),
            (None, None) => Ok(None),
        }
    }

    fn check(&self) -> Result<(), String> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(1..=64).contains(&self.name.len()) || !self.name.bytes().all(is_letter) {
            return Err("name: allowed are 1 to 64 letters, digits, - and _".to_owned());
        }
        if !(1..=900_000).contains(&self.time_ms_max) {
            return Err("time_ms_max: allowed is a whole number from 1 to 900000".to_owned());
        }
        if !(1..=4096).contains(&self.calls_max) {
            return Err("calls_max: allowed is a whole number from 1 to 4096".to_owned());
        }
        match &self.server_url {
            Some(url) if !is_server(url) => {
                Err("server_url: allowed is http://HOST[:PORT] or https://HOST[:PORT]".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Whether a URL is that of a server, without a path.
fn is_server(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let is_of_http = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_host = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    is_of_http && has_host && uri.path() == "/" && uri.query().is_none() && !url.contains('#')
}

impl Config {
    /// Checks the `[[webhooks]]` tables, each by itself and as one list.
    ///
    /// # Errors
    /// What is wrong with one, with its place in the file.
    pub(super) fn check_webhooks(&self) -> Result<(), ConfigError> {
        for (index, webhook) in self.webhooks.iter().enumerate() {
            let refused = |why: String| {
                Err(ConfigError(format!("{}: {why}", self.in_file(&format!("webhooks[{index}]")))))
            };
            if let Err(why) = webhook.check() {
                return refused(why);
            }
            let before = self.webhooks.iter().take(index);
            if before.clone().any(|other| other.name == webhook.name) {
                return refused(format!("there is one with the name {} already", webhook.name));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
