//! The folder of a new transform: a source that works, the contract, and a request to try it on; or
//! a transform of the gallery.

mod examples;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use serde::Deserialize;

pub use examples::EXAMPLES;
use examples::Example;

use super::contract;
use super::settings::SETTINGS;
use crate::command::new_folder::{check_name, make, write_file};
use crate::command::output::say;
use crate::command::toolchain::CONTRACT;

/// What a transform is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransformLanguage {
    /// Rust, with cargo.
    Rust,
    /// Python, with componentize-py.
    Python,
    /// JavaScript, with componentize-js.
    JavaScript,
    /// Go, with its own compiler.
    Go,
    /// C, with clang.
    C,
}

/// How a transform gets and returns bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// As lists: every language.
    Buffered,
    /// As streams: Rust.
    Streaming,
}

/// What the folder of a new transform begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransformTemplate {
    /// A template of a language.
    Own(TransformLanguage, Shape),
    /// A transform of the gallery.
    Example(&'static Example),
}

/// A file of a template: path and text. `NAME` stands for the name of the transform.
type FileOfTemplate = (&'static str, &'static str);

const SHARED: [FileOfTemplate; 5] = [
    (".gitignore", include_str!("templates/shared/gitignore.txt")),
    ("context.toml", include_str!("templates/shared/context.toml.txt")),
    ("secret.toml", include_str!("templates/shared/secret.toml.txt")),
    ("input.txt", include_str!("templates/shared/input.txt")),
    ("expected.txt", include_str!("templates/shared/expected.txt")),
];

impl TransformLanguage {
    /// All of them, by their names.
    pub const NAMES: [(&'static str, TransformLanguage); 5] = [
        ("rust", TransformLanguage::Rust),
        ("python", TransformLanguage::Python),
        ("javascript", TransformLanguage::JavaScript),
        ("go", TransformLanguage::Go),
        ("c", TransformLanguage::C),
    ];

    fn name(self) -> &'static str {
        let found = TransformLanguage::NAMES.into_iter().find(|(_, language)| *language == self);
        found.map_or("rust", |(name, _)| name)
    }

    fn files(self, shape: Shape) -> &'static [FileOfTemplate] {
        match (self, shape) {
            (TransformLanguage::Rust, Shape::Streaming) => &[
                ("Cargo.toml", include_str!("templates/rust/streaming-cargo.toml.txt")),
                ("src/lib.rs", include_str!("templates/rust/streaming.rs.txt")),
                ("README.md", include_str!("templates/rust/readme.txt")),
            ],
            (TransformLanguage::Rust, Shape::Buffered) => &[
                ("Cargo.toml", include_str!("templates/rust/cargo.toml.txt")),
                ("src/lib.rs", include_str!("templates/rust/lib.rs.txt")),
                ("README.md", include_str!("templates/rust/readme.txt")),
            ],
            (TransformLanguage::Python, _) => &[
                ("requirements.txt", include_str!("templates/python/requirements.txt")),
                ("app.py", include_str!("templates/python/app.py.txt")),
                ("README.md", include_str!("templates/python/readme.txt")),
            ],
            (TransformLanguage::JavaScript, _) => &[
                ("package.json", include_str!("templates/javascript/package.json.txt")),
                ("build.mjs", include_str!("templates/javascript/build.mjs.txt")),
                ("transform.js", include_str!("templates/javascript/transform.js.txt")),
                ("README.md", include_str!("templates/javascript/readme.txt")),
            ],
            (TransformLanguage::Go, _) => &[
                ("go.mod", include_str!("templates/go/go.mod.txt")),
                ("requirements.txt", include_str!("templates/go/requirements.txt")),
                ("transform.go", include_str!("templates/go/transform.go.txt")),
                ("abi.go", include_str!("templates/go/abi.go.txt")),
                ("README.md", include_str!("templates/go/readme.txt")),
            ],
            (TransformLanguage::C, _) => &[
                ("transform.c", include_str!("templates/c/transform.c.txt")),
                ("README.md", include_str!("templates/c/readme.txt")),
            ],
        }
    }
}

/// The name of a folder, which is good for a file and a crate, too.
fn name_of(folder: &Path) -> Result<&str> {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    check_name(name, "transform")?;
    Ok(name)
}

/// Writes the folder of a new transform, which must not exist.
///
/// # Errors
/// A bad name, a language that does not stream, or a folder that is there already or cannot be
/// written.
pub(super) fn write(folder: &Path, template: TransformTemplate) -> Result<ExitCode> {
    match template {
        TransformTemplate::Own(language, shape) => write_own(folder, language, shape),
        TransformTemplate::Example(example) => write_example(folder, example),
    }
}

fn write_example(folder: &Path, example: &Example) -> Result<ExitCode> {
    let name = name_of(folder)?;
    make(folder)?;
    for (path, bytes) in example.folder(name) {
        write_file(&folder.join(path), &bytes)?;
    }
    contract::write(&folder.join(CONTRACT))?;
    let shown = folder.display();
    Ok(say(&format!(
        "{name} is the transform {} of the gallery, which Rust builds. Its README says what it takes. Next:\n  \
         portcullis transform build {shown}\n  portcullis transform deploy {shown}\n",
        example.name
    )))
}

fn write_own(folder: &Path, language: TransformLanguage, shape: Shape) -> Result<ExitCode> {
    let name = name_of(folder)?;
    let world = match shape {
        Shape::Buffered => "buffered",
        Shape::Streaming => "streaming",
    };
    ensure!(
        shape == Shape::Buffered || language == TransformLanguage::Rust,
        "there is a streaming template in Rust only: `--lang rust --streaming`"
    );
    make(folder)?;
    for (path, text) in SHARED.iter().chain(language.files(shape)) {
        write_file(&folder.join(path), text.replace("NAME", name).as_bytes())?;
    }
    let language = language.name();
    let settings = format!(
        "name = \"{name}\"\nlanguage = \"{language}\"\nworld = \"{world}\"\n\
         # What it may import besides `log`: \"clock\", \"random\", \"http=api.example.com\", \"secrets=NAME=VALUE\", \
         \"objects\", \"scratch\", \"tags\"\ngrants = []\n\
         # What results depend on beside the object, where that is known; then they are kept: \"query:w\", \
         \"header:accept\", \"caller\"; [] for nothing\n# vary = []\n\n[limits]\n# memory_bytes_max = 268435456\n"
    );
    write_file(&folder.join(SETTINGS), settings.as_bytes())?;
    contract::write(&folder.join(CONTRACT))?;
    let shown = folder.display();
    Ok(say(&format!(
        "{name} is a transform that works. Its README says how to get the tools. Next:\n  \
         portcullis transform build {shown}\n  portcullis transform test {shown}/{name}.wasm \
         --context {shown}/context.toml --input {shown}/input.txt --expect {shown}/expected.txt\n"
    )))
}

#[cfg(test)]
mod tests;
