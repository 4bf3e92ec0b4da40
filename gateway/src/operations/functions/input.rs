//! The documents of requests.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, de};
use serde_json::Value;

use super::environment::EnvironmentVariables;
use super::invalid;
use crate::errors::Result;

/// Megabytes that MemorySize may say. More than the most a transform can have is refused.
const MEMORY_MB: std::ops::RangeInclusive<i64> = 128..=4096;
/// Seconds that Timeout may say.
const TIMEOUT_SECONDS: std::ops::RangeInclusive<i64> = 1..=900;
/// Characters of a description, and of a handler, a runtime and a role.
const DESCRIPTION_CHARACTERS_MAX: usize = 256;
const TEXT_BYTES_MAX: usize = 512;
/// Tags of a function.
const TAGS_MAX: usize = 50;

/// A text of megabytes in a document: where it is, so that it is not copied. One with escapes is.
#[derive(Clone)]
pub enum LongText {
    /// The address of its first byte, and its bytes.
    Within(usize, usize),
    /// Without its escapes.
    Apart(String),
}

impl LongText {
    /// Where the text stands in the document that it was read from, and how many bytes it has;
    /// `None` for a text that is apart.
    pub fn position(&self, document: &[u8]) -> Option<(u64, u64)> {
        match self {
            LongText::Apart(_) => None,
            LongText::Within(address, length) => {
                let start = address.checked_sub(document.as_ptr().addr())?;
                document.get(start..)?.get(..*length)?;
                Some((start as u64, *length as u64))
            }
        }
    }
}

impl fmt::Debug for LongText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LongText")
    }
}

impl<'de> Deserialize<'de> for LongText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = LongText;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> std::result::Result<LongText, E> {
                Ok(LongText::Within(text.as_ptr().addr(), text.len()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<LongText, E> {
                Ok(LongText::Apart(text.to_owned()))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// The code of a function, as a request brings it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CodeInput {
    zip_file: Option<LongText>,
    s3_bucket: Option<String>,
    s3_key: Option<String>,
    s3_object_version: Option<String>,
    image_uri: Option<String>,
}

/// Where the code of a function is.
#[derive(Debug)]
pub enum CodeSource {
    /// In the document: a package, in base64.
    Sent(LongText),
    /// An object that is a package: its bucket, its key, and its version if one is named.
    Object(String, String, Option<String>),
}

impl CodeInput {
    /// Where the package is. `InvalidParameterValueException` where it is nowhere, in two places,
    /// or an image.
    pub fn package(self) -> Result<CodeSource> {
        if self.image_uri.is_some() {
            return Err(invalid(
                "A function is a WebAssembly component in a .zip file: images are not supported.",
            ));
        }
        match (self.zip_file, self.s3_bucket, self.s3_key, self.s3_object_version) {
            (Some(text), None, None, None) => Ok(CodeSource::Sent(text)),
            (None, Some(bucket), Some(key), version) if !bucket.is_empty() && !key.is_empty() => {
                Ok(CodeSource::Object(bucket, key, version.filter(|version| !version.is_empty())))
            }
            (None, None, None, None) => Err(invalid("Please provide a source for function code.")),
            _ => Err(invalid("Please provide either ZipFile, or S3Bucket and S3Key.")),
        }
    }
}

/// Environment variables.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EnvironmentInput {
    /// Names and values.
    pub variables: EnvironmentVariables,
}

/// The document of CreateFunction, UpdateFunctionCode and UpdateFunctionConfiguration: each has a
/// part of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FunctionInput {
    /// The name of a new function.
    pub function_name: Option<String>,
    /// What it is, for people.
    pub description: Option<String>,
    /// Kept and shown.
    pub handler: Option<String>,
    /// Kept and shown.
    pub runtime: Option<String>,
    /// Kept and shown.
    pub role: Option<String>,
    timeout: Option<i64>,
    memory_size: Option<i64>,
    /// Environment variables.
    pub environment: Option<EnvironmentInput>,
    /// Tags of a new function.
    pub tags: Option<BTreeMap<String, String>>,
    package_type: Option<String>,
    architectures: Option<Vec<String>>,
    /// Whether a version is published.
    pub publish: bool,
    /// Whether nothing is changed.
    pub dry_run: bool,
    /// What the function has to be at.
    pub revision_id: Option<String>,
    /// The code of a new function.
    pub code: Option<CodeInput>,
    zip_file: Option<LongText>,
    s3_bucket: Option<String>,
    s3_key: Option<String>,
    s3_object_version: Option<String>,
    image_uri: Option<String>,
    vpc_config: Value,
    dead_letter_config: Value,
    layers: Value,
    file_system_configs: Value,
    image_config: Value,
    tracing_config: Value,
    ephemeral_storage: Value,
    snap_start: Value,
    logging_config: Value,
    durable_config: Value,
    tenancy_config: Value,
    capacity_provider_config: Value,
    code_signing_config_arn: Value,
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Value,
}

impl FunctionInput {
    /// Seconds that a call may take, where it is said.
    pub fn timeout_seconds(&self) -> Result<Option<u32>> {
        number("timeout", self.timeout, TIMEOUT_SECONDS)
    }

    /// Megabytes that a call may have, where it is said.
    pub fn memory_mb(&self) -> Result<Option<u32>> {
        number("memorySize", self.memory_size, MEMORY_MB)
    }

    /// The architecture, which is kept and shown: a component runs on each.
    pub fn architecture(&self) -> Result<Option<&str>> {
        match self.architectures.as_deref() {
            None => Ok(None),
            Some([one]) if matches!(one.as_str(), "x86_64" | "arm64") => Ok(Some(one)),
            Some(_) => Err(invalid("Architectures must have one of x86_64 and arm64.")),
        }
    }

    /// The new code of a function.
    pub fn take_code(&mut self) -> CodeInput {
        CodeInput {
            zip_file: self.zip_file.take(),
            s3_bucket: self.s3_bucket.take(),
            s3_key: self.s3_key.take(),
            s3_object_version: self.s3_object_version.take(),
            image_uri: self.image_uri.take(),
        }
    }

    /// Refuses what nothing would enforce, and texts that are too long.
    /// `InvalidParameterValueException`
    pub fn check(&self) -> Result<()> {
        if self.package_type.as_deref().is_some_and(|kind| kind != "Zip") {
            return Err(invalid(
                "PackageType must be Zip: a function is a WebAssembly component in a .zip file.",
            ));
        }
        let unsupported = [
            ("VpcConfig", &self.vpc_config),
            ("DeadLetterConfig", &self.dead_letter_config),
            ("Layers", &self.layers),
            ("FileSystemConfigs", &self.file_system_configs),
            ("ImageConfig", &self.image_config),
            ("TracingConfig", &self.tracing_config),
            ("EphemeralStorage", &self.ephemeral_storage),
            ("SnapStart", &self.snap_start),
            ("LoggingConfig", &self.logging_config),
            ("DurableConfig", &self.durable_config),
            ("TenancyConfig", &self.tenancy_config),
            ("CapacityProviderConfig", &self.capacity_provider_config),
            ("CodeSigningConfigArn", &self.code_signing_config_arn),
            ("KMSKeyArn", &self.kms_key_arn),
        ];
        if let Some((name, _)) = unsupported.into_iter().find(|(_, value)| !says_nothing(value)) {
            return Err(invalid(format!("{name} is not supported: leave it out.")));
        }
        if self.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARACTERS_MAX) {
            return Err(invalid(format!("Description has at most {DESCRIPTION_CHARACTERS_MAX} characters.")));
        }
        for (name, text) in [("Handler", &self.handler), ("Runtime", &self.runtime), ("Role", &self.role)] {
            if text.as_ref().is_some_and(|text| text.len() > TEXT_BYTES_MAX) {
                return Err(invalid(format!("{name} has at most {TEXT_BYTES_MAX} bytes.")));
            }
        }
        check_tags(self.tags.as_ref())
    }
}

/// Whether a setting that is not supported says no more than its default. Documents have few
/// levels, which the reader bounds.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => matches!(text.as_str(), "" | "PassThrough" | "None" | "Text"),
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_u64() == Some(512),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.values().all(says_nothing),
    }
}

fn number(name: &str, value: Option<i64>, range: std::ops::RangeInclusive<i64>) -> Result<Option<u32>> {
    match value {
        None => Ok(None),
        Some(value) if range.contains(&value) => Ok(u32::try_from(value).ok()),
        Some(value) => {
            let (least, most) = (range.start(), range.end());
            let (word, bound) = if value < *least { ("greater", least) } else { ("less", most) };
            Err(invalid(format!(
                "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must \
                 have value {word} than or equal to {bound}"
            )))
        }
    }
}

/// Checks tags: how many, and how long.
pub fn check_tags(tags: Option<&BTreeMap<String, String>>) -> Result<()> {
    let Some(tags) = tags else { return Ok(()) };
    if tags.len() > TAGS_MAX {
        return Err(invalid(format!("A function has at most {TAGS_MAX} tags.")));
    }
    let fits = |(key, value): (&String, &String)| {
        (1..=128).contains(&key.chars().count())
            && value.chars().count() <= 256
            && !key.to_ascii_lowercase().starts_with("aws:")
    };
    match tags.iter().all(fits) {
        true => Ok(()),
        false => Err(invalid(
            "The key of a tag has 1 to 128 characters and does not begin with aws:, and its value has up to 256.",
        )),
    }
}

/// The document of PublishVersion.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PublishInput {
    /// What the code has to be.
    pub code_sha256: Option<String>,
    /// Replaces that of the function.
    pub description: Option<String>,
    /// What the function has to be at.
    pub revision_id: Option<String>,
}

/// The document of CreateAlias and UpdateAlias.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AliasInput {
    /// The name of a new alias.
    pub name: Option<String>,
    /// What it points to.
    pub function_version: Option<String>,
    /// What it is, for people.
    pub description: Option<String>,
    routing_config: Value,
    /// What the alias has to be at.
    pub revision_id: Option<String>,
}

impl AliasInput {
    /// Refuses a share of calls for a second version. `InvalidParameterValueException`
    pub fn check(&self) -> Result<()> {
        if !says_nothing(&self.routing_config) {
            return Err(invalid("RoutingConfig is not supported: an alias points to one version."));
        }
        match self.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARACTERS_MAX)
        {
            true => Err(invalid(format!("Description has at most {DESCRIPTION_CHARACTERS_MAX} characters."))),
            false => Ok(()),
        }
    }
}

/// The document of TagResource.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TagsInput {
    /// Tags to add.
    pub tags: BTreeMap<String, String>,
}

/// The document of PutFunctionConcurrency.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ConcurrencyInput {
    reserved_concurrent_executions: Option<i64>,
}

impl ConcurrencyInput {
    /// Calls at once. `InvalidParameterValueException`
    pub fn calls_max(&self) -> Result<u32> {
        let given = number("reservedConcurrentExecutions", self.reserved_concurrent_executions, 1..=1024)?;
        given.ok_or_else(|| invalid("ReservedConcurrentExecutions is missing."))
    }
}
