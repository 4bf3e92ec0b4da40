//! The resolution of a request to a website endpoint.

use sdk::Progress;

/// Whether the stage responded with a page. `Pending`: it did not, and the walk goes on.
pub(crate) fn resolve() -> Progress {
    Progress::Pending
}

#[cfg(test)]
mod tests;
