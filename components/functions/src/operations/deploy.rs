//! CreateFunction, UpdateFunctionCode, UpdateFunctionConfiguration, PutFunctionConcurrency,
//! DeleteFunctionConcurrency.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>. The host checks what is
//! deployed before a row refers to it: what does not run is not stored.

use gateway::errors::{ErrorCode, Result};
use gateway::hex;
use gateway::operations::functions::environment::Divided;
use gateway::operations::functions::input::FunctionInput;
use gateway::operations::functions::{conflict, invalid};
use sdk::bindings::functions::portcullis::gateway::resources::{self, Unreadable};
use sdk::{Call, PackagePlan, PackageSource, Packaged, Response, Span, Work, failure_to_error, vault};
use serde_json::json;

use super::document::json as document;
use super::versions;
use crate::changes::{
    ATTEMPTS_MAX, Changes, UseChange, bytes_of, change, check_revision, commit, count, touch,
};
use crate::records::{Code, Function, Row, SealedSecret, Version};
use crate::request::{Input, Package, Request};
use crate::shown::{self, configuration, revision_id};
use crate::{rows, tables};

/// Seconds and megabytes where a request says nothing: what AWS has.
const TIMEOUT_SECONDS: u32 = 3;
const MEMORY_MB: u32 = 128;

/// CreateFunction. `ResourceConflictException`, `InvalidParameterValueException` for what cannot be
/// run, `CodeStorageExceededException`.
pub(crate) async fn create(call: &Call, mut request: Request) -> Result<Response> {
    request.unqualified()?;
    let (input, package) = request.function_input()?;
    let package = source(package.ok_or(ErrorCode::InternalError)?)?;
    let exists = || conflict(format!("Function already exist: {}", request.name));
    if rows::function(&request.account, &request.name)?.is_some() {
        return Err(exists());
    }
    let mut latest = Version {
        code: no_code(),
        description: String::new(),
        handler: None,
        runtime: None,
        role: String::new(),
        timeout_seconds: TIMEOUT_SECONDS,
        memory_mb: MEMORY_MB,
        architecture: "x86_64".to_owned(),
        declared: Vec::new(),
        secrets: Vec::new(),
        modified_ms: request.now_ms,
        revision_id: revision_id(),
    };
    let (publish, tags) = (input.publish, input.tags.clone().unwrap_or_default().into_iter().collect());
    set(&request, &mut latest, *input)?;
    latest.code = packaged(call, &request, &latest, package).await?;
    let code = latest.code.clone();
    let key = tables::key(&request.account, &request.name);
    let record = Function { latest, published: 0, calls_max: None, policy: None, tags };
    for _ in 0..ATTEMPTS_MAX {
        if rows::function(&request.account, &request.name)?.is_some() {
            return Err(exists());
        }
        let mut row = Row { key: key.clone(), record: record.clone(), revision: 0 };
        let mut changes = Changes::new();
        changes.keep(&code);
        let mut held = UseChange { functions: 1, code_bytes: bytes_of(&code) };
        let published = match publish {
            true => Some(versions::add(&mut changes, &request, &mut row, &mut held)?),
            false => None,
        };
        count(&mut changes, &request.account, held)?;
        changes.replace(tables::FUNCTIONS, &row)?;
        if commit(call, changes).await?.is_some() {
            return Ok(shown_after(201, &request, &row, published));
        }
    }
    Err(ErrorCode::OperationAborted.into())
}

/// What a request that changes a function responds: the version that it published, or `$LATEST`.
fn shown_after(status: u16, request: &Request, row: &Row<Function>, published: Option<u64>) -> Response {
    let number = published.unwrap_or(0);
    let name = shown::version_name(number);
    let qualifier = published.map(|_| name.as_str());
    document(status, &configuration(request.which(qualifier, number), &row.record.latest))
}

/// UpdateFunctionCode. `ResourceNotFoundException`, `PreconditionFailedException`,
/// `InvalidParameterValueException` for what cannot be run.
pub(crate) async fn update_code(call: &Call, mut request: Request) -> Result<Response> {
    request.unqualified()?;
    let (input, package) = request.function_input()?;
    let package = source(package.ok_or(ErrorCode::InternalError)?)?;
    let mut row = request.function()?;
    let expected = input.revision_id.as_deref();
    check_revision(expected, &row.record.latest.revision_id)?;
    if let Some(architecture) = input.architecture()? {
        row.record.latest.architecture = architecture.to_owned();
    }
    let architecture = row.record.latest.architecture.clone();
    let code = packaged(call, &request, &row.record.latest, package).await?;
    if input.dry_run {
        row.record.latest.code = code;
        return Ok(shown_after(200, &request, &row, None));
    }
    for _ in 0..ATTEMPTS_MAX {
        let mut row = request.function()?;
        check_revision(expected, &row.record.latest.revision_id)?;
        let mut changes = Changes::new();
        let mut held = UseChange::default();
        let is_other = row.record.latest.code.package_sha256 != code.package_sha256;
        if is_other {
            changes.keep(&code);
            changes.free(&row.record.latest.code);
            held.code_bytes = bytes_of(&code) - bytes_of(&row.record.latest.code);
            row.record.latest.code = code.clone();
        }
        row.record.latest.architecture.clone_from(&architecture);
        touch(&mut row, request.now_ms);
        let published = match input.publish {
            true => Some(versions::add(&mut changes, &request, &mut row, &mut held)?),
            false => None,
        };
        if held.code_bytes != 0 {
            count(&mut changes, &request.account, held)?;
        }
        changes.replace(tables::FUNCTIONS, &row)?;
        if commit(call, changes).await?.is_some() {
            return Ok(shown_after(200, &request, &row, published));
        }
    }
    Err(ErrorCode::OperationAborted.into())
}

/// UpdateFunctionConfiguration: what the request does not say stays. The component is checked with
/// the new settings. `ResourceNotFoundException`, `PreconditionFailedException`,
/// `InvalidParameterValueException`.
pub(crate) async fn update_configuration(call: &Call, mut request: Request) -> Result<Response> {
    request.unqualified()?;
    let (input, _) = request.function_input()?;
    let row = request.function()?;
    let expected = input.revision_id.clone();
    check_revision(expected.as_deref(), &row.record.latest.revision_id)?;
    let (before, mut wanted) = (row.record.latest.revision_id.clone(), row.record.latest.clone());
    set(&request, &mut wanted, *input)?;
    let settings = shown::settings(&wanted, &wanted.declares(), None);
    let source = PackageSource::Deployed(vec![span(&wanted.code)]);
    check(call, PackagePlan { arn: request.arn(), source, settings }).await?;
    change(call, &request, |_, row| {
        // Another request has changed the settings meanwhile: to write these would undo that.
        check_revision(Some(&before), &row.record.latest.revision_id).map_err(|error| match &expected {
            Some(_) => error,
            None => conflict("The operation cannot be performed at this time. An update is in progress."),
        })?;
        row.record.latest = Version { code: row.record.latest.code.clone(), ..wanted.clone() };
        touch(row, request.now_ms);
        Ok(shown_after(200, &request, row, None))
    })
    .await
}

/// Takes over what a request says of settings. `InvalidParameterValueException`
fn set(request: &Request, version: &mut Version, input: FunctionInput) -> Result<()> {
    if let Some(seconds) = input.timeout_seconds()? {
        version.timeout_seconds = seconds;
    }
    if let Some(megabytes) = input.memory_mb()? {
        version.memory_mb = megabytes;
    }
    if let Some(architecture) = input.architecture()? {
        version.architecture = architecture.to_owned();
    }
    version.description = input.description.unwrap_or(std::mem::take(&mut version.description));
    version.role = input.role.unwrap_or(std::mem::take(&mut version.role));
    version.handler = input.handler.or(version.handler.take());
    version.runtime = input.runtime.or(version.runtime.take());
    if let Some(environment) = input.environment {
        let Divided { declared, secrets } = environment.variables.divide()?;
        let arn = request.arn();
        let seal = |(name, value): (String, String)| {
            // A client that writes back what it was shown means the secret that is there.
            let kept = version.secrets.iter().find(|own| own.name == name);
            match kept.filter(|_| value == gateway::operations::functions::environment::HIDDEN) {
                Some(kept) => kept.clone(),
                None => SealedSecret { sealed: vault::seal_secret(&arn, &name, &value), name },
            }
        };
        let secrets = secrets.into_iter().map(seal).collect();
        (version.declared, version.secrets) = (declared, secrets);
    }
    Ok(())
}

/// Where the package is. An object was decided on in this step.
/// `InvalidParameterValueException` for one that is not handed out.
fn source(package: Package) -> Result<PackageSource> {
    let named = match package {
        Package::Sent(source) => return Ok(source),
        Package::Object(named) => named,
    };
    resources::object_spans(&named).map(PackageSource::Stored).map_err(|unreadable| match unreadable {
        Unreadable::Missing => invalid(
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not \
             exist.",
        ),
        Unreadable::Sealed => invalid(
            "The object is sealed under a key of its own (SSE-KMS or SSE-C): code is read from objects with SSE-S3.",
        ),
        Unreadable::Transformed => invalid(
            "A rule of the bucket transforms the object for its readers: code is read from objects as they are stored.",
        ),
        Unreadable::Damaged => ErrorCode::InternalError.into(),
    })
}

/// Has the host check a package; the code that it holds.
async fn packaged(call: &Call, request: &Request, version: &Version, source: PackageSource) -> Result<Code> {
    let settings = shown::settings(version, &version.declares(), None);
    let Packaged { blob, length, digest, entries, package_length, package_sha256 } =
        check(call, PackagePlan { arn: request.arn(), source, settings }).await?;
    let digest = hex::decode(&digest).ok_or(ErrorCode::InternalError)?;
    let package_sha256 = package_sha256.try_into().map_err(|_| ErrorCode::InternalError)?;
    Ok(Code { blob, length, digest, package_length, package_sha256, entries })
}

async fn check(call: &Call, plan: PackagePlan) -> Result<Packaged> {
    let checked = call.package(&plan).await.map_err(failure_to_error)?;
    checked.map_err(|why| invalid(format!("The function cannot be deployed: {why}")))
}

fn span(code: &Code) -> Span {
    Span { blob: code.blob, offset: 0, length: code.length }
}

fn no_code() -> Code {
    Code {
        blob: 0,
        length: 0,
        digest: [0; 32],
        package_length: 0,
        package_sha256: [0; 32],
        entries: Vec::new(),
    }
}

/// PutFunctionConcurrency: how many calls of the function may run at once.
pub(crate) async fn put_concurrency(call: &Call, request: &Request) -> Result<Response> {
    let Input::Concurrency(input) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    let calls_max = input.calls_max()?;
    change(call, request, |_, row| {
        row.record.calls_max = Some(calls_max);
        Ok(())
    })
    .await?;
    Ok(document(200, &json!({ "ReservedConcurrentExecutions": calls_max })))
}

/// DeleteFunctionConcurrency.
pub(crate) async fn delete_concurrency(call: &Call, request: &Request) -> Result<Response> {
    change(call, request, |_, row| {
        row.record.calls_max = None;
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}
