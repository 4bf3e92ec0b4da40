//! Access points: their names, aliases and ARNs, and which of these an address may hold.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html>. An access
//! point is a name under which a bucket is reached, with a policy of its own.

pub mod row;

use crate::bucket::bucket_name::OBJECT_LAMBDA_SUFFIX;
use crate::errors::{ErrorCode, Result, S3Error};

/// How the aliases of access points end.
pub const ALIAS_SUFFIX: &str = "-s3alias";
/// Further ends that no name of an access point has.
const RESERVED_SUFFIXES: [&str; 3] = [ALIAS_SUFFIX, OBJECT_LAMBDA_SUFFIX, "--xa-s3"];

/// Characters of a name.
const NAME_LENGTH_MAX: usize = 50;
/// Characters of an alias, of which bucket names have no more.
const ALIAS_LENGTH_MAX: usize = 63;
/// Random characters of an alias, as many as those of S3 have.
const RANDOM_LENGTH: usize = 34;
/// Digits of an account.
const ACCOUNT_DIGITS: usize = 12;

/// The most access points of an account.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations-naming-rules.html>
pub const OF_ACCOUNT_MAX: usize = 10_000;

/// Whether the name of a bucket in an address is an alias: of an access point, or of an Object
/// Lambda access point. No bucket can have such a name.
pub fn is_alias(bucket: &str) -> bool {
    bucket.ends_with(ALIAS_SUFFIX) || bucket.ends_with(OBJECT_LAMBDA_SUFFIX)
}

/// An access point in the name of a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InHost<'a> {
    /// Its name.
    pub name: &'a str,
    /// The account that owns it.
    pub account: &'a str,
    /// What the host says of its kind.
    pub kind: HostKind,
}

/// What a host says of the kind of an access point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostKind {
    /// Nothing: `reports-111122223333` may be the name of a bucket, too.
    Any,
    /// It is an access point.
    AccessPoint,
    /// It is an Object Lambda access point.
    ObjectLambda,
}

/// The access point in what stands before the base domain: `reports-111122223333`, as SDKs make it
/// of an ARN, or `reports-111122223333.s3-accesspoint.us-east-1` and
/// `redacted-111122223333.s3-object-lambda.us-east-1`, as AWS names its hosts.
pub fn in_host(sub_domain: &str) -> Option<InHost<'_>> {
    let (label, rest) = sub_domain.split_once('.').unwrap_or((sub_domain, ""));
    let at = label.len().checked_sub(ACCOUNT_DIGITS)?;
    let (name, account) = label.split_at_checked(at)?;
    let name = name.strip_suffix('-')?;
    let kind = match rest {
        "" => HostKind::Any,
        rest if rest.starts_with("s3-accesspoint") => HostKind::AccessPoint,
        rest if rest.starts_with("s3-object-lambda") => HostKind::ObjectLambda,
        _ => return None,
    };
    let is_account = account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && !name.is_empty()).then_some(InHost { name, account, kind })
}

/// The name of a bucket that hosts cannot tell from an access point: `reports-111122223333`.
pub fn name_in_host(name: &str, account: &str) -> String {
    [name, "-", account].concat()
}

/// The refusal of an access point that hosts could not tell from a bucket. `InvalidRequest`
pub fn taken_by_bucket(in_host: &str) -> S3Error {
    S3Error::invalid_request(format!(
        "There is a bucket with the name {in_host}, by which hosts name this access point."
    ))
}

/// An access point by its ARN, and an object that is named by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ByArn<'a> {
    /// Whether it is an Object Lambda access point.
    pub is_object_lambda: bool,
    /// The region.
    pub region: &'a str,
    /// The account that owns it.
    pub account: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The key, as it stands there.
    pub key: Option<&'a str>,
}

/// Takes an ARN apart: `arn:aws:s3:us-east-1:111122223333:accesspoint/reports`, or the same with
/// `/object/KEY` behind it. `None` for other texts.
pub fn by_arn(text: &str) -> Option<ByArn<'_>> {
    let mut parts = text.splitn(6, ':');
    let [arn, partition, service, region, account, resource] = std::array::from_fn(|_| parts.next());
    let is_object_lambda = match service? {
        "s3" => false,
        "s3-object-lambda" => true,
        _ => return None,
    };
    let rest = resource?.strip_prefix("accesspoint")?;
    let rest = rest.strip_prefix(['/', ':'])?;
    let (name, key) = match rest.split_once('/') {
        None => (rest, None),
        Some((name, rest)) => (name, Some(rest.strip_prefix("object/")?)),
    };
    let (region, account) = (region?, account?);
    let is_whole = arn == Some("arn") && partition?.starts_with("aws") && !name.is_empty();
    let is_account = account.len() == ACCOUNT_DIGITS && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_whole && is_account).then_some(ByArn { is_object_lambda, region, account, name, key })
}

/// Checks the name of a new access point. `InvalidRequest`
pub fn check_name(name: &str) -> Result<()> {
    match is_name(name, NAME_LENGTH_MAX) {
        true => Ok(()),
        false => Err(S3Error::invalid_request("The specified access point name is not valid.")),
    }
}

/// Whether an access point of either kind may have a name.
pub(super) fn is_name(name: &str, length_max: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().next_back()];
    (3..=length_max).contains(&name.len())
        && ends.into_iter().all(|end| end.is_some_and(plain))
        && name.bytes().all(|byte| plain(byte) || byte == b'-')
        && !RESERVED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// The alias of a new access point: the beginning of its name, characters that nobody can guess,
/// and how all aliases end. `random` gives numbers that nobody can predict.
pub fn make_alias(name: &str, random: impl FnMut() -> u64) -> String {
    make_alias_with(name, ALIAS_SUFFIX, random)
}

/// The same with another end.
pub(super) fn make_alias_with(name: &str, suffix: &str, mut random: impl FnMut() -> u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let room = ALIAS_LENGTH_MAX - suffix.len() - RANDOM_LENGTH - 1;
    let start = name.get(..room.min(name.len())).unwrap_or_default().trim_end_matches('-');
    let mut alias = String::with_capacity(ALIAS_LENGTH_MAX);
    alias.push_str(start);
    alias.push('-');
    let (mut number, mut left) = (0, 0);
    for _ in 0..RANDOM_LENGTH {
        // A number has room for 12 digits of base 36.
        if left == 0 {
            (number, left) = (random(), 12);
        }
        let digit = usize::try_from(number % 36).ok().and_then(|at| DIGITS.get(at)).copied();
        alias.push(char::from(digit.unwrap_or(b'0')));
        (number, left) = (number / 36, left - 1);
    }
    alias.push_str(suffix);
    alias
}

/// `NoSuchAccessPoint`
pub fn no_such(name: &str) -> S3Error {
    S3Error::new(ErrorCode::NoSuchAccessPoint).detail("AccessPointName", name)
}

#[cfg(test)]
mod tests;
