//! Packages of functions: a component comes in a .zip file, is checked, compiled and tried, and
//! becomes a blob. What does not run is not deployed.

mod unzip;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use sha2::{Digest as _, Sha256};

use super::catalogue::read_code;
use super::tried::TriedCode;
use super::{Transforming, settings};
use crate::body::{self, Failure, Payload, Plan};
use crate::hex;
use crate::pipeline::bindings::calls::{PackagePlan, PackageSource, Packaged};
use crate::pipeline::call::PackageWork;
use crate::transforms::{
    self, Answer, COMPONENT_BYTES_MAX, Call, CallLent, Entry, Page, PageEntry, ReplyBody, Transform,
    TransformSource, Transforms,
};
use volume::{PendingBlob, Volume};

/// What a component is tried on.
const SMOKE: &[u8] = b"The quick brown fox jumps over the lazy dog\n";

/// How long a deployment waits for those before it.
const TURN_TIME_MAX: Duration = Duration::from_secs(60);

/// Why a function cannot be deployed.
pub(crate) enum Unpackaged {
    /// Its deployer is told.
    Refused(String),
    /// The server could not do its part.
    Failed(Failure),
}

impl From<anyhow::Error> for Unpackaged {
    fn from(error: anyhow::Error) -> Unpackaged {
        Unpackaged::Refused(format!("{error:#}"))
    }
}

/// A package that runs.
pub(crate) struct CheckedPackage {
    /// What the stage is told.
    pub(crate) packaged: Packaged,
    /// The component, which belongs to nothing yet.
    pub(crate) blob: Option<PendingBlob>,
    /// Its code, which goes with the request unless that deploys it.
    pub(crate) tried: Option<Box<TriedCode>>,
}

/// A package that was taken apart.
struct Contents {
    component: Vec<u8>,
    length: u64,
    sha256: Vec<u8>,
}

impl Transforming {
    /// Checks what is to be deployed, and keeps it as a blob that belongs to nothing yet.
    ///
    /// # Errors
    /// [`Unpackaged`]
    pub(crate) async fn package(
        &self,
        work: PackageWork,
        volume: &Arc<Volume>,
        idle: Duration,
    ) -> std::result::Result<CheckedPackage, Unpackaged> {
        // One at a time: a compiler takes a processor for half a minute, and hundreds of megabytes.
        let turn = tokio::time::timeout(TURN_TIME_MAX, Arc::clone(&self.deploying).lock_owned()).await;
        let turn = turn.map_err(|_| Unpackaged::Failed(Failure::Overloaded))?;
        let PackageWork { plan, received } = work;
        let PackagePlan { arn, source, settings } = plan;
        let (grants, limits) = settings::read(&settings, &arn, self.catalogue.vault())?;
        let contents = match source {
            PackageSource::Deployed(code) => {
                let component = read_code(&code, volume).await.map_err(|error| {
                    tracing::error!(function = arn, error = format!("{error:#}"), "code cannot be read");
                    Unpackaged::Failed(Failure::StorageFailed)
                })?;
                Contents { component, length: 0, sha256: Vec::new() }
            }
            PackageSource::Received(_) => take_apart(received.unwrap_or_default()).await?,
            PackageSource::Text(text) => take_apart(text.into()).await?,
            PackageSource::Stored(spans) => {
                let length = spans.iter().fold(0_u64, |sum, span| sum.saturating_add(span.length));
                unzip::check_length(length)?;
                let package = read_code(&spans, volume).await.map_err(|error| {
                    tracing::error!(function = arn, error = format!("{error:#}"), "a package cannot be read");
                    Unpackaged::Failed(Failure::StorageFailed)
                })?;
                tokio::task::spawn_blocking(move || contents(package))
                    .await
                    .map_err(anyhow::Error::from)??
            }
        };
        let Contents { component, length: package_length, sha256: package_sha256 } = contents;
        let (component, cache) = (Bytes::from(component), self.catalogue.cache().to_owned());
        let runtime = self.catalogue.runtime().await.map_err(Unpackaged::from)?;
        let (loading, component_bytes) = (Arc::clone(&runtime), component.to_vec());
        let load = move || -> Result<_> {
            let file = loading.code_file(&cache, &component_bytes);
            let tried = if file.exists() { None } else { Some(TriedCode::new(&cache, file)?) };
            let folder = tried.as_ref().map_or(&*cache, TriedCode::folder);
            let limits = limits.of_trial();
            let source = TransformSource { name: arn, component: component_bytes, limits, grants };
            let loaded = loading.load(source, Some(folder));
            // The compiler has ended, whether or not anybody still waits for it. The trial takes
            // seconds, and others need not wait for that.
            drop(turn);
            Ok((loaded?, tried.map(Box::new)))
        };
        let loaded = tokio::task::spawn_blocking(load).await;
        let (transform, tried) = loaded.map_err(|_| Unpackaged::Failed(Failure::Overloaded))??;
        try_out(&runtime, &transform).await?;
        let entries: Vec<String> = transform.entries().names().into_iter().map(str::to_owned).collect();
        let (digest, length) = (hex::text(&Sha256::digest(&component)), component.len() as u64);
        let blob = match package_length {
            0 => None,
            _ => keep(component, volume, idle).await.map_err(Unpackaged::Failed)?,
        };
        let id = blob.as_ref().map_or(0, PendingBlob::id);
        let packaged = Packaged { blob: id, length, digest, entries, package_length, package_sha256 };
        Ok(CheckedPackage { packaged, blob, tried })
    }

    /// What was tried is deployed: its code is kept.
    pub(crate) fn keep_code(&self, tried: TriedCode) {
        tried.keep();
        self.catalogue.trim(None);
    }
}

/// The component in a package, which is in base64.
async fn take_apart(text: Bytes) -> Result<Contents> {
    let apart = move || -> Result<Contents> {
        let package = BASE64.decode(&text).context("the package is not in base64")?;
        drop(text);
        contents(package)
    };
    tokio::task::spawn_blocking(apart).await?
}

fn contents(package: Vec<u8>) -> Result<Contents> {
    let component = unzip::component(&package)?;
    Ok(Contents { component, length: package.len() as u64, sha256: Sha256::digest(&package).to_vec() })
}

/// Calls each of the exports once, on a small object.
async fn try_out(runtime: &Transforms, transform: &Arc<Transform>) -> Result<()> {
    for name in transform.entries().names() {
        let (entry, input): (_, &'static [u8]) = match name {
            "get" | "get-stream" => (Entry::Get, SMOKE),
            "put" | "put-stream" => (Entry::Put, SMOKE),
            "head" => (Entry::Head, &[]),
            _ => (Entry::ListPage(page()), &[]),
        };
        let mut context = transforms::smoke();
        context.object.size = SMOKE.len() as u64;
        let call = Call { entry, context, body: transforms::whole(input), lent: CallLent::default() };
        let ended = match runtime.run(transform, call).await {
            Ok(Answer::Reply(reply)) => drain(reply.body).await,
            Ok(Answer::Stored(_, body)) => drain(body).await,
            // An error for the client is an answer as well: the object may not be what it expects.
            Ok(Answer::Head(..) | Answer::Page(_) | Answer::Refused(_)) => Ok(()),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = ended {
            bail!(
                "it was tried on a small text, and `{name}` failed ({}): {}",
                failure.kind.name(),
                failure.words
            );
        }
    }
    Ok(())
}

async fn drain(body: ReplyBody) -> std::result::Result<(), transforms::CallFailure> {
    let mut body = std::pin::pin!(body);
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}

fn page() -> Page {
    let entry = PageEntry {
        key: "smoke.txt".to_owned(),
        size: SMOKE.len() as u64,
        etag: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        last_modified_ms: 1_767_225_600_000,
    };
    Page { entries: vec![entry], common_prefixes: vec!["smoke/".to_owned()] }
}

/// Writes a component to the data folder.
async fn keep(
    component: Bytes,
    volume: &Volume,
    idle: Duration,
) -> std::result::Result<Option<PendingBlob>, Failure> {
    let length = component.len() as u64;
    volume.has_room(length)?;
    let plan = Plan {
        length_max: COMPONENT_BYTES_MAX as u64,
        digests: Vec::new(),
        content_length: Some(length),
        key: None,
    };
    let ingested = body::ingest(Full::new(component), Payload::default(), plan, volume, idle).await?;
    Ok(ingested.blob)
}
