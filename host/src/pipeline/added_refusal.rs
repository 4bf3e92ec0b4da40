//! Checks refusals of added stages: a refusal becomes a document and headers, and must not break
//! them.

use wasmtime::Error;

use crate::pipeline::bindings::calls::Refusal;
use crate::pipeline::header_lines;

/// A refusal's message, each of its details, and how many details there may be.
const TEXT_BYTES_MAX: usize = 1024;
const DETAILS_MAX: usize = 16;

/// See the module.
///
/// # Errors
/// A code or an element that is no name, or is too long; headers that are not for a stage to set.
pub(crate) fn check_refusal(refusal: &Refusal) -> wasmtime::Result<()> {
    let is_name = |text: &str| {
        let mut bytes = text.bytes();
        bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && bytes.all(|byte| byte.is_ascii_alphanumeric())
    };
    let is_short = |text: &String| text.len() <= TEXT_BYTES_MAX;
    let details = &refusal.details;
    let good = is_name(&refusal.code)
        && is_short(&refusal.code)
        && refusal.message.iter().all(is_short)
        && details.len() <= DETAILS_MAX
        && details.iter().all(|(name, value)| is_name(name) && is_short(name) && is_short(value));
    if !good {
        return Err(Error::msg("the refusal has a code or an element that is no name, or is too long"));
    }
    header_lines::check_added(&refusal.headers, 0).map_err(Error::new)
}

#[cfg(test)]
mod tests;
