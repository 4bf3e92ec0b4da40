//! The counters as Prometheus text: the shards are added up into one scrape, which is then written
//! family by family.

use std::collections::BTreeMap;
use std::fmt::Error;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::histogram::Sum;
use super::{LabelledGauge, Metrics, Refusal, STAGES, STATUSES, Shard, VolumeFigures, VolumeHistogram};

type Label = (&'static str, String);
type Series = (Vec<Label>, u64);

/// See [`Metrics::render`].
pub(super) fn render(metrics: &Metrics) -> String {
    let mut registry = Registry::with_prefix("portcullis");
    registry.register_collector(Box::new(Scrape::of(metrics)));
    let mut page = String::with_capacity(32 << 10);
    // Writing to a String does not fail.
    let _ = text::encode(&mut page, &registry);
    page
}

/// All shards at one moment.
#[derive(Debug)]
struct Scrape {
    requests: Vec<Series>,
    durations: Vec<(String, Sum)>,
    stages: Vec<Sum>,
    refused: Vec<u64>,
    gauges: Vec<(&'static str, &'static str, i64)>,
    counters: Vec<(&'static str, &'static str, u64)>,
    volume: VolumeFigures,
}

impl Scrape {
    fn of(metrics: &Metrics) -> Scrape {
        let sum = |counter: fn(&Shard) -> &AtomicU64| -> u64 {
            metrics.shards.iter().map(|shard| counter(shard).load(Ordering::Relaxed)).sum()
        };
        let level = |gauge: fn(&Shard) -> &AtomicI64| -> i64 {
            metrics.shards.iter().map(|shard| gauge(shard).load(Ordering::Relaxed)).sum()
        };
        let uptime = i64::try_from(metrics.started.elapsed().as_secs()).unwrap_or(i64::MAX);
        let (requests, durations) = operations(metrics);
        Scrape {
            requests,
            durations,
            stages: stages(metrics),
            refused: each(metrics, |shard| &shard.refused),
            gauges: vec![
                ("requests_in_flight", "Requests being answered", level(|shard| &shard.in_flight)),
                ("connections", "Open connections", level(|shard| &shard.connections)),
                ("uptime_seconds", "Seconds since the start", uptime),
            ],
            counters: vec![
                ("connections_accepted", "Connections accepted", sum(|shard| &shard.accepted)),
                (
                    "instances_replaced",
                    "Instances of the pipeline that trapped",
                    sum(|shard| &shard.replaced),
                ),
                (
                    "instances_renewed",
                    "Instances of the pipeline that were replaced because their memory had grown",
                    sum(|shard| &shard.renewed),
                ),
                (
                    "calls_repeated",
                    "Calls that began again because the instance that had them was replaced",
                    sum(|shard| &shard.repeated),
                ),
                (
                    "long_steps",
                    "Steps of the pipeline that held their worker for more than some 20 ms",
                    sum(|shard| &shard.long_steps),
                ),
                (
                    "added_stage_failures",
                    "Runs of stages added by users that trapped, took too long or did what they may not",
                    sum(|shard| &shard.added_failed),
                ),
                (
                    "otlp_spans_exported",
                    "Requests whose spans a collector of traces took",
                    sum(|shard| &shard.spans_exported),
                ),
                (
                    "otlp_spans_dropped",
                    "Requests whose spans were dropped: the queue was full, or no collector took them",
                    sum(|shard| &shard.spans_dropped),
                ),
                ("received_bytes", "Bytes read from clients, framing included", sum(|shard| &shard.bytes_in)),
                ("sent_bytes", "Bytes written to clients, framing included", sum(|shard| &shard.bytes_out)),
            ],
            volume: metrics.volume.get().map(|volume| volume.figures()).unwrap_or_default(),
        }
    }
}

fn operations(metrics: &Metrics) -> (Vec<Series>, Vec<(String, Sum)>) {
    let mut statuses: BTreeMap<String, [u64; STATUSES.len() + 1]> = BTreeMap::new();
    let mut durations: BTreeMap<String, Sum> = BTreeMap::new();
    for shard in &metrics.shards {
        for (name, series) in shard.operations.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let name = if name.is_empty() { "none" } else { name };
            let totals = statuses.entry(name.to_owned()).or_insert([0; STATUSES.len() + 1]);
            for (total, count) in totals.iter_mut().zip(series.statuses) {
                *total += count;
            }
            series.durations.add_to(durations.entry(name.to_owned()).or_default());
        }
    }
    let mut requests = Vec::new();
    for (name, counts) in statuses {
        for (slot, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let code = STATUSES.get(slot).map_or_else(|| "other".to_owned(), u16::to_string);
            requests.push((vec![("operation", name.clone()), ("code", code)], count));
        }
    }
    (requests, durations.into_iter().collect())
}

fn stages(metrics: &Metrics) -> Vec<Sum> {
    let mut sums = vec![Sum::default(); STAGES.len()];
    for shard in &metrics.shards {
        for (sum, histogram) in sums.iter_mut().zip(&shard.stages) {
            histogram.add_to(sum);
        }
    }
    sums
}

fn each<const N: usize>(metrics: &Metrics, counters: impl Fn(&Shard) -> &[AtomicU64; N]) -> Vec<u64> {
    let mut totals = vec![0; N];
    for shard in &metrics.shards {
        for (total, counter) in totals.iter_mut().zip(counters(shard)) {
            *total += counter.load(Ordering::Relaxed);
        }
    }
    totals
}

/// One label, several times: `reason="trap"`, `reason="memory"`.
fn labelled(label: &'static str, values: &[&'static str], counts: &[u64]) -> Vec<Series> {
    values.iter().zip(counts).map(|(value, count)| (vec![(label, (*value).to_owned())], *count)).collect()
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let encoder = &mut encoder;
        family(encoder, "requests", "Requests by operation and HTTP status", &self.requests)?;
        let help = "What was refused or ended, by the limit that was reached";
        family(
            encoder,
            "refused",
            help,
            &labelled("limit", &Refusal::ALL.map(Refusal::name), &self.refused),
        )?;
        let durations = self.durations.iter().map(|(name, sum)| ("operation", name.as_str(), sum));
        let help = "From request head to response head, by operation";
        histograms(encoder, "request_duration_seconds", help, durations)?;
        let stages = STAGES.iter().zip(&self.stages).filter(|(_, sum)| sum.count() > 0);
        let help = "Time that a stage ran before it passed on, waited or answered";
        histograms(encoder, "stage_duration_seconds", help, stages.map(|(name, sum)| ("stage", *name, sum)))?;
        for (name, help, value) in &self.gauges {
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(value)?;
        }
        for (name, help, value) in &self.volume.gauges {
            let value = i64::try_from(*value).unwrap_or(i64::MAX);
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)?;
        }
        for LabelledGauge { name, help, rows } in &self.volume.labelled {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (labels, value) in rows {
                let value = i64::try_from(*value).unwrap_or(i64::MAX);
                family.encode_family(labels)?.encode_gauge(&value)?;
            }
        }
        for (name, help, value) in self.counters.iter().chain(&self.volume.counters) {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            metric.encode_counter::<NoLabelSet, _, f64>(value, None)?;
        }
        for (name, help, label, counts) in &self.volume.families {
            let (values, counts): (Vec<&'static str>, Vec<u64>) = counts.iter().copied().unzip();
            family(encoder, name, help, &labelled(label, &values, &counts))?;
        }
        for VolumeHistogram { name, help, sum, slots } in &self.volume.histograms {
            let count = slots.iter().map(|(_, count)| count).sum();
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
            metric.encode_histogram::<NoLabelSet>(*sum, count, slots, None)?;
        }
        Ok(())
    }
}

fn family(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, rows: &[Series]) -> Result<(), Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, count) in rows {
        family.encode_family(labels)?.encode_counter::<NoLabelSet, _, f64>(count, None)?;
    }
    Ok(())
}

fn histograms<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    rows: impl Iterator<Item = (&'static str, &'a str, &'a Sum)>,
) -> Result<(), Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
    for (label, value, sum) in rows {
        let labels = [(label, value)];
        let mut metric = family.encode_family(&labels)?;
        metric.encode_histogram::<NoLabelSet>(sum.seconds(), sum.count(), &sum.slots(), None)?;
    }
    Ok(())
}
