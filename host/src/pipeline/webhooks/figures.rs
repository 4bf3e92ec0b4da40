//! What scrapes are told of webhooks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{ServedWebhook, Webhooks};
use crate::pipeline::bindings::calls::TransformFailureKind;
use crate::telemetry::metrics::{Family, FamilySource, Kind, Sample, Value};

/// The kinds of failure, by their names in figures.
const KINDS: [(TransformFailureKind, &str); 13] = [
    (TransformFailureKind::Unavailable, "unavailable"),
    (TransformFailureKind::NotExported, "not-exported"),
    (TransformFailureKind::Trapped, "trapped"),
    (TransformFailureKind::TimedOut, "timed-out"),
    (TransformFailureKind::OutOfMemory, "memory-exceeded"),
    (TransformFailureKind::InputTooLong, "input-too-long"),
    (TransformFailureKind::OutputTooLong, "output-too-long"),
    (TransformFailureKind::BadReply, "bad-reply"),
    (TransformFailureKind::Incomplete, "incomplete"),
    (TransformFailureKind::CutShort, "cut-short"),
    (TransformFailureKind::Busy, "busy"),
    (TransformFailureKind::SourceFailed, "source-failed"),
    (TransformFailureKind::Abandoned, "abandoned"),
];

/// The name of a kind of failure.
pub(super) fn name_of(kind: TransformFailureKind) -> &'static str {
    KINDS.iter().find(|(each, _)| *each == kind).map_or("unavailable", |(_, name)| name)
}

/// What is counted of a webhook.
#[derive(Default)]
pub(super) struct WebhookCounts {
    calls: AtomicU64,
    failures: [AtomicU64; KINDS.len()],
}

impl WebhookCounts {
    /// It is asked.
    pub(super) fn asked(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// It gave no answer.
    pub(super) fn failed(&self, kind: TransformFailureKind) {
        let at = KINDS.iter().position(|(each, _)| *each == kind);
        if let Some(count) = at.and_then(|at| self.failures.get(at)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The webhooks, as a source of figures.
pub(crate) struct WebhookFamilies(pub(crate) Arc<Webhooks>);

impl FamilySource for WebhookFamilies {
    fn families(&self) -> Vec<Family> {
        let served = || self.0.served.values();
        let by_webhook = |family: Family, value: &dyn Fn(&ServedWebhook) -> u64| {
            family.by("webhook", served().map(|own| (own.name.as_str(), Value::Whole(value(own)))))
        };
        let running =
            |own: &ServedWebhook| own.calls_max.saturating_sub(own.places.available_permits()) as u64;
        let counter = |name, help| Family::new(name, help, Kind::Counter);
        let gauge = |name, help| Family::new(name, help, Kind::Gauge);
        let help = "Calls of webhooks that gave no answer, by kind";
        let mut failures = counter("portcullis_webhook_failures", help);
        for own in served() {
            for ((_, kind), count) in KINDS.iter().zip(&own.counts.failures) {
                let labels = vec![("webhook", own.name.clone()), ("kind", (*kind).to_owned())];
                let value = Value::Whole(count.load(Ordering::Relaxed));
                failures.samples.push(Sample { labels, value });
            }
        }
        vec![
            by_webhook(counter("portcullis_webhook_calls", "Calls of webhooks"), &|own| {
                own.counts.calls.load(Ordering::Relaxed)
            }),
            failures,
            by_webhook(gauge("portcullis_webhook_running", "Calls of webhooks that run"), &running),
            by_webhook(
                gauge("portcullis_webhook_waiting", "Calls of webhooks that wait for others of the same one"),
                &|own| own.queued.load(Ordering::Relaxed) as u64,
            ),
        ]
    }
}
