//! `portcullis transform check` and `portcullis transform test`: runs of a transform without a
//! server, in its sandbox.

use std::fmt::Write as _;
use std::path::{Component as Step, Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use http_body_util::BodyExt as _;

use super::described::{DescribedCall, ExpectedAnswer};
use super::settings::{SETTINGS, TransformSettings};
use super::{Trial, TriedTransform};
use crate::command::explain::harmless;
use crate::command::output::{EXIT_FOUND, say};
use crate::command::toolchain::BUILT;
use crate::outbound::{self, Outbound};
use crate::transforms::bindings::objects::ObjectsError;
use crate::transforms::{
    self, Answer, COMPONENT_BYTES_MAX, CONTRACT, Call, CallFailure, CallLent, CallLimits, Entry, FailureKind,
    Grants, Level, LimitsGiven, ObjectRead, Objects, Page, PageEntry, ReplyBody, ReplyHead, RuntimeOptions,
    Transform, TransformSource, Transforms,
};

/// Bytes of the answer that are shown.
const SHOWN_BYTES_MAX: usize = 256;
/// What a smoke run is given.
const SMOKE: &[u8] = b"The quick brown fox jumps over the lazy dog\n";

/// Looks at a component, and tries each of its exports.
pub(super) fn check(component: &TriedTransform) -> Result<ExitCode> {
    let tried = TrialBench::load(component)?;
    let names = tried.transform.entries().names();
    let mut text =
        format!("{}: {} bytes, made for {CONTRACT}\n", component.file.display(), tried.component_bytes);
    let mut fails = false;
    for name in names {
        let (entry, body): (_, &[u8]) = match name {
            "get" | "get-stream" => (Entry::Get, SMOKE),
            "put" | "put-stream" => (Entry::Put, SMOKE),
            "head" => (Entry::Head, &[]),
            _ => (Entry::ListPage(smoke_page()), &[]),
        };
        let mut context = transforms::smoke();
        context.object.size = SMOKE.len() as u64;
        let ran = tried.run(entry, context, body, CallLent::default());
        fails |= ran.failure().is_some();
        let _ = writeln!(text, "{name:12}{} ({})", harmless(&ran.verdict()), ran.cost());
    }
    say(&text);
    Ok(ExitCode::from(if fails { EXIT_FOUND } else { 0 }))
}

fn smoke_page() -> Page {
    let entry = |key: &str| PageEntry {
        key: key.to_owned(),
        size: SMOKE.len() as u64,
        etag: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        last_modified_ms: 1_767_225_600_000,
    };
    Page {
        entries: vec![entry("smoke-1.txt"), entry("smoke-2.txt")],
        common_prefixes: vec!["smoke/".to_owned()],
    }
}

/// Runs a component on an input.
pub(super) fn test(component: &TriedTransform, trial: &Trial) -> Result<ExitCode> {
    let read = |path: &PathBuf| std::fs::read(path).with_context(|| format!("reading {}", path.display()));
    let described = trial.context.as_deref().map(DescribedCall::read).transpose()?.unwrap_or_default();
    let entry = described.entry()?;
    let input = trial.input.as_ref().map(read).transpose()?.unwrap_or_default();
    let expected = trial.expect.as_ref().map(read).transpose()?;
    let tried = TrialBench::load(component)?;
    let lent = CallLent {
        objects: trial.objects.as_ref().map(|folder| Arc::new(Folder(folder.clone())) as Arc<dyn Objects>),
        outbound: Some(Arc::new(outbound(&tried.grants)?)),
        own_scratch: false,
    };
    let context = described.context(input.len() as u64);
    let mut ran = tried.run(entry.clone(), context.clone(), &input, lent.clone());
    let mut text = format!("{}: {}\n", component.file.display(), harmless(&ran.verdict()));
    for line in ran.lines() {
        let _ = writeln!(text, "  {}", harmless(&line));
    }
    // How it failed is said already.
    for line in tried.transform.log().after(0).iter().filter(|line| line.level != Level::Failed) {
        let _ = writeln!(text, "  log: {}: {}", line.level.name(), harmless(&line.text));
    }
    let _ = writeln!(text, "  {}", ran.cost());
    let mut wrong = compare(&described.expect, &ran, &tried);
    if let Some(expected) = &expected {
        wrong.extend(difference(expected, &ran.body));
    }
    if let Some(path) = &trial.output {
        std::fs::write(path, &ran.body).with_context(|| format!("writing {}", path.display()))?;
    }
    if trial.repeat > 1 {
        let mut times = Vec::new();
        for _ in 0..trial.repeat {
            ran = tried.run(entry.clone(), context.clone(), &input, lent.clone());
            times.push((ran.cpu, ran.time));
        }
        let _ = writeln!(text, "  {} more: {}", trial.repeat, summary(times));
    }
    for why in &wrong {
        let _ = writeln!(text, "  NOT AS EXPECTED: {}", harmless(why));
    }
    say(&text);
    Ok(ExitCode::from(if wrong.is_empty() { 0 } else { EXIT_FOUND }))
}

/// The least and the middle of times: of the processor, and of the clock.
fn summary(times: Vec<(Duration, Duration)>) -> String {
    let (mut cpu, mut clock): (Vec<_>, Vec<_>) = times.into_iter().unzip();
    let show = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        let micros = |at: usize| times.get(at).map_or(0, Duration::as_micros);
        format!("least {} µs, middle {} µs", micros(0), micros(times.len() / 2))
    };
    format!("processor {}; clock {}", show(&mut cpu), show(&mut clock))
}

/// Listed hosts may be reached: who tests on a machine of their own means it.
fn outbound(grants: &Grants) -> Result<Outbound> {
    let allow = grants.http.clone().unwrap_or_default();
    Ok(Outbound::new(&outbound::Options { allow, only_allowed: true, ..outbound::Options::default() })?)
}

/// A component that is ready, and what runs it.
struct TrialBench {
    transforms: Transforms,
    transform: Arc<Transform>,
    grants: Grants,
    component_bytes: usize,
    waiting: tokio::runtime::Runtime,
}

impl TrialBench {
    fn load(component: &TriedTransform) -> Result<TrialBench> {
        let file = &component.file;
        let reading = || format!("reading {}", file.display());
        let length = std::fs::metadata(file).with_context(reading)?.len();
        // What is too long is not read.
        ensure!(
            length <= COMPONENT_BYTES_MAX as u64,
            "{} has {length} bytes; a component has up to {COMPONENT_BYTES_MAX}",
            file.display()
        );
        let bytes = std::fs::read(file).with_context(reading)?;
        // The folder of a transform has settings, and keeps the code.
        let folder =
            file.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        let own = folder.filter(|folder| folder.join(SETTINGS).exists());
        let settings = own.map(TransformSettings::read).transpose()?;
        let mut grants = Grants::default();
        let of_folder = settings.as_ref().map(|settings| settings.grants.as_slice()).unwrap_or_default();
        for grant in of_folder.iter().chain(&component.grants) {
            grants.add(grant)?;
        }
        let limits = either(component.limits, settings.map(|settings| settings.limits).unwrap_or_default());
        let cache = component.cache.clone().or(own.map(|folder| folder.join(BUILT)));
        let transforms = Transforms::start(RuntimeOptions::default())?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let component_bytes = bytes.len();
        let limits = CallLimits::new(&limits)?;
        let source = TransformSource { name, component: bytes, limits, grants: grants.clone() };
        let transform = transforms.load(source, cache.as_deref())?;
        let waiting = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(TrialBench { transforms, transform, grants, component_bytes, waiting })
    }

    fn run(
        &self,
        entry: Entry,
        context: transforms::bindings::types::Context,
        body: &[u8],
        lent: CallLent,
    ) -> Shown {
        let before = self.transform.figures().snapshot();
        let began = Instant::now();
        let body = transforms::whole(bytes::Bytes::copy_from_slice(body));
        let call = Call { entry, context, body, lent };
        let (answer, bytes) = self.waiting.block_on(async {
            match self.transforms.run(&self.transform, call).await {
                Ok(Answer::Reply(reply)) => collected(AnswerShape::Reply(reply.head), reply.body).await,
                Ok(Answer::Stored(head, body)) => {
                    collected(AnswerShape::Stored(head.content_type, head.metadata), body).await
                }
                Ok(Answer::Head(head, size)) => (Ok(AnswerShape::Head(head, size)), Vec::new()),
                Ok(Answer::Page(page)) => (Ok(AnswerShape::Page(page)), Vec::new()),
                Ok(Answer::Refused(error)) => {
                    (Ok(AnswerShape::Refused(error.status, error.code, error.message)), Vec::new())
                }
                Err(failure) => (Err(failure), Vec::new()),
            }
        });
        let time = began.elapsed();
        // The call counts itself a moment after its answer is whole.
        let patience = Instant::now() + Duration::from_secs(1);
        let mut after = self.transform.figures().snapshot();
        while after.running > 0 && Instant::now() < patience {
            std::thread::yield_now();
            after = self.transform.figures().snapshot();
        }
        let cpu = after.cpu.saturating_sub(before.cpu);
        Shown { answer, body: bytes, cpu, time, memory_bytes: after.memory_bytes_peak }
    }
}

/// Limits of the command line come before those of the folder.
fn either(first: LimitsGiven, second: LimitsGiven) -> LimitsGiven {
    LimitsGiven {
        time_ms_max: first.time_ms_max.or(second.time_ms_max),
        cpu_ms_max: first.cpu_ms_max.or(second.cpu_ms_max),
        memory_bytes_max: first.memory_bytes_max.or(second.memory_bytes_max),
        input_bytes_max: first.input_bytes_max.or(second.input_bytes_max),
        output_bytes_max: first.output_bytes_max.or(second.output_bytes_max),
        calls_max: first.calls_max.or(second.calls_max),
        queue_max: first.queue_max.or(second.queue_max),
        queue_ms_max: first.queue_ms_max.or(second.queue_ms_max),
    }
}

async fn collected(shape: AnswerShape, body: ReplyBody) -> (Result<AnswerShape, CallFailure>, Vec<u8>) {
    let mut body = std::pin::pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(failure) => return (Err(failure), bytes),
        }
    }
    (Ok(shape), bytes)
}

/// An answer, without its bytes.
enum AnswerShape {
    Reply(ReplyHead),
    Stored(Option<String>, Option<Vec<(String, String)>>),
    Head(ReplyHead, Option<u64>),
    Page(Page),
    Refused(u16, String, String),
}

/// What became of a run, and what it took.
struct Shown {
    answer: Result<AnswerShape, CallFailure>,
    body: Vec<u8>,
    cpu: Duration,
    time: Duration,
    memory_bytes: u64,
}

impl Shown {
    fn failure(&self) -> Option<&CallFailure> {
        self.answer.as_ref().err()
    }

    /// In a line.
    fn verdict(&self) -> String {
        let bytes = self.body.len();
        match &self.answer {
            Ok(AnswerShape::Reply(head)) => format!("{}, {bytes} bytes", head.status),
            Ok(AnswerShape::Stored(..)) => format!("stored, {bytes} bytes"),
            Ok(AnswerShape::Head(head, Some(size))) => format!("{}, {size} bytes for GET", head.status),
            Ok(AnswerShape::Head(head, None)) => format!("{}, the size as it is", head.status),
            Ok(AnswerShape::Page(page)) => {
                format!("{} keys, {} common prefixes", page.entries.len(), page.common_prefixes.len())
            }
            Ok(AnswerShape::Refused(status, code, message)) => format!("{status} {code}: {message}"),
            Err(failure) => format!("fails: {failure}"),
        }
    }

    fn headers(&self) -> &[(String, String)] {
        match &self.answer {
            Ok(AnswerShape::Reply(head) | AnswerShape::Head(head, _)) => &head.headers,
            _ => &[],
        }
    }

    fn metadata(&self) -> &[(String, String)] {
        let metadata = match &self.answer {
            Ok(AnswerShape::Reply(head) | AnswerShape::Head(head, _)) => head.metadata.as_deref(),
            Ok(AnswerShape::Stored(_, metadata)) => metadata.as_deref(),
            _ => None,
        };
        metadata.unwrap_or_default()
    }

    /// What is to be shown of it.
    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.headers().iter().map(|(name, value)| format!("header: {name}: {value}")).collect();
        if let Ok(AnswerShape::Stored(Some(content_type), _)) = &self.answer {
            lines.push(format!("content type: {content_type}"));
        }
        lines.extend(self.metadata().iter().map(|(name, value)| format!("metadata: {name}: {value}")));
        if let Ok(AnswerShape::Page(page)) = &self.answer {
            lines
                .extend(page.entries.iter().map(|entry| format!("key: {}: {} bytes", entry.key, entry.size)));
            lines.extend(page.common_prefixes.iter().map(|prefix| format!("common prefix: {prefix}")));
        }
        let start = self.body.get(..SHOWN_BYTES_MAX).unwrap_or(&self.body);
        if let Ok(text) = std::str::from_utf8(start)
            && !text.is_empty()
        {
            let more = if self.body.len() > start.len() { " …" } else { "" };
            lines.push(format!("body: {}{more}", text.trim_end()));
        }
        lines
    }

    fn cost(&self) -> String {
        let (cpu, time) = (self.cpu.as_secs_f64() * 1e3, self.time.as_secs_f64() * 1e3);
        format!("{cpu:.1} ms of the processor, {time:.1} ms, {} KiB of memory", self.memory_bytes >> 10)
    }
}

/// What is not as expected.
fn compare(expected: &ExpectedAnswer, ran: &Shown, tried: &TrialBench) -> Vec<String> {
    let mut wrong = Vec::new();
    let failed = ran.failure().map(|failure| failure.kind.name());
    if failed != expected.fails.as_deref() {
        wrong.push(match (&expected.fails, ran.failure()) {
            (Some(kind), _) if !FailureKind::ALL.iter().any(|other| other.name() == kind) => {
                let names: Vec<&str> = FailureKind::ALL.iter().map(|kind| kind.name()).collect();
                format!("there is no failure \"{kind}\"; there are {}", names.join(", "))
            }
            (Some(kind), _) => format!("it is to fail: {kind}"),
            (None, _) => "it fails".to_owned(),
        });
        return wrong;
    }
    let (status, error, size) = match &ran.answer {
        Ok(AnswerShape::Reply(head)) => (Some(head.status), None, None),
        Ok(AnswerShape::Head(head, size)) => (Some(head.status), None, *size),
        Ok(AnswerShape::Refused(status, code, _)) => (Some(*status), Some(code.as_str()), None),
        _ => (None, None, None),
    };
    if error != expected.error.as_deref() {
        wrong.push(match &expected.error {
            Some(code) => format!("the client is to be told {code}"),
            None => "there is to be no error".to_owned(),
        });
    }
    if expected.status.is_some_and(|own| status != Some(own)) {
        wrong.push(format!("the status is to be {}", expected.status.unwrap_or_default()));
    }
    if expected.size.is_some_and(|own| size != Some(own)) {
        wrong.push(format!("the size is to be {}", expected.size.unwrap_or_default()));
    }
    for (what, own, found) in
        [("header", &expected.headers, ran.headers()), ("metadata", &expected.metadata, ran.metadata())]
    {
        for (name, value) in own {
            if !found.iter().any(|(other, own)| other.eq_ignore_ascii_case(name) && own == value) {
                wrong.push(format!("there is to be the {what} {name}: {value}"));
            }
        }
    }
    let lines = tried.transform.log().after(0);
    for part in expected.log.iter().filter(|part| !lines.iter().any(|line| line.text.contains(part.as_str())))
    {
        wrong.push(format!("a line of the log is to have \"{part}\""));
    }
    if let (Some(keys), Ok(AnswerShape::Page(page))) = (&expected.keys, &ran.answer) {
        let found: Vec<&String> = page.entries.iter().map(|entry| &entry.key).collect();
        if found != keys.iter().collect::<Vec<_>>() {
            wrong.push(format!("the keys are to be {}", keys.join(", ")));
        }
    }
    wrong
}

/// Where bytes differ from those that are expected.
fn difference(expected: &[u8], found: &[u8]) -> Option<String> {
    if expected == found {
        return None;
    }
    let at = expected.iter().zip(found).take_while(|(one, other)| one == other).count();
    let before = expected.get(..at).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |found| found + 1);
    let of_line = |bytes: &[u8]| {
        let rest = bytes.get(start..).unwrap_or_default();
        let rest = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(rest.get(..80).unwrap_or(rest)).into_owned()
    };
    let (expected_length, length) = (expected.len(), found.len());
    Some(format!(
        "{length} bytes instead of {expected_length}; they differ from byte {at}, in line {line}: `{}` instead of `{}`",
        of_line(found),
        of_line(expected)
    ))
}

/// Other objects, as files of a folder.
struct Folder(PathBuf);

impl Objects for Folder {
    fn read(&self, key: String, _: Option<String>, bytes_max: usize) -> ObjectRead {
        let path = Path::new(&key);
        let is_inside = path.components().all(|step| matches!(step, Step::Normal(_)));
        let read = match is_inside.then(|| std::fs::read(self.0.join(path))) {
            Some(Ok(bytes)) if bytes.len() > bytes_max => Err(ObjectsError::TooLong),
            Some(Ok(bytes)) => Ok(bytes),
            Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => Err(ObjectsError::Failed),
            _ => Err(ObjectsError::Missing),
        };
        Box::pin(std::future::ready(read))
    }
}

#[cfg(test)]
mod tests;
