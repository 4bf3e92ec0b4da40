//! Why a request was refused for a limit: which one, how much it allows, and what changes it.

use serde_json::{Map, Value};

use crate::config::{Allowance as _, Limits};
use crate::pipeline::peer::Client;
use crate::pipeline::rules::By;
use crate::pipeline::shares::rates::Exceeded;
use crate::pipeline::shares::{Rates, Refused};
use crate::telemetry::metrics::Refusal;

/// The explanation of a refusal, as `portcullis explain` gets it.
pub(super) fn refusal(
    refused: &Refused,
    rates: &Rates,
    (limits, workers): (&Limits, usize),
    request_id: &str,
    client: &Client,
    seconds: u128,
) -> String {
    let is_disk = refused.limit == Refusal::Disk;
    let mut text = Map::new();
    let mut say = |name: &str, value: Value| text.insert(name.to_owned(), value);
    say("request_id", request_id.into());
    say("reason", if is_disk { "the disk is full" } else { "over a limit" }.into());
    say("limit", refused.limit.name().into());
    let rule = match &refused.rate {
        Some(exceeded) => rate(exceeded, rates),
        None => setting(refused.limit, limits, workers),
    };
    if let Some((rule, change)) = rule {
        say("rule", rule.into());
        say("change", change.into());
    }
    say("address", client.address.ip().to_canonical().to_string().into());
    say("retry_after_seconds", u64::try_from(seconds).unwrap_or(u64::MAX).into());
    Value::Object(text).to_string()
}

/// The rule of a rate, and the command that changes it; `None` where it was lifted meanwhile.
fn rate(exceeded: &Exceeded, rates: &Rates) -> Option<(String, String)> {
    let Exceeded { subject, name, setting, .. } = exceeded;
    let (set_for, ruled) = rates.rule(*subject, name)?;
    let settings: Vec<_> =
        ruled.allowance.settings().into_iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let by = match ruled.by {
        By::Configuration => "[[rates]] of the configuration",
        By::Call => "portcullis limits set",
    };
    let rule = format!("{subject} = {set_for:?}, {} ({by}): {setting} is exceeded", settings.join(", "));
    let flag = setting.replace('_', "-");
    let change = format!(
        "portcullis limits set {subject} {name} --{flag} NUMBER, until the server ends; [[rates]] for good"
    );
    Some((rule, change))
}

/// The setting of a limit, and how it is changed; `None` for those that have none.
fn setting(limit: Refusal, limits: &Limits, workers: usize) -> Option<(String, String)> {
    let shared = format!("divided among {workers} workers");
    let (name, value, how) = match limit {
        Refusal::Connections => {
            ("limits.connections_max", limits.connections_max, "for all workers".to_owned())
        }
        Refusal::InFlight => ("limits.in_flight_max", limits.in_flight_max, shared),
        Refusal::Unverified => {
            let how = format!("percent of limits.in_flight_max = {}, {shared}", limits.in_flight_max);
            ("limits.verified_percent", limits.verified_percent, how)
        }
        Refusal::Documents => {
            ("limits.documents_bytes_max", limits.documents_bytes_max, "for all workers".to_owned())
        }
        _ => return None,
    };
    let change = format!("{name} in the configuration, from the next start on");
    Some((format!("{name} = {value}, {how}"), change))
}
