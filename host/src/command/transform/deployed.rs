//! `portcullis transform deploy`, `list`, `inspect`, `rollback`, `delete`: functions of a server,
//! by its own API.

pub(super) mod deploy;
mod points;
pub(super) mod remote;

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::dev;
use crate::command::explain::harmless;
use crate::command::output::say;
use crate::config::Config;
pub use deploy::Deployment;
use deploy::point;
pub use points::{Exposure, RulesChange};
use remote::{FUNCTIONS, Remote, of};

/// What is done with the functions of a server.
#[derive(Debug)]
pub enum FunctionChore {
    /// Deploy a component as a new version.
    Deploy(Deployment),
    /// Build and deploy it whenever its sources change, until told to stop.
    Develop(Deployment),
    /// List the functions.
    List,
    /// Show a function, with its versions and aliases.
    Inspect(String),
    /// Let an alias point to the version before, or to another one.
    Rollback(String, String, Option<String>),
    /// Delete a function.
    Delete(String),
    /// Show the rules of a bucket, replace them by those of a file, or delete them.
    Rules(String, RulesChange),
    /// Make an Object Lambda access point.
    Expose(Exposure),
    /// Delete one.
    Hide(String),
}

/// Does it, on the server of a configuration or on another one.
///
/// # Errors
/// What the server refuses, and what cannot be read.
pub(crate) fn run(config: &Config, endpoint: Option<&str>, chore: &FunctionChore) -> Result<ExitCode> {
    let remote = Remote::new(config, endpoint)?;
    let text = match chore {
        FunctionChore::Deploy(deployment) => deploy::deploy(&remote, deployment)?,
        FunctionChore::Develop(deployment) => dev::run(&remote, deployment)?,
        FunctionChore::List => list(&remote)?,
        FunctionChore::Inspect(name) => inspect(&remote, name)?,
        FunctionChore::Rollback(name, alias, to) => rollback(&remote, name, alias, to.as_deref())?,
        FunctionChore::Delete(name) => {
            remote.call("DELETE", &of(name), None)?;
            format!("{name} is deleted\n")
        }
        FunctionChore::Rules(bucket, change) => points::rules(&remote, bucket, change)?,
        FunctionChore::Expose(exposure) => points::create(&remote, exposure)?,
        FunctionChore::Hide(point) => points::delete(&remote, point)?,
    };
    // What a server answers may hold anything. A line break of its own is escaped by `harmless`.
    let lines: String = text.lines().map(|line| format!("{}\n", harmless(line))).collect();
    Ok(say(&lines))
}

/// All pages of a list.
fn all(remote: &Remote, path: &str, member: &str) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut target = path.to_owned();
    loop {
        let page = remote.call("GET", &target, None)?;
        found.extend(page.get(member).and_then(Value::as_array).into_iter().flatten().cloned());
        match page.get("NextMarker").and_then(Value::as_str) {
            Some(marker) => target = format!("{path}?Marker={marker}"),
            None => return Ok(found),
        }
    }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn list(remote: &Remote) -> Result<String> {
    let functions = all(remote, FUNCTIONS, "Functions")?;
    if functions.is_empty() {
        return Ok("there are no functions; `portcullis transform deploy` makes one\n".to_owned());
    }
    let mut out = String::new();
    for function in &functions {
        let size = function.get("CodeSize").and_then(Value::as_u64).unwrap_or_default();
        let (name, arn, when) =
            (text(function, "FunctionName"), text(function, "FunctionArn"), text(function, "LastModified"));
        // Writing to a String does not fail.
        let _ = writeln!(out, "{name:24} {size:>9} bytes  {when}  {arn}");
    }
    Ok(out)
}

fn inspect(remote: &Remote, name: &str) -> Result<String> {
    let function = remote.call("GET", &format!("{}/configuration", of(name)), None)?;
    let mut out = format!("{name}\n  arn: {}\n", text(&function, "FunctionArn"));
    for (word, member) in [("time", "Timeout"), ("memory", "MemorySize")] {
        let unit = if member == "Timeout" { "s" } else { "MiB" };
        let value = function.get(member).and_then(Value::as_u64).unwrap_or_default();
        let _ = writeln!(out, "  {word}: {value} {unit}");
    }
    let variables = function.get("Environment").and_then(|environment| environment.get("Variables"));
    for (name, value) in variables.and_then(Value::as_object).into_iter().flatten() {
        let _ = writeln!(out, "  {name}: {}", value.as_str().unwrap_or_default());
    }
    for version in all(remote, &format!("{}/versions", of(name)), "Versions")? {
        let _ = writeln!(
            out,
            "  version {}: {} {}",
            text(&version, "Version"),
            text(&version, "LastModified"),
            text(&version, "CodeSha256")
        );
    }
    for alias in all(remote, &format!("{}/aliases", of(name)), "Aliases")? {
        let _ =
            writeln!(out, "  alias {}: version {}", text(&alias, "Name"), text(&alias, "FunctionVersion"));
    }
    Ok(out)
}

fn rollback(remote: &Remote, name: &str, alias: &str, to: Option<&str>) -> Result<String> {
    let now = remote.call("GET", &format!("{}/aliases/{alias}", of(name)), None)?;
    let now = text(&now, "FunctionVersion").to_owned();
    let to = match to {
        Some(to) => to.to_owned(),
        None => {
            let versions = all(remote, &format!("{}/versions", of(name)), "Versions")?;
            let numbers = versions.iter().filter_map(|version| text(version, "Version").parse::<u64>().ok());
            let current: u64 =
                now.parse().with_context(|| format!("{alias} points to {now}: --to VERSION"))?;
            let before = numbers.filter(|number| *number < current).max();
            before.with_context(|| format!("there is no version before {current}"))?.to_string()
        }
    };
    point(remote, name, alias, &to)?;
    Ok(format!("{name}: {alias} points to version {to}; it was version {now}\n"))
}
