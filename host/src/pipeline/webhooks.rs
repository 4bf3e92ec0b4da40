//! Webhooks: servers elsewhere, named by the operator, that transform responses as functions of AWS
//! or of MinIO do. The stage `transform` says what they are told, and reads what they answer.
//!
//! A call that a webhook is asked for is a [`waiting`] one: two secrets are drawn for it, and live
//! as long as it does. One opens the response that is set on the call ([`input`]), by a URL; the
//! other is for an answer that comes as a request of its own ([`deliver`]). [`ask`] is what becomes
//! of a call in between.

mod ask;
mod body;
mod figures;
mod input;
mod range;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::HeaderValue;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::{Config, ConfigError, WebhookEntry, WebhookKind};
use crate::outbound::NamedUrl;
use crate::secret::Secret;

use crate::telemetry::metrics::{Family, FamilySource};
use figures::{WebhookCounts, WebhookRow};
use waiting::WaitingCalls;
pub(crate) use waiting::{AnswerOutcome, deliver};

/// How long a call waits for others of the same webhook to end.
const QUEUE_MAX: Duration = Duration::from_secs(1);

/// A webhook of the operator's.
pub(super) struct ServedWebhook {
    name: String,
    kind: WebhookKind,
    to: NamedUrl,
    /// The value of the header `authorization`.
    authorization: Option<Secret>,
    /// How it reaches this server.
    server_url: Option<String>,
    time_max: Duration,
    places: Arc<Semaphore>,
    calls_max: usize,
    queued: AtomicUsize,
    counts: WebhookCounts,
}

/// All webhooks, and the calls that wait for them.
pub struct Webhooks {
    served: BTreeMap<String, Arc<ServedWebhook>>,
    waiting: Arc<WaitingCalls>,
    region: String,
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Webhooks").field("served", &self.served.keys()).finish_non_exhaustive()
    }
}

impl Webhooks {
    /// Those of the configuration.
    ///
    /// # Errors
    /// An address that is none, or a token that cannot be read or sent.
    pub fn new(config: &Config) -> Result<Webhooks, ConfigError> {
        let mut served = BTreeMap::new();
        for (index, entry) in config.webhooks.iter().enumerate() {
            let webhook = ServedWebhook::new(entry).map_err(|ConfigError(why)| {
                ConfigError(format!("{}: {why}", config.in_file(&format!("webhooks[{index}]"))))
            })?;
            served.insert(entry.name.clone(), Arc::new(webhook));
        }
        Ok(Webhooks { served, waiting: Arc::default(), region: config.region.clone() })
    }

    /// What the stage `transform` knows of them: `aws/redact,minio/upper`.
    pub fn names(&self) -> String {
        let name = |webhook: &Arc<ServedWebhook>| format!("{}/{}", webhook.kind.name(), webhook.name);
        self.served.values().map(name).collect::<Vec<_>>().join(",")
    }

    /// Whether any call waits for one. That costs next to nothing to ask.
    pub(crate) fn has_waiting(&self) -> bool {
        self.waiting.has_any()
    }
}

/// The webhooks, as a source of figures.
pub(crate) struct WebhookFamilies(pub(crate) Arc<Webhooks>);

impl FamilySource for WebhookFamilies {
    fn families(&self) -> Vec<Family> {
        let rows = self.0.served.values().map(|own| WebhookRow {
            name: &own.name,
            counts: &own.counts,
            running: own.calls_max.saturating_sub(own.places.available_permits()) as u64,
            waiting: own.queued.load(Ordering::Relaxed) as u64,
        });
        let rows: Vec<_> = rows.collect();
        figures::families(&rows)
    }
}

impl ServedWebhook {
    fn new(entry: &WebhookEntry) -> Result<ServedWebhook, ConfigError> {
        let to = NamedUrl::parse(&entry.url)
            .ok_or_else(|| ConfigError("url: allowed is http://HOST[:PORT]/… or https://…".to_owned()))?;
        let authorization = entry.secret()?.map(|token| authorization(&token)).transpose()?;
        Ok(ServedWebhook {
            name: entry.name.clone(),
            kind: entry.kind,
            to,
            authorization,
            server_url: entry.server_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
            time_max: entry.time_max(),
            places: Arc::new(Semaphore::new(entry.calls_max)),
            calls_max: entry.calls_max,
            queued: AtomicUsize::new(0),
            counts: WebhookCounts::default(),
        })
    }

    /// A place for one call, at once or soon. None where too many others have one or wait for one.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Some(place);
        }
        let queued = Queued::join(&self.queued, self.calls_max)?;
        let waited = tokio::time::timeout(QUEUE_MAX, Arc::clone(&self.places).acquire_owned()).await;
        drop(queued);
        waited.ok()?.ok()
    }
}

/// A call in the queue of a webhook.
struct Queued<'a>(&'a AtomicUsize);

impl Queued<'_> {
    fn join(queue: &AtomicUsize, most: usize) -> Option<Queued<'_>> {
        let before = queue.fetch_add(1, Ordering::Relaxed);
        let queued = Queued(queue);
        (before < most).then_some(queued)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The value of the header: a token alone is a bearer token; two words are the whole value.
fn authorization(token: &Secret) -> Result<Secret, ConfigError> {
    let refused = || ConfigError("token: allowed are printable ASCII characters".to_owned());
    let words: Vec<&str> = token.reveal().split_whitespace().collect();
    let value = match words.as_slice() {
        [token] => format!("Bearer {token}"),
        [scheme, token] => format!("{scheme} {token}"),
        _ => return Err(ConfigError("token: allowed is a token, or a scheme and a token".to_owned())),
    };
    if HeaderValue::from_str(&value).is_err() || !value.is_ascii() {
        return Err(refused());
    }
    Ok(Secret::new(value))
}
