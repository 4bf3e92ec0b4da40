//! One scrape: the shards added up, with what the volume and the system know, family by family.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::family::{Family, Kind, Sample, Spread, Value};
use super::histogram::{Durations, Sum};
use super::process::{inodes, process};
use super::{
    LabelledGauge, Metrics, Refusal, STAGES, STATUSES, Shard, Signal, VolumeFigures, VolumeHistogram,
};

/// See [`Metrics::families`].
pub(super) fn families(metrics: &Metrics) -> Vec<Family> {
    let mut families = vec![
        Family::new("portcullis_build_info", "1; the labels say which program runs", Kind::Gauge)
            .with(build(), Value::Whole(1)),
        Family::gauge(
            "portcullis_ready",
            "1 when requests are welcome, 0 while stopping",
            f64::from(u8::from(metrics.ready.load(Ordering::Relaxed))),
        ),
        Family::gauge(
            "portcullis_uptime_seconds",
            "Seconds since the start",
            metrics.started.elapsed().as_secs() as f64,
        ),
    ];
    families.extend(requests(metrics));
    families.extend(connections(metrics));
    families.extend(pipeline(metrics));
    families.extend(reports(metrics));
    families.extend(metrics.folder.get().map(|folder| inodes(folder)).unwrap_or_default());
    families.extend(volume(metrics.volume.get().map(|volume| volume.figures()).unwrap_or_default()));
    let sources = metrics.sources.lock().unwrap_or_else(PoisonError::into_inner);
    families.extend(sources.iter().flat_map(|source| source.families()));
    families.extend(process(metrics.started_at));
    families
}

fn build() -> Vec<(&'static str, String)> {
    vec![
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("os", std::env::consts::OS.to_owned()),
        ("arch", std::env::consts::ARCH.to_owned()),
    ]
}

fn sum(metrics: &Metrics, counter: impl Fn(&Shard) -> Option<&AtomicU64>) -> u64 {
    metrics.shards.iter().filter_map(counter).map(|count| count.load(Ordering::Relaxed)).sum()
}

fn level(metrics: &Metrics, gauge: impl Fn(&Shard) -> &AtomicI64) -> f64 {
    metrics.shards.iter().map(|shard| gauge(shard).load(Ordering::Relaxed)).sum::<i64>() as f64
}

/// What clients asked for, and what became of it.
fn requests(metrics: &Metrics) -> Vec<Family> {
    let (requests, durations) = operations(metrics);
    let errors = errors(metrics).into_iter().map(|((code, status), count)| {
        let status = if status == 0 { "other".to_owned() } else { status.to_string() };
        Sample { labels: vec![("error", code), ("code", status)], value: Value::Whole(count) }
    });
    let refused = Refusal::ALL.map(|refusal| {
        (refusal.name(), Value::Whole(sum(metrics, |shard| shard.refused.get(refusal as usize))))
    });
    vec![
        Family {
            samples: requests,
            ..Family::new("portcullis_requests", "Requests by operation and HTTP status", Kind::Counter)
        },
        Family {
            samples: errors.collect(),
            ..Family::new(
                "portcullis_errors",
                "Responses that say an error, by its code and HTTP status",
                Kind::Counter,
            )
        },
        Family::new(
            "portcullis_refused",
            "What was refused or ended, by the limit that was reached",
            Kind::Counter,
        )
        .by("limit", refused),
        Family::new(
            "portcullis_request_duration_seconds",
            "From request head to response head, by operation",
            Kind::Histogram,
        )
        .by("operation", durations.iter().map(|(name, sum)| (name.as_str(), Value::Spread(sum.spread())))),
    ]
}

fn connections(metrics: &Metrics) -> Vec<Family> {
    let limits = metrics.limits.get().into_iter().flatten();
    let counter = |name, help, value| Family::counter(name, help, value);
    vec![
        Family::gauge(
            "portcullis_requests_in_flight",
            "Requests being answered",
            level(metrics, |shard| &shard.in_flight),
        ),
        Family::gauge(
            "portcullis_connections",
            "Open connections",
            level(metrics, |shard| &shard.connections),
        ),
        Family::new(
            "portcullis_limit",
            "What a limit is set to: requests in flight, connections, commits that wait, calls of transforms and their memory",
            Kind::Gauge,
        )
        .by("limit", limits.map(|(name, limit)| (*name, Value::Whole(*limit)))),
        counter(
            "portcullis_connections_accepted",
            "Connections accepted",
            sum(metrics, |shard| Some(&shard.accepted)),
        ),
        counter(
            "portcullis_received_bytes",
            "Bytes read from clients, framing included",
            sum(metrics, |shard| Some(&shard.bytes_in)),
        ),
        counter(
            "portcullis_sent_bytes",
            "Bytes written to clients, framing included",
            sum(metrics, |shard| Some(&shard.bytes_out)),
        ),
    ]
}

/// The components, and how they fare.
fn pipeline(metrics: &Metrics) -> Vec<Family> {
    let mut stages = vec![Sum::default(); STAGES.len()];
    for shard in &metrics.shards {
        for (sum, histogram) in stages.iter_mut().zip(&shard.stages) {
            histogram.add_to(sum);
        }
    }
    let stages = STAGES.into_iter().zip(stages.iter().map(Sum::spread));
    let stages = stages.filter(|(_, spread)| spread.count() > 0);
    let added = metrics.added.lock().unwrap_or_else(PoisonError::into_inner).clone();
    vec![
        Family::new(
            "portcullis_stage_duration_seconds",
            "Time that a stage ran before it passed on, waited or answered",
            Kind::Histogram,
        )
        .by("stage", stages.map(|(name, spread)| (name, Value::Spread(spread)))),
        Family::counter(
            "portcullis_instances_replaced",
            "Instances of the pipeline that trapped",
            sum(metrics, |shard| Some(&shard.replaced)),
        ),
        Family::counter(
            "portcullis_instances_renewed",
            "Instances of the pipeline that were replaced because their memory had grown",
            sum(metrics, |shard| Some(&shard.renewed)),
        ),
        Family::counter(
            "portcullis_calls_repeated",
            "Calls that began again because the instance that had them was replaced",
            sum(metrics, |shard| Some(&shard.repeated)),
        ),
        Family::counter(
            "portcullis_inner_requests",
            "Requests of the server to itself, for what transforms need besides their object",
            sum(metrics, |shard| Some(&shard.inner)),
        ),
        Family::counter(
            "portcullis_long_steps",
            "Steps of the pipeline that held their worker for more than some 20 ms",
            sum(metrics, |shard| Some(&shard.long_steps)),
        ),
        Family::new(
            "portcullis_added_stage_failures",
            "Runs of added stages that trapped, took too long or did what they may not",
            Kind::Counter,
        )
        .by("stage", added.iter().map(|(name, count)| (&**name, Value::Whole(*count)))),
    ]
}

/// What the server tells others of itself.
fn reports(metrics: &Metrics) -> Vec<Family> {
    let exported = |signal: Signal| sum(metrics, |shard| shard.exported.get(signal as usize));
    let dropped = |signal: Signal| sum(metrics, |shard| shard.dropped.get(signal as usize));
    vec![
        Family::counter(
            "portcullis_access_log_lines",
            "Lines of the access log that were written",
            sum(metrics, |shard| Some(&shard.access_lines)),
        ),
        Family::counter(
            "portcullis_access_log_lines_dropped",
            "Lines of the access log that were dropped: the file or pipe took them too slowly, or not at all",
            sum(metrics, |shard| Some(&shard.access_lines_dropped)),
        ),
        Family::counter(
            "portcullis_otlp_spans_exported",
            "Requests whose spans a collector took",
            exported(Signal::Traces),
        ),
        Family::counter(
            "portcullis_otlp_spans_dropped",
            "Requests whose spans were dropped: the queue was full, or no collector took them",
            dropped(Signal::Traces),
        ),
        Family::counter(
            "portcullis_otlp_metrics_exported",
            "Samples that a collector took",
            exported(Signal::Metrics),
        ),
        Family::counter(
            "portcullis_otlp_metrics_dropped",
            "Samples that no collector took; the next ones say the same and more",
            dropped(Signal::Metrics),
        ),
        Family::counter(
            "portcullis_otlp_logs_exported",
            "Lines of the log that a collector took",
            exported(Signal::Logs),
        ),
        Family::counter(
            "portcullis_otlp_logs_dropped",
            "Lines of the log that were not sent: the queue was full, or no collector took them",
            dropped(Signal::Logs),
        ),
    ]
}

fn volume(figures: VolumeFigures) -> Vec<Family> {
    let VolumeFigures { gauges, counters, families, histograms, labelled } = figures;
    let name = |name: &str| format!("portcullis_{name}");
    let gauges =
        gauges.into_iter().map(|(short, help, value)| Family::gauge(&name(short), help, value as f64));
    let counters =
        counters.into_iter().map(|(short, help, value)| Family::counter(&name(short), help, value));
    let histograms = histograms.into_iter().map(|VolumeHistogram { name: short, help, sum, slots }| {
        let spread = Spread { sum, slots, exemplars: Vec::new() };
        Family::new(&name(short), help, Kind::Histogram).with(Vec::new(), Value::Spread(spread))
    });
    let families = families.into_iter().map(|(short, help, label, counts)| {
        let counts = counts.into_iter().map(|(value, count)| (value, Value::Whole(count)));
        Family::new(&name(short), help, Kind::Counter).by(label, counts)
    });
    let labelled = labelled.into_iter().map(|LabelledGauge { name: short, help, rows }| {
        let sample = |(labels, value)| Sample { labels, value: Value::Whole(value) };
        Family {
            samples: rows.into_iter().map(sample).collect(),
            ..Family::new(&name(short), help, Kind::Gauge)
        }
    });
    gauges.chain(counters).chain(families).chain(labelled).chain(histograms).collect()
}

fn operations(metrics: &Metrics) -> (Vec<Sample>, BTreeMap<String, Durations>) {
    let mut statuses: BTreeMap<String, [u64; STATUSES.len() + 1]> = BTreeMap::new();
    let mut durations: BTreeMap<String, Durations> = BTreeMap::new();
    for shard in &metrics.shards {
        for (name, series) in shard.operations.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let name = if name.is_empty() { "none" } else { name };
            let totals = statuses.entry(name.to_owned()).or_insert([0; STATUSES.len() + 1]);
            for (total, count) in totals.iter_mut().zip(series.statuses) {
                *total += count;
            }
            durations.entry(name.to_owned()).or_default().add(&series.durations);
        }
    }
    let mut requests = Vec::new();
    for (name, counts) in statuses {
        for (slot, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let code = STATUSES.get(slot).map_or_else(|| "other".to_owned(), u16::to_string);
            let labels = vec![("operation", name.clone()), ("code", code)];
            requests.push(Sample { labels, value: Value::Whole(count) });
        }
    }
    (requests, durations)
}

fn errors(metrics: &Metrics) -> BTreeMap<(String, u16), u64> {
    let mut totals = BTreeMap::new();
    for shard in &metrics.shards {
        for ((code, status), count) in shard.errors.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            *totals.entry((code.to_string(), *status)).or_default() += count;
        }
    }
    totals
}
