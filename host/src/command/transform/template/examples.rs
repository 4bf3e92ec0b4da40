//! The gallery of transforms as templates: `examples/transforms` of the source of Portcullis, each
//! as a folder that stands alone.

use crate::command::toolchain::CONTRACT;

#[cfg(test)]
mod tests;

/// A transform of the gallery.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// Its name, and that of its folder.
    pub name: &'static str,
    manifest: &'static str,
    settings: &'static str,
    /// Its other files: paths and bytes.
    files: &'static [(&'static str, &'static [u8])],
    /// Whether it uses the crate about pictures, which comes along.
    is_of_pictures: bool,
    /// Crates that compute much.
    fast: &'static [&'static str],
}

/// What all of them share.
const WORKSPACE: &str = include_str!("../../../../../examples/transforms/Cargo.toml");
const LOCK: &str = include_str!("../../../../../examples/transforms/Cargo.lock");
/// The contract, as the sources there name it.
const CONTRACT_THERE: &str = "../../../gateway/transform-wit";
/// The crate about pictures.
const PICTURE: &str = "picture";
const PICTURE_MANIFEST: &str = include_str!("../../../../../examples/transforms/picture/Cargo.toml");
const PICTURE_SOURCE: &str = include_str!("../../../../../examples/transforms/picture/src/lib.rs");

macro_rules! example {
    ($name:literal, [$($file:literal),*], $is_of_pictures:literal, $fast:expr) => {
        Example {
            name: $name,
            manifest: include_str!(concat!("../../../../../examples/transforms/", $name, "/Cargo.toml")),
            settings: include_str!(concat!("../../../../../examples/transforms/", $name, "/transform.toml")),
            files: &[
                $(($file, include_bytes!(concat!("../../../../../examples/transforms/", $name, "/", $file)))),*
            ],
            is_of_pictures: $is_of_pictures,
            fast: $fast,
        }
    };
}

const PICTURES: &[&str] = &["image", "zune-jpeg", "png", "fdeflate", "miniz_oxide", "image-webp"];

/// All of them.
pub const EXAMPLES: [Example; 8] = [
    example!("image", ["src/lib.rs", "README.md", "picture.png", "thumbnail.jpg"], true, PICTURES),
    example!("watermark", ["src/lib.rs", "README.md", "marked.png"], true, PICTURES),
    example!("redact", ["src/lib.rs", "README.md"], false, &[]),
    example!("csv-view", ["src/lib.rs", "README.md"], false, &[]),
    example!(
        "decompress",
        ["src/lib.rs", "src/gzip.rs", "src/zstandard.rs", "README.md"],
        false,
        &["miniz_oxide", "ruzstd"]
    ),
    example!("markdown", ["src/lib.rs", "README.md"], false, &[]),
    example!("json-schema", ["src/lib.rs", "README.md"], false, &[]),
    example!("scan", ["src/lib.rs", "README.md"], false, &[]),
];

impl Example {
    /// The files of a folder of this name: paths and bytes.
    pub(super) fn folder(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let named = |text: &str| text.replacen(&quoted(self.name), &quoted(name), 1);
        let mut files = vec![
            ("Cargo.toml".to_owned(), self.standing_alone(&named(self.manifest))),
            ("Cargo.lock".to_owned(), LOCK.replace(&quoted(self.name), &quoted(name))),
            ("transform.toml".to_owned(), named(self.settings)),
        ];
        if self.is_of_pictures {
            files.push((format!("{PICTURE}/Cargo.toml"), PICTURE_MANIFEST.to_owned()));
            files.push((format!("{PICTURE}/src/lib.rs"), PICTURE_SOURCE.to_owned()));
        }
        let mut folder: Vec<_> = files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
        for (path, bytes) in self.files {
            let bytes = match std::str::from_utf8(bytes) {
                Ok(text) if path.ends_with(".rs") => text.replace(CONTRACT_THERE, CONTRACT).into_bytes(),
                _ => bytes.to_vec(),
            };
            folder.push(((*path).to_owned(), bytes));
        }
        folder
    }

    /// The manifest of a crate that is a workspace of its own.
    fn standing_alone(&self, manifest: &str) -> String {
        let mut out = format!("{}\n\n[workspace]\nresolver = \"3\"\n", manifest.trim_end());
        let mut section = "";
        let mut comments = String::new();
        for line in WORKSPACE.lines() {
            if line.starts_with('[') {
                section = line;
                if section != "[workspace]" {
                    out.push_str(&format!("\n{line}\n"));
                }
                comments.clear();
                continue;
            }
            if line.starts_with('#') {
                comments.push_str(&format!("{line}\n"));
                continue;
            }
            let named = line.split(" =").next().unwrap_or_default();
            let is_kept = match section {
                "" | "[workspace]" => false,
                "[workspace.dependencies]" => self.uses(named),
                "[profile.release.package]" => self.fast.contains(&named),
                _ => true,
            };
            if is_kept && !line.is_empty() {
                out.push_str(&comments);
                out.push_str(&format!("{line}\n"));
            }
            comments.clear();
        }
        out
    }

    /// Whether it depends on a crate.
    fn uses(&self, named: &str) -> bool {
        let depends = |manifest: &str| {
            let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
            let mut names =
                dependencies.lines().map(|line| line.split([' ', '.']).next().unwrap_or_default());
            names.any(|name| name == named)
        };
        depends(self.manifest) || (self.is_of_pictures && depends(PICTURE_MANIFEST))
    }
}

fn quoted(name: &str) -> String {
    format!("name = \"{name}\"")
}
