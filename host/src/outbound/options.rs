//! What an operator sets of fetches.

use std::path::PathBuf;
use std::time::Duration;

use super::rules::Destination;

/// What an operator sets.
#[derive(Debug, Clone)]
pub struct Options {
    /// Destinations that may have private addresses, and may be reached without TLS.
    pub allow: Vec<Destination>,
    /// Whether nothing else may be reached.
    pub only_allowed: bool,
    /// Authorities that are trusted beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// The shortest time between two requests to one address.
    pub retry: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options { allow: Vec::new(), only_allowed: false, ca_file: None, retry: Duration::from_secs(30) }
    }
}
