//! Credentials, where the tools of AWS look for them: the environment first, and then a profile of
//! the shared credentials file and the shared config file.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>
//!
//! A profile that says where to get credentials from (a role, a process, single sign-on) is
//! refused: that takes a client of other services, and `aws configure export-credentials` does it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusty_s3::Credentials;

/// Settings of a profile by which the tools of AWS get credentials from elsewhere.
const ELSEWHERE: [&str; 6] =
    ["role_arn", "source_profile", "credential_process", "credential_source", "sso_session", "sso_start_url"];
/// Bytes of a shared file, at most.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The settings of a profile.
type Settings = BTreeMap<String, String>;

/// Where to look.
#[derive(Debug)]
struct Files {
    profile: String,
    credentials: Option<PathBuf>,
    config: Option<PathBuf>,
}

/// The variables of the environment that say where credentials are.
pub const AWS_VARIABLES: [&str; 7] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "HOME",
];

/// The credentials of the environment, or of its profile. The error says what to set.
pub(crate) fn credentials(environment: &BTreeMap<String, String>) -> Result<Credentials, String> {
    let set = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
    // As for the tools of AWS, half of a pair counts as none.
    if let (Some(key), Some(secret)) = (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY")) {
        return Ok(of(key, secret, set("AWS_SESSION_TOKEN")));
    }
    let home = set("HOME").map(PathBuf::from);
    let file = |variable: &str, name: &str| {
        let default = home.as_ref().map(|home| home.join(".aws").join(name));
        set(variable).map(PathBuf::from).or(default)
    };
    from_files(&Files {
        profile: set("AWS_PROFILE").unwrap_or_else(|| "default".to_owned()),
        credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        config: file("AWS_CONFIG_FILE", "config"),
    })
}

fn of(key: String, secret: String, token: Option<String>) -> Credentials {
    match token {
        Some(token) => Credentials::new_with_token(key, secret, token),
        None => Credentials::new(key, secret),
    }
}

fn from_files(files: &Files) -> Result<Credentials, String> {
    let Files { profile, credentials, config } = files;
    let in_config = match profile.as_str() {
        "default" => profile.clone(),
        name => format!("profile {name}"),
    };
    let mut settings = Settings::new();
    // The credentials file wins.
    for (file, section) in [(config, &in_config), (credentials, profile)] {
        if let Some(text) = file.as_deref().map(read).transpose()?.flatten() {
            settings.extend(section_of(&text, section));
        }
    }
    if let (Some(key), Some(secret)) =
        (settings.remove("aws_access_key_id"), settings.remove("aws_secret_access_key"))
    {
        return Ok(of(key, secret, settings.remove("aws_session_token")));
    }
    if let Some(setting) = ELSEWHERE.iter().find(|name| settings.contains_key(**name)) {
        return Err(format!(
            "the profile {profile:?} gets its credentials by {setting}, which is not done here: run `eval \"$(aws \
             configure export-credentials --profile {profile} --format env)\"` first"
        ));
    }
    let shown: Vec<String> =
        [credentials, config].into_iter().flatten().map(|file| file.display().to_string()).collect();
    Err(format!(
        "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or AWS_PROFILE to a \
         profile that has them; the profile {profile:?} was looked for in {}",
        if shown.is_empty() { "no file, as HOME is not set".to_owned() } else { shown.join(" and ") }
    ))
}

/// The text of a file; `None` when there is none.
fn read(file: &Path) -> Result<Option<String>, String> {
    let failed = |why: String| format!("{} cannot be read: {why}", file.display());
    match std::fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
        Ok(found) if found.len() > FILE_BYTES_MAX => return Err(failed("it is too long".to_owned())),
        Ok(_) => {}
    }
    std::fs::read_to_string(file).map(Some).map_err(|error| failed(error.to_string()))
}

/// The settings of one section. Settings of services, which are indented below theirs, are left
/// out.
fn section_of(text: &str, section: &str) -> Settings {
    let mut settings = Settings::new();
    let mut is_in = false;
    for line in text.lines() {
        let is_nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(head) = line.strip_prefix('[') {
            let name = head.split_once(']').map_or(head, |(name, _)| name);
            is_in = name.split_whitespace().eq(section.split_whitespace());
        } else if let (true, false, Some((name, value))) = (is_in, is_nested, line.split_once('=')) {
            settings.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    settings
}

#[cfg(test)]
mod tests;
