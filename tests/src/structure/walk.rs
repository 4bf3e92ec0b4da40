//! The walk of a GET: the files that a reader goes through to follow one, as docs/ARCHITECTURE.md
//! lists them.
//!
//! The list is kept by hand. That each file is there is checked; that none is missing is not.

use std::path::Path;

/// The page that has the list, in the section whose title begins with [`TITLE`].
const PAGE: &str = "docs/ARCHITECTURE.md";
const TITLE: &str = "The walk of ";

/// The files of the walk in order, each once, by their paths in `tree`.
///
/// A file is what stands between backticks and ends in `.rs`; tests are none of it. A name alone is
/// that of a file in the folder of the one before.
///
/// # Panics
/// When the page cannot be read.
pub fn walk(tree: &Path) -> Vec<String> {
    let page = std::fs::read_to_string(tree.join(PAGE)).expect("docs/ARCHITECTURE.md");
    named(&page, |path| tree.join(path).is_file())
}

/// The paths that a page names, by what is there.
pub(super) fn named(page: &str, is_file: impl Fn(&str) -> bool) -> Vec<String> {
    let section = page.split("\n## ").find(|section| section.starts_with(TITLE)).unwrap_or_default();
    let spans = section.split('`').skip(1).step_by(2);
    let spans = spans.filter(|span| span.ends_with(".rs") && !span.starts_with("tests/"));
    let mut walk: Vec<String> = Vec::new();
    for span in spans {
        let folder = walk.last().and_then(|path| path.rsplit_once('/')).map_or("", |(folder, _)| folder);
        let beside = format!("{folder}/{span}");
        let path = if !is_file(span) && is_file(&beside) { beside } else { span.to_string() };
        if !walk.contains(&path) {
            walk.push(path);
        }
    }
    walk
}
