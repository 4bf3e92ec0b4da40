//! ListBuckets: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>

use super::listing::Owner;
use super::parameters::{continuation_token, parse_continuation_token};
use crate::errors::{Result, S3Error};
use crate::policy::resource_arn;
use crate::request::query::Query;
use crate::timestamp::push_iso8601;
use crate::xml::XmlWriter;

/// How many buckets a page has at most.
pub const PAGE_MAX: u32 = 10_000;

/// The parameters of ListBuckets.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// 1 to 10,000.
    pub limit: u32,
    /// Only names that start with this; empty for all.
    pub prefix: String,
    /// Only buckets of this region.
    pub region: Option<String>,
    /// The page starts after the bucket with this name; empty for the start.
    pub after: String,
    /// Whether the client knows pages: then rows name their region.
    pub paginated: bool,
}

/// A bucket in the listing.
#[derive(Clone, Copy, Debug)]
pub struct BucketRow<'a> {
    /// The name.
    pub name: &'a str,
    /// When it was created.
    pub created_ms: u64,
    /// Its region.
    pub region: &'a str,
}

impl Input {
    /// Reads the parameters. `InvalidArgument` for invalid ones.
    pub fn parse(query: &Query) -> Result<Input> {
        let limit = match query.get_non_empty("max-buckets") {
            None => PAGE_MAX,
            Some(text) => match text.parse() {
                Ok(limit) if (1..=PAGE_MAX).contains(&limit) => limit,
                _ => {
                    let message = "Argument max-buckets must be an integer between 1 and 10000";
                    return Err(S3Error::invalid_argument("max-buckets", text, message));
                }
            },
        };
        let parameters = ["max-buckets", "prefix", "continuation-token", "bucket-region"];
        Ok(Input {
            limit,
            prefix: query.get("prefix").unwrap_or_default().to_owned(),
            region: query.get_non_empty("bucket-region").map(str::to_owned),
            after: parse_continuation_token(query)?.unwrap_or_default(),
            paginated: parameters.iter().any(|name| query.has(name)),
        })
    }

    /// The response document. `next` is the name of the last bucket of a page that is truncated.
    pub fn document<'a>(
        &self,
        owner: Owner<'_>,
        buckets: impl Iterator<Item = BucketRow<'a>>,
        next: Option<&str>,
    ) -> String {
        let mut xml = XmlWriter::document("ListAllMyBucketsResult");
        xml.push(|out| owner.push(out, "Owner"));
        xml.open("Buckets");
        for bucket in buckets {
            xml.open("Bucket");
            xml.text("Name", bucket.name);
            xml.with("CreationDate", |out| push_iso8601(out, bucket.created_ms));
            if self.paginated {
                xml.text("BucketRegion", bucket.region);
            }
            xml.text("BucketArn", &resource_arn(bucket.name, None));
            xml.close("Bucket");
        }
        xml.close("Buckets");
        xml.optional("ContinuationToken", next.map(continuation_token).as_deref());
        if !self.prefix.is_empty() {
            xml.text("Prefix", &self.prefix);
        }
        xml.finish()
    }
}

#[cfg(test)]
mod tests;
