//! The documents of responses.

use serde_json::{Map, Value, json};

use super::environment::HIDDEN;
use super::names;
use crate::timestamp;

/// A function at one of its versions, as documents show it.
#[derive(Clone, Copy, Debug)]
pub struct ShownFunction<'a> {
    /// The ARN, with the version or the alias that was asked for.
    pub arn: &'a str,
    /// The name.
    pub name: &'a str,
    /// `$LATEST`, or a number.
    pub version: &'a str,
    /// What it is, for people.
    pub description: &'a str,
    /// As it was given.
    pub handler: Option<&'a str>,
    /// As it was given.
    pub runtime: Option<&'a str>,
    /// As it was given.
    pub role: &'a str,
    /// Seconds that a call may take.
    pub timeout_seconds: u32,
    /// Megabytes that a call may have.
    pub memory_mb: u32,
    /// `x86_64`
    pub architecture: &'a str,
    /// Bytes of the package.
    pub code_bytes: u64,
    /// The SHA-256 of the package, in base64.
    pub code_sha256: &'a str,
    /// When it was changed last, in milliseconds since 1970.
    pub modified_ms: u64,
    /// What it is at.
    pub revision_id: &'a str,
    /// Variables that declare something.
    pub declared: &'a [(String, String)],
    /// The names of secrets.
    pub secrets: &'a [&'a str],
}

impl ShownFunction<'_> {
    /// The document of GetFunctionConfiguration, and of everything that changes a function.
    pub fn configuration(&self) -> Value {
        let mut document = json!({
            "FunctionName": self.name,
            "FunctionArn": self.arn,
            "Role": self.role,
            "CodeSize": self.code_bytes,
            "Description": self.description,
            "Timeout": self.timeout_seconds,
            "MemorySize": self.memory_mb,
            "LastModified": last_modified(self.modified_ms),
            "CodeSha256": self.code_sha256,
            "Version": self.version,
            "TracingConfig": { "Mode": "PassThrough" },
            "RevisionId": self.revision_id,
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            "Architectures": [self.architecture],
            "EphemeralStorage": { "Size": 512 },
            "SnapStart": { "ApplyOn": "None", "OptimizationStatus": "Off" },
            "LoggingConfig": { "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{}", self.name) },
        });
        let mut add = |name: &str, value: Value| {
            if let Some(fields) = document.as_object_mut() {
                fields.insert(name.to_owned(), value);
            }
        };
        if let Some(handler) = self.handler {
            add("Handler", json!(handler));
        }
        if let Some(runtime) = self.runtime {
            add("Runtime", json!(runtime));
        }
        if !self.declared.is_empty() || !self.secrets.is_empty() {
            let mut variables: Map<String, Value> =
                self.declared.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            variables.extend(self.secrets.iter().map(|name| ((*name).to_owned(), json!(HIDDEN))));
            add("Environment", json!({ "Variables": variables }));
        }
        document
    }

    /// The document of GetFunction.
    pub fn function(&self, tags: &[(String, String)], calls_max: Option<u32>) -> Value {
        let mut document = json!({
            "Configuration": self.configuration(),
            "Code": { "RepositoryType": "S3" },
        });
        if let Some(fields) = document.as_object_mut() {
            if !tags.is_empty() {
                fields.insert("Tags".to_owned(), tags_of(tags));
            }
            if let Some(calls_max) = calls_max {
                fields.insert("Concurrency".to_owned(), json!({ "ReservedConcurrentExecutions": calls_max }));
            }
        }
        document
    }
}

/// `2024-05-01T12:00:00.000+0000`
fn last_modified(ms: u64) -> String {
    let text = timestamp::iso8601(ms);
    text.strip_suffix('Z').map_or_else(|| text.clone(), |front| format!("{front}+0000"))
}

/// Tags as an object.
pub fn tags_of(tags: &[(String, String)]) -> Value {
    Value::Object(tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect())
}

/// An alias. `arn` is that of the function.
pub fn alias(arn: &str, name: &str, version: &str, description: &str, revision_id: &str) -> Value {
    json!({
        "AliasArn": format!("{arn}:{name}"),
        "Name": name,
        "FunctionVersion": version,
        "Description": description,
        "RevisionId": revision_id,
    })
}

/// A page of a list. `marker` is where the next one begins.
pub fn page(name: &str, shown: Vec<Value>, marker: Option<&str>) -> Value {
    let mut document = Map::new();
    document.insert(name.to_owned(), Value::Array(shown));
    if let Some(marker) = marker {
        document.insert("NextMarker".to_owned(), json!(marker));
    }
    Value::Object(document)
}

/// The document of GetAccountSettings.
pub fn account_settings(code_bytes_max: u64, calls_max: u32, code_bytes: u64, functions: u64) -> Value {
    json!({
        "AccountLimit": {
            "TotalCodeSize": code_bytes_max,
            "CodeSizeUnzipped": 64 << 20,
            "CodeSizeZipped": 18 << 20,
            "ConcurrentExecutions": calls_max,
            "UnreservedConcurrentExecutions": calls_max,
        },
        "AccountUsage": { "TotalCodeSize": code_bytes, "FunctionCount": functions },
    })
}

/// The ARN of a version: `$LATEST` stands in it only where it was asked for.
pub fn shown_arn(region: &str, account: &str, name: &str, qualifier: Option<&str>) -> String {
    match qualifier {
        None => names::arn(region, account, name),
        Some(qualifier) => names::qualified_arn(region, account, name, qualifier),
    }
}
