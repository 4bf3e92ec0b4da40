//! Object Lambda access points: their names, and what their configuration says of responses.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/transforming-objects.html>. An Object
//! Lambda access point is a name under which what another access point returns is transformed.

use crate::bucket::access_point::{self, ByArn, by_arn};
use crate::bucket::bucket_name::OBJECT_LAMBDA_SUFFIX;
use crate::errors::{ErrorCode, Result, S3Error};
use crate::xml::{Element, XmlWriter};
use serde::{Deserialize, Serialize};

/// Characters of a name.
const NAME_LENGTH_MAX: usize = 45;
/// Bytes of what is handed to a function each time.
pub const PAYLOAD_BYTES_MAX: usize = 128 << 10;
/// Bytes of the ARN of a function.
const FUNCTION_ARN_BYTES_MAX: usize = 1024;
/// Characters of the name of a function, of a webhook, of a version or an alias.
const FUNCTION_NAME_LENGTH_MAX: usize = 140;

/// The most Object Lambda access points of an account.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-best-practices.html>
pub const OF_ACCOUNT_MAX: usize = 1000;

/// Whether the name of a bucket in an address is the alias of an Object Lambda access point. No
/// bucket can have such a name.
pub fn is_alias(bucket: &str) -> bool {
    bucket.ends_with(OBJECT_LAMBDA_SUFFIX)
}

/// Checks the name of a new Object Lambda access point. `InvalidRequest`
pub fn check_name(name: &str) -> Result<()> {
    match access_point::is_name(name, NAME_LENGTH_MAX) {
        true => Ok(()),
        false => Err(S3Error::invalid_request("The specified Object Lambda access point name is not valid.")),
    }
}

/// The alias of a new one: see [`access_point::make_alias`].
pub fn make_alias(name: &str, random: impl FnMut() -> u64) -> String {
    access_point::make_alias_with(name, OBJECT_LAMBDA_SUFFIX, random)
}

/// What is done with ranges and part numbers of requests whose response is transformed. The order
/// is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Feature {
    /// `GetObject-Range`
    GetObjectRange,
    /// `GetObject-PartNumber`
    GetObjectPartNumber,
    /// `HeadObject-Range`
    HeadObjectRange,
    /// `HeadObject-PartNumber`
    HeadObjectPartNumber,
}

impl Feature {
    const ALL: [Feature; 4] = [
        Feature::GetObjectRange,
        Feature::GetObjectPartNumber,
        Feature::HeadObjectRange,
        Feature::HeadObjectPartNumber,
    ];

    /// As documents write it.
    pub fn name(self) -> &'static str {
        match self {
            Feature::GetObjectRange => "GetObject-Range",
            Feature::GetObjectPartNumber => "GetObject-PartNumber",
            Feature::HeadObjectRange => "HeadObject-Range",
            Feature::HeadObjectPartNumber => "HeadObject-PartNumber",
        }
    }

    fn parse(text: &str) -> Result<Feature> {
        let found = Feature::ALL.into_iter().find(|own| own.name() == text);
        found.ok_or_else(|| ErrorCode::MalformedXML.into())
    }
}

/// An action whose responses can be transformed. The order is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TransformedAction {
    /// `GetObject`
    GetObject,
    /// `HeadObject`
    HeadObject,
    /// `ListObjects`
    ListObjects,
    /// `ListObjectsV2`
    ListObjectsV2,
}

impl TransformedAction {
    const ALL: [TransformedAction; 4] = [
        TransformedAction::GetObject,
        TransformedAction::HeadObject,
        TransformedAction::ListObjects,
        TransformedAction::ListObjectsV2,
    ];

    /// The name of the operation.
    pub fn name(self) -> &'static str {
        match self {
            TransformedAction::GetObject => "GetObject",
            TransformedAction::HeadObject => "HeadObject",
            TransformedAction::ListObjects => "ListObjects",
            TransformedAction::ListObjectsV2 => "ListObjectsV2",
        }
    }

    /// The action of an operation; `None` for one whose responses are never transformed.
    pub fn of_operation(name: &str) -> Option<TransformedAction> {
        TransformedAction::ALL.into_iter().find(|own| own.name() == name)
    }

    /// The features that let requests of it have a range, and a part number.
    pub fn features(self) -> Option<(Feature, Feature)> {
        match self {
            TransformedAction::GetObject => Some((Feature::GetObjectRange, Feature::GetObjectPartNumber)),
            TransformedAction::HeadObject => Some((Feature::HeadObjectRange, Feature::HeadObjectPartNumber)),
            TransformedAction::ListObjects | TransformedAction::ListObjectsV2 => None,
        }
    }

    /// Whether its responses show sizes and ETags of objects: they have no range.
    pub fn lists(self) -> bool {
        self.features().is_none()
    }

    fn parse(text: &str) -> Result<TransformedAction> {
        TransformedAction::of_operation(text).ok_or_else(|| ErrorCode::MalformedXML.into())
    }
}

/// What transforms the responses of some actions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transformation {
    /// The actions.
    pub actions: Vec<TransformedAction>,
    /// The function, or the webhook.
    pub function_arn: String,
    /// What is handed to it each time.
    pub payload: String,
}

/// The configuration of an Object Lambda access point.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectLambdaConfiguration {
    /// The ARN of the access point whose responses are transformed.
    pub supporting: String,
    /// `CloudWatchMetricsEnabled`, which is kept and returned.
    pub metrics: bool,
    /// What requests may ask for where their response is transformed.
    pub features: Vec<Feature>,
    /// What transforms what.
    pub transformations: Vec<Transformation>,
}

impl ObjectLambdaConfiguration {
    /// Reads the element `Configuration`, of an account and a region.
    ///
    /// `MalformedXML`; `InvalidRequest` for an access point or a function of another account or
    /// region, for what is neither a function nor a webhook, for an action that is transformed
    /// twice, and for a payload that is too long.
    pub fn of_element(root: &Element, region: &str, account: &str) -> Result<ObjectLambdaConfiguration> {
        root.only(&[
            "SupportingAccessPoint",
            "CloudWatchMetricsEnabled",
            "AllowedFeatures",
            "TransformationConfigurations",
        ])?;
        let supporting = root.required("SupportingAccessPoint")?.to_owned();
        check_supporting(&supporting, region, account)?;
        let metrics = match root.word_of("CloudWatchMetricsEnabled") {
            None => false,
            Some(text) if text.eq_ignore_ascii_case("true") => true,
            Some(text) if text.eq_ignore_ascii_case("false") => false,
            Some(_) => return Err(ErrorCode::MalformedXML.into()),
        };
        let mut features = Vec::new();
        if let Some(list) = root.child("AllowedFeatures") {
            list.only(&["AllowedFeature"])?;
            for entry in list.children("AllowedFeature") {
                let feature = Feature::parse(entry.word())?;
                if !features.contains(&feature) {
                    features.push(feature);
                }
            }
        }
        let list = root.child("TransformationConfigurations").ok_or(ErrorCode::MalformedXML)?;
        list.only(&["TransformationConfiguration"])?;
        let transformations: Vec<Transformation> = list
            .children("TransformationConfiguration")
            .map(|entry| Transformation::of_element(entry, region, account))
            .collect::<Result<_>>()?;
        let mut seen = Vec::new();
        for action in transformations.iter().flat_map(|own| &own.actions) {
            if seen.contains(action) {
                return Err(S3Error::invalid_request(format!(
                    "The action {} is in more than one transformation configuration.",
                    action.name()
                )));
            }
            seen.push(*action);
        }
        if seen.is_empty() {
            return Err(S3Error::invalid_request("At least one transformation configuration is needed."));
        }
        Ok(ObjectLambdaConfiguration { supporting, metrics, features, transformations })
    }

    /// Writes the element `Configuration`.
    pub fn write(&self, xml: &mut XmlWriter) {
        xml.open("Configuration");
        xml.text("SupportingAccessPoint", &self.supporting);
        xml.boolean("CloudWatchMetricsEnabled", self.metrics);
        xml.open("AllowedFeatures");
        self.features.iter().for_each(|feature| xml.text("AllowedFeature", feature.name()));
        xml.close("AllowedFeatures");
        xml.open("TransformationConfigurations");
        for own in &self.transformations {
            xml.open("TransformationConfiguration");
            xml.open("Actions");
            own.actions.iter().for_each(|action| xml.text("Action", action.name()));
            xml.close("Actions");
            xml.open("ContentTransformation");
            xml.open("AwsLambda");
            xml.text("FunctionArn", &own.function_arn);
            xml.optional("FunctionPayload", Some(own.payload.as_str()).filter(|own| !own.is_empty()));
            xml.close("AwsLambda");
            xml.close("ContentTransformation");
            xml.close("TransformationConfiguration");
        }
        xml.close("TransformationConfigurations");
        xml.close("Configuration");
    }
}

impl Transformation {
    fn of_element(root: &Element, region: &str, account: &str) -> Result<Transformation> {
        root.only(&["Actions", "ContentTransformation"])?;
        let list = root.child("Actions").ok_or(ErrorCode::MalformedXML)?;
        list.only(&["Action"])?;
        let actions: Vec<TransformedAction> = list
            .children("Action")
            .map(|entry| TransformedAction::parse(entry.word()))
            .collect::<Result<_>>()?;
        let content = root.child("ContentTransformation").ok_or(ErrorCode::MalformedXML)?;
        content.only(&["AwsLambda"])?;
        let lambda = content.child("AwsLambda").ok_or(ErrorCode::MalformedXML)?;
        lambda.only(&["FunctionArn", "FunctionPayload"])?;
        let function_arn = lambda.required("FunctionArn")?.to_owned();
        check_transformer(&function_arn, region, account)?;
        let payload = lambda.exact_of("FunctionPayload")?.unwrap_or_default().to_owned();
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(S3Error::invalid_request(format!(
                "The function payload must have at most {PAYLOAD_BYTES_MAX} bytes."
            )));
        }
        Ok(Transformation { actions, function_arn, payload })
    }
}

/// The account and the name in the ARN of a supporting access point, as it was checked before.
pub fn supporting_of(arn: &str) -> Option<(&str, &str)> {
    let ByArn { account, name, .. } = by_arn(arn).filter(|own| !own.is_object_lambda && own.key.is_none())?;
    Some((account, name))
}

fn check_supporting(arn: &str, region: &str, account: &str) -> Result<()> {
    let named = by_arn(arn).filter(|own| !own.is_object_lambda && own.key.is_none());
    let is_own = named.is_some_and(|own| own.account == account && own.region == region);
    match is_own {
        true => Ok(()),
        false => Err(S3Error::invalid_request(
            "The supporting access point must be the ARN of an access point of the same account and region.",
        )),
    }
}

/// What transforms responses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transformer<'a> {
    /// A deployed function.
    Function(FunctionByArn<'a>),
    /// A server elsewhere, by the name that the operator gave it.
    Webhook(&'a str),
}

/// A function as its ARN names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FunctionByArn<'a> {
    /// The region.
    pub region: &'a str,
    /// The account that owns it.
    pub account: &'a str,
    /// Its name.
    pub name: &'a str,
    /// A version or an alias.
    pub qualifier: Option<&'a str>,
}

/// Takes an ARN apart: `arn:aws:lambda:us-east-1:111122223333:function:redact`, perhaps with a
/// version or an alias behind it, or `arn:minio:s3-object-lambda::redact:webhook`. `None` for other
/// texts.
pub fn transformer_of(arn: &str) -> Option<Transformer<'_>> {
    let is_name = |text: &str| {
        (1..=FUNCTION_NAME_LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if let Some(rest) = arn.strip_prefix("arn:minio:s3-object-lambda::") {
        return rest.strip_suffix(":webhook").filter(|name| is_name(name)).map(Transformer::Webhook);
    }
    let mut parts = arn.strip_prefix("arn:aws:lambda:")?.splitn(5, ':');
    let [region, account, function, name, qualifier] = std::array::from_fn(|_| parts.next());
    let (region, account, name) = (region?, account?, name?);
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_qualifier = qualifier.is_none_or(|own| own == "$LATEST" || is_name(own));
    let is_function =
        !region.is_empty() && is_account && function == Some("function") && is_name(name) && is_qualifier;
    is_function.then_some(Transformer::Function(FunctionByArn { region, account, name, qualifier }))
}

impl FunctionByArn<'_> {
    /// The ARN without version and alias.
    pub fn unqualified(&self) -> String {
        ["arn:aws:lambda:", self.region, ":", self.account, ":function:", self.name].concat()
    }
}

/// The other ARN that policies may have for what an ARN names: what has no version is `$LATEST`.
pub fn other_arn_of(arn: &str) -> Option<String> {
    match transformer_of(arn)? {
        Transformer::Function(FunctionByArn { qualifier: None, .. }) => Some(format!("{arn}:$LATEST")),
        Transformer::Function(own) if own.qualifier == Some("$LATEST") => Some(own.unqualified()),
        Transformer::Function(_) | Transformer::Webhook(_) => None,
    }
}

fn check_transformer(arn: &str, region: &str, account: &str) -> Result<()> {
    let found = transformer_of(arn).filter(|_| arn.len() <= FUNCTION_ARN_BYTES_MAX);
    match found {
        Some(Transformer::Function(own)) if own.account == account && own.region == region => Ok(()),
        Some(Transformer::Function(_)) => {
            Err(S3Error::invalid_request("The function must be of the same account and region."))
        }
        Some(Transformer::Webhook(_)) => Ok(()),
        None => Err(S3Error::invalid_request(
            "The function ARN must be arn:aws:lambda:REGION:ACCOUNT:function:NAME, with a version or an alias \
             or without.",
        )),
    }
}

#[cfg(test)]
mod tests;
