//! The variables of a pipeline: what each may be, and what the operator set.
//!
//! A Spin manifest declares variables with defaults, and says nothing of what they may be. Spin
//! leaves `[application.tool]` to other programs, so the types stand there, in
//! `[application.tool.portcullis.variables]`. A variable without a type is any text.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use serde::Deserialize;

use crate::config::{Config, did_you_mean};

/// A variable as `[variables]` of a manifest declares it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    default: Option<String>,
    #[serde(default)]
    required: bool,
}

/// What the value of a variable may be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub(super) enum VariableType {
    /// Any text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number that is not negative.
    Number,
    /// One of these words.
    Words(Vec<String>),
}

impl TryFrom<toml::Value> for VariableType {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<VariableType, String> {
        let refused = || {
            "the type of a variable is \"text\", \"boolean\", \"number\", or a list of the words that it may be"
                .to_owned()
        };
        match value {
            toml::Value::String(name) => match name.as_str() {
                "text" => Ok(VariableType::Text),
                "boolean" => Ok(VariableType::Boolean),
                "number" => Ok(VariableType::Number),
                _ => Err(refused()),
            },
            toml::Value::Array(words) if !words.is_empty() => {
                let word = |value: toml::Value| value.as_str().map(str::to_owned).ok_or_else(refused);
                words.into_iter().map(word).collect::<Result<_, _>>().map(VariableType::Words)
            }
            _ => Err(refused()),
        }
    }
}

impl VariableType {
    /// Whether a value is allowed.
    fn takes(&self, value: &str) -> bool {
        match self {
            VariableType::Text => true,
            VariableType::Boolean => matches!(value, "true" | "false"),
            VariableType::Number => value.parse::<u64>().is_ok(),
            VariableType::Words(words) => words.iter().any(|word| word == value),
        }
    }

    /// The words that are allowed, where it is one of a few.
    fn words(&self) -> Vec<&str> {
        match self {
            VariableType::Text | VariableType::Number => Vec::new(),
            VariableType::Boolean => vec!["true", "false"],
            VariableType::Words(words) => words.iter().map(String::as_str).collect(),
        }
    }

    /// What is allowed, for messages: `presigned, off or on`.
    fn allowed(&self) -> String {
        match self {
            VariableType::Text => "a text".to_owned(),
            VariableType::Boolean => "true or false".to_owned(),
            VariableType::Number => "a whole number".to_owned(),
            VariableType::Words(words) => match words.split_last() {
                Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
                _ => words.join(""),
            },
        }
    }
}

/// The variables that a manifest declares, with their types.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variables<'a> {
    pub(super) declared: &'a BTreeMap<String, Variable>,
    pub(super) types: &'a BTreeMap<String, VariableType>,
}

impl Variables<'_> {
    /// Checks that types are those of declared variables, and that defaults are of their types.
    pub(super) fn check(self) -> Result<()> {
        if let Some(name) = self.types.keys().find(|name| !self.declared.contains_key(*name)) {
            bail!(
                "[application.tool.portcullis.variables] has a type for {name}, which [variables] does not declare"
            );
        }
        for (name, variable) in self.declared {
            let (Some(default), Some(type_)) = (&variable.default, self.types.get(name)) else { continue };
            ensure!(
                type_.takes(default),
                "[variables] {name}: the default {default:?} is not allowed; allowed is {}",
                type_.allowed()
            );
        }
        Ok(())
    }

    /// The values: what the operator set, or else the defaults.
    pub(super) fn values(self, config: &Config) -> Result<BTreeMap<String, String>> {
        let set = config.pipeline_variables();
        for (name, variable) in &set {
            let source = config.source_of_variable(name, variable.origin);
            if !self.declared.contains_key(name) {
                let known: Vec<_> = self.declared.keys().map(String::as_str).collect();
                let meant = did_you_mean(name, known.iter().copied());
                bail!("{source}: the pipeline has no variable {name}{meant}; it has {}", known.join(", "));
            }
            let type_ = self.types.get(name).unwrap_or(&VariableType::Text);
            let value = &variable.value;
            let meant = || did_you_mean(value, type_.words());
            ensure!(type_.takes(value), "{source} = {value:?}: allowed is {}{}", type_.allowed(), meant());
        }
        let mut values = BTreeMap::new();
        for (name, variable) in self.declared {
            match set.get(name).map(|set| &set.value).or(variable.default.as_ref()) {
                Some(value) => drop(values.insert(name.clone(), value.clone())),
                None if variable.required => {
                    bail!(
                        "the pipeline variable {name} is required, and nothing sets it (--variable {name}=VALUE)"
                    )
                }
                None => {}
            }
        }
        Ok(values)
    }
}
