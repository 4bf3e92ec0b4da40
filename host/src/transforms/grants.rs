//! What a deployer grants to a component, by the names of the contract's interfaces.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

use crate::outbound::Destination;
use crate::secret::Secret;

/// What a component may use besides `log`. Nothing is granted by default.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    /// The time, and the clocks of WASI.
    pub clock: bool,
    /// Random numbers, and those of WASI.
    pub random: bool,
    /// Hosts that it may get documents from. `None` does not grant `http`.
    pub http: Option<Vec<Destination>>,
    /// Secrets that it may read, by name. `None` does not grant `secrets`.
    pub secrets: Option<BTreeMap<String, Secret>>,
    /// Other objects of the bucket, with the rights of the caller.
    pub objects: bool,
    /// Values that its calls share.
    pub scratch: bool,
    /// The tags of the object, where the caller may read them.
    pub tags: bool,
}

impl Grants {
    /// The names of what can be granted.
    pub const NAMES: [&'static str; 7] = ["clock", "random", "http", "secrets", "objects", "scratch", "tags"];

    /// Whether an interface is granted. `log` and `types` always are.
    pub(super) fn has(&self, interface: &str) -> bool {
        match interface {
            "log" | "types" => true,
            "clock" => self.clock,
            "random" => self.random,
            "http" => self.http.is_some(),
            "secrets" => self.secrets.is_some(),
            "objects" => self.objects,
            "scratch" => self.scratch,
            _ => false,
        }
    }

    /// Adds a grant as a command line or a file writes it: `clock`, `random`, `objects`, `scratch`,
    /// `tags`, `http=HOST[:PORT]`, `secrets=NAME=VALUE`. The last two may be repeated.
    ///
    /// # Errors
    /// What is none of these.
    pub fn add(&mut self, text: &str) -> Result<()> {
        match text.split_once('=') {
            None => match text {
                "clock" => self.clock = true,
                "random" => self.random = true,
                "objects" => self.objects = true,
                "scratch" => self.scratch = true,
                "tags" => self.tags = true,
                "http" => bail!("`http` is granted host by host: http=api.example.com"),
                "secrets" => bail!("`secrets` are granted one by one: secrets=NAME=VALUE"),
                _ => {
                    bail!("there is nothing called `{text}` to grant; there are {}", Grants::NAMES.join(", "))
                }
            },
            Some(("http", host)) => {
                let host = Destination::parse(host)
                    .with_context(|| format!("http={host} must be http=HOST or http=HOST:PORT"))?;
                self.http.get_or_insert_default().push(host);
            }
            Some(("secrets", secret)) => {
                let (name, value) = secret.split_once('=').context("secrets=NAME=VALUE has no value")?;
                self.secrets.get_or_insert_default().insert(name.to_owned(), Secret::new(value));
            }
            Some((name, _)) => bail!("`{name}` takes no value"),
        }
        Ok(())
    }
}
