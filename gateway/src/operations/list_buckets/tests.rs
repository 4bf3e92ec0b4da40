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
    let page = input("max-buckets=1&prefix=p").unwrap().document(owner, [bucket].into_iter(), Some("photos"));
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
