//! The configuration file: TOML, flattened to the names of the table of keys, and written back.

mod source;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, ValueDeserializer};

use super::key::{Form, find};
use super::unknown::{EVERY_KEY, did_you_mean};
use super::{
    AccountEntry, Allowance, AllowanceEntry, Config, ConfigError, KEYS, Key, ListenerEntry, MasterKeyEntry,
    QuotaEntry, RateEntry, SetVariable, VARIABLES_OF_KEYS, WebhookEntry, read_text,
};
use source::FileText;

/// What a file says; its values are not checked yet.
#[derive(Default)]
pub(super) struct File {
    /// Keys and their values.
    pub(super) values: Vec<(&'static Key, Vec<String>)>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) accounts: Vec<AccountEntry>,
    pub(super) master_keys: Vec<MasterKeyEntry>,
    pub(super) listeners: Vec<ListenerEntry>,
    pub(super) webhooks: Vec<WebhookEntry>,
    pub(super) rates: Vec<RateEntry>,
    pub(super) quotas: Vec<QuotaEntry>,
    /// Where each of them stands, by its name: `limits.idle_seconds_max`, `variables.sigv2`,
    /// `accounts[0]`.
    pub(super) places: BTreeMap<String, String>,
}

/// Bytes that a configuration file may have.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// What a file has besides the tables of [`KEYS`].
const MORE_TABLES: [&str; 7] =
    ["variables", "accounts", "kms_keys", "listeners", "quotas", "rates", "webhooks"];

/// Reads a file. Errors name it.
pub(super) fn read(path: &Path) -> Result<File, ConfigError> {
    let text = read_text(path, FILE_BYTES_MAX)
        .map_err(|why| ConfigError(format!("{}: cannot be read: {why}", path.display())))?;
    parse(&FileText::new(path, &text))
}

/// Parses the text of a file. Errors name the place: `portcullis.toml:3:1`.
fn parse(source: &FileText) -> Result<File, ConfigError> {
    // The whole message of the parser quotes the line, which may hold a secret.
    let table = DeTable::parse(source.text)
        .map_err(|error| source.refused(error.span().unwrap_or_default().start, error.message()))?;
    let mut file = File::default();
    for (name, value) in table.into_inner() {
        let at = name.span().start;
        let name = name.into_inner();
        match (&*name, value.get_ref()) {
            ("accounts", DeValue::Array(_)) => {
                file.accounts = entries(source, &mut file.places, &name, value)?
            }
            ("kms_keys", DeValue::Array(_)) => {
                file.master_keys = entries(source, &mut file.places, &name, value)?;
            }
            ("listeners", DeValue::Array(_)) => {
                file.listeners = entries(source, &mut file.places, &name, value)?;
            }
            ("webhooks", DeValue::Array(_)) => {
                file.webhooks = entries(source, &mut file.places, &name, value)?;
            }
            ("rates", DeValue::Array(_)) => {
                file.rates = entries(source, &mut file.places, &name, value)?;
                once(&file.rates, &file.places)?;
            }
            ("quotas", DeValue::Array(_)) => {
                file.quotas = entries(source, &mut file.places, &name, value)?;
                once(&file.quotas, &file.places)?;
            }
            ("variables", DeValue::Table(table)) => {
                for (name, value) in table {
                    let place = format!("variables.{}", name.get_ref());
                    let Some(value) = text(value.get_ref()) else {
                        let why = format!("{place}: allowed is a text, a whole number, true or false");
                        return Err(source.refused(name.span().start, &why));
                    };
                    file.places.insert(place, source.place(name.span().start));
                    file.variables.insert(name.get_ref().to_string(), value);
                }
            }
            ("variables", _) => return Err(source.refused(at, "variables: expected a table")),
            (name, _) if MORE_TABLES.contains(&name) => {
                return Err(source.refused(at, &format!("{name}: expected [[{name}]] tables")));
            }
            (table, DeValue::Table(values)) if is_table(table) => {
                for (rest, value) in values {
                    add(source, &mut file, rest.span().start, &format!("{table}.{}", rest.get_ref()), value)?;
                }
            }
            (name, DeValue::Table(_)) if find(name).is_none() => {
                return Err(source.refused(at, &unknown_table(name)));
            }
            (name, _) => add(source, &mut file, at, name, &value)?,
        }
    }
    Ok(file)
}

fn is_table(name: &str) -> bool {
    KEYS.iter().any(|key| key.name.split_once('.').is_some_and(|(table, _)| table == name))
}

/// Adds the value of a key as texts.
fn add(
    source: &FileText,
    file: &mut File,
    at: usize,
    name: &str,
    value: &Spanned<DeValue>,
) -> Result<(), ConfigError> {
    let key = find(name).ok_or_else(|| source.refused(at, &unknown(name)))?;
    let refused = || source.refused(at, &format!("{name}: allowed is {}", key.allowed));
    let values = match value.get_ref() {
        DeValue::Array(values) if key.form == Form::Many => {
            values.iter().map(|value| text(value.get_ref()).ok_or_else(refused)).collect::<Result<_, _>>()?
        }
        value => vec![text(value).ok_or_else(refused)?],
    };
    file.places.insert(name.to_owned(), source.place(at));
    file.values.push((key, values));
    Ok(())
}

fn text(value: &DeValue) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => {
            Some(i64::from_str_radix(number.as_str(), number.radix()).ok()?.to_string())
        }
        DeValue::Boolean(switch) => Some(switch.to_string()),
        _ => None,
    }
}

/// What is wrong with a name that is no key.
fn unknown(name: &str) -> String {
    let (table, own) = name.rsplit_once('.').unwrap_or(("", name));
    let names = || KEYS.iter().map(|key| key.name.rsplit_once('.').unwrap_or(("", key.name)));
    // A key of another table: often one that stands below the header of a table that is not its.
    if let Some((other, _)) = names().find(|(other, of_it)| *of_it == own && *other != table) {
        let place = match other {
            "" => format!("{own} stands above the first [table]"),
            other => format!("{own} belongs into [{other}]"),
        };
        return format!("unknown key {name}; {place}. {EVERY_KEY}");
    }
    let same = names().filter(|(other, _)| *other == table).map(|(_, own)| own);
    let more = MORE_TABLES.into_iter().filter(|_| table.is_empty());
    format!("unknown key {name}{}. {EVERY_KEY}", did_you_mean(own, same.chain(more)))
}

fn unknown_table(name: &str) -> String {
    let tables = KEYS.iter().filter_map(|key| key.name.split_once('.')).map(|(table, _)| table);
    format!("unknown table [{name}]{}. {EVERY_KEY}", did_you_mean(name, tables.chain(MORE_TABLES)))
}

/// The tables of an array, each as what it says.
fn entries<T: DeserializeOwned>(
    source: &FileText,
    places: &mut BTreeMap<String, String>,
    name: &str,
    array: Spanned<DeValue>,
) -> Result<Vec<T>, ConfigError> {
    let DeValue::Array(array) = array.into_inner() else { return Ok(Vec::new()) };
    let entry = |(index, value): (usize, Spanned<DeValue>)| {
        let at = value.span().start;
        let id = value.get_ref().get("id").and_then(|id| id.get_ref().as_str()).map(|id| format!(" ({id})"));
        let place = format!("{name}[{index}]");
        places.insert(place.clone(), source.place(at));
        T::deserialize(ValueDeserializer::from(value)).map_err(|error| {
            let at = error.span().map_or(at, |span| span.start);
            let why = unknown_field(error.message());
            source.refused(at, &format!("{place}{}: {why}", id.unwrap_or_default()))
        })
    };
    DeArray::into_iter(array).enumerate().map(entry).collect()
}

/// The message about a field that a table has not, with the one that may be meant: serde lists
/// those that there are.
fn unknown_field(message: &str) -> String {
    let parts = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once("`, expected "));
    let Some((name, known)) = parts else { return message.to_owned() };
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    format!("unknown key {name}{}; allowed here: {}", did_you_mean(name, known.clone()), known.join(", "))
}

/// Refuses two tables for the same subject and name.
fn once<A: Allowance>(
    entries: &[AllowanceEntry<A>],
    places: &BTreeMap<String, String>,
) -> Result<(), ConfigError> {
    let mut there = std::collections::HashSet::new();
    for (index, AllowanceEntry { subject, name, .. }) in entries.iter().enumerate() {
        if !there.insert((subject, name)) {
            let table = format!("{}[{index}]", A::TABLE);
            let place = places.get(&table).map(String::as_str).unwrap_or_default();
            return Err(ConfigError(format!("{place}: {table}: there is one for {subject} {name} already")));
        }
    }
    Ok(())
}

/// The effective configuration as a TOML file, secrets redacted, with the origin of every value
/// that is not a default. `variables` are the values of all variables that the pipeline has.
pub fn render(config: &Config, variables: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let mut table = "";
    for key in KEYS {
        let values = (key.get)(config);
        let (prefix, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if prefix != table {
            let _ = writeln!(text, "\n[{prefix}]");
            table = prefix;
        }
        if values.is_empty() && key.form != Form::Many {
            let _ = writeln!(text, "# {name} is not set");
            continue;
        }
        let origin = config.origins.get(key.name).map(|origin| format!("  # {origin}")).unwrap_or_default();
        let _ = writeln!(text, "{name} = {}{origin}", literal(key, &values));
    }
    if config.root.access_key.is_none() {
        let file = config.data_dir.join("root-credentials.toml");
        let _ =
            writeln!(text, "# The root credentials are in {}; the first start makes them.", file.display());
    }
    render_variables(&mut text, config, variables);
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
    render_webhooks(&mut text, config);
    render_allowances(&mut text, &config.rates);
    render_allowances(&mut text, &config.quotas);
    for account in &config.accounts {
        let _ = writeln!(text, "\n[[accounts]]\nid = {}", quoted(&account.id));
        for user in &account.users {
            let _ = writeln!(text, "\n[[accounts.users]]\nname = {}", quoted(&user.name));
        }
    }
    text
}

/// Those that are set, with their origins, and the others with their defaults. Two are settings of
/// their own.
fn render_variables(text: &mut String, config: &Config, variables: &BTreeMap<String, String>) {
    let of_settings = |name: &str| VARIABLES_OF_KEYS.iter().any(|(variable, _)| *variable == name);
    let set = |name: &String| config.variables.contains_key(name) || of_settings(name);
    let defaults = variables.iter().filter(|(name, _)| !set(name));
    if config.variables.is_empty() && defaults.clone().next().is_none() {
        return;
    }
    text.push_str("\n[variables]\n");
    for (name, SetVariable { value, origin }) in &config.variables {
        let _ = writeln!(text, "{name} = {}  # {origin}", quoted(value));
    }
    for (name, value) in defaults {
        let _ = writeln!(text, "{name} = {}", quoted(value));
    }
}

fn render_webhooks(text: &mut String, config: &Config) {
    for webhook in &config.webhooks {
        let _ = writeln!(text, "\n[[webhooks]]\nname = {}", quoted(&webhook.name));
        let _ = writeln!(text, "url = {}\nkind = {}", quoted(&webhook.url), quoted(webhook.kind.name()));
        if let Some(url) = &webhook.server_url {
            let _ = writeln!(text, "server_url = {}", quoted(url));
        }
        let _ = writeln!(text, "time_ms_max = {}\ncalls_max = {}", webhook.time_ms_max, webhook.calls_max);
    }
}

fn render_allowances<A: Allowance>(text: &mut String, entries: &[AllowanceEntry<A>]) {
    for AllowanceEntry { subject, name, allowance } in entries {
        let _ = writeln!(text, "\n[[{}]]\n{subject} = {}", A::TABLE, quoted(name));
        for (name, value) in allowance.settings() {
            let _ = writeln!(text, "{name} = {value}");
        }
    }
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
