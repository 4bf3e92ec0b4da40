//! The name of a provider, and the address of its keys: OpenID Connect Discovery 1.0, sections 3
//! and 4.

use super::Rejected;
use crate::policy::json::Json;

/// Bytes of a discovery document.
pub const DISCOVERY_LENGTH_MAX: usize = 256 << 10;
/// Bytes of the address of the keys.
const ADDRESS_LENGTH_MAX: usize = 2048;

/// The name of a provider, as ARNs and condition keys have it: its URL without the scheme, and
/// without a slash at its end.
pub fn name(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/')
}

/// Whether two URLs are of the same issuer: equal, without regard to a slash at the end.
pub fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// Where a provider describes itself.
pub fn discovery_address(url: &str) -> String {
    format!("{}/.well-known/openid-configuration", url.trim_end_matches('/'))
}

/// The address of a provider's keys, from its discovery document. `Key` for a document that names
/// no valid address, that is for another issuer, or that names `http` although the provider itself
/// has `https`.
pub fn keys_address(url: &str, discovery: &[u8]) -> Result<String, Rejected> {
    let text = std::str::from_utf8(discovery).map_err(|_| Rejected::Key)?;
    if text.len() > DISCOVERY_LENGTH_MAX {
        return Err(Rejected::Key);
    }
    let document = Json::parse(text).map_err(|_| Rejected::Key)?;
    let member = |name| document.member(name).and_then(Json::text);
    let (issuer, address) =
        (member("issuer").ok_or(Rejected::Key)?, member("jwks_uri").ok_or(Rejected::Key)?);
    let is_sealed = address.starts_with("https://");
    let is_open = address.starts_with("http://") && url.starts_with("http://");
    if is_same(issuer, url) && (is_sealed || is_open) && address.len() <= ADDRESS_LENGTH_MAX {
        Ok(address.to_owned())
    } else {
        Err(Rejected::Key)
    }
}
