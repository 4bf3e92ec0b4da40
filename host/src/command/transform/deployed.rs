//! `portcullis transform deploy`, `list`, `inspect`, `rollback`, `delete`: functions of a server,
//! by its own API.

mod points;
mod remote;

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::settings::{SETTINGS, TransformSettings};
use crate::command::explain::harmless;
use crate::command::output::say;
use crate::config::Config;
use crate::transforms::{COMPONENT_BYTES_MAX, LimitsGiven};
pub use points::{Exposure, RulesChange};
use remote::Remote;

/// How the paths of functions begin.
const FUNCTIONS: &str = "/2015-03-31/functions";

/// What is done with the functions of a server.
#[derive(Debug)]
pub enum FunctionChore {
    /// Deploy a component as a new version.
    Deploy(Deployment),
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

/// What is deployed, and how.
#[derive(Debug)]
pub struct Deployment {
    /// The component, or the folder of a transform.
    pub source: PathBuf,
    /// The name of the function; that of the folder where none is given.
    pub name: Option<String>,
    /// What it is granted.
    pub grants: Vec<String>,
    /// `NAME=VALUE`: secrets.
    pub secrets: Vec<String>,
    /// What its results depend on.
    pub vary: Option<String>,
    /// The alias that points to the new version.
    pub alias: String,
}

/// Does it, on the server of a configuration or on another one.
///
/// # Errors
/// What the server refuses, and what cannot be read.
pub(crate) fn run(config: &Config, endpoint: Option<&str>, chore: &FunctionChore) -> Result<ExitCode> {
    let remote = Remote::new(config, endpoint)?;
    let text = match chore {
        FunctionChore::Deploy(deployment) => deploy(&remote, deployment)?,
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

/// The path of a function.
fn of(name: &str) -> String {
    format!("{FUNCTIONS}/{name}")
}

fn deploy(remote: &Remote, deployment: &Deployment) -> Result<String> {
    let (file, settings) = found(&deployment.source)?;
    let name = match (&deployment.name, &settings) {
        (Some(name), _) => name.clone(),
        (None, Some(settings)) => settings.name.clone(),
        (None, None) => bail!("--name NAME: what the function is called"),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    ensure!(!name.is_empty() && name.bytes().all(plain), "{name} is no name of a function");
    let length = std::fs::metadata(&file).with_context(|| format!("reading {}", file.display()))?.len();
    ensure!(
        length <= COMPONENT_BYTES_MAX as u64,
        "{} has {length} bytes; a component has up to {COMPONENT_BYTES_MAX}",
        file.display()
    );
    let component = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
    let package = BASE64.encode(package(&component)?);
    let environment = environment(deployment, settings.as_ref())?;
    let limits = settings.as_ref().map(|settings| settings.limits).unwrap_or_default();
    let mut configuration = json!({ "Environment": { "Variables": environment } });
    if let Some(fields) = configuration.as_object_mut() {
        // What a transform has by default is more than what Lambda has.
        let seconds = limits.time_ms_max.map_or(60, |ms| ms.div_ceil(1000).clamp(1, 900));
        let megabytes = limits.memory_bytes_max.map_or(256, |bytes| bytes.div_ceil(1 << 20).clamp(128, 4096));
        fields.insert("Timeout".to_owned(), json!(seconds));
        fields.insert("MemorySize".to_owned(), json!(megabytes));
    }
    let exists = remote.send("GET", &format!("{}/configuration", of(&name)), None)?;
    let version = match exists.status {
        404 if exists.kind == "ResourceNotFoundException" => {
            let mut document = configuration;
            if let Some(fields) = document.as_object_mut() {
                fields.insert("FunctionName".to_owned(), json!(name));
                fields.insert("Runtime".to_owned(), json!("provided.al2023"));
                fields.insert("Handler".to_owned(), json!("transform"));
                fields.insert("Role".to_owned(), json!("arn:aws:iam::000000000000:role/none"));
                fields.insert("Code".to_owned(), json!({ "ZipFile": package }));
                fields.insert("Publish".to_owned(), json!(true));
            }
            remote.call("POST", FUNCTIONS, Some(&document))?
        }
        200 => update(remote, &name, &configuration, &package)?,
        _ => bail!("{}", exists.words()),
    };
    let number = version.get("Version").and_then(Value::as_str).unwrap_or_default();
    point(remote, &name, &deployment.alias, number)?;
    let arn = version.get("FunctionArn").and_then(Value::as_str).unwrap_or_default();
    let arn = arn.strip_suffix(&format!(":{number}")).unwrap_or(arn);
    Ok(format!("{name}: version {number} is deployed\n  {arn}:{}\n", deployment.alias))
}

/// Changes settings and code of a function, and publishes that. Each is checked with what there is
/// of the other: new code may need what only the new settings grant, and old code what they do not.
fn update(remote: &Remote, name: &str, configuration: &Value, package: &str) -> Result<Value> {
    let (settings, code) = (format!("{}/configuration", of(name)), format!("{}/code", of(name)));
    let first = remote.send("PUT", &settings, Some(configuration))?;
    if first.status < 300 {
        return remote.call("PUT", &code, Some(&json!({ "ZipFile": package, "Publish": true })));
    }
    remote.call("PUT", &code, Some(&json!({ "ZipFile": package })))?;
    remote.call("PUT", &settings, Some(configuration))?;
    remote.call("POST", &format!("{}/versions", of(name)), Some(&json!({})))
}

/// The component, and the settings of its folder.
fn found(source: &Path) -> Result<(PathBuf, Option<TransformSettings>)> {
    if source.is_dir() {
        let settings = TransformSettings::read(source)?;
        let file = source.join(format!("{}.wasm", settings.name));
        ensure!(
            file.exists(),
            "{} is not built: portcullis transform build {}",
            file.display(),
            source.display()
        );
        return Ok((file, Some(settings)));
    }
    let folder = source.parent().filter(|folder| folder.join(SETTINGS).exists());
    Ok((source.to_owned(), folder.map(TransformSettings::read).transpose()?))
}

/// The variables of the environment.
fn environment(deployment: &Deployment, settings: Option<&TransformSettings>) -> Result<Map<String, Value>> {
    let mut variables = Map::new();
    for secret in &deployment.secrets {
        let (name, value) = secret.split_once('=').context("--env NAME=VALUE has no value")?;
        variables.insert(name.to_owned(), json!(value));
    }
    let of_folder = settings.map(|settings| settings.grants.as_slice()).unwrap_or_default();
    let mut grants = Vec::new();
    for grant in of_folder.iter().chain(&deployment.grants) {
        match grant.strip_prefix("secrets=") {
            None => grants.push(grant.as_str()),
            Some(secret) => {
                let (name, value) = secret.split_once('=').context("secrets=NAME=VALUE has no value")?;
                variables.entry(name.to_owned()).or_insert(json!(value));
            }
        }
    }
    let declared = [
        ("PORTCULLIS_GRANTS", grants.join(",")),
        ("PORTCULLIS_LIMITS", settings.map(|settings| limits(&settings.limits)).unwrap_or_default()),
        ("PORTCULLIS_VARY", deployment.vary.clone().unwrap_or_default()),
    ];
    for (name, value) in declared.into_iter().filter(|(_, value)| !value.is_empty()) {
        variables.insert(name.to_owned(), json!(value));
    }
    Ok(variables)
}

fn limits(given: &LimitsGiven) -> String {
    let all = [
        ("time_ms_max", given.time_ms_max),
        ("cpu_ms_max", given.cpu_ms_max),
        ("memory_bytes_max", given.memory_bytes_max),
        ("input_bytes_max", given.input_bytes_max),
        ("output_bytes_max", given.output_bytes_max),
        ("calls_max", given.calls_max),
        ("queue_max", given.queue_max),
        ("queue_ms_max", given.queue_ms_max),
    ];
    let said: Vec<String> =
        all.iter().filter_map(|(name, value)| value.map(|value| format!("{name}={value}"))).collect();
    said.join(",")
}

/// A package with a component.
fn package(component: &[u8]) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    writer.start_file("transform.wasm", options)?;
    writer.write_all(component)?;
    Ok(writer.finish()?.into_inner())
}

/// Lets an alias point to a version.
fn point(remote: &Remote, name: &str, alias: &str, version: &str) -> Result<()> {
    let path = format!("{}/aliases", of(name));
    let there = remote.send("GET", &format!("{path}/{alias}"), None)?;
    if there.status == 404 {
        let document = json!({ "Name": alias, "FunctionVersion": version });
        remote.call("POST", &path, Some(&document))?;
    } else {
        let document = json!({ "FunctionVersion": version });
        remote.call("PUT", &format!("{path}/{alias}"), Some(&document))?;
    }
    Ok(())
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
