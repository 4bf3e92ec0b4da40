//! `portcullis transform deploy`: a component becomes a version of a function.
//!
//! What is declared of a function is, in this order: what the command line says, what
//! `transform.toml` says, and what the function has already. `--clear` takes the last away.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use wit_component::DecodedWasm;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::remote::{FUNCTIONS, Remote, of};
use crate::command::transform::build;
use crate::command::transform::settings::{SETTINGS, TransformSettings};
use crate::command::transform::sources::SourceFiles;
use crate::transforms::{COMPONENT_BYTES_MAX, LimitsGiven};

/// The variables that declare something.
const GRANTS: &str = "PORTCULLIS_GRANTS";
const LIMITS: &str = "PORTCULLIS_LIMITS";
const VARY: &str = "PORTCULLIS_VARY";
/// How all of them begin; other variables are secrets.
const DECLARES: &str = "PORTCULLIS_";
/// Seconds and mebibytes of a function of which nothing is said: more than what Lambda has.
const SECONDS: u64 = 60;
const MEBIBYTES: u64 = 256;

/// What is deployed, and how.
#[derive(Debug, Default)]
pub struct Deployment {
    /// The component, or the folder of a transform.
    pub source: PathBuf,
    /// The name of the function; that of the folder where none is given.
    pub name: Option<String>,
    /// What it is granted.
    pub grants: Vec<String>,
    /// `NAME=VALUE`: secrets.
    pub secrets: Vec<String>,
    /// `NAME=NUMBER`: what a call may take.
    pub limits: Vec<String>,
    /// What its results depend on.
    pub vary: Option<String>,
    /// What of the function does not stay: `grants`, `env`, `limits`, `vary`.
    pub clear: Vec<String>,
    /// The alias that points to the new version.
    pub alias: String,
}

/// What is declared of a function, and what of that it had already.
#[derive(Debug)]
struct DeclaredSettings {
    configuration: Value,
    kept: Vec<String>,
}

/// A component that was found, with the settings of its folder.
#[derive(Debug)]
pub(in crate::command::transform) struct FoundComponent {
    pub(in crate::command::transform) file: PathBuf,
    pub(in crate::command::transform) settings: Option<TransformSettings>,
    pub(in crate::command::transform) name: String,
}

/// Deploys it; what is said of that.
pub(in crate::command::transform) fn deploy(remote: &Remote, deployment: &Deployment) -> Result<String> {
    let found = FoundComponent::of(deployment)?;
    let FoundComponent { settings, name, .. } = &found;
    let component = found.component()?;
    let exists = remote.send("GET", &format!("{}/configuration", of(name)), None)?;
    let before = match exists.status {
        404 if exists.kind == "ResourceNotFoundException" => None,
        200 => Some(serde_json::from_str(&exists.text).context("reading what the server answers")?),
        _ => bail!("{}", exists.words()),
    };
    let DeclaredSettings { configuration, kept } = declared(deployment, settings.as_ref(), before.as_ref())?;
    let package = BASE64.encode(package(&component)?);
    let version = match before {
        None => create(remote, name, configuration, &package)?,
        Some(_) => update(remote, name, &configuration, &package)?,
    };
    let number = version.get("Version").and_then(Value::as_str).unwrap_or_default();
    point(remote, name, &deployment.alias, number)?;
    let arn = version.get("FunctionArn").and_then(Value::as_str).unwrap_or_default();
    let arn = arn.strip_suffix(&format!(":{number}")).unwrap_or(arn);
    let mut text = format!("{name}: version {number} is deployed\n  {arn}:{}\n", deployment.alias);
    if !kept.is_empty() {
        text += &format!("  as before: {} (--clear takes it away)\n", kept.join(", "));
    }
    if changes_uploads_alone(&component) {
        text += "  it changes uploads: a rule with <Operation>PutObject</Operation> and this ARN lets it \
                 (portcullis transform rules BUCKET --set FILE)\n";
    }
    Ok(text)
}

/// Makes the function.
fn create(remote: &Remote, name: &str, configuration: Value, package: &str) -> Result<Value> {
    let mut document = configuration;
    if let Some(fields) = document.as_object_mut() {
        fields.insert("FunctionName".to_owned(), json!(name));
        fields.insert("Runtime".to_owned(), json!("provided.al2023"));
        fields.insert("Handler".to_owned(), json!("transform"));
        fields.insert("Role".to_owned(), json!("arn:aws:iam::000000000000:role/none"));
        fields.insert("Code".to_owned(), json!({ "ZipFile": package }));
        fields.insert("Publish".to_owned(), json!(true));
    }
    remote.call("POST", FUNCTIONS, Some(&document))
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
    publish(remote, name)
}

/// Makes a version of what `$LATEST` is.
pub(in crate::command::transform) fn publish(remote: &Remote, name: &str) -> Result<Value> {
    remote.call("POST", &format!("{}/versions", of(name)), Some(&json!({})))
}

/// Changes the code of `$LATEST` alone.
pub(in crate::command::transform) fn update_latest(
    remote: &Remote,
    name: &str,
    component: &[u8],
) -> Result<()> {
    let package = BASE64.encode(package(component)?);
    remote.call("PUT", &format!("{}/code", of(name)), Some(&json!({ "ZipFile": package }))).map(drop)
}

impl FoundComponent {
    /// The component of a deployment. One that is older than the sources in its folder is built.
    ///
    /// # Errors
    /// A path that leads to nothing, a folder of no transform, a bad name, and what does not build.
    pub(in crate::command::transform) fn of(deployment: &Deployment) -> Result<FoundComponent> {
        let source = &deployment.source;
        ensure!(
            source.exists(),
            "{} is not there: name the folder of a transform (`portcullis transform new` makes one), or its \
             component, FILE.wasm",
            source.display()
        );
        let (file, settings) = match source.is_dir() {
            true => {
                let settings = TransformSettings::read(source)?;
                let file = source.join(format!("{}.wasm", settings.name));
                build_stale(source, &file)?;
                (file, Some(settings))
            }
            false => {
                let folder = source.parent().filter(|folder| folder.join(SETTINGS).exists());
                (source.clone(), folder.map(TransformSettings::read).transpose()?)
            }
        };
        let name = match (&deployment.name, &settings) {
            (Some(name), _) => name.clone(),
            (None, Some(settings)) => settings.name.clone(),
            (None, None) => bail!("--name NAME: what the function is called"),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        ensure!(!name.is_empty() && name.bytes().all(plain), "{name} is no name of a function");
        Ok(FoundComponent { file, settings, name })
    }

    /// Its bytes.
    ///
    /// # Errors
    /// A file that cannot be read, is too long or is no component.
    pub(in crate::command::transform) fn component(&self) -> Result<Vec<u8>> {
        let reading = || format!("reading {}", self.file.display());
        let length = std::fs::metadata(&self.file).with_context(reading)?.len();
        ensure!(
            length <= COMPONENT_BYTES_MAX as u64,
            "{} has {length} bytes; a component has up to {COMPONENT_BYTES_MAX}",
            self.file.display()
        );
        let component = std::fs::read(&self.file).with_context(reading)?;
        ensure!(
            component.starts_with(b"\0asm"),
            "{} is no component: `portcullis transform build DIR` makes NAME.wasm in the folder of a transform",
            self.file.display()
        );
        Ok(component)
    }
}

/// Builds what was not built since its sources changed.
fn build_stale(folder: &Path, file: &Path) -> Result<()> {
    let sources = SourceFiles::of(folder);
    let newer = sources.newer_than(file);
    if file.exists() && newer.is_none() {
        return Ok(());
    }
    let why = match newer {
        Some(newer) => format!("{} is newer than {}", newer.display(), file.display()),
        None => format!("{} is not there yet", file.display()),
    };
    crate::command::output::say(&format!("{why}: portcullis transform build {}\n", folder.display()));
    build::build(folder).map(drop)
}

/// What is declared: the command line goes before the folder, and that before what was there.
fn declared(
    deployment: &Deployment,
    settings: Option<&TransformSettings>,
    before: Option<&Value>,
) -> Result<DeclaredSettings> {
    let clears = |what: &str| deployment.clear.iter().any(|cleared| cleared == what);
    let had = before.and_then(|before| before.get("Environment")?.get("Variables")?.as_object());
    let stays = |name: &str| match name {
        GRANTS => !clears("grants"),
        LIMITS => !clears("limits"),
        VARY => !clears("vary"),
        name => name.starts_with(DECLARES) || !clears("env"),
    };
    let mut variables = had.cloned().unwrap_or_default();
    variables.retain(|name, _| stays(name));
    let mut given = Map::new();
    let of_folder = settings.map(|settings| settings.grants.as_slice()).unwrap_or_default();
    let mut grants = Vec::new();
    for grant in of_folder.iter().chain(&deployment.grants) {
        match grant.strip_prefix("secrets=") {
            None => grants.push(grant.as_str()),
            Some(secret) => {
                let (name, value) = secret.split_once('=').context("secrets=NAME=VALUE has no value")?;
                given.insert(name.to_owned(), json!(value));
            }
        }
    }
    for secret in &deployment.secrets {
        let (name, value) = secret.split_once('=').context("--env NAME=VALUE has no value")?;
        given.insert(name.to_owned(), json!(value));
    }
    let limits = limits(settings, &deployment.limits)?;
    let vary = deployment.vary.clone().or_else(|| settings?.vary());
    for (name, value) in
        [(GRANTS, grants.join(",")), (LIMITS, limits_text(&limits)), (VARY, vary.unwrap_or_default())]
    {
        if !value.is_empty() {
            given.insert(name.to_owned(), json!(value));
        }
    }
    let kept = variables.keys().filter(|name| !given.contains_key(*name)).cloned().collect();
    let says_limits = given.contains_key(LIMITS) || clears("limits") || before.is_none();
    variables.extend(given);
    let mut configuration = json!({ "Environment": { "Variables": variables } });
    if let Some(fields) = configuration.as_object_mut().filter(|_| says_limits) {
        let seconds = limits.time_ms_max.map_or(SECONDS, |ms| ms.div_ceil(1000).clamp(1, 900));
        let mebibytes =
            limits.memory_bytes_max.map_or(MEBIBYTES, |all| all.div_ceil(1 << 20).clamp(128, 4096));
        fields.insert("Timeout".to_owned(), json!(seconds));
        fields.insert("MemorySize".to_owned(), json!(mebibytes));
    }
    Ok(DeclaredSettings { configuration, kept })
}

/// The limits of a folder, and those of a command line before them.
fn limits(settings: Option<&TransformSettings>, given: &[String]) -> Result<LimitsGiven> {
    let mut limits = settings.map(|settings| settings.limits).unwrap_or_default();
    for text in given {
        let (name, value) = text.split_once('=').context("--limit NAME=NUMBER has no number")?;
        let number = value.parse().ok();
        ensure!(number.is_some(), "--limit {name}: {value} is no number");
        let place = match name {
            "time_ms_max" => &mut limits.time_ms_max,
            "cpu_ms_max" => &mut limits.cpu_ms_max,
            "memory_bytes_max" => &mut limits.memory_bytes_max,
            "input_bytes_max" => &mut limits.input_bytes_max,
            "output_bytes_max" => &mut limits.output_bytes_max,
            "calls_max" => &mut limits.calls_max,
            "queue_max" => &mut limits.queue_max,
            "queue_ms_max" => &mut limits.queue_ms_max,
            _ => bail!("--limit {name}: there is no such limit; docs/transforms.md lists them"),
        };
        *place = number;
    }
    Ok(limits)
}

fn limits_text(given: &LimitsGiven) -> String {
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
pub(in crate::command::transform) fn point(
    remote: &Remote,
    name: &str,
    alias: &str,
    version: &str,
) -> Result<()> {
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

/// Whether a component has nothing for reads. What cannot be read is no reason to say anything: the
/// server has checked it.
fn changes_uploads_alone(component: &[u8]) -> bool {
    let Ok(DecodedWasm::Component(resolve, world)) = wit_component::decode(component) else { return false };
    let Some(world) = resolve.worlds.get(world) else { return false };
    let names: Vec<String> = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    let has = |interface: &str| names.iter().any(|name| name.contains(&format!("/{interface}@")));
    (has("put") || has("put-stream")) && !["get", "get-stream", "head", "list-page"].into_iter().any(has)
}

#[cfg(test)]
mod tests;
