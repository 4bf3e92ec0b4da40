//! What scrapes are told of webhooks.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::pipeline::bindings::calls::TransformFailureKind;
use crate::telemetry::metrics::{Family, Kind, Sample, Value};

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

/// A webhook, as figures show it.
pub(super) struct WebhookRow<'a> {
    pub(super) name: &'a str,
    pub(super) counts: &'a WebhookCounts,
    /// Calls that run.
    pub(super) running: u64,
    /// Calls that wait.
    pub(super) waiting: u64,
}

/// The families of all webhooks.
pub(super) fn families(rows: &[WebhookRow<'_>]) -> Vec<Family> {
    let by_webhook = |family: Family, value: fn(&WebhookRow<'_>) -> u64| {
        family.by("webhook", rows.iter().map(|row| (row.name, Value::Whole(value(row)))))
    };
    let counter = |name, help| Family::new(name, help, Kind::Counter);
    let gauge = |name, help| Family::new(name, help, Kind::Gauge);
    let mut failures =
        counter("portcullis_webhook_failures", "Calls of webhooks that gave no answer, by kind");
    for row in rows {
        for ((_, kind), count) in KINDS.iter().zip(&row.counts.failures) {
            let labels = vec![("webhook", row.name.to_owned()), ("kind", (*kind).to_owned())];
            failures.samples.push(Sample { labels, value: Value::Whole(count.load(Ordering::Relaxed)) });
        }
    }
    vec![
        by_webhook(counter("portcullis_webhook_calls", "Calls of webhooks"), |row| {
            row.counts.calls.load(Ordering::Relaxed)
        }),
        failures,
        by_webhook(gauge("portcullis_webhook_running", "Calls of webhooks that run"), |row| row.running),
        by_webhook(
            gauge("portcullis_webhook_waiting", "Calls of webhooks that wait for others of the same one"),
            |row| row.waiting,
        ),
    ]
}
