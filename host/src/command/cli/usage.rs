//! `portcullis usage`: how much is held on the server that runs on a data folder.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Command;
use http::StatusCode;
use serde_json::Value;

use super::settings::{json, some_settings};
use crate::command::explain::harmless;
use crate::command::output::{Output, say};
use crate::config::{Config, Subject};
use crate::front::admin;

/// `portcullis usage`
pub(super) fn command() -> Command {
    let command = Command::new("usage").about("Show how much accounts and buckets hold").long_about(
        "Show how many objects and bytes accounts and their buckets hold on the server that runs on a data folder.\n\
         Objects are versions, delete markers, uploads in progress and their parts.\n\
         Exit status: 0 done, 2 the server could not be asked.",
    );
    some_settings(command.arg(json()), &["data_dir"])
}

/// Asks the server, and prints what accounts and buckets hold.
pub(super) fn run(config: &Config, output: Output) -> Result<ExitCode> {
    let answered = admin::get(&config.data_dir, "/usage")?;
    if answered.status != StatusCode::OK {
        return Err(answered.refusal());
    }
    print(&answered.text, output, render)
}

/// Prints an answer of the server.
pub(super) fn print(text: &str, output: Output, render: fn(&Value) -> String) -> Result<ExitCode> {
    Ok(match output {
        Output::Json => say(&format!("{text}\n")),
        Output::Text => say(&render(&serde_json::from_str(text).context("reading the answer")?)),
    })
}

pub(super) fn members<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn text(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_str).map(harmless).unwrap_or_default()
}

fn number(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_u64).map(|number| number.to_string()).unwrap_or_default()
}

/// A table: an account, and below it its buckets.
fn render(answer: &Value) -> String {
    let heads = ["ACCOUNT", "BUCKET", "OBJECTS", "BYTES", "OBJECTS MAX", "BYTES MAX"];
    let mut lines = vec![heads.map(str::to_owned)];
    for usage in members(answer, "usage") {
        let bucket = match usage.get(Subject::Bucket.name()) {
            Some(_) => text(usage, Subject::Bucket.name()),
            None => "(all)".to_owned(),
        };
        let [objects, bytes, objects_max, bytes_max] =
            ["objects", "bytes", "objects_max", "bytes_max"].map(|member| number(usage, member));
        lines.push([text(usage, "account"), bucket, objects, bytes, objects_max, bytes_max]);
    }
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| lines.iter().filter_map(|line| line.get(column)).map(String::len).max().unwrap_or(0))
        .collect();
    let line = |cells: &[String; 6]| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 | 1 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    lines.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
