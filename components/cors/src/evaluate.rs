//! Evaluates a cross-origin request: reads the rules of the bucket. The library knows what they
//! mean.

use gateway::bucket::cors::{self, Configuration, Found, ResourceType, row};
use gateway::errors::{Result, S3Error};
use sdk::{Call, Head, Progress, Response, index};

/// Responds to a preflight; adds headers to the response of any other request.
pub(crate) fn evaluate(call: &Call) -> std::result::Result<Progress, S3Error> {
    let (head, headers) = Head::read(call);
    let target = call.target();
    let bucket = target.bucket.as_deref();
    if head.method == "OPTIONS" {
        let resource = if target.key.is_some() { ResourceType::Object } else { ResourceType::Bucket };
        let lines = cors::preflight(&headers, resource, || find(bucket))?;
        Response::with_lines(200, lines).send(call);
        return Ok(Progress::Responded);
    }
    let lines = cors::actual(&head.method, &headers, || bucket.map_or(Ok(None), rules))?;
    if !lines.is_empty() {
        call.add_headers(&lines);
    }
    Ok(Progress::Pending)
}

/// The rules of a bucket. Only where there are none, a second read says whether the bucket exists.
fn find(bucket: Option<&str>) -> Result<Found> {
    let Some(bucket) = bucket else { return Ok(Found::Bucket) };
    Ok(match rules(bucket)? {
        Some(configuration) => Found::Rules(configuration),
        None if index::get(row::BUCKETS, bucket.as_bytes()).is_some() => Found::Bucket,
        None => Found::Nothing,
    })
}

/// The rules of a bucket: one read of the index. A row that cannot be read is an error: it must not
/// look like a bucket without rules.
fn rules(bucket: &str) -> Result<Option<Configuration>> {
    index::get(row::TABLE, &row::key(bucket)).map(|raw| row::decode(&raw.value)).transpose()
}
