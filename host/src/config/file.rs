//! The configuration file: TOML, flattened to the names of the table of keys, and written back.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::key::Form;
use super::{
    AccountEntry, Config, ConfigError, KEYS, Key, ListenerEntry, MasterKeyEntry, QuotaEntry, RateEntry,
    SetVariable,
};

/// What a file says; its values are not checked yet.
pub(super) struct File {
    /// Values by the name of their key, in the order of the file.
    pub(super) values: Vec<(String, Vec<String>)>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) accounts: Vec<AccountEntry>,
    pub(super) master_keys: Vec<MasterKeyEntry>,
    pub(super) listeners: Vec<ListenerEntry>,
    pub(super) rates: Vec<RateEntry>,
    pub(super) quotas: Vec<QuotaEntry>,
}

/// Bytes that a configuration file may have.
const FILE_BYTES_MAX: usize = 4 << 20;

/// Reads a file. Errors name it.
pub(super) fn read(path: &Path) -> Result<File, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError(format!("{}: cannot be read: {error}", path.display())))?;
    if text.len() > FILE_BYTES_MAX {
        return Err(ConfigError(format!("{}: is longer than {FILE_BYTES_MAX} bytes", path.display())));
    }
    parse(&text).map_err(|ConfigError(why)| ConfigError(format!("{}: {why}", path.display())))
}

/// Parses the text of a file.
pub(super) fn parse(text: &str) -> Result<File, ConfigError> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        // The message of the parser quotes the line, which may hold a secret. So only its position
        // and the reason are given.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ConfigError(format!("line {line}, column {column}: {}", error.message()))
    })?;
    let mut file = File {
        values: Vec::new(),
        variables: BTreeMap::new(),
        accounts: Vec::new(),
        master_keys: Vec::new(),
        listeners: Vec::new(),
        rates: Vec::new(),
        quotas: Vec::new(),
    };
    for (name, value) in table {
        match (name.as_str(), value) {
            ("variables", toml::Value::Table(table)) => file.variables = variables(table)?,
            ("accounts", toml::Value::Array(entries)) => file.accounts = accounts(entries)?,
            ("kms_keys", toml::Value::Array(entries)) => file.master_keys = master_keys(entries)?,
            ("kms_keys", _) => return Err(ConfigError("kms_keys: expected [[kms_keys]] tables".to_owned())),
            ("listeners", toml::Value::Array(entries)) => file.listeners = listeners(entries)?,
            ("listeners", _) => {
                return Err(ConfigError("listeners: expected [[listeners]] tables".to_owned()));
            }
            ("quotas", toml::Value::Array(entries)) => file.quotas = quotas(entries)?,
            ("quotas", _) => return Err(ConfigError("quotas: expected [[quotas]] tables".to_owned())),
            ("rates", toml::Value::Array(entries)) => file.rates = rates(entries)?,
            ("rates", _) => return Err(ConfigError("rates: expected [[rates]] tables".to_owned())),
            ("variables", _) => return Err(ConfigError("variables: expected a table".to_owned())),
            ("accounts", _) => return Err(ConfigError("accounts: expected [[accounts]] tables".to_owned())),
            (_, toml::Value::Table(table)) if is_table(&name) => {
                for (rest, value) in table {
                    let name = format!("{name}.{rest}");
                    let values = flatten(&name, value)?;
                    file.values.push((name, values));
                }
            }
            (_, value) => {
                let values = flatten(&name, value)?;
                file.values.push((name, values));
            }
        }
    }
    Ok(file)
}

fn is_table(name: &str) -> bool {
    KEYS.iter().any(|key| key.name.split_once('.').is_some_and(|(table, _)| table == name))
}

/// The value of a known key as texts.
fn flatten(name: &str, value: toml::Value) -> Result<Vec<String>, ConfigError> {
    let key = super::key::find(name).ok_or_else(|| unknown(name))?;
    let refused = || ConfigError(format!("{name}: allowed is {}", key.allowed));
    match value {
        toml::Value::Array(values) if key.form == Form::Many => {
            values.into_iter().map(|value| text(value).ok_or_else(refused)).collect()
        }
        value => Ok(vec![text(value).ok_or_else(refused)?]),
    }
}

fn text(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(switch) => Some(switch.to_string()),
        _ => None,
    }
}

/// The error for a name that is no key: it lists those of the same table.
pub(super) fn unknown(name: &str) -> ConfigError {
    let table = name.rsplit_once('.').map_or("", |(table, _)| table);
    let same = |key: &&Key| key.name.rsplit_once('.').map_or("", |(table, _)| table) == table;
    let mut names: Vec<&str> = KEYS.iter().filter(same).map(|key| key.name).collect();
    if table.is_empty() || names.is_empty() {
        names = KEYS.iter().map(|key| key.name).collect();
        names.extend(["variables", "accounts", "kms_keys", "listeners", "quotas", "rates"]);
    }
    ConfigError(format!("unknown key {name}; allowed here: {}", names.join(", ")))
}

fn variables(table: toml::Table) -> Result<BTreeMap<String, String>, ConfigError> {
    let variable = |(name, value): (String, toml::Value)| match text(value) {
        Some(value) => Ok((name, value)),
        None => {
            Err(ConfigError(format!("variables.{name}: allowed is a text, a whole number, true or false")))
        }
    };
    table.into_iter().map(variable).collect()
}

fn accounts(entries: Vec<toml::Value>) -> Result<Vec<AccountEntry>, ConfigError> {
    let entry = |(index, value): (usize, toml::Value)| {
        let id = value.get("id").and_then(toml::Value::as_str).unwrap_or("without id").to_owned();
        value.try_into().map_err(|error: toml::de::Error| {
            ConfigError(format!("accounts[{index}] ({id}): {}", error.message()))
        })
    };
    entries.into_iter().enumerate().map(entry).collect()
}

fn master_keys(entries: Vec<toml::Value>) -> Result<Vec<MasterKeyEntry>, ConfigError> {
    let entry = |(index, value): (usize, toml::Value)| {
        let id = value.get("id").and_then(toml::Value::as_str).unwrap_or("without id").to_owned();
        value.try_into().map_err(|error: toml::de::Error| {
            ConfigError(format!("kms_keys[{index}] ({id}): {}", error.message()))
        })
    };
    entries.into_iter().enumerate().map(entry).collect()
}

fn listeners(entries: Vec<toml::Value>) -> Result<Vec<ListenerEntry>, ConfigError> {
    let entry = |(index, value): (usize, toml::Value)| {
        value
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError(format!("listeners[{index}]: {}", error.message())))
    };
    entries.into_iter().enumerate().map(entry).collect()
}

fn rates(entries: Vec<toml::Value>) -> Result<Vec<RateEntry>, ConfigError> {
    let entry = |(index, value): (usize, toml::Value)| {
        value
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError(format!("rates[{index}]: {}", error.message())))
    };
    let entries: Vec<RateEntry> = entries.into_iter().enumerate().map(entry).collect::<Result<_, _>>()?;
    for (index, RateEntry { subject, name, .. }) in entries.iter().enumerate() {
        if entries.iter().take(index).any(|other| (other.subject, &other.name) == (*subject, name)) {
            return Err(ConfigError(format!("rates[{index}]: there is one for {subject} {name} already")));
        }
    }
    Ok(entries)
}

fn quotas(entries: Vec<toml::Value>) -> Result<Vec<QuotaEntry>, ConfigError> {
    let entry = |(index, value): (usize, toml::Value)| {
        value
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError(format!("quotas[{index}]: {}", error.message())))
    };
    let entries: Vec<QuotaEntry> = entries.into_iter().enumerate().map(entry).collect::<Result<_, _>>()?;
    for (index, QuotaEntry { subject, name, .. }) in entries.iter().enumerate() {
        if entries.iter().take(index).any(|other| (other.subject, &other.name) == (*subject, name)) {
            return Err(ConfigError(format!("quotas[{index}]: there is one for {subject} {name} already")));
        }
    }
    Ok(entries)
}

/// The effective configuration as a TOML file, secrets redacted, with the origin of every value
/// that is not a default.
pub fn render(config: &Config) -> String {
    let mut text = String::new();
    let mut table = "";
    for key in KEYS {
        let values = (key.get)(config);
        if values.is_empty() && key.form != Form::Many {
            continue;
        }
        let (prefix, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if prefix != table {
            let _ = writeln!(text, "\n[{prefix}]");
            table = prefix;
        }
        let origin = config.origins.get(key.name).map(|origin| format!("  # {origin}")).unwrap_or_default();
        let _ = writeln!(text, "{name} = {}{origin}", literal(key, &values));
    }
    if !config.variables.is_empty() {
        text.push_str("\n[variables]\n");
    }
    for (name, SetVariable { value, origin }) in &config.variables {
        let _ = writeln!(text, "{name} = {}  # {origin}", quoted(value));
    }
    for listener in &config.listeners {
        let _ = writeln!(text, "\n[[listeners]]\naddress = {}", quoted(&listener.address.to_string()));
        let _ = writeln!(text, "endpoint = {}", quoted(&listener.endpoint));
        let policy = listener.policy.as_ref().map(|path| path.display().to_string());
        for (name, value) in [("vpc", listener.vpc.as_ref()), ("policy", policy.as_ref())] {
            if let Some(value) = value {
                let _ = writeln!(text, "{name} = {}", quoted(value));
            }
        }
    }
    for key in &config.master_keys {
        let _ = writeln!(text, "\n[[kms_keys]]\nid = {}", quoted(&key.id));
        let policy = key.policy.as_ref().map(|path| path.display().to_string());
        for (name, value) in [("account", key.account.as_ref()), ("policy", policy.as_ref())] {
            if let Some(value) = value {
                let _ = writeln!(text, "{name} = {}", quoted(value));
            }
        }
        let aliases: Vec<String> = key.alias.iter().map(|alias| quoted(alias)).collect();
        let _ = writeln!(text, "alias = [{}]\nenabled = {}", aliases.join(", "), key.enabled);
    }
    for RateEntry { subject, name, rate } in &config.rates {
        let _ = writeln!(text, "\n[[rates]]\n{subject} = {}", quoted(name));
        for (name, value) in rate.settings() {
            let _ = writeln!(text, "{name} = {value}");
        }
    }
    for QuotaEntry { subject, name, quota } in &config.quotas {
        let _ = writeln!(text, "\n[[quotas]]\n{subject} = {}", quoted(name));
        for (name, value) in quota.settings() {
            let _ = writeln!(text, "{name} = {value}");
        }
    }
    for account in &config.accounts {
        let _ = writeln!(text, "\n[[accounts]]\nid = {}", quoted(&account.id));
        for user in &account.users {
            let _ = writeln!(text, "\n[[accounts.users]]\nname = {}", quoted(&user.name));
        }
    }
    text
}

pub(super) fn literal(key: &Key, values: &[String]) -> String {
    let scalar = |value: &String| match value.parse::<u64>().is_ok() || value.parse::<bool>().is_ok() {
        true => value.clone(),
        false => quoted(value),
    };
    match (key.form, values) {
        (Form::Many, values) => {
            format!("[{}]", values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", "))
        }
        (_, [value, ..]) => scalar(value),
        (_, []) => String::new(),
    }
}

fn quoted(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}
