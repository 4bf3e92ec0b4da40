use super::*;

fn code<T: std::fmt::Debug>(result: Result<T>) -> ErrorCode {
    result.unwrap_err().code
}

#[test]
fn paths_name_an_access_point() {
    for path in ["reports", "reports/policy", "reports/policyStatus", "reports/scope"] {
        assert_eq!(
            name_of(&format!("/v20180820/accesspoint/{path}")).unwrap().as_deref(),
            Some("reports"),
            "{path}"
        );
    }
    assert_eq!(name_of("/v20180820/accesspoint/arn%3Aaws").unwrap().as_deref(), Some("arn:aws"));
    for path in ["/v20180820/accesspoint", "/v20180820/accesspoint/", "/v20180820/accesspoint/a/b"] {
        assert_eq!(name_of(path).unwrap(), None, "{path}");
    }
    assert_eq!(code(name_of("/v20180820/accesspoint/%f")), ErrorCode::InvalidURI);
    let arn = "arn:aws:s3:us-east-1:111122223333:accesspoint/reports";
    for path in [arn.to_owned(), arn.replace(':', "%3A").replace('/', "%2F")] {
        assert_eq!(tagged_arn(&format!("/v20180820/tags/{path}")).unwrap().as_deref(), Some(arn));
    }
}

#[test]
fn the_document_of_a_new_access_point_is_read() {
    let body = "<CreateAccessPointRequest xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\">\
        <Bucket>photos</Bucket><VpcConfiguration><VpcId>vpc-1a2b</VpcId></VpcConfiguration>\
        <PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>\
        <BucketAccountId>111122223333</BucketAccountId>\
        <Tags><Tag><Key>b</Key><Value>2</Value></Tag><Tag><Key>a</Key><Value>1</Value></Tag></Tags>\
        </CreateAccessPointRequest>";
    let read = Create::parse(body.as_bytes()).unwrap();
    assert_eq!(read.bucket, "photos");
    assert_eq!(read.bucket_account.as_deref(), Some("111122223333"));
    assert_eq!(read.network.as_deref(), Some("vpc-1a2b"));
    let block = PublicAccessBlock { block_public_acls: true, ..PublicAccessBlock::default() };
    assert_eq!(read.public_access, Some(block));
    assert_eq!(read.tags, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
    let of = |rest: &str| {
        Create::parse(format!("<CreateAccessPointRequest>{rest}</CreateAccessPointRequest>").as_bytes())
    };
    assert_eq!(of("<Bucket>photos</Bucket>").unwrap().public_access, None);
    let network = |id: &str| {
        of(&format!("<Bucket>photos</Bucket><VpcConfiguration><VpcId>{id}</VpcId></VpcConfiguration>"))
    };
    for (result, expected) in [
        (of(""), ErrorCode::MalformedXML),
        (of("<Bucket>photos</Bucket><Other/>"), ErrorCode::MalformedXML),
        (of("<Bucket>photos</Bucket><VpcConfiguration/>"), ErrorCode::MalformedXML),
        (network("1a2b"), ErrorCode::InvalidRequest),
        (network("vpc-"), ErrorCode::InvalidRequest),
        (network("vpc-A"), ErrorCode::InvalidRequest),
        (of("<Bucket>photos</Bucket><Scope/>"), ErrorCode::InvalidRequest),
        (Create::parse(b"<Other/>"), ErrorCode::MalformedXML),
    ] {
        assert_eq!(code(result), expected);
    }
}

#[test]
fn tags_are_added_by_their_keys() {
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let mut tags = vec![tag("b", "2")];
    add_tags(&mut tags, vec![tag("a", "1"), tag("b", "3")]).unwrap();
    assert_eq!(tags, [tag("a", "1"), tag("b", "3")]);
    let many = (0..50).map(|number| tag(&format!("k{number:02}"), "")).collect();
    assert_eq!(code(add_tags(&mut tags, many)), ErrorCode::BadRequest);
    assert_eq!(untagged(&Query::parse("tagKeys=a&x=b&tagKeys=c").unwrap()), ["a", "c"]);
    let body = "<TagResourceRequest><Tags><Tag><Key>a</Key><Value/></Tag></Tags></TagResourceRequest>";
    assert_eq!(parse_tags(body.as_bytes()).unwrap(), [tag("a", "")]);
    assert_eq!(code(parse_tags(b"<TagResourceRequest/>")), ErrorCode::MalformedXML);
}

#[test]
fn pages_go_on_where_they_ended() {
    let parse = |query: &str| List::parse(&Query::parse(query).unwrap());
    assert_eq!(parse("").unwrap(), List { bucket: None, after: String::new(), max: 1000 });
    let token = continuation_token("reports");
    let read = parse(&format!("bucket=photos&maxResults=2&nextToken={token}")).unwrap();
    assert_eq!(read, List { bucket: Some("photos".to_owned()), after: "reports".to_owned(), max: 2 });
    for query in ["maxResults=1001", "maxResults=-1", "maxResults=x", "nextToken=reports"] {
        assert_eq!(code(parse(query)), ErrorCode::InvalidRequest, "{query}");
    }
}

#[test]
fn documents_show_an_access_point() {
    let shown = Shown {
        name: "reports",
        bucket: "photos",
        bucket_account: "111122223333",
        network: Some("vpc-1a2b"),
        public_access: PublicAccessBlock::ALL,
        created_ms: 1_369_353_600_000,
        alias: "reports-abc-s3alias",
        arn: "arn:aws:s3:us-east-1:111122223333:accesspoint/reports",
    };
    let document = shown.document(&[("ipv4", "s3-accesspoint.us-east-1.example.com".to_owned())]);
    assert!(document.contains("<NetworkOrigin>VPC</NetworkOrigin><VpcConfiguration><VpcId>vpc-1a2b</VpcId>"));
    assert!(document.contains("<CreationDate>2013-05-24T00:00:00.000Z</CreationDate>"), "{document}");
    assert!(
        document
            .contains("<entry><key>ipv4</key><value>s3-accesspoint.us-east-1.example.com</value></entry>")
    );
    let internet = Shown { network: None, ..shown };
    let list = list_document(&[internet], true);
    assert!(list.contains("<NetworkOrigin>Internet</NetworkOrigin><Bucket>photos</Bucket>"), "{list}");
    assert!(list.contains(&format!("<NextToken>{}</NextToken>", continuation_token("reports"))));
    assert!(!list_document(&[internet], false).contains("NextToken"));
    assert!(policy_document("{\"a\":\"<\"}").contains("<Policy>{&quot;a&quot;:&quot;&lt;&quot;}</Policy>"));
    assert!(policy_status_document(true).contains("<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>"));
}

#[test]
fn the_policy_is_taken_as_it_stands() {
    let body = "<PutAccessPointPolicyRequest><Policy> {} </Policy></PutAccessPointPolicyRequest>";
    assert_eq!(parse_policy(body.as_bytes()).unwrap(), " {} ");
    assert_eq!(code(parse_policy(b"<PutAccessPointPolicyRequest/>")), ErrorCode::MalformedXML);
}
