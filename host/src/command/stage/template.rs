//! The folder of a new stage: a source that works, the contract, and requests to try it on.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::command::new_folder::{check_name, make, write_file};
use crate::command::output::say;
use crate::command::toolchain::CONTRACT;
use crate::pipeline::contract_text;

/// What a stage is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust, with cargo.
    Rust,
    /// Python, with componentize-py.
    Python,
    /// JavaScript, with componentize-js.
    JavaScript,
    /// C, with clang.
    C,
}

/// What says that a folder is a stage, and how it is built.
pub(super) const SETTINGS: &str = "stage.toml";

/// The settings of a folder.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// The name of the stage.
    pub(super) name: String,
    /// What it is written in.
    pub(super) language: Language,
}

/// A file of a template: path and text. `NAME` stands for the name of the stage.
type TemplateFile = (&'static str, &'static str);

const SHARED: [TemplateFile; 5] = [
    (".gitignore", include_str!("templates/shared/gitignore.txt")),
    ("manifest.toml", include_str!("templates/shared/manifest.toml.txt")),
    ("requests/delete.toml", include_str!("templates/shared/delete.toml.txt")),
    ("requests/names.toml", include_str!("templates/shared/names.toml.txt")),
    ("requests/response.toml", include_str!("templates/shared/response.toml.txt")),
];

impl Language {
    /// All of them, by their names.
    pub const NAMES: [(&'static str, Language); 4] = [
        ("rust", Language::Rust),
        ("python", Language::Python),
        ("javascript", Language::JavaScript),
        ("c", Language::C),
    ];

    fn files(self) -> &'static [TemplateFile] {
        match self {
            Language::Rust => &[
                ("Cargo.toml", include_str!("templates/rust/cargo.toml.txt")),
                ("src/lib.rs", include_str!("templates/rust/lib.rs.txt")),
                ("README.md", include_str!("templates/rust/readme.txt")),
            ],
            Language::Python => &[
                ("requirements.txt", include_str!("templates/python/requirements.txt")),
                ("app.py", include_str!("templates/python/app.py.txt")),
                ("README.md", include_str!("templates/python/readme.txt")),
            ],
            Language::JavaScript => &[
                ("package.json", include_str!("templates/javascript/package.json.txt")),
                ("build.mjs", include_str!("templates/javascript/build.mjs.txt")),
                ("stage.js", include_str!("templates/javascript/stage.js.txt")),
                ("README.md", include_str!("templates/javascript/readme.txt")),
            ],
            Language::C => &[
                ("stage.c", include_str!("templates/c/stage.c.txt")),
                ("README.md", include_str!("templates/c/readme.txt")),
            ],
        }
    }
}

/// Writes the folder of a new stage, which must not exist.
///
/// # Errors
/// A bad name, or a folder that is there already or cannot be written.
pub(super) fn write(name: &str, language: Language) -> Result<ExitCode> {
    check_name(name, "stage")?;
    let folder = Path::new(name);
    make(folder)?;
    for (path, text) in SHARED.iter().chain(language.files()) {
        write_file(&folder.join(path), text.replace("NAME", name).as_bytes())?;
    }
    let settings = Settings { name: name.to_owned(), language };
    write_file(&folder.join(SETTINGS), toml::to_string(&settings)?.as_bytes())?;
    contract_text::write(&folder.join(CONTRACT))?;
    Ok(say(&format!(
        "{name} is a stage that works. Next:\n  portcullis stage build {name}\n  \
         portcullis stage test {name}/{name}.wasm --request {name}/requests/delete.toml\n  \
         portcullis serve --pipeline {name}/manifest.toml\n"
    )))
}

#[cfg(test)]
mod tests;
