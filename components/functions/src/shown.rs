//! Rows as documents show them, and as the host reads their settings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::hex;
use gateway::operations::functions::environment::Declared;
use gateway::operations::functions::names::LATEST;
use gateway::operations::functions::output::{ShownFunction, shown_arn};
use sdk::{FunctionCode, Span, random};
use serde_json::Value;

use crate::records::Version;

/// The settings of a version, as the host reads them.
pub(crate) fn settings(version: &Version, declared: &Declared, calls_max: Option<u32>) -> String {
    let mut limits = vec![
        ("time_ms_max", u64::from(version.timeout_seconds) * 1000),
        ("memory_bytes_max", u64::from(version.memory_mb) << 20),
    ];
    limits.extend(calls_max.map(|calls_max| ("calls_max", u64::from(calls_max))));
    let secrets: Vec<(String, String)> =
        version.secrets.iter().map(|own| (own.name.clone(), BASE64.encode(&own.sealed))).collect();
    declared.settings(&limits, &secrets)
}

/// A version as the host runs it.
pub(crate) fn code(arn: String, version: Version, calls_max: Option<u32>) -> FunctionCode {
    let declared = version.declares();
    FunctionCode {
        arn,
        digest: hex::encode(&version.code.digest),
        code: vec![Span { blob: version.code.blob, offset: 0, length: version.code.length }],
        settings: settings(&version, &declared, calls_max),
        entries: version.code.entries,
        shows_tags: declared.shows_tags(),
        reads_objects: declared.reads_objects(),
        vary: declared.vary,
        applies_ranges: declared.applies_ranges,
    }
}

/// Which version is shown, and how it was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Which<'a> {
    /// The region of the server.
    pub(crate) region: &'a str,
    /// 12 digits.
    pub(crate) account: &'a str,
    /// The name of the function.
    pub(crate) name: &'a str,
    /// What stands behind the name in the ARN, if anything does.
    pub(crate) qualifier: Option<&'a str>,
    /// The number; 0 is `$LATEST`.
    pub(crate) number: u64,
}

/// Shows a version.
pub(crate) fn show<T>(which: Which<'_>, version: &Version, write: impl FnOnce(&ShownFunction<'_>) -> T) -> T {
    let arn = shown_arn(which.region, which.account, which.name, which.qualifier);
    let number = version_name(which.number);
    let secrets: Vec<&str> = version.secrets.iter().map(|own| own.name.as_str()).collect();
    write(&ShownFunction {
        arn: &arn,
        name: which.name,
        version: &number,
        description: &version.description,
        handler: version.handler.as_deref(),
        runtime: version.runtime.as_deref(),
        role: &version.role,
        timeout_seconds: version.timeout_seconds,
        memory_mb: version.memory_mb,
        architecture: &version.architecture,
        code_bytes: version.code.package_length,
        code_sha256: &BASE64.encode(version.code.package_sha256),
        modified_ms: version.modified_ms,
        revision_id: &version.revision_id,
        declared: &version.declared,
        secrets: &secrets,
    })
}

/// The document about a version.
pub(crate) fn configuration(which: Which<'_>, version: &Version) -> Value {
    show(which, version, |shown| shown.configuration())
}

/// `$LATEST`, or a number.
pub(crate) fn version_name(number: u64) -> String {
    if number == 0 { LATEST.to_owned() } else { number.to_string() }
}

/// What something that was written just now is at.
pub(crate) fn revision_id() -> String {
    let (high, low) = (random::next_u64(), random::next_u64());
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFF,
        low >> 52,
        low & 0xFFFF_FFFF_FFFF
    )
}
