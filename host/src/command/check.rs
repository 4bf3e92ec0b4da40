//! `portcullis check`: what is wrong in a data folder, if anything.

mod names;

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use super::output::{EXIT_FOUND, Output, say};
use super::trouble;
use crate::config::Config;
use crate::keys::vault::volume_options;
use crate::pipeline::compose::Manifest;
use crate::pipeline::row_reader::{Rows, SLOT};
use crate::pipeline::usage_count::{self, UsageCount};
use names::BlobNames;
use volume::{References, Report, check, format_of};

/// Checks the data folder of a configuration and prints the report. The status tells whether it is
/// clean.
///
/// What rows mean is the pipeline's affair: its storage component says which blobs they refer to.
/// Where another one fills that slot and does not say it, references are not counted, and the
/// report says so.
///
/// # Errors
/// A folder that is no data folder, that a server has open, or that cannot be read; a pipeline that
/// cannot be loaded.
pub(crate) fn run(config: &Config, output: Output) -> Result<ExitCode> {
    let refused = |error| trouble::of_idle_folder(&config.data_dir, &error);
    // Before the component that reads rows is compiled, which takes seconds.
    format_of(&config.data_dir).map_err(refused)?;
    let cache = config.made_cache_folder();
    let manifest = Manifest::load(config.pipeline.as_deref())?;
    let mut rows = Rows::of(&manifest, cache.as_deref())?;
    let mark = usage_count::mark_of(&manifest.filling(SLOT)?);
    let counted = if rows.is_some() { Counted::Yes } else { Counted::No };
    let (mut usage, mut kept, mut has_mark) = (UsageCount::default(), UsageCounted::No, false);
    let mut references = rows.as_mut().map(|rows| {
        |table: &str, key: &[u8], value: &[u8]| {
            if usage_count::is_mark(table, key) {
                has_mark = true;
                if value == mark {
                    kept = UsageCounted::Yes;
                }
            }
            if let Some(counted) = rows.usage_of(table, key, value)? {
                usage.add(counted);
            }
            rows.blobs_of(table, value)
        }
    });
    let references = references.as_mut().map(|references| references as References<'_>);
    let options = volume_options(config);
    let mut report = check(&options, references).map_err(refused)?;
    if has_mark {
        // As backups count: the mark of the counters is not of what is stored.
        report.rows = report.rows.saturating_sub(1);
    }
    if kept == UsageCounted::Yes {
        report.compare_counters(&usage.sums());
    }
    let names = match &mut rows {
        Some(rows) => names::find(&options, &report, rows)?,
        None => BlobNames::default(),
    };
    say(&render(&report, &names, (counted, kept), output));
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FOUND) })
}

/// Whether the references of rows were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    Yes,
    No,
}

/// Whether the counters of usage were kept by the pipeline that checks, so that they have to be
/// right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UsageCounted {
    Yes,
    No,
}

fn render(
    report: &Report,
    names: &BlobNames,
    (counted, kept): (Counted, UsageCounted),
    output: Output,
) -> String {
    let Report { rows, blobs, bytes, segments, orphans, problem_count, problems, .. } = report;
    match output {
        Output::Json => {
            let document = json!({
                "clean": report.is_clean(),
                "rows": rows,
                "blobs": blobs,
                "bytes": bytes,
                "segments": segments,
                "references_counted": counted == Counted::Yes,
                "usage_compared": kept == UsageCounted::Yes,
                "orphans": orphans,
                "problem_count": problem_count,
                "problems": problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "damaged": names.listed.iter().map(names::BlobName::json).collect::<Vec<_>>(),
                "damaged_not_listed": names.more,
            });
            format!("{document}\n")
        }
        Output::Text => {
            let mut text = String::new();
            // Writing to a String does not fail.
            for problem in problems {
                let _ = writeln!(text, "{problem}");
                let damaged = problem.damaged();
                for name in names.listed.iter().filter(|name| damaged.contains(&name.blob)) {
                    let _ = writeln!(text, "    {}", name.text());
                }
            }
            if names.more > 0 {
                let _ = writeln!(text, "and {} more that damaged blobs belong to", names.more);
            }
            let listed = problems.len() as u64;
            if listed < *problem_count {
                let _ = writeln!(text, "and {} more", problem_count - listed);
            }
            if counted == Counted::No {
                let _ = writeln!(
                    text,
                    "references were not counted: the pipeline does not tell what rows refer to"
                );
            }
            if counted == Counted::Yes && kept == UsageCounted::No {
                let _ = writeln!(text, "usage was not compared: the next start of this pipeline counts it");
            }
            let verdict = if report.is_clean() { "clean" } else { "DAMAGED" };
            let _ = writeln!(
                text,
                "{verdict}: {rows} rows, {blobs} blobs of {bytes} bytes, {segments} log segments, \
                 {orphans} files that the next start removes, {problem_count} problems"
            );
            text
        }
    }
}

#[cfg(test)]
mod tests;
