//! Which protection a request asks for, and that none can be given yet.

use gateway::errors::{ErrorCode, S3Error};

/// What every header that asks for a protection has in its name: SSE-S3, SSE-KMS, SSE-C, and the source of a copy.
const MARK: &str = "server-side-encryption";

/// Refuses a request that asks for sealing, by the first header that does. `headers` are `name: value\n` lines.
///
/// A body that a client believes to be sealed must not be stored as it is; so the request fails as a whole.
pub(crate) fn check(headers: &str) -> Result<(), S3Error> {
    if !headers.contains(MARK) {
        return Ok(());
    }
    let mut names = headers.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name);
    let asks = |name: &&str| {
        let rest = name.strip_prefix("x-amz-").map(|rest| rest.strip_prefix("copy-source-").unwrap_or(rest));
        rest.is_some_and(|rest| rest.starts_with(MARK))
    };
    match names.find(asks) {
        Some(name) => Err(S3Error::new(ErrorCode::NotImplemented)
            .message(format!("The header {name} asks for server-side encryption, which is not implemented."))
            .detail("Header", name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
