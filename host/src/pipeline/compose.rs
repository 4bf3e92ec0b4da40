//! The pipeline: read from spin.toml, and composed into one component.
//!
//! The manifest is a Spin manifest, version 2. The host understands the part of it that stands
//! below, and refuses the rest by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

use crate::config::Config;
use crate::pipeline::bindings::stages::Position;
use crate::pipeline::variables::{Variable, VariableType, Variables};

/// The pipeline that is used when none is named.
const DEFAULT_MANIFEST: &str = include_str!("../../../spin.toml");

/// What the composed component exports.
const PIPELINE: &str = "portcullis:gateway/pipeline@0.1.0";

/// The components built with this binary, by the path that the default manifest names.
const EMBEDDED: [(&str, &[u8]); 9] = [
    ("target/components/gateway.wasm", include_bytes!(concat!(env!("OUT_DIR"), "/gateway.wasm"))),
    ("target/components/auth.wasm", include_bytes!(concat!(env!("OUT_DIR"), "/auth.wasm"))),
    ("target/components/policy.wasm", include_bytes!(concat!(env!("OUT_DIR"), "/policy.wasm"))),
    ("target/components/cors.wasm", include_bytes!(concat!(env!("OUT_DIR"), "/cors.wasm"))),
    ("target/components/website.wasm", include_bytes!(concat!(env!("OUT_DIR"), "/website.wasm"))),
    ("target/components/transform.wasm", include_bytes!(concat!(env!("OUT_DIR"), "/transform.wasm"))),
    ("target/components/encryption.wasm", include_bytes!(concat!(env!("OUT_DIR"), "/encryption.wasm"))),
    ("target/components/iam.wasm", include_bytes!(concat!(env!("OUT_DIR"), "/iam.wasm"))),
    ("target/components/storage.wasm", include_bytes!(concat!(env!("OUT_DIR"), "/storage.wasm"))),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    spin_manifest_version: u32,
    application: Application,
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    trigger: Triggers,
    component: BTreeMap<String, Component>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Application {
    #[expect(dead_code, reason = "part of the manifest; nothing here depends on it")]
    name: String,
    #[expect(dead_code, reason = "part of the manifest; nothing here depends on it")]
    version: Option<String>,
    #[expect(dead_code, reason = "part of the manifest; nothing here depends on it")]
    description: Option<String>,
    #[serde(default)]
    tool: Tool,
}

/// Spin leaves `[application.tool]` to other programs. Ours names the added stages, and what
/// variables may be.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    #[serde(default)]
    portcullis: Additions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Additions {
    #[serde(default)]
    after_accept: Vec<String>,
    #[serde(default)]
    after_auth: Vec<String>,
    #[serde(default)]
    before_storage: Vec<String>,
    #[serde(default)]
    on_response: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, VariableType>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Triggers {
    http: Vec<HttpTrigger>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpTrigger {
    route: String,
    component: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    source: PathBuf,
    #[serde(default)]
    dependencies: BTreeMap<String, Dependency>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dependency {
    component: String,
}

/// A pipeline, ready to compose.
#[derive(Debug)]
pub struct Manifest {
    document: Document,
    /// Where relative sources start; `None` for the embedded manifest, whose sources are embedded
    /// too.
    folder: Option<PathBuf>,
}

impl Manifest {
    /// The manifest of a file, or the embedded one.
    pub fn load(path: Option<&Path>) -> Result<Manifest> {
        let (text, folder) = match path {
            None => (DEFAULT_MANIFEST.to_owned(), None),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("reading the manifest {}", path.display()))?;
                (text, Some(path.parent().unwrap_or(Path::new(".")).to_owned()))
            }
        };
        let name = path.map_or("the built-in spin.toml".to_owned(), |path| path.display().to_string());
        let document: Document = toml::from_str(&text).map_err(|error| {
            let line =
                error.span().map_or(0, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count());
            anyhow!("{name}: line {}: {}", line + 1, error.message())
        })?;
        ensure!(document.spin_manifest_version == 2, "{name}: spin_manifest_version must be 2");
        let manifest = Manifest { document, folder };
        manifest.declared().check().with_context(|| name)?;
        Ok(manifest)
    }

    /// The pipeline's variables: defaults of the manifest, then what the operator set.
    ///
    /// # Errors
    /// A name that the manifest does not declare, a value that is not of the type, a required
    /// variable without a value.
    pub fn variables(&self, config: &Config) -> Result<BTreeMap<String, String>> {
        self.declared().values(config)
    }

    fn declared(&self) -> Variables<'_> {
        let types = &self.document.application.tool.portcullis.variables;
        Variables { declared: &self.document.variables, types }
    }

    /// The components in words: `auth`, with the file where it is not built in.
    pub fn components(&self) -> Vec<String> {
        let word = |(name, component): (&String, &Component)| match &self.folder {
            Some(folder) => format!("{name} ({})", folder.join(&component.source).display()),
            None => name.clone(),
        };
        self.document.component.iter().map(word).collect()
    }

    /// The added stages in words: `probe (after-auth)`.
    pub fn added(&self) -> Vec<String> {
        let word = |position: &str, name: &String| format!("{name} ({position})");
        self.positions()
            .into_iter()
            .flat_map(|(_, position, names)| names.iter().map(move |name| word(position, name)))
            .collect()
    }

    /// The pipeline in one line.
    pub fn words(&self) -> String {
        let (components, added) = (self.document.component.len(), self.added());
        let whose = if self.folder.is_some() { "of the manifest" } else { "built in" };
        match added.is_empty() {
            true => format!("{components} components, {whose}"),
            false => format!("{components} components, {whose}, with the added stages {}", added.join(", ")),
        }
    }

    fn positions(&self) -> [(Position, &'static str, &[String]); 4] {
        let added = &self.document.application.tool.portcullis;
        [
            (Position::AfterAccept, "after-accept", &added.after_accept),
            (Position::AfterAuth, "after-auth", &added.after_auth),
            (Position::BeforeStorage, "before-storage", &added.before_storage),
            (Position::OnResponse, "on-response", &added.on_response),
        ]
    }

    /// The whole pipeline as one component. Dependencies fill the imports of the trigger's
    /// component; the imports that are left are the capabilities.
    pub fn compose(&self) -> Result<Vec<u8>> {
        let [trigger] = self.document.trigger.http.as_slice() else {
            bail!("the manifest must have exactly one [[trigger.http]]");
        };
        ensure!(trigger.route == "/...", "the route of [[trigger.http]] must be \"/...\"");
        let mut composition =
            Composition { manifest: self, graph: CompositionGraph::new(), done: BTreeMap::new() };
        let root = composition.instantiate(&trigger.component, 0)?;
        let pipeline = composition
            .graph
            .alias_instance_export(root, PIPELINE)
            .with_context(|| format!("the component `{}` does not export {PIPELINE}", trigger.component))?;
        composition.graph.export(pipeline, PIPELINE)?;
        Ok(composition.graph.encode(EncodeOptions::default())?)
    }

    /// The component that fills a slot of the pipeline, by the slot's interface.
    pub fn filling(&self, slot: &str) -> Result<Vec<u8>> {
        let components = &self.document.component;
        let mut roots =
            self.document.trigger.http.iter().filter_map(|trigger| components.get(&trigger.component));
        let dependency = roots
            .find_map(|root| root.dependencies.get(slot))
            .with_context(|| format!("nothing in the manifest fills {slot}"))?;
        let component = components
            .get(&dependency.component)
            .with_context(|| format!("no [component.{}] in the manifest", dependency.component))?;
        self.source(component)
    }

    /// The added stages: position, name and component, in order.
    pub fn added_stages(&self) -> Result<Vec<(Position, String, Vec<u8>)>> {
        let mut stages = Vec::new();
        for (position, _, names) in self.positions() {
            for name in names {
                let component = self
                    .document
                    .component
                    .get(name)
                    .with_context(|| format!("no [component.{name}] in the manifest"))?;
                stages.push((position, name.clone(), self.source(component)?));
            }
        }
        Ok(stages)
    }

    fn source(&self, component: &Component) -> Result<Vec<u8>> {
        match &self.folder {
            Some(folder) => {
                let path = folder.join(&component.source);
                std::fs::read(&path).with_context(|| format!("reading the component {}", path.display()))
            }
            None => EMBEDDED
                .iter()
                .find(|(path, _)| Path::new(path) == component.source)
                .map(|(_, bytes)| bytes.to_vec())
                .with_context(|| format!("{} is not embedded", component.source.display())),
        }
    }
}

struct Composition<'a> {
    manifest: &'a Manifest,
    graph: CompositionGraph,
    done: BTreeMap<String, NodeId>,
}

impl Composition<'_> {
    /// Instantiates a component after its dependencies.
    fn instantiate(&mut self, name: &str, depth: usize) -> Result<NodeId> {
        if let Some(node) = self.done.get(name) {
            return Ok(*node);
        }
        ensure!(depth < 16, "the dependencies of `{name}` form a circle");
        let manifest = self.manifest;
        let component = manifest
            .document
            .component
            .get(name)
            .with_context(|| format!("no [component.{name}] in the manifest"))?;
        let bytes = manifest.source(component)?;
        let package = Package::from_bytes(&format!("portcullis:{name}"), None, bytes, self.graph.types_mut())
            .with_context(|| format!("the component `{name}`"))?;
        let package = self.graph.register_package(package)?;
        let mut arguments = Vec::new();
        for (interface, dependency) in &component.dependencies {
            let node = self.instantiate(&dependency.component, depth + 1)?;
            let export = self.graph.alias_instance_export(node, interface).with_context(|| {
                format!("`{}` does not export {interface}, which `{name}` needs", dependency.component)
            })?;
            arguments.push((interface, export));
        }
        let node = self.graph.instantiate(package);
        for (interface, export) in arguments {
            self.graph
                .set_instantiation_argument(node, interface, export)
                .with_context(|| format!("`{name}` has no use for {interface}"))?;
        }
        self.done.insert(name.to_owned(), node);
        Ok(node)
    }
}
