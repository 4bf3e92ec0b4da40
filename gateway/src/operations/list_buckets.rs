//! ListBuckets: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>

use super::listing::Owner;
use super::parameters::{continuation_token, parse_continuation_token};
use crate::bucket::bucket_name::bucket_arn;
use crate::errors::{Result, S3Error};
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
            xml.text("BucketArn", &bucket_arn(bucket.name));
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
mod tests {
    use super::*;
    use crate::errors::ErrorCode;

    fn input(raw: &str) -> Result<Input> {
        Input::parse(&Query::parse(raw).unwrap())
    }

    #[test]
    fn a_page_names_owner_and_buckets() {
        let owner = Owner { id: "75aa57f0", display_name: "alice" };
        let bucket = BucketRow { name: "photos", created_ms: 0, region: "us-east-1" };
        let plain = input("").unwrap().document(owner, [bucket].into_iter(), None);
        assert!(plain.ends_with(
            "<Owner><ID>75aa57f0</ID><DisplayName>alice</DisplayName></Owner><Buckets><Bucket>\
             <Name>photos</Name>\
             <CreationDate>1970-01-01T00:00:00.000Z</CreationDate><BucketArn>arn:aws:s3:::photos</BucketArn></Bucket>\
             </Buckets>\
             </ListAllMyBucketsResult>"
        ));
        let page =
            input("max-buckets=1&prefix=p").unwrap().document(owner, [bucket].into_iter(), Some("photos"));
        assert!(page.contains("<BucketRegion>us-east-1</BucketRegion>"));
        assert!(page.ends_with(
            "<ContinuationToken>4IiEsHBob3Rvcw</ContinuationToken><Prefix>p</Prefix></ListAllMyBucketsResult>"
        ));
        assert_eq!(input("continuation-token=4IiEsHBob3Rvcw").unwrap().after, "photos");
    }

    #[test]
    fn a_page_has_1_to_10000_buckets() {
        assert_eq!(input("").unwrap().limit, 10_000);
        assert_eq!(input("max-buckets=7").unwrap().limit, 7);
        for raw in ["max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token=*"] {
            assert_eq!(input(raw).unwrap_err().code, ErrorCode::InvalidArgument, "{raw}");
        }
    }
}
