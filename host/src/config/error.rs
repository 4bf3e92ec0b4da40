//! What an operator is told of a configuration that is refused.

/// Why a configuration is refused. The text names the source, the key and what is allowed; it never
/// holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);
