//! What scrapes are told of functions: what they cost, how they fail, how full their places are,
//! and what is kept of what they made.

use crate::telemetry::metrics::{Family, Kind, Sample, Value};
use crate::transforms::{FunctionFigures, PlaceFigures, Snapshot, VariantFigures};

/// A family with a sample for each function.
struct FunctionFamily {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    value: fn(&Snapshot) -> Value,
}

const FUNCTION_FAMILIES: [FunctionFamily; 7] = [
    FunctionFamily {
        name: "portcullis_transform_calls",
        help: "Calls of functions that began, by function",
        kind: Kind::Counter,
        value: |figures| Value::Whole(figures.calls),
    },
    FunctionFamily {
        name: "portcullis_transform_cpu_seconds",
        help: "Processor time of calls of functions",
        kind: Kind::Counter,
        value: |figures| Value::Real(figures.cpu.as_secs_f64()),
    },
    FunctionFamily {
        name: "portcullis_transform_input_bytes",
        help: "Bytes that functions were given",
        kind: Kind::Counter,
        value: |figures| Value::Whole(figures.input_bytes),
    },
    FunctionFamily {
        name: "portcullis_transform_output_bytes",
        help: "Bytes that functions returned",
        kind: Kind::Counter,
        value: |figures| Value::Whole(figures.output_bytes),
    },
    FunctionFamily {
        name: "portcullis_transform_memory_peak_bytes",
        help: "Memory of the call of a function that had most",
        kind: Kind::Gauge,
        value: |figures| Value::Whole(figures.memory_bytes_peak),
    },
    FunctionFamily {
        name: "portcullis_transform_running",
        help: "Calls of functions that run",
        kind: Kind::Gauge,
        value: |figures| Value::Whole(figures.running),
    },
    FunctionFamily {
        name: "portcullis_transform_waiting",
        help: "Calls of functions that wait for a place",
        kind: Kind::Gauge,
        value: |figures| Value::Whole(figures.queued),
    },
];

/// All of them.
pub(super) fn families(
    functions: &[FunctionFigures],
    places: PlaceFigures,
    variants: VariantFigures,
) -> Vec<Family> {
    let mut families = of_functions(functions);
    families.extend(of_places(places));
    families.extend(of_variants(variants));
    families
}

fn labels(of: &FunctionFigures) -> Vec<(&'static str, String)> {
    vec![("account", of.account.clone()), ("function", of.function.clone())]
}

fn of_functions(functions: &[FunctionFigures]) -> Vec<Family> {
    let family = |FunctionFamily { name, help, kind, value }: &FunctionFamily| Family {
        samples: functions
            .iter()
            .map(|of| Sample { labels: labels(of), value: value(&of.figures) })
            .collect(),
        ..Family::new(name, help, *kind)
    };
    let mut families: Vec<Family> = FUNCTION_FAMILIES.iter().map(family).collect();
    let help = "Calls of functions that failed, by kind; `refused` are errors that a function returned";
    let mut failures = Family::new("portcullis_transform_failures", help, Kind::Counter);
    for of in functions {
        let Snapshot { failures: by_kind, refusals, .. } = &of.figures;
        let by_kind = by_kind.iter().map(|(kind, count)| (kind.name(), *count));
        // Most functions never fail, and hardly one in every way.
        for (kind, count) in by_kind.chain([("refused", *refusals)]).filter(|(_, count)| *count > 0) {
            let mut labels = labels(of);
            labels.push(("kind", kind.to_owned()));
            failures = failures.with(labels, Value::Whole(count));
        }
    }
    families.push(failures);
    families
}

fn of_places(PlaceFigures { used, memory_bytes, waiting }: PlaceFigures) -> Vec<Family> {
    vec![
        Family::gauge(
            "portcullis_transform_places_used",
            "Calls of functions that have a place, of transforms.calls_max",
            used as f64,
        ),
        Family::gauge(
            "portcullis_transform_memory_reserved_bytes",
            "Memory that these calls may have, of transforms.memory_bytes_max",
            memory_bytes as f64,
        ),
        Family::gauge(
            "portcullis_transform_queue_used",
            "Calls of functions that wait, of transforms.queue_max",
            waiting as f64,
        ),
    ]
}

fn of_variants(VariantFigures { hits, misses, count, bytes, evictions }: VariantFigures) -> Vec<Family> {
    vec![
        Family::counter("portcullis_variant_hits", "Answers from what functions made before", hits),
        Family::counter(
            "portcullis_variant_misses",
            "Answers that might have been kept, and had to be made",
            misses,
        ),
        Family::counter(
            "portcullis_variant_evictions",
            "Results of functions that made room for others",
            evictions,
        ),
        Family::gauge("portcullis_variants", "Results of functions that are kept", count as f64),
        Family::gauge(
            "portcullis_variant_bytes",
            "Bytes of them, of transforms.kept_bytes_max",
            bytes as f64,
        ),
    ]
}
