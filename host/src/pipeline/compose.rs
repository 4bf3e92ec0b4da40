//! The pipeline: read from spin.toml, and composed into one component.
//!
//! The manifest is a Spin manifest, version 2. The host understands the part of it that stands
//! below, and refuses the rest by name. A manifest without a trigger adds to the embedded one: it
//! has added stages, variables, and components in the place of built-in ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

use crate::pipeline::added_stages::{StageLimits, StageSource};
use crate::pipeline::bindings::stages::Position;

/// The pipeline that is used when none is named.
const DEFAULT_MANIFEST: &str = include_str!("../../../spin.toml");

/// What the composed component exports.
const PIPELINE: &str = "portcullis:gateway/pipeline@0.1.0";

/// The components built with this binary, by name.
const EMBEDDED: [(&str, &[u8]); 9] = [
    ("gateway", include_bytes!(concat!(env!("OUT_DIR"), "/gateway.wasm"))),
    ("auth", include_bytes!(concat!(env!("OUT_DIR"), "/auth.wasm"))),
    ("policy", include_bytes!(concat!(env!("OUT_DIR"), "/policy.wasm"))),
    ("cors", include_bytes!(concat!(env!("OUT_DIR"), "/cors.wasm"))),
    ("website", include_bytes!(concat!(env!("OUT_DIR"), "/website.wasm"))),
    ("transform", include_bytes!(concat!(env!("OUT_DIR"), "/transform.wasm"))),
    ("encryption", include_bytes!(concat!(env!("OUT_DIR"), "/encryption.wasm"))),
    ("iam", include_bytes!(concat!(env!("OUT_DIR"), "/iam.wasm"))),
    ("storage", include_bytes!(concat!(env!("OUT_DIR"), "/storage.wasm"))),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    spin_manifest_version: Option<u32>,
    #[serde(default)]
    application: Application,
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    #[serde(default)]
    trigger: Triggers,
    #[serde(default)]
    component: BTreeMap<String, Component>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Application {
    #[expect(dead_code, reason = "part of the manifest; nothing here depends on it")]
    name: Option<String>,
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
    named_objects: Vec<String>,
    #[serde(default)]
    on_response: Vec<String>,
    /// What is said of stages besides, by their names.
    #[serde(default)]
    stages: BTreeMap<String, StageEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StageEntry {
    memory_bytes_max: Option<u64>,
    time_ms_max: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    default: Option<String>,
    #[serde(default)]
    required: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Triggers {
    #[serde(default)]
    http: Vec<HttpTrigger>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpTrigger {
    route: String,
    component: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    /// Without one, it is the built-in component of that name.
    source: Option<PathBuf>,
    #[serde(default)]
    dependencies: BTreeMap<String, Dependency>,
    /// Whether it stands in the place of a built-in one. It need not use what that one used.
    #[serde(skip)]
    is_replaced: bool,
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
    /// Where relative sources start.
    folder: PathBuf,
}

impl Manifest {
    /// The manifest of a file, or the embedded one.
    pub fn load(path: Option<&Path>) -> Result<Manifest> {
        let Some(path) = path else {
            return Ok(Manifest { document: embedded()?, folder: PathBuf::new() });
        };
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let mut document: Document = toml::from_str(&text).with_context(|| path.display().to_string())?;
        if document.trigger.http.is_empty() {
            document = add(embedded()?, document);
            check_used(&document).with_context(|| path.display().to_string())?;
        }
        ensure!(
            document.spin_manifest_version == Some(2),
            "{}: spin_manifest_version must be 2",
            path.display()
        );
        Ok(Manifest { document, folder: path.parent().unwrap_or(Path::new(".")).to_owned() })
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
        self.component(&dependency.component).and_then(|found| self.source(&dependency.component, found))
    }

    /// The added stages, in order.
    pub fn added_stages(&self) -> Result<Vec<StageSource>> {
        let added = &self.document.application.tool.portcullis;
        let positions = [
            (Position::AfterAccept, &added.after_accept),
            (Position::AfterAuth, &added.after_auth),
            (Position::BeforeStorage, &added.before_storage),
            (Position::NamedObjects, &added.named_objects),
            (Position::OnResponse, &added.on_response),
        ];
        let is_added = |name: &String| positions.iter().any(|(_, names)| names.contains(name));
        if let Some(name) = added.stages.keys().find(|name| !is_added(name)) {
            bail!("[application.tool.portcullis.stages.{name}] is about a stage that no position has");
        }
        let mut stages = Vec::new();
        for (position, names) in positions {
            for name in names {
                let entry = added.stages.get(name);
                let limits = StageLimits::new(
                    entry.and_then(|entry| entry.memory_bytes_max),
                    entry.and_then(|entry| entry.time_ms_max),
                )
                .with_context(|| format!("[application.tool.portcullis.stages.{name}]"))?;
                let component = self.source(name, self.component(name)?)?;
                stages.push(StageSource { name: name.clone(), position, limits, component });
            }
        }
        Ok(stages)
    }

    fn component(&self, name: &str) -> Result<&Component> {
        let found = self.document.component.get(name);
        found.with_context(|| format!("no [component.{name}] in the manifest"))
    }

    fn source(&self, name: &str, component: &Component) -> Result<Vec<u8>> {
        if let Some(source) = &component.source {
            let path = self.folder.join(source);
            return std::fs::read(&path).with_context(|| format!("reading the component {}", path.display()));
        }
        let found = EMBEDDED.iter().find(|(built_in, _)| *built_in == name);
        found.map(|(_, bytes)| bytes.to_vec()).with_context(|| {
            let names: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
            format!(
                "[component.{name}] needs a source: no component of this name is built in; there are {}",
                names.join(", ")
            )
        })
    }
}

/// The embedded manifest. Its sources are built in, by their names.
fn embedded() -> Result<Document> {
    let mut document: Document = toml::from_str(DEFAULT_MANIFEST).context("the embedded spin.toml")?;
    for component in document.component.values_mut() {
        component.source = None;
    }
    Ok(document)
}

/// A manifest with what another adds to it: stages, variables, components, and other sources and
/// dependencies of its components.
fn add(mut whole: Document, additions: Document) -> Document {
    whole.application = additions.application;
    whole.variables.extend(additions.variables);
    for (name, component) in additions.component {
        let known = whole.component.entry(name).or_default();
        known.is_replaced |= component.source.is_some();
        known.source = component.source.or(known.source.take());
        known.dependencies.extend(component.dependencies);
    }
    whole.spin_manifest_version = additions.spin_manifest_version.or(whole.spin_manifest_version);
    whole
}

/// A component that nothing uses is a name that was misspelt.
fn check_used(document: &Document) -> Result<()> {
    let added = &document.application.tool.portcullis;
    let stages = [
        &added.after_accept,
        &added.after_auth,
        &added.before_storage,
        &added.named_objects,
        &added.on_response,
    ];
    for name in document.component.keys() {
        let in_slot = |component: &Component| {
            component.dependencies.values().any(|dependency| dependency.component == *name)
        };
        let is_used = document.trigger.http.iter().any(|trigger| trigger.component == *name)
            || document.component.values().any(in_slot)
            || stages.iter().any(|names| names.contains(name));
        ensure!(is_used, "[component.{name}] stands nowhere: no position names it, and no slot");
    }
    Ok(())
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
        let component = manifest.component(name)?;
        let bytes = manifest.source(name, component)?;
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
            let set = self.graph.set_instantiation_argument(node, interface, export);
            if !component.is_replaced {
                set.with_context(|| format!("`{name}` has no use for {interface}"))?;
            }
        }
        self.done.insert(name.to_owned(), node);
        Ok(node)
    }
}
