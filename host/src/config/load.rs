//! Puts the sources together: defaults, then the file, then the environment, then flags.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::key::{Form, find};
use super::{
    Config, ConfigError, KEYS, Key, ListenerEntry, MasterKeyEntry, Origin, ProxyHeader, SetVariable,
    VARIABLE_PREFIX, VARIABLES_OF_KEYS, did_you_mean, file, size,
};
use crate::telemetry::access::Access;

/// The prefix of our environment variables.
const PREFIX: &str = "PORTCULLIS_";

/// Names that another server reads its root credentials from, and ours.
const ALIASES: [(&str, &str); 4] = [
    ("MINIO_ROOT_USER", "PORTCULLIS_ROOT_ACCESS_KEY"),
    ("MINIO_ROOT_USER_FILE", "PORTCULLIS_ROOT_ACCESS_KEY_FILE"),
    ("MINIO_ROOT_PASSWORD", "PORTCULLIS_ROOT_SECRET_KEY"),
    ("MINIO_ROOT_PASSWORD_FILE", "PORTCULLIS_ROOT_SECRET_KEY_FILE"),
];

/// Names that every exporter of OpenTelemetry reads, and ours
/// (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>).
const OTEL_ALIASES: [(&str, &str); 2] = [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "PORTCULLIS_TELEMETRY_OTLP_ENDPOINT"),
    ("OTEL_SERVICE_NAME", "PORTCULLIS_TELEMETRY_SERVICE_NAME"),
];

/// Two keys of which one source may give only one.
const EITHER: [(&str, &str); 2] =
    [("root.access_key", "root.access_key_file"), ("root.secret_key", "root.secret_key_file")];

/// What the command line gives.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// Flags by the name of their key.
    pub values: Vec<(&'static str, Vec<String>)>,
    /// `--variable NAME=VALUE`.
    pub variables: Vec<String>,
}

/// The environment variables that concern us. `Debug` shows their names only.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl std::fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// Those of this process.
    ///
    /// # Errors
    /// One of them is not UTF-8.
    pub fn of_process() -> Result<Environment, ConfigError> {
        let mut variables = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            if concerns_us(&name) {
                let value = value.into_string().map_err(|_| ConfigError(format!("{name}: is not UTF-8")))?;
                variables.push((name, value));
            }
        }
        Ok(Environment(variables.into_iter().collect()))
    }

    /// These, as a test gives them.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Environment {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Environment(variables.into_iter().map(owned).collect())
    }

    /// The value of a variable; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

fn concerns_us(name: &str) -> bool {
    let mut aliases = ALIASES.iter().chain(&OTEL_ALIASES);
    name.starts_with(PREFIX) || name == "NOTIFY_SOCKET" || aliases.any(|(alias, _)| *alias == name)
}

/// The effective configuration.
///
/// # Errors
/// An unknown key, a value that is not allowed, a file that cannot be read or parsed.
pub fn load(given: &Given, environment: &Environment) -> Result<Config, ConfigError> {
    let mut config = Config::default();
    let path = given.file.clone().or_else(|| environment.get("PORTCULLIS_CONFIG").map(PathBuf::from));
    if let Some(path) = &path {
        apply_file(&mut config, path)?;
    }
    apply_environment(&mut config, environment)?;
    apply_flags(&mut config, given)?;
    config.notify_socket = environment.get("NOTIFY_SOCKET").map(str::to_owned);
    if config.access.file.is_some() && config.access.access == Access::Off {
        config.notices.push("access_log_file has no effect: access_log is off".to_owned());
    }
    check(&config)?;
    Ok(config)
}

fn apply_file(config: &mut Config, path: &Path) -> Result<(), ConfigError> {
    let file = file::read(path)?;
    config.places = file.places;
    apply(config, Origin::File, file.values)?;
    for (name, value) in file.variables {
        set_variable(config, name, value, Origin::File);
    }
    config.file = Some(path.to_owned());
    config.accounts = file.accounts;
    config.master_keys = file.master_keys;
    config.listeners = file.listeners;
    config.webhooks = file.webhooks;
    config.rates = file.rates;
    config.quotas = file.quotas;
    // A relative path in the file starts at the folder of the file, wherever the server is started.
    let folder = path.parent().unwrap_or(Path::new(""));
    for (key, path) in [
        ("data_dir", Some(&mut config.data_dir)),
        ("cache_dir", config.cache_dir.as_mut()),
        ("pipeline", config.pipeline.as_mut()),
        ("access_log_file", config.access.file.as_mut()),
        ("backup.key_file", config.backup.key_file.as_mut()),
    ] {
        if let (Some(path), true) = (path, config.origins.contains_key(key)) {
            *path = folder.join(&*path);
        }
    }
    let of_listeners = config.listeners.iter_mut().filter_map(|listener| listener.policy.as_mut());
    for policy in of_listeners.chain(config.master_keys.iter_mut().filter_map(|key| key.policy.as_mut())) {
        *policy = folder.join(&*policy);
    }
    for file in config.webhooks.iter_mut().filter_map(|webhook| webhook.token_file.as_mut()) {
        *file = folder.join(&*file);
    }
    Ok(())
}

fn apply_environment(config: &mut Config, environment: &Environment) -> Result<(), ConfigError> {
    let mut environment = environment.clone();
    adopt_aliases(config, &mut environment);
    let mut values = Vec::new();
    for key in KEYS {
        if let Some(text) = environment.get(&key.environment()) {
            values.push((key, split(key, text)));
        }
    }
    apply(config, Origin::Environment, values)?;
    let known: BTreeSet<String> = KEYS.iter().map(Key::environment).collect();
    for (name, value) in environment.0.iter().filter(|(_, value)| !value.is_empty()) {
        if let Some(variable) = name.strip_prefix(VARIABLE_PREFIX) {
            set_variable(config, variable.to_lowercase(), value.clone(), Origin::Environment);
        } else if name.starts_with(PREFIX) && name != "PORTCULLIS_CONFIG" && !known.contains(name) {
            // No error: Kubernetes sets PORTCULLIS_PORT and others where a service is named
            // portcullis.
            let meant = did_you_mean(name, known.iter().map(String::as_str));
            config
                .notices
                .push(format!("environment variable {name} is no setting of Portcullis; ignored{meant}"));
        }
    }
    Ok(())
}

/// Takes the root credentials from the names that MinIO uses, when ours are not set, and each name
/// of OpenTelemetry where ours is not.
fn adopt_aliases(config: &mut Config, environment: &mut Environment) {
    for (alias, name) in OTEL_ALIASES {
        if let (Some(value), None) = (environment.get(alias).map(str::to_owned), environment.get(name)) {
            config.notices.push(format!("{alias} is used as {name}"));
            environment.0.insert(name.to_owned(), value);
        }
    }
    if ALIASES.iter().any(|(_, name)| environment.get(name).is_some()) {
        return;
    }
    for (alias, name) in ALIASES {
        if let Some(value) = environment.get(alias).map(str::to_owned) {
            config.notices.push(format!("{alias} is used as {name}"));
            environment.0.insert(name.to_owned(), value);
        }
    }
}

fn set_variable(config: &mut Config, name: String, value: String, origin: Origin) {
    config.variables.insert(name, SetVariable { value, origin });
}

fn split(key: &Key, text: &str) -> Vec<String> {
    match key.form {
        Form::Many => text.split(',').map(|part| part.trim().to_owned()).collect(),
        Form::One | Form::Hidden => vec![text.to_owned()],
    }
}

fn apply_flags(config: &mut Config, given: &Given) -> Result<(), ConfigError> {
    let values =
        given.values.iter().filter_map(|(name, values)| Some((find(name)?, values.clone()))).collect();
    apply(config, Origin::Flag, values)?;
    for variable in &given.variables {
        let (name, value) = variable.split_once('=').ok_or_else(|| {
            ConfigError(format!("command line: --variable {variable}: allowed is NAME=VALUE"))
        })?;
        set_variable(config, name.to_owned(), value.to_owned(), Origin::Flag);
    }
    Ok(())
}

fn apply(
    config: &mut Config,
    origin: Origin,
    values: Vec<(&'static Key, Vec<String>)>,
) -> Result<(), ConfigError> {
    for (text, file) in EITHER {
        if [text, file].iter().all(|name| values.iter().any(|(key, _)| key.name == *name)) {
            let (text, file) = (source_of(config, origin, text), source_of(config, origin, file));
            return Err(ConfigError(format!("{text} and {file}: give one of them")));
        }
    }
    for (key, values) in values {
        (key.set)(config, &values).ok_or_else(|| refused(config, origin, key, &values))?;
        for (text, file) in EITHER {
            if key.name == text || key.name == file {
                config.origins.remove(text);
                config.origins.remove(file);
            }
        }
        config.origins.insert(key.name, origin);
    }
    Ok(())
}

/// A setting as its source names it.
fn source_of(config: &Config, origin: Origin, name: &str) -> String {
    let dashed = || format!("--{}", name.replace(['.', '_'], "-"));
    match (origin, find(name)) {
        (Origin::File, _) => config.in_file(name),
        (Origin::Environment, Some(key)) => format!("environment: {}", key.environment()),
        (Origin::Environment, None) => format!("environment: {name}"),
        (Origin::Flag, _) => format!("command line: {}", dashed()),
    }
}

fn refused(config: &Config, origin: Origin, key: &Key, values: &[String]) -> ConfigError {
    let text = values.join(",");
    let (shown, meant) = match key.form {
        Form::Hidden => ("[redacted]".to_owned(), String::new()),
        Form::One | Form::Many => (format!("{text:?}"), did_you_mean(&text, key.words())),
    };
    let forms = match key.allowed {
        allowed if allowed.starts_with("a size") => format!("; {}", size::FORMS),
        allowed if allowed.starts_with("a whole number of seconds") => format!("; {}", size::TIME_FORMS),
        _ => String::new(),
    };
    let source = source_of(config, origin, key.name);
    ConfigError(format!("{source} = {shown}: allowed is {}{forms}{meant}", key.allowed))
}

/// Checks what depends on several settings.
fn check(config: &Config) -> Result<(), ConfigError> {
    if let Some(shared) =
        config.admin_listen.iter().find(|address| address.port() != 0 && config.listen.contains(address))
    {
        return Err(ConfigError(format!("admin_listen: {shared} is in listen too")));
    }
    if config.proxies.header != ProxyHeader::default() && config.proxies.trusted.is_empty() {
        return Err(ConfigError("proxies.header is set, proxies.trusted is not".to_owned()));
    }
    check_listeners(config)?;
    check_master_keys(config)?;
    config.check_webhooks()?;
    for (variable, key) in VARIABLES_OF_KEYS {
        if config.variables.contains_key(variable) {
            return Err(ConfigError(format!(
                "{}: set the key {key} instead",
                config.in_file(&format!("variables.{variable}"))
            )));
        }
    }
    match (&config.root.access_key, &config.root.secret_key) {
        (Some(_), None) => Err(ConfigError("root.access_key is set, root.secret_key is not".to_owned())),
        (None, Some(_)) => Err(ConfigError("root.secret_key is set, root.access_key is not".to_owned())),
        _ => Ok(()),
    }
}

/// Names of keys are part of ARNs and of paths.
fn check_master_keys(config: &Config) -> Result<(), ConfigError> {
    for (index, key) in config.master_keys.iter().enumerate() {
        let MasterKeyEntry { id, account, alias, .. } = key;
        let refused = |why: String| {
            Err(ConfigError(format!("{}: {why}", config.in_file(&format!("kms_keys[{index}]")))))
        };
        if !MasterKeyEntry::is_id(id) {
            return refused(format!("id = {id:?}: allowed are 1 to 128 letters, digits, - and _"));
        }
        let is_account = |text: &String| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(account) = account.as_ref().filter(|account| !is_account(account)) {
            return refused(format!("account = {account:?}: allowed are 12 digits"));
        }
        if let Some(alias) = alias.iter().find(|alias| !is_alias(alias)) {
            return refused(format!(
                "alias = {alias:?}: allowed is alias/ and 1 to 250 letters, digits and /_-, but not alias/aws/"
            ));
        }
        // Which id the root account has is known only in the data folder, so a key that names it is
        // compared with those that do not name it when the keys are opened.
        let others = || config.master_keys.iter().take(index).filter(|other| other.account == *account);
        if others().any(|other| other.id == *id) {
            return refused(format!("id = {id:?}: another key of the account has it"));
        }
        if let Some(alias) = alias.iter().find(|own| others().any(|other| other.alias.contains(own))) {
            return refused(format!("alias = {alias:?}: another key of the account has it"));
        }
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html>
fn is_alias(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    text.strip_prefix("alias/").is_some_and(|name| {
        (1..=250).contains(&name.len()) && !name.starts_with("aws/") && name.bytes().all(letter)
    })
}

/// Endpoints have ids like AWS's, and an address has one listener.
fn check_listeners(config: &Config) -> Result<(), ConfigError> {
    let is_id = |text: &str, prefix: &str| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            (1..=64).contains(&rest.len())
                && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
    };
    for (index, listener) in config.listeners.iter().enumerate() {
        let ListenerEntry { address, endpoint, vpc, .. } = listener;
        let refused = |why: String| {
            Err(ConfigError(format!("{}: {why}", config.in_file(&format!("listeners[{index}]")))))
        };
        if !is_id(endpoint, "vpce-") {
            return refused(format!(
                "endpoint = {endpoint:?}: allowed is vpce- and 1 to 64 letters, digits and hyphens"
            ));
        }
        if let Some(vpc) = vpc.as_ref().filter(|vpc| !is_id(vpc, "vpc-")) {
            return refused(format!(
                "vpc = {vpc:?}: allowed is vpc- and 1 to 64 letters, digits and hyphens"
            ));
        }
        let others = config.listeners.iter().take(index).map(|other| &other.address);
        let taken =
            config.listen.iter().chain(&config.admin_listen).chain(others).any(|other| other == address);
        if taken && address.port() != 0 {
            return refused(format!("{address} is another listener's too"));
        }
        // Two ways into one network have one policy.
        let same = |other: &ListenerEntry| (&other.vpc, &other.policy) == (&listener.vpc, &listener.policy);
        if config.listeners.iter().any(|other| other.endpoint == *endpoint && !same(other)) {
            return refused(format!("{endpoint} is given twice, with another vpc or policy"));
        }
    }
    Ok(())
}

/// What the environment says of some variables, for libraries that have names of their own.
pub fn environment(names: &[&str]) -> BTreeMap<String, String> {
    let set = |name: &&str| Some(((*name).to_owned(), std::env::var(name).ok()?));
    names.iter().filter_map(set).collect()
}
