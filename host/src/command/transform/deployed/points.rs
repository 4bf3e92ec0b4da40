//! `portcullis olap`: Object Lambda access points of a server, by its own API.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::remote::{Remote, element, of};
use crate::command::explain::harmless;

/// How paths of access points begin, and those of Object Lambda access points.
const POINTS: &str = "/v20180820/accesspoint";
const LAMBDA_POINTS: &str = "/v20180820/accesspointforobjectlambda";
/// What is transformed, as configurations have it.
const ACTIONS: &str = "<Action>GetObject</Action><Action>HeadObject</Action><Action>ListObjects</Action>\
                       <Action>ListObjectsV2</Action>";
const FEATURES: [&str; 4] =
    ["GetObject-Range", "GetObject-PartNumber", "HeadObject-Range", "HeadObject-PartNumber"];
/// The alias that a function has by `portcullis transform deploy`.
const LIVE: &str = "live";

/// What is read through which function.
#[derive(Debug)]
pub struct Exposure {
    /// The name of the Object Lambda access point.
    pub point: String,
    /// What is read.
    pub bucket: String,
    /// The name of the function, with a version or an alias or without.
    pub function: String,
    /// What is handed to it.
    pub payload: String,
}

/// What becomes of the rules of a bucket.
#[derive(Debug)]
pub enum RulesChange {
    /// They are shown.
    Show,
    /// They are replaced by those of a file.
    Set(PathBuf),
    /// They are deleted.
    Clear,
}

/// Shows or changes the rules of a bucket.
pub(super) fn rules(remote: &Remote, bucket: &str, change: &RulesChange) -> Result<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    ensure!(!bucket.is_empty() && bucket.bytes().all(plain), "`{}` is no name", harmless(bucket));
    let target = format!("/{bucket}?transforms=");
    match change {
        RulesChange::Show => Ok(format!("{}\n", remote.bucket("GET", &target, String::new())?)),
        RulesChange::Set(file) => {
            let document =
                std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            remote.bucket("PUT", &target, document)?;
            Ok(format!("{bucket}: the rules are those of {}\n", file.display()))
        }
        RulesChange::Clear => {
            remote.bucket("DELETE", &target, String::new())?;
            Ok(format!("{bucket}: there are no rules\n"))
        }
    }
}

/// The access point that supports an Object Lambda access point.
fn supporting(point: &str) -> String {
    // Names of access points have up to 50 characters, and those of Object Lambda up to 45.
    format!("{point}-ap")
}

/// Makes both access points; the alias, and lines to try.
pub(super) fn create(remote: &Remote, exposure: &Exposure) -> Result<String> {
    let Exposure { point, bucket, function, payload } = exposure;
    let (name, qualifier) = function.split_once(':').unwrap_or((function, LIVE));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    for text in [point, name, qualifier, bucket] {
        ensure!(!text.is_empty() && plain(text), "`{}` is no name", harmless(text));
    }
    let shown = remote.call("GET", &format!("{}/configuration?Qualifier={qualifier}", of(name)), None)?;
    let arn = shown.get("FunctionArn").and_then(Value::as_str).context("the function has no ARN")?;
    let parts: Vec<&str> = arn.split(':').collect();
    let [_, partition, _, region, account, _, _, ..] = parts.as_slice() else { bail!("{arn} is no ARN") };
    let function = [partition, region, account].map(|part| (*part).to_owned());
    let [partition, region, account] = function;
    let supporting = supporting(point);
    let document = format!("<CreateAccessPointRequest><Bucket>{bucket}</Bucket></CreateAccessPointRequest>");
    remote.control(&account, "PUT", &format!("{POINTS}/{supporting}"), document)?;
    let features: String =
        FEATURES.iter().map(|name| format!("<AllowedFeature>{name}</AllowedFeature>")).collect();
    let document = format!(
        "<CreateAccessPointForObjectLambdaRequest><Configuration>\
         <SupportingAccessPoint>arn:{partition}:s3:{region}:{account}:accesspoint/{supporting}</SupportingAccessPoint>\
         <AllowedFeatures>{}</AllowedFeatures>\
         <TransformationConfigurations><TransformationConfiguration><Actions>{ACTIONS}</Actions>\
         <ContentTransformation><AwsLambda>\
         <FunctionArn>arn:{partition}:lambda:{region}:{account}:function:{name}:{qualifier}</FunctionArn>\
         <FunctionPayload>{}</FunctionPayload></AwsLambda></ContentTransformation>\
         </TransformationConfiguration></TransformationConfigurations></Configuration>\
         </CreateAccessPointForObjectLambdaRequest>",
        features,
        escaped(payload),
    );
    let made = remote.control(&account, "PUT", &format!("{LAMBDA_POINTS}/{point}"), document);
    let made = match made {
        Ok(made) => made,
        Err(error) => {
            // Nothing is left that the next attempt would meet.
            let _ = remote.control(&account, "DELETE", &format!("{POINTS}/{supporting}"), String::new());
            return Err(error);
        }
    };
    let alias = element(&made, "Value").context("the server names no alias")?;
    Ok(format!(
        "{point}: what is read through it is what {name}:{qualifier} makes\n\
         \x20 alias  {alias}\n\
         \x20 arn    arn:{partition}:s3-object-lambda:{region}:{account}:accesspoint/{point}\n\
         try it:\n\
         \x20 aws s3 cp s3://{alias}/KEY - --endpoint-url {}\n",
        remote.endpoint()
    ))
}

/// Deletes both.
pub(super) fn delete(remote: &Remote, point: &str) -> Result<String> {
    let account = remote.account()?;
    remote.control(&account, "DELETE", &format!("{LAMBDA_POINTS}/{point}"), String::new())?;
    let supporting = supporting(point);
    let gone = remote.control(&account, "DELETE", &format!("{POINTS}/{supporting}"), String::new());
    Ok(match gone {
        Ok(_) => format!("{point} and {supporting} are deleted\n"),
        Err(_) => format!("{point} is deleted; there is no {supporting}\n"),
    })
}

/// A text as XML holds it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
