//! `portcullis olap`: Object Lambda access points of a server, by its own API.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::of;
use super::remote::{Remote, element};

/// How paths of access points begin, and those of Object Lambda access points.
const POINTS: &str = "/v20180820/accesspoint";
const LAMBDA_POINTS: &str = "/v20180820/accesspointforobjectlambda";
/// What is transformed.
const ACTIONS: [&str; 4] = ["GetObject", "HeadObject", "ListObjects", "ListObjectsV2"];
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

/// The access point that supports an Object Lambda access point.
fn supporting(point: &str) -> String {
    format!("{point}-plain")
}

/// Makes both access points; the alias, and lines to try.
pub(super) fn create(remote: &Remote, exposure: &Exposure) -> Result<String> {
    let Exposure { point, bucket, function, payload } = exposure;
    let (name, qualifier) = function.split_once(':').unwrap_or((function, LIVE));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    for text in [point, name, qualifier, bucket] {
        ensure!(!text.is_empty() && plain(text), "`{}` is no name", super::harmless(text));
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
    let elements = |name: &str, texts: [&str; 4]| -> String {
        texts.iter().map(|text| format!("<{name}>{text}</{name}>")).collect()
    };
    let document = format!(
        "<CreateAccessPointForObjectLambdaRequest><Configuration>\
         <SupportingAccessPoint>arn:{partition}:s3:{region}:{account}:accesspoint/{supporting}</SupportingAccessPoint>\
         <AllowedFeatures>{}</AllowedFeatures>\
         <TransformationConfigurations><TransformationConfiguration><Actions>{}</Actions>\
         <ContentTransformation><AwsLambda>\
         <FunctionArn>arn:{partition}:lambda:{region}:{account}:function:{name}:{qualifier}</FunctionArn>\
         <FunctionPayload>{}</FunctionPayload></AwsLambda></ContentTransformation>\
         </TransformationConfiguration></TransformationConfigurations></Configuration>\
         </CreateAccessPointForObjectLambdaRequest>",
        elements("AllowedFeature", FEATURES),
        elements("Action", ACTIONS),
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
