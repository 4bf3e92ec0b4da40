//! The pipeline: read from spin.toml, and composed into one component.
//!
//! The manifest is a Spin manifest, version 2. The host understands the part of it that stands
//! below, and refuses the rest by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

use crate::pipeline::bindings::stages::Position;

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

/// Spin leaves `[application.tool]` to other programs. Ours names the added stages.
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
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    default: Option<String>,
    #[serde(default)]
    required: bool,
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
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
                (text, Some(path.parent().unwrap_or(Path::new(".")).to_owned()))
            }
        };
        let document: Document = toml::from_str(&text).with_context(|| {
            path.map_or("the embedded spin.toml".to_owned(), |path| path.display().to_string())
        })?;
        ensure!(document.spin_manifest_version == 2, "spin_manifest_version must be 2");
        Ok(Manifest { document, folder })
    }

    /// The pipeline's variables: defaults of the manifest, then what the operator set. A name that
    /// the manifest does not declare is an error, as is a required variable without a value.
    pub fn variables(&self, set: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
        if let Some(unknown) = set.keys().find(|name| !self.document.variables.contains_key(*name)) {
            let known: Vec<_> = self.document.variables.keys().map(String::as_str).collect();
            bail!("unknown pipeline variable `{unknown}`; the manifest declares: {}", known.join(", "));
        }
        let mut values = BTreeMap::new();
        for (name, variable) in &self.document.variables {
            match set.get(name).or(variable.default.as_ref()) {
                Some(value) => drop(values.insert(name.clone(), value.clone())),
                None if variable.required => bail!("the pipeline variable `{name}` is required"),
                None => {}
            }
        }
        Ok(values)
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
        let added = &self.document.application.tool.portcullis;
        let positions = [
            (Position::AfterAccept, &added.after_accept),
            (Position::AfterAuth, &added.after_auth),
            (Position::BeforeStorage, &added.before_storage),
            (Position::OnResponse, &added.on_response),
        ];
        let mut stages = Vec::new();
        for (position, names) in positions {
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
