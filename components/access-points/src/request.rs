//! A request as the operations see it: what it is about, and what its document says.

use gateway::bucket::access_point::{self, by_arn, no_such};
use gateway::bucket::object_lambda::{self, ObjectLambdaConfiguration};
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::checksum::{RequestChecksum, content_md5};
use gateway::operations::access_points::{
    Create, List, name_of, parse_policy, parse_tags, tagged_arn, untagged,
};
use gateway::operations::object_lambda as documents;
use gateway::operations::{ACCOUNT_ID_HEADER, Operation};
use gateway::policy::{access_point_arn, object_lambda_arn};
use gateway::request::headers::{Headers, with_presigned};
use gateway::request::method::Method;
use gateway::request::query::Query;
use sdk::{Call, Head, NeededAccess, Principal, Work, digests, failure_to_error, settings};

use crate::records::{AccessPoint, ObjectLambda, Row};
use crate::rows;

/// A request about access points, or about Object Lambda access points.
#[derive(Debug)]
pub(crate) struct Request {
    /// What is asked for.
    pub(crate) operation: Operation,
    /// The account in its header: 12 digits. It is the principal's.
    pub(crate) account: String,
    /// The name of the access point; empty where the request is about all.
    pub(crate) name: String,
    /// The region of the server.
    pub(crate) region: String,
    /// What the document or the query says.
    pub(crate) input: Input,
    /// When the request arrived, in milliseconds since 1970.
    pub(crate) now_ms: u64,
}

/// What the document or the query of a request says.
#[derive(Debug)]
pub(crate) enum Input {
    /// Nothing.
    None,
    Create(Create),
    List(List),
    /// The configuration of an Object Lambda access point.
    Configuration(Box<ObjectLambdaConfiguration>),
    /// The text of a policy.
    Policy(String),
    /// Tags to add.
    Tags(Vec<(String, String)>),
    /// Keys of tags to remove.
    TagKeys(Vec<String>),
}

impl Request {
    /// Reads a request, and says which access it needs. Errors as of [`Request::read`].
    pub(crate) async fn plan(call: &Call) -> Result<(Request, NeededAccess)> {
        let request = Request::read(call).await?;
        let needed = request.needed_access()?;
        Ok((request, needed))
    }

    /// Reads a request, and receives its document. `AccessDenied` where it names another account
    /// than the principal's, `InvalidRequest` where it names none.
    async fn read(call: &Call) -> Result<Request> {
        let operation = Operation::parse(&call.target().operation).ok_or(ErrorCode::NotImplemented)?;
        let (head, headers) = Head::read(call);
        let query = Query::parse(&head.query)?;
        let headers = with_presigned(headers, &query)?;
        let account = account(call, &headers)?;
        let region = settings::region();
        let name = named(operation, &head.path, &account, &region)?;
        let input = match operation {
            Operation::ListAccessPoints => Input::List(List::parse(&query)?),
            Operation::ListAccessPointsForObjectLambda => Input::List(List::parse(&query)?),
            Operation::UntagResource => Input::TagKeys(untagged(&query)),
            Operation::CreateAccessPoint => {
                Input::Create(Create::parse(&receive(call, operation, &headers).await?)?)
            }
            Operation::PutAccessPointPolicy => {
                Input::Policy(parse_policy(&receive(call, operation, &headers).await?)?)
            }
            Operation::CreateAccessPointForObjectLambda => {
                let document = receive(call, operation, &headers).await?;
                Input::Configuration(Box::new(documents::parse_creation(&document, &region, &account)?))
            }
            Operation::PutAccessPointConfigurationForObjectLambda => {
                let document = receive(call, operation, &headers).await?;
                Input::Configuration(Box::new(documents::parse_configuration(&document, &region, &account)?))
            }
            Operation::PutAccessPointPolicyForObjectLambda => {
                Input::Policy(documents::parse_policy(&receive(call, operation, &headers).await?)?)
            }
            Operation::TagResource => Input::Tags(parse_tags(&receive(call, operation, &headers).await?)?),
            _ => Input::None,
        };
        Ok(Request { operation, account, name, region, input, now_ms: head.received_ms })
    }

    /// The access that the request needs.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html>
    pub(crate) fn needed_access(&self) -> Result<NeededAccess> {
        let mut actions: Vec<String> =
            self.operation.row().actions.iter().filter_map(target_action).collect();
        let mut tags = Vec::new();
        match &self.input {
            Input::Create(create) => {
                let further = [
                    (create.public_access.is_some(), "s3:PutAccessPointPublicAccessBlock"),
                    (!create.tags.is_empty(), "s3:TagResource"),
                ];
                actions.extend(further.into_iter().filter(|own| own.0).map(|(_, action)| action.to_owned()));
                tags.clone_from(&create.tags);
            }
            Input::Tags(own) => tags.clone_from(own),
            Input::TagKeys(keys) => tags.extend(keys.iter().map(|key| (key.clone(), String::new()))),
            Input::None | Input::List(_) | Input::Policy(_) | Input::Configuration(_) => {}
        }
        let mut context = Vec::new();
        if !tags.is_empty() {
            context.push(("aws:TagKeys".to_owned(), tags.iter().map(|(key, _)| key.clone()).collect()));
        }
        if !matches!(self.input, Input::TagKeys(_)) {
            let values = |(key, value): (String, String)| (format!("aws:RequestTag/{key}"), vec![value]);
            context.extend(tags.into_iter().map(values));
        }
        // Object Lambda access points have no tags.
        let is_tagged = !self.name.is_empty() && !self.operation.is_of_object_lambda();
        let row = if is_tagged { rows::access_point(&self.account, &self.name)? } else { None };
        for (key, value) in row.map(|row| row.record.tags).unwrap_or_default() {
            context.push((format!("aws:ResourceTag/{key}"), vec![value.clone()]));
            context.push((format!("s3:AccessPointTag/{key}"), vec![value]));
        }
        let (arn, owner) = (self.arn(), self.account.clone());
        Ok(NeededAccess { actions, arn, owner, context, provider: None })
    }

    /// The ARN of the access point; of all access points of the account, where the request is about
    /// these.
    pub(crate) fn arn(&self) -> String {
        let name = if self.name.is_empty() { "*" } else { &self.name };
        match self.operation.is_of_object_lambda() {
            true => object_lambda_arn(&self.region, &self.account, name),
            false => access_point_arn(&self.region, &self.account, name),
        }
    }

    /// The access point that the request names. `NoSuchAccessPoint`
    pub(crate) fn access_point(&self) -> Result<Row<AccessPoint>> {
        rows::access_point(&self.account, &self.name)?.ok_or_else(|| no_such(&self.name))
    }

    /// The Object Lambda access point that the request names. `NoSuchAccessPoint`
    pub(crate) fn object_lambda(&self) -> Result<Row<ObjectLambda>> {
        rows::object_lambda(&self.account, &self.name)?.ok_or_else(|| no_such(&self.name))
    }
}

fn target_action(action: &gateway::operations::Action) -> Option<String> {
    match action {
        gateway::operations::Action::Target(name) => Some((*name).to_owned()),
        _ => None,
    }
}

/// The account in the header, which has to be that of the principal.
fn account(call: &Call, headers: &Headers) -> Result<String> {
    let named = headers.get(ACCOUNT_ID_HEADER).unwrap_or_default();
    if gateway::identity::account::Account::parse(named).is_none() {
        return Err(S3Error::invalid_request(
            "The x-amz-account-id header must have the 12 digits of an account.",
        ));
    }
    match call.principal() {
        Principal::Authenticated(identity) if identity.account == named => Ok(named.to_owned()),
        _ => Err(ErrorCode::AccessDenied.into()),
    }
}

/// The name of the access point that a path names, by itself or by an ARN of this account and
/// region. `NoSuchAccessPoint` for names that none can have, `NotImplemented` for tags of other
/// things.
fn named(operation: Operation, path: &str, account: &str, region: &str) -> Result<String> {
    let is_object_lambda = operation.is_of_object_lambda();
    if let Some(name) = if is_object_lambda { documents::name_of(path)? } else { name_of(path)? } {
        // SDKs take an ARN for a name, and put it into the path as it is.
        let name = match by_arn(&name) {
            Some(named)
                if named.account == account
                    && named.region == region
                    && named.is_object_lambda == is_object_lambda =>
            {
                named.name.to_owned()
            }
            Some(_) => return Err(no_such(&name)),
            None => name,
        };
        let check = if is_object_lambda { object_lambda::check_name } else { access_point::check_name };
        // What is to be made is told more about its name. Nothing else is found under a wrong one.
        if operation.row().method != Method::Put && check(&name).is_err() {
            return Err(no_such(&name));
        }
        return Ok(name);
    }
    let Some(arn) = tagged_arn(path)? else { return Ok(String::new()) };
    match by_arn(&arn).filter(|named| !named.is_object_lambda) {
        Some(named) if named.account != account || named.region != region => Err(no_such(named.name)),
        Some(named) if named.key.is_none() && access_point::check_name(named.name).is_ok() => {
            Ok(named.name.to_owned())
        }
        _ => Err(S3Error::new(ErrorCode::NotImplemented).message(
            "Only access points have tags by this operation; buckets have theirs by PutBucketTagging.",
        )),
    }
}

/// Receives the document. `MissingRequestBodyError`; `InvalidDigest` and `BadDigest` for a digest
/// that comes with it; `InvalidRequest` for `aws-chunked` framing, which is for streams.
async fn receive(call: &Call, operation: Operation, headers: &Headers) -> Result<Vec<u8>> {
    if headers.get("x-amz-content-sha256").is_some_and(|value| value.starts_with("STREAMING-")) {
        return Err(S3Error::invalid_request("The value of x-amz-content-sha256 header is invalid."));
    }
    let (md5, checksum) = (content_md5(headers)?, RequestChecksum::parse(headers)?);
    let most = operation.row().body.length_max().ok_or(ErrorCode::InternalError)?;
    let document = call.collect(most).await.map_err(failure_to_error)?.body;
    if document.is_empty() {
        return Err(ErrorCode::MissingRequestBodyError.into());
    }
    let is_other_md5 = md5.is_some_and(|md5| digests::md5(&document) != md5);
    let is_other = checksum
        .value
        .is_some_and(|claimed| digests::compute(claimed.algorithm.into(), &document) != claimed.value);
    if is_other_md5 || is_other {
        return Err(ErrorCode::BadDigest.into());
    }
    Ok(document)
}
