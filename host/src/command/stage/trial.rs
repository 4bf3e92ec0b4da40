//! `portcullis stage check` and `portcullis stage test`: runs of a stage without a server.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use super::Tried;
use super::described::{Described, Expect};
use super::template::SETTINGS;
use crate::command::explain::harmless;
use crate::command::output::{EXIT_FOUND, say};
use crate::command::toolchain::BUILT;
use crate::pipeline::added_stages::{AddedStage, POSITIONS, Ran, Unsent, failure, position_name, reason};
use crate::pipeline::bindings::log::Level;
use crate::pipeline::bindings::stages::Position;
use crate::pipeline::capabilities::NotKnownYet;
use crate::pipeline::engine;

/// Looks at a component, and tries it at every position.
pub(super) fn check(component: &Tried) -> Result<ExitCode> {
    let (stage, bytes) = load(component)?;
    let mut text = format!("{}: {bytes} bytes, a component of a stage\n", component.file.display());
    let mut fails = false;
    for position in POSITIONS {
        let ran = stage.run(position, Unsent::default().call(position), &Arc::default());
        // At the first two less is known: a stage need not be made for them.
        let is_early = matches!(position, Position::AfterAccept | Position::AfterAuth);
        fails |= ran.result.is_err() && !is_early;
        let verdict = harmless(&verdict(&ran));
        let _ = writeln!(text, "{:16}{verdict} ({})", position_name(position), cost(&ran));
    }
    say(&text);
    Ok(ExitCode::from(if fails { EXIT_FOUND } else { 0 }))
}

/// Runs a component on described requests.
pub(super) fn test(component: &Tried, requests: &[PathBuf]) -> Result<ExitCode> {
    let mut described = Vec::new();
    for path in requests {
        let request = Described::read(path)?;
        let read = request.position().and_then(|position| Ok((position, request.unsent()?)));
        let (position, unsent) = read.with_context(|| path.display().to_string())?;
        described.push((path, request, position, unsent));
    }
    let (stage, _) = load(component)?;
    let mut missed = false;
    for (path, request, position, unsent) in described {
        let ran = stage.run(position, unsent.call(position), &Arc::new(request.variables));
        let shown = RunResult::of(&ran);
        let mut text = format!("{}: {}\n", path.display(), harmless(&verdict(&ran)));
        for line in &shown.lines {
            let _ = writeln!(text, "  {}", harmless(line));
        }
        if let Err(error) = &ran.result {
            for line in failure(error).lines() {
                let _ = writeln!(text, "  {}", harmless(line));
            }
        }
        let _ = writeln!(text, "  {}", cost(&ran));
        let wrong = match request.expect {
            Some(expect) => shown.compare(&ran, &expect),
            None => ran.result.is_err().then(|| "it fails".to_owned()).into_iter().collect(),
        };
        for why in &wrong {
            let _ = writeln!(text, "  NOT AS EXPECTED: {}", harmless(why));
        }
        missed |= !wrong.is_empty();
        say(&text);
    }
    Ok(ExitCode::from(if missed { EXIT_FOUND } else { 0 }))
}

fn load(component: &Tried) -> Result<(AddedStage, usize)> {
    let file = &component.file;
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    // Compiling takes half a minute for some languages. The folder of a stage keeps the code.
    let own = file.parent().filter(|folder| folder.join(SETTINGS).exists()).map(|folder| folder.join(BUILT));
    let cache = component.cache.clone().or(own);
    let stage = engine::stage_alone(&name, &bytes, component.limits, cache.as_deref())?;
    Ok((stage, bytes.len()))
}

/// What became of a run, in a line.
fn verdict(ran: &Ran) -> String {
    match &ran.result {
        Ok(Ok(())) => "passes".to_owned(),
        Ok(Err(refusal)) => match &refusal.message {
            Some(message) => format!("refused: {}: {message}", refusal.code),
            None => format!("refused: {}", refusal.code),
        },
        Err(error) if error.is::<NotKnownYet>() => format!("is not for this position: {}", reason(error)),
        Err(error) => format!("fails: {}", reason(error)),
    }
}

fn cost(ran: &Ran) -> String {
    let (millis, kib) = (ran.time.as_secs_f64() * 1e3, ran.memory_bytes >> 10);
    format!("{millis:.1} ms, {kib} KiB of memory")
}

/// What a run left, for people and for expectations.
struct RunResult {
    lines: Vec<String>,
    headers: Vec<(String, String)>,
    refused_objects: Vec<String>,
}

impl RunResult {
    fn of(ran: &Ran) -> RunResult {
        let mut shown = RunResult { lines: Vec::new(), headers: Vec::new(), refused_objects: Vec::new() };
        let (added, facts) = match &ran.call {
            Some(call) => (call.added_headers.as_str(), Some(&call.facts)),
            None => ("", None),
        };
        let refusal = ran.result.as_ref().ok().and_then(|result| result.as_ref().err());
        let of_refusal = refusal.map(|refusal| refusal.headers.as_str()).unwrap_or_default();
        for line in added.lines().chain(of_refusal.lines()) {
            shown.lines.push(format!("header: {line}"));
            if let Some((name, value)) = line.split_once(": ") {
                shown.headers.push((name.to_ascii_lowercase(), value.to_owned()));
            }
        }
        let objects = facts.map(|facts| facts.named_objects()).unwrap_or_default();
        for (at, refusal) in facts.map(|facts| facts.named_refusals.as_slice()).unwrap_or_default() {
            let Some(object) = objects.get(*at as usize) else { continue };
            let message = refusal.message.as_deref().unwrap_or_default();
            shown.lines.push(format!("refused object: {}: {}: {message}", object.key, refusal.code));
            shown.refused_objects.push(object.key.clone());
        }
        for line in &ran.log.lines {
            let level = match line.level {
                Level::Error => "error",
                Level::Warn => "warn",
                Level::Info => "info",
                Level::Debug => "debug",
            };
            shown.lines.push(format!("log: {level}: {}", line.text.trim_end()));
        }
        if ran.log.left_out > 0 {
            shown.lines.push(format!("log: {} more lines are left out", ran.log.left_out));
        }
        shown
    }

    /// What is not as expected.
    fn compare(&self, ran: &Ran, expect: &Expect) -> Vec<String> {
        let mut wrong = Vec::new();
        let refusal = match &ran.result {
            Err(_) if expect.fails => None,
            Err(_) => {
                wrong.push("it fails".to_owned());
                return wrong;
            }
            Ok(_) if expect.fails => {
                wrong.push("it does not fail".to_owned());
                return wrong;
            }
            Ok(result) => result.as_ref().err(),
        };
        let code = refusal.map(|refusal| refusal.code.as_str());
        if code != expect.refused.as_deref() {
            wrong.push(match &expect.refused {
                Some(expected) => format!("it is to be refused with {expected}"),
                None => "it is to pass".to_owned(),
            });
        }
        let message = refusal.and_then(|refusal| refusal.message.as_deref()).unwrap_or_default();
        if let Some(part) = expect.message.as_ref().filter(|part| !message.contains(part.as_str())) {
            wrong.push(format!("the message is to have \"{part}\""));
        }
        let headers: BTreeMap<&str, &str> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for (name, value) in &expect.headers {
            if headers.get(name.to_ascii_lowercase().as_str()) != Some(&value.as_str()) {
                wrong.push(format!("the header {name}: {value} is to be added"));
            }
        }
        for part in &expect.log {
            if !ran.log.lines.iter().any(|line| line.text.contains(part.as_str())) {
                wrong.push(format!("a line of the log is to have \"{part}\""));
            }
        }
        if self.refused_objects != expect.refused_objects {
            wrong.push(format!("the refused objects are to be {:?}", expect.refused_objects));
        }
        wrong
    }
}
