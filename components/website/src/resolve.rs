//! The resolution of a request to a website endpoint.

use sdk::Progress;

/// Whether a page was answered. `Pending`: it was not, go on.
pub(crate) fn resolve() -> Progress {
    Progress::Pending
}

#[cfg(test)]
mod tests;
