//! `portcullis policy`: checks and tries policies before they are put to use, with the pipeline's
//! policy component.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::explain::harmless;
use super::output::{EXIT_FOUND, Output, say};
use crate::config::Config;
use crate::pipeline::adviser::Adviser;
use crate::pipeline::bindings::advice::{Document, Evaluation, Finding, Hypothesis, Severity};
use crate::pipeline::compose::Manifest;

/// Bytes of a file that is read: more than any policy may have.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A document, and where it is: a file, or standard input as `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// What it is for; empty where its own elements are to say it.
    pub kind: String,
    /// Where it is.
    pub file: PathBuf,
}

/// Requests to try policies on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// The policies.
    pub documents: Vec<PolicyFile>,
    /// Actions.
    pub actions: Vec<String>,
    /// Resources; any, where there is none.
    pub resources: Vec<String>,
    /// `KEY=VALUE`; a key with several values is there several times.
    pub context: Vec<String>,
    /// The ARN of the principal.
    pub caller: Option<String>,
    /// The account that owns the resources.
    pub owner: Option<String>,
}

/// Looks for what is suspicious in policies and prints it. The status tells whether anything is,
/// beyond notices.
///
/// # Errors
/// A file or the pipeline cannot be read.
pub(crate) fn lint(config: &Config, documents: &[PolicyFile], output: Output) -> Result<ExitCode> {
    let mut adviser = adviser(config)?;
    let mut found: Vec<(String, Vec<Finding>)> = Vec::new();
    for document in documents.iter().map(read) {
        let document = document?;
        found.push((document.label.clone(), adviser.lint(&document)?));
    }
    say(&match output {
        Output::Json => format!("{}\n", found.iter().map(findings_json).collect::<Value>()),
        Output::Text => found.iter().map(findings_text).collect(),
    });
    let suspicious = found.iter().flat_map(|(_, own)| own).any(|own| own.severity != Severity::Notice);
    Ok(if suspicious { ExitCode::from(EXIT_FOUND) } else { ExitCode::SUCCESS })
}

/// Prints what policies would say. The status tells whether everything is allowed.
///
/// # Errors
/// A file or the pipeline cannot be read, or the question makes no sense.
pub(crate) fn simulate(config: &Config, question: &Simulation, output: Output) -> Result<ExitCode> {
    let mut context: Vec<(String, Vec<String>)> = Vec::new();
    for entry in &question.context {
        let Some((key, value)) = entry.split_once('=') else {
            bail!("--context takes KEY=VALUE, not {entry}")
        };
        match context.iter_mut().find(|(own, _)| own == key) {
            Some((_, values)) => values.push(value.to_owned()),
            None => context.push((key.to_owned(), vec![value.to_owned()])),
        }
    }
    let hypothesis = Hypothesis {
        documents: question.documents.iter().map(read).collect::<Result<_>>()?,
        caller_arn: question.caller.clone(),
        resource_owner: question.owner.clone(),
        actions: question.actions.clone(),
        resources: question.resources.clone(),
        context,
    };
    let evaluations = adviser(config)?.simulate(&hypothesis)?;
    say(&match output {
        Output::Json => {
            let results: Value = evaluations.iter().map(evaluation_json).collect();
            format!("{}\n", json!({ "EvaluationResults": results }))
        }
        Output::Text => evaluations.iter().map(evaluation_text).collect(),
    });
    let all = evaluations.iter().all(|own| own.decision == "allowed");
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FOUND) })
}

fn adviser(config: &Config) -> Result<Adviser> {
    let cache = config.made_cache_folder();
    Adviser::of(&Manifest::load(config.pipeline.as_deref())?, cache.as_deref())?
        .context("the pipeline's policy component gives no advice: it is another one than Portcullis' own")
}

fn read(named: &PolicyFile) -> Result<Document> {
    let label = named.file.display().to_string();
    let mut text = String::new();
    let outcome = match named.file == Path::new("-") {
        true => std::io::stdin().lock().take(FILE_BYTES_MAX + 1).read_to_string(&mut text),
        false => std::fs::File::open(&named.file)
            .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)),
    };
    outcome.with_context(|| format!("reading {label}"))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        bail!("{label} is longer than {FILE_BYTES_MAX} bytes");
    }
    Ok(Document { label, kind: named.kind.clone(), text })
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Notice => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn findings_text((file, findings): &(String, Vec<Finding>)) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    if findings.is_empty() {
        let _ = writeln!(text, "{file}: nothing is suspicious");
    }
    for finding in findings {
        let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
        let statement = match (&finding.sid, finding.statement) {
            (Some(sid), _) => format!(" (statement {sid})"),
            (None, Some(number)) => format!(" (statement #{})", number.saturating_add(1)),
            (None, None) => String::new(),
        };
        let message = format!("{}{statement}", finding.message);
        let _ = writeln!(
            text,
            "{file}{line}: {}: {}: {}",
            word(finding.severity),
            finding.code,
            harmless(&message)
        );
    }
    text
}

fn findings_json((file, findings): &(String, Vec<Finding>)) -> Value {
    let one = |own: &Finding| {
        json!({
            "severity": word(own.severity),
            "code": own.code,
            "message": own.message,
            "statement": own.statement,
            "sid": own.sid,
            "line": own.line,
        })
    };
    json!({ "file": file, "findings": findings.iter().map(one).collect::<Value>() })
}

fn evaluation_text(own: &Evaluation) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{:<13} {} {}", own.decision, harmless(&own.action), harmless(&own.resource));
    for matched in &own.matched {
        let statement = match &matched.sid {
            Some(sid) => sid.clone(),
            None => format!("#{}", matched.statement.saturating_add(1)),
        };
        let _ = writeln!(
            text,
            "    by {}, statement {} (line {}, column {})",
            matched.label,
            harmless(&statement),
            matched.start.line,
            matched.start.column
        );
    }
    if !own.missing.is_empty() {
        let _ = writeln!(text, "    asked for and not given: {}", harmless(&own.missing.join(", ")));
    }
    text
}

fn evaluation_json(own: &Evaluation) -> Value {
    let matched = own.matched.iter().map(|own| {
        json!({
            "SourcePolicyId": own.label,
            "StartPosition": { "Line": own.start.line, "Column": own.start.column },
            "EndPosition": { "Line": own.end.line, "Column": own.end.column },
        })
    });
    json!({
        "EvalActionName": own.action,
        "EvalResourceName": own.resource,
        "EvalDecision": own.decision,
        "MatchedStatements": matched.collect::<Value>(),
        "MissingContextValues": own.missing,
    })
}
