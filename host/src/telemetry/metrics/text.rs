//! Metrics as text, in the two forms that Prometheus reads.
//!
//! The forms differ in few things, and only OpenMetrics knows exemplars
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>,
//! <https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>).

use std::fmt::{Error, Write as _};

use super::family::{Exemplar, Family, Kind, Sample, Spread, Value};

/// The form of a scrape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// The form that every scraper reads: version 0.0.4.
    Plain,
}

impl TextForm {
    /// The form that the header `Accept` of a scrape asks for; without it, the plain one.
    pub fn accepted(accept: Option<&str>) -> TextForm {
        let accept = accept.unwrap_or_default();
        let wanted = weight(accept, "application/openmetrics-text");
        match wanted > 0.0 && wanted >= weight(accept, "text/plain") {
            true => TextForm::OpenMetrics,
            false => TextForm::Plain,
        }
    }

    /// The value of the header `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            TextForm::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            TextForm::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// How much a media type is wanted: 0 where it is not named.
fn weight(accept: &str, media_type: &str) -> f64 {
    let of = |range: &str| {
        let mut parameters = range.split(';').map(str::trim);
        if !parameters.next().is_some_and(|name| name.eq_ignore_ascii_case(media_type)) {
            return 0.0;
        }
        let quality = parameters.find_map(|parameter| parameter.strip_prefix("q="));
        quality.map_or(1.0, |text| text.parse().unwrap_or(0.0))
    };
    accept.split(',').map(of).fold(0.0, f64::max)
}

/// Writes families in a form.
pub(super) fn render(families: &[Family], form: TextForm) -> String {
    let mut page = String::with_capacity(32 << 10);
    for family in families {
        // Writing to a String does not fail.
        let _ = write_family(&mut page, family, form);
    }
    if form == TextForm::OpenMetrics {
        page.push_str("# EOF\n");
    }
    page
}

fn write_family(page: &mut String, family: &Family, form: TextForm) -> Result<(), Error> {
    let Family { name, help, kind, samples } = family;
    let kind_name = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    // The plain form names a counter as its samples are named.
    let suffix = if *kind == Kind::Counter { "_total" } else { "" };
    let family_suffix = if form == TextForm::Plain { suffix } else { "" };
    writeln!(page, "# HELP {name}{family_suffix} {help}")?;
    writeln!(page, "# TYPE {name}{family_suffix} {kind_name}")?;
    for Sample { labels, value } in samples {
        match value {
            Value::Spread(spread) => write_spread(page, name, labels, spread, form)?,
            value => {
                write!(page, "{name}{suffix}")?;
                write_labels(page, None, labels)?;
                match value {
                    Value::Real(number) => writeln!(page, " {number}")?,
                    Value::Whole(number) => writeln!(page, " {number}")?,
                    Value::Spread(_) => {}
                }
            }
        }
    }
    Ok(())
}

fn write_spread(
    page: &mut String,
    name: &str,
    labels: &[(&'static str, String)],
    spread: &Spread,
    form: TextForm,
) -> Result<(), Error> {
    let mut total = 0;
    for (position, (bound, count)) in spread.slots.iter().enumerate() {
        total += count;
        // `{:?}` writes `1.0` where `{}` writes `1`: OpenMetrics wants the former.
        let bound = if *bound == f64::MAX { "+Inf".to_owned() } else { format!("{bound:?}") };
        write!(page, "{name}_bucket")?;
        write_labels(page, Some(&bound), labels)?;
        write!(page, " {total}")?;
        let exemplar = spread.exemplars.iter().find(|(at, _)| *at == position);
        if let (TextForm::OpenMetrics, Some((_, exemplar))) = (form, exemplar) {
            let Exemplar { seconds, at, .. } = exemplar;
            write!(page, " # {{request_id=\"{}\"}} {seconds} {at:.3}", exemplar.id())?;
        }
        page.push('\n');
    }
    for (suffix, value) in [("sum", format!("{}", spread.sum)), ("count", total.to_string())] {
        write!(page, "{name}_{suffix}")?;
        write_labels(page, None, labels)?;
        writeln!(page, " {value}")?;
    }
    Ok(())
}

fn write_labels(
    page: &mut String,
    bound: Option<&str>,
    labels: &[(&'static str, String)],
) -> Result<(), Error> {
    let all = bound.map(|bound| ("le", bound)).into_iter();
    let all = all.chain(labels.iter().map(|(name, value)| (*name, value.as_str())));
    let mut separator = '{';
    for (name, value) in all {
        write!(page, "{separator}{name}=\"")?;
        for letter in value.chars() {
            match letter {
                '\\' => page.push_str("\\\\"),
                '"' => page.push_str("\\\""),
                '\n' => page.push_str("\\n"),
                letter => page.push(letter),
            }
        }
        page.push('"');
        separator = ',';
    }
    if separator == ',' {
        page.push('}');
    }
    Ok(())
}
