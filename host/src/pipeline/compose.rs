//! The pipeline: read from spin.toml, and composed into one component.
//!
//! The manifest is a Spin manifest, version 2. The host understands the part of it that stands
//! below, and refuses the rest by name. A manifest without a trigger adds to the embedded one: it
//! has added stages, variables, and components in the place of built-in ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

use crate::config::{Config, read_bytes, read_text};
use crate::pipeline::added_stages::{POSITIONS, StageLimits, StageSource, position_name};
use crate::pipeline::bindings::stages::Position;
use crate::pipeline::variables::{Variable, VariableType, Variables};

/// Bytes that a manifest may have.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// Bytes that a component may have. Those from Python have 20 MB.
const COMPONENT_BYTES_MAX: u64 = 256 << 20;

/// The pipeline that is used when none is named.
const DEFAULT_MANIFEST: &str = include_str!("../../../spin.toml");

/// What the composed component exports.
const PIPELINE: &str = "portcullis:gateway/pipeline@0.1.0";

/// The components built with this binary, by name.
const EMBEDDED: [(&str, &[u8]); 11] = [
    ("gateway", include_bytes!(concat!(env!("OUT_DIR"), "/gateway.wasm"))),
    ("auth", include_bytes!(concat!(env!("OUT_DIR"), "/auth.wasm"))),
    ("policy", include_bytes!(concat!(env!("OUT_DIR"), "/policy.wasm"))),
    ("cors", include_bytes!(concat!(env!("OUT_DIR"), "/cors.wasm"))),
    ("website", include_bytes!(concat!(env!("OUT_DIR"), "/website.wasm"))),
    ("transform", include_bytes!(concat!(env!("OUT_DIR"), "/transform.wasm"))),
    ("encryption", include_bytes!(concat!(env!("OUT_DIR"), "/encryption.wasm"))),
    ("iam", include_bytes!(concat!(env!("OUT_DIR"), "/iam.wasm"))),
    ("access-points", include_bytes!(concat!(env!("OUT_DIR"), "/access-points.wasm"))),
    ("functions", include_bytes!(concat!(env!("OUT_DIR"), "/functions.wasm"))),
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

impl Document {
    /// Whether there is anything that could be added to another manifest. A file without is hardly
    /// the one that was meant.
    fn says_something(&self) -> bool {
        let positions = self.application.tool.portcullis.positions();
        let adds_stages = positions.iter().any(|(_, names)| !names.is_empty());
        adds_stages || !self.component.is_empty() || !self.variables.is_empty()
    }
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
    named_objects: Vec<String>,
    #[serde(default)]
    on_response: Vec<String>,
    /// What is said of stages besides, by their names.
    #[serde(default)]
    stages: BTreeMap<String, StageEntry>,
    #[serde(default)]
    variables: BTreeMap<String, VariableType>,
}

impl Additions {
    fn positions(&self) -> [(Position, &[String]); POSITIONS.len()] {
        POSITIONS.map(|position| {
            let names = match position {
                Position::AfterAccept => &self.after_accept,
                Position::AfterAuth => &self.after_auth,
                Position::BeforeStorage => &self.before_storage,
                Position::NamedObjects => &self.named_objects,
                Position::OnResponse => &self.on_response,
            };
            (position, names.as_slice())
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StageEntry {
    memory_bytes_max: Option<u64>,
    time_ms_max: Option<u64>,
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
        let name = path.display().to_string();
        let text = read_text(path, MANIFEST_BYTES_MAX)
            .map_err(|why| anyhow!("reading the manifest {name}: {why}"))?;
        let mut document: Document = toml::from_str(&text).map_err(|error| {
            let before = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(before).filter(|byte| *byte == b'\n').count() + 1;
            anyhow!("{name}: line {line}: {}", error.message())
        })?;
        if document.trigger.http.is_empty() {
            ensure!(document.says_something(), "{name}: it adds nothing to the built-in pipeline");
            document = add(embedded()?, document);
            check_used(&document).with_context(|| name.clone())?;
        }
        ensure!(document.spin_manifest_version == Some(2), "{name}: spin_manifest_version must be 2");
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
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
        let word = |(name, component): (&String, &Component)| match &component.source {
            Some(source) => format!("{name} ({})", self.folder.join(source).display()),
            None => name.clone(),
        };
        self.document.component.iter().map(word).collect()
    }

    /// The added stages in words: `probe (after-auth)`.
    pub fn added(&self) -> Vec<String> {
        let word = |position, name: &String| format!("{name} ({})", position_name(position));
        self.document
            .application
            .tool
            .portcullis
            .positions()
            .into_iter()
            .flat_map(|(position, names)| names.iter().map(move |name| word(position, name)))
            .collect()
    }

    /// The pipeline in one line.
    pub fn words(&self) -> String {
        let components = self.document.component.values();
        let (count, files) = (components.len(), components.filter(|own| own.source.is_some()).count());
        let whose = if files == 0 { "built in".to_owned() } else { format!("{files} of them from files") };
        let added = self.added();
        match added.is_empty() {
            true => format!("{count} components, {whose}"),
            false => format!("{count} components, {whose}, with the added stages {}", added.join(", ")),
        }
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

    /// Whether a component fills a slot of the pipeline, by the slot's interface.
    pub fn fills(&self, slot: &str) -> bool {
        self.dependency(slot).is_some()
    }

    fn dependency(&self, slot: &str) -> Option<&Dependency> {
        let components = &self.document.component;
        let mut roots =
            self.document.trigger.http.iter().filter_map(|trigger| components.get(&trigger.component));
        roots.find_map(|root| root.dependencies.get(slot))
    }

    /// The component that fills a slot of the pipeline, by the slot's interface.
    pub fn filling(&self, slot: &str) -> Result<Vec<u8>> {
        let dependency =
            self.dependency(slot).with_context(|| format!("nothing in the manifest fills {slot}"))?;
        self.component(&dependency.component).and_then(|found| self.source(&dependency.component, found))
    }

    /// Whether a component is one of those that are built in.
    pub fn is_built_in(component: &[u8]) -> bool {
        EMBEDDED.iter().any(|(_, built_in)| *built_in == component)
    }

    /// The added stages, in order.
    pub fn added_stages(&self) -> Result<Vec<StageSource>> {
        let added = &self.document.application.tool.portcullis;
        let positions = added.positions();
        let is_added = |name: &String| positions.iter().any(|(_, names)| names.contains(name));
        if let Some(name) = added.stages.keys().find(|name| !is_added(name)) {
            bail!("[application.tool.portcullis.stages.{name}] is about a stage that no position has");
        }
        let mut stages = Vec::new();
        let mut read: BTreeMap<&str, Arc<[u8]>> = BTreeMap::new();
        for (position, names) in positions {
            for name in names {
                let entry = added.stages.get(name);
                let limits = StageLimits::new(
                    entry.and_then(|entry| entry.memory_bytes_max),
                    entry.and_then(|entry| entry.time_ms_max),
                )
                .with_context(|| format!("[application.tool.portcullis.stages.{name}]"))?;
                let found = self.component(name)?;
                ensure!(
                    found.dependencies.is_empty(),
                    "[component.{name}.dependencies]: an added stage has none, as it imports nothing of other components"
                );
                let component = match read.get(name.as_str()) {
                    Some(component) => Arc::clone(component),
                    None => self.source(name, found)?.into(),
                };
                read.insert(name, Arc::clone(&component));
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
            return read_bytes(&path, COMPONENT_BYTES_MAX)
                .map_err(|why| anyhow!("reading the component {}: {why}", path.display()));
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
    let mut types = std::mem::take(&mut whole.application.tool.portcullis.variables);
    whole.application = additions.application;
    types.append(&mut whole.application.tool.portcullis.variables);
    whole.application.tool.portcullis.variables = types;
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
    let positions = document.application.tool.portcullis.positions();
    for name in document.component.keys() {
        let in_slot = |component: &Component| {
            component.dependencies.values().any(|dependency| dependency.component == *name)
        };
        let is_used = document.trigger.http.iter().any(|trigger| trigger.component == *name)
            || document.component.values().any(in_slot)
            || positions.iter().any(|(_, names)| names.contains(name));
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
