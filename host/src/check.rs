//! `portcullis check`: what is wrong in a data folder, if anything.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::cli::{EXIT_FOUND, Output, say};
use crate::config::Config;
use crate::volume::{Report, check};

/// Checks the data folder of a configuration and prints the report. The status tells whether it is clean.
///
/// What rows mean is the pipeline's affair, so references are not counted here; that every referenced byte is
/// there, whole and claimed once, is.
///
/// # Errors
/// A folder that is no data folder, that a server has open, or that cannot be read.
pub(crate) fn run(config: &Config, output: Output) -> Result<ExitCode> {
    let report = check(&config.volume_options(), None)
        .with_context(|| format!("checking the data folder {}", config.data_dir.display()))?;
    say(&render(&report, output));
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FOUND) })
}

fn render(report: &Report, output: Output) -> String {
    let Report { rows, blobs, bytes, segments, orphans, problem_count, problems } = report;
    match output {
        Output::Json => {
            let document = json!({
                "clean": report.is_clean(),
                "rows": rows,
                "blobs": blobs,
                "bytes": bytes,
                "segments": segments,
                "orphans": orphans,
                "problem_count": problem_count,
                "problems": problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            });
            format!("{document}\n")
        }
        Output::Text => {
            let mut text = String::new();
            // Writing to a String does not fail.
            for problem in problems {
                let _ = writeln!(text, "{problem}");
            }
            let listed = problems.len() as u64;
            if listed < *problem_count {
                let _ = writeln!(text, "and {} more", problem_count - listed);
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
mod tests {
    use super::*;
    use crate::volume::Problem;

    #[test]
    fn a_report_says_what_is_wrong_to_people_and_to_programs() {
        let clean = Report { rows: 3, blobs: 2, bytes: 10, segments: 1, ..Report::default() };
        assert!(render(&clean, Output::Text).starts_with("clean: 3 rows, 2 blobs of 10 bytes"));
        let damaged = Report { problem_count: 2, problems: vec![Problem::Corrupt(7)], ..clean };
        let text = render(&damaged, Output::Text);
        assert!(text.contains("0000000000000007") && text.contains("and 1 more") && text.contains("DAMAGED"));
        let document: serde_json::Value = serde_json::from_str(&render(&damaged, Output::Json)).unwrap();
        assert_eq!(document["clean"], false);
        assert_eq!(document["problem_count"], 2);
    }
}
