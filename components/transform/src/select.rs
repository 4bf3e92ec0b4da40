//! The selection of a transform.

/// Whether a transform rewrites what the call returns.
pub(crate) fn applies() -> bool {
    false
}

#[cfg(test)]
mod tests;
