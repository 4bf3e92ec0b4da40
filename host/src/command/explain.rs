//! `portcullis explain`: asks the server of a data folder why it denied a request.

mod tree;

use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use http::StatusCode;

use super::output::{EXIT_FOUND, Output, complain, say};
use crate::config::Config;
use crate::front::admin;

pub(crate) use tree::{Tree, harmless};

/// What the server is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Why was this request denied?
    Request(String),
    /// Why were the latest denied, so many of them?
    Latest(usize),
}

/// Prints the explanation. The status tells whether there is one.
///
/// # Errors
/// No server has the data folder, or it does not answer.
pub(crate) fn run(config: &Config, question: &Question, output: Output) -> Result<ExitCode> {
    let path = match question {
        Question::Request(id) => {
            let good =
                !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            ensure!(
                good,
                "a request id is made of letters and digits; it is in the headers of the answer, and in its document"
            );
            format!("/explanations/{id}")
        }
        Question::Latest(count) => format!("/explanations?limit={count}"),
    };
    let answered = admin::get(&config.data_dir, &path)?;
    match (answered.status, question) {
        (StatusCode::OK, _) => {}
        (StatusCode::NOT_FOUND, Question::Request(id)) => {
            complain(&format!(
                "nothing is kept of a request {id}: it was not denied and no transform failed on it, or the server has begun \
                 anew or denied too many since; `portcullis explain --latest 20` shows the latest denials"
            ));
            return Ok(ExitCode::from(EXIT_FOUND));
        }
        _ => return Err(answered.refusal()),
    }
    if output == Output::Json {
        return Ok(say(&format!("{}\n", answered.text)));
    }
    let answer: Tree = serde_json::from_str(&answered.text).context("reading the answer")?;
    Ok(say(&render(&answer, question)))
}

fn render(answer: &Tree, question: &Question) -> String {
    match question {
        Question::Request(_) => answer.render(),
        Question::Latest(_) => {
            let texts: Vec<String> = answer.member("explanations").items().iter().map(Tree::render).collect();
            match texts.is_empty() {
                true => "no denials are explained yet\n".to_owned(),
                false => texts.join("\n"),
            }
        }
    }
}

#[cfg(test)]
mod tests;
