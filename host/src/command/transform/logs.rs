//! `portcullis transform logs`: what functions told the operator, from the server that runs on a
//! data folder.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use http::StatusCode;
use serde::Deserialize;

use crate::command::explain::harmless;
use crate::command::output::{EXIT_FOUND, complain};
use crate::config::Config;
use crate::front::admin;
use crate::telemetry::access::Moment;

/// How often a server is asked for new lines.
const PAUSE: Duration = Duration::from_millis(300);

/// Which lines are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsQuestion {
    /// The function: its name, or its ARN.
    pub name: String,
    /// Those of one request alone.
    pub request_id: Option<String>,
    /// New ones, too, as they come.
    pub follows: bool,
}

/// What a server answers.
#[derive(Debug, Deserialize)]
struct ToldLines {
    last: u64,
    lines: Vec<ToldLine>,
}

#[derive(Debug, Deserialize)]
struct ToldLine {
    time_ms: u64,
    request_id: String,
    level: String,
    text: String,
}

/// Prints the lines. The status tells whether there is such a function.
///
/// # Errors
/// No server has the data folder, or it does not answer.
pub(crate) fn run(config: &Config, question: &LogsQuestion) -> Result<ExitCode> {
    let plain = |text: &str, more: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    ensure!(plain(&question.name, b"-_:."), "`{}` is no name of a function", harmless(&question.name));
    let id = question.request_id.as_deref();
    ensure!(id.is_none_or(|id| plain(id, b"-")), "a request id is made of letters and digits");
    let mut after = 0;
    loop {
        let Some(told) = ask(&config.data_dir, question, after)? else {
            if !question.follows {
                return Ok(ExitCode::from(EXIT_FOUND));
            }
            std::thread::sleep(PAUSE);
            continue;
        };
        // Who reads it has seen enough.
        if std::io::stdout().write_all(render(&told.lines).as_bytes()).is_err() {
            return Ok(ExitCode::SUCCESS);
        }
        let is_all = told.last == after;
        after = told.last;
        match (is_all, question.follows) {
            (false, _) => {}
            (true, false) => return Ok(ExitCode::SUCCESS),
            (true, true) => std::thread::sleep(PAUSE),
        }
    }
}

/// The lines after a number; none where no such function has been called.
fn ask(folder: &Path, question: &LogsQuestion, after: u64) -> Result<Option<ToldLines>> {
    let of_request = question.request_id.as_ref().map(|id| format!("&request={id}")).unwrap_or_default();
    let path = format!("/functions/{}/logs?after={after}{of_request}", question.name);
    let answered = admin::get(folder, &path)?;
    match answered.status {
        StatusCode::OK => Ok(Some(serde_json::from_str(&answered.text).context("reading the answer")?)),
        StatusCode::NOT_FOUND => {
            if !question.follows {
                complain(&whole(&answered.refusal(), &question.name));
            }
            Ok(None)
        }
        _ => Err(answered.refusal()),
    }
}

fn whole(refusal: &anyhow::Error, name: &str) -> String {
    format!(
        "{refusal}; `portcullis transform list` shows functions, and `logs -f {name}` waits for its lines"
    )
}

fn render(lines: &[ToldLine]) -> String {
    let mut text = String::new();
    for ToldLine { time_ms, request_id, level, text: line } in lines {
        let time = Moment::of(UNIX_EPOCH + Duration::from_millis(*time_ms)).iso();
        // Writing to a String does not fail.
        let _ = writeln!(text, "{time} {} {level:6} {}", harmless(request_id), harmless(line));
    }
    text
}
