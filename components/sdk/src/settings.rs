//! What the operator set: the variables of the pipeline. They do not change while it runs.

use gateway::operations::addressing::Domains;

pub use crate::contract::settings::get;

/// The region of a deployment that names none.
const REGION_DEFAULT: &str = "us-east-1";

/// The region of the deployment: the setting `region`.
pub fn region() -> String {
    region_of(get("region"))
}

/// The base domains of virtual-hosted-style addresses: the setting `domains`.
pub fn domains() -> Domains {
    domains_of(&get("domains").unwrap_or_default())
}

fn region_of(set: Option<String>) -> String {
    set.filter(|region| !region.is_empty()).unwrap_or_else(|| REGION_DEFAULT.to_owned())
}

/// Names between commas; blanks around them do not count.
fn domains_of(set: &str) -> Domains {
    Domains::new(set.split(',').map(str::trim))
}

#[cfg(test)]
mod tests;
