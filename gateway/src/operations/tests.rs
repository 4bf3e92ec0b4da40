use super::*;
use crate::errors::ErrorCode;
use crate::operations::addressing::Domains;
use crate::request::query::Query;
use crate::request::subresource::SUBRESOURCES;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn resolve_text(request: &str, headers: &[&str]) -> crate::errors::Result<Resolved> {
    let (method, uri) = request.split_once(' ').unwrap();
    let (host, uri) = match uri.split_once('/') {
        Some((host, rest)) if !host.is_empty() => (host, format!("/{rest}")),
        _ => ("127.0.0.1:9000", uri.to_owned()),
    };
    let (path, query) = uri.split_once('?').unwrap_or((&uri, ""));
    let query = Query::parse(query)?;
    let has_header = |name: &str| headers.contains(&name);
    resolve(
        &RequestHead { method, path, query: &query, host, has_header: &has_header },
        &Domains::new(["s3.example.com"]),
    )
}

fn check(request: &str, expected: Operation) {
    let resolved = resolve_text(request, &[]).unwrap_or_else(|error| panic!("{request}: {error}"));
    assert_eq!(resolved.operation, expected, "{request}");
}

fn check_refused(request: &str, expected: ErrorCode) {
    assert_eq!(resolve_text(request, &[]).map_err(|error| error.code), Err(expected), "{request}");
}

#[test]
fn requests_resolve_to_their_operation_in_both_styles() {
    let cases = [
        ("GET", "/", Operation::ListObjects),
        ("GET", "/?list-type=1", Operation::ListObjects),
        ("GET", "/?list-type=2&prefix=a", Operation::ListObjectsV2),
        ("GET", "/?versions", Operation::ListObjectVersions),
        ("GET", "/?uploads=", Operation::ListMultipartUploads),
        ("GET", "/?analytics", Operation::ListBucketAnalyticsConfigurations),
        ("GET", "/?analytics&id=1", Operation::GetBucketAnalyticsConfiguration),
        ("GET", "/?lifecycle", Operation::GetBucketLifecycleConfiguration),
        ("PUT", "/?notification", Operation::PutBucketNotificationConfiguration),
        ("PUT", "/", Operation::CreateBucket),
        ("HEAD", "/", Operation::HeadBucket),
        ("DELETE", "/", Operation::DeleteBucket),
        ("DELETE", "/?tagging", Operation::DeleteBucketTagging),
        ("POST", "/?delete", Operation::DeleteObjects),
        ("POST", "/", Operation::PostObject),
        ("GET", "/cat.jpg", Operation::GetObject),
        ("GET", "/cat.jpg?partNumber=2&versionId=x&x-id=GetObject", Operation::GetObject),
        ("GET", "/cat.jpg?uploadId=u", Operation::ListParts),
        ("GET", "/cat.jpg?acl", Operation::GetObjectAcl),
        ("GET", "/cat.jpg?annotation", Operation::ListObjectAnnotations),
        ("GET", "/cat.jpg?annotation&annotationName=n", Operation::GetObjectAnnotation),
        ("HEAD", "/cat.jpg?partNumber=1", Operation::HeadObject),
        ("PUT", "/a/b/?x-id=PutObject", Operation::PutObject),
        ("PUT", "/cat.jpg?partNumber=1&uploadId=u", Operation::UploadPart),
        ("POST", "/cat.jpg?uploads", Operation::CreateMultipartUpload),
        ("POST", "/cat.jpg?uploadId=u", Operation::CompleteMultipartUpload),
        ("DELETE", "/cat.jpg?uploadId=u", Operation::AbortMultipartUpload),
        ("DELETE", "/cat.jpg?versionId=v", Operation::DeleteObject),
        ("POST", "/cat.jpg?select&select-type=2", Operation::SelectObjectContent),
        ("PUT", "/cat.jpg?renameObject", Operation::RenameObject),
    ];
    for (method, rest, operation) in cases {
        check(&format!("{method} /photos{rest}"), operation);
        check(&format!("{method} photos.s3.example.com{rest}"), operation);
    }
}

#[test]
fn requests_to_the_service_resolve() {
    check("GET /", Operation::ListBuckets);
    check("GET /?max-buckets=10", Operation::ListBuckets);
    check("GET /?x-id=ListDirectoryBuckets", Operation::ListDirectoryBuckets);
    check("POST /", Operation::AwsQuery);
    check("POST /?Action=GetCallerIdentity&Version=2011-06-15", Operation::StsGetCallerIdentity);
    check("GET /?Action=GetCallerIdentity&Version=2011-06-15", Operation::StsGetCallerIdentity);
    check("POST /?Action=AssumeRole", Operation::AwsQuery);
    check("POST /WriteGetObjectResponse", Operation::WriteGetObjectResponse);
}

#[test]
fn the_settings_of_an_account_are_told_by_path_and_header() {
    let resolved = |request: &str| {
        let resolved = resolve_text(request, &["x-amz-account-id"])?;
        assert_eq!((resolved.bucket, resolved.key), (None, None));
        Ok(resolved.operation)
    };
    let path = "/v20180820/configuration/publicAccessBlock";
    // With any host: an IP address cannot have the account id before it.
    for host in ["", "111122223333.127.0.0.1:9000", "111122223333.s3.example.com", "s3-control.example.com"] {
        for (method, operation) in [
            ("GET", Operation::GetAccountPublicAccessBlock),
            ("PUT", Operation::PutAccountPublicAccessBlock),
            ("DELETE", Operation::DeleteAccountPublicAccessBlock),
        ] {
            assert_eq!(resolved(&format!("{method} {host}{path}")), Ok(operation), "{method} {host}");
        }
        for (method, path) in [
            ("POST", path),
            ("PUT", "/v20180820/accesspoint"),
            ("PUT", "/v20180820/accesspoint/a/other"),
            ("GET", "/v20180820/accesspoint/a/b/policy"),
            ("PUT", "/v20180820/accesspointforobjectlambda"),
            ("PUT", "/v20180820/accesspointforobjectlambda/a/policyStatus"),
            ("GET", "/v20180820/tags/"),
            ("GET", "/v20180820/"),
        ] {
            let refused = resolved(&format!("{method} {host}{path}"));
            let code = refused.map_err(|error: crate::errors::S3Error| error.code);
            assert_eq!(code, Err(ErrorCode::NotImplemented), "{method} {path}");
        }
    }
    // Without the header, the path is a bucket and a key; so are other paths with it.
    check(&format!("PUT {path}"), Operation::PutObject);
    let other =
        resolve_text("GET /v20180821/configuration/publicAccessBlock", &["x-amz-account-id"]).unwrap();
    assert_eq!(other.operation, Operation::GetObject);
}

#[test]
fn access_points_are_told_by_their_paths() {
    for (method, path, operation) in [
        ("PUT", "accesspoint/reports", Operation::CreateAccessPoint),
        ("GET", "accesspoint/reports", Operation::GetAccessPoint),
        ("DELETE", "accesspoint/reports", Operation::DeleteAccessPoint),
        ("GET", "accesspoint", Operation::ListAccessPoints),
        ("GET", "accesspoint?bucket=photos", Operation::ListAccessPoints),
        ("PUT", "accesspoint/reports/policy", Operation::PutAccessPointPolicy),
        ("GET", "accesspoint/reports/policy", Operation::GetAccessPointPolicy),
        ("DELETE", "accesspoint/reports/policy", Operation::DeleteAccessPointPolicy),
        ("GET", "accesspoint/reports/policyStatus", Operation::GetAccessPointPolicyStatus),
        ("PUT", "accesspoint/reports/scope", Operation::PutAccessPointScope),
        ("GET", "accesspoint/policy", Operation::GetAccessPoint),
        ("PUT", "accesspointforobjectlambda/redacted", Operation::CreateAccessPointForObjectLambda),
        ("GET", "accesspointforobjectlambda/policy", Operation::GetAccessPointForObjectLambda),
        ("DELETE", "accesspointforobjectlambda/redacted", Operation::DeleteAccessPointForObjectLambda),
        ("GET", "accesspointforobjectlambda?maxResults=1", Operation::ListAccessPointsForObjectLambda),
        (
            "GET",
            "accesspointforobjectlambda/a/configuration",
            Operation::GetAccessPointConfigurationForObjectLambda,
        ),
        (
            "PUT",
            "accesspointforobjectlambda/a/configuration",
            Operation::PutAccessPointConfigurationForObjectLambda,
        ),
        ("GET", "accesspointforobjectlambda/a/policy", Operation::GetAccessPointPolicyForObjectLambda),
        ("PUT", "accesspointforobjectlambda/a/policy", Operation::PutAccessPointPolicyForObjectLambda),
        ("DELETE", "accesspointforobjectlambda/a/policy", Operation::DeleteAccessPointPolicyForObjectLambda),
        (
            "GET",
            "accesspointforobjectlambda/a/policyStatus",
            Operation::GetAccessPointPolicyStatusForObjectLambda,
        ),
        ("POST", "tags/arn%3Aaws%3As3:::a/b", Operation::TagResource),
        ("DELETE", "tags/arn:aws:s3:::a/b?tagKeys=k", Operation::UntagResource),
        ("GET", "tags/arn:aws:s3:::a/b", Operation::ListTagsForResource),
    ] {
        let resolved = resolve_text(&format!("{method} /v20180820/{path}"), &["x-amz-account-id"]).unwrap();
        assert_eq!(resolved.operation, operation, "{method} {path}");
        assert!(operation.is_of_access_points() && operation.is_of_account(), "{operation}");
        assert_eq!(operation.is_of_object_lambda(), path.contains("forobjectlambda"), "{operation}");
    }
    let of_account = Operation::PutAccountPublicAccessBlock;
    assert!(of_account.is_of_account() && !of_account.is_of_access_points());
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-service-api-support.html>
#[test]
fn only_requests_to_buckets_and_objects_come_by_access_points() {
    for &operation in Operation::ALL {
        let goes = operation.goes_by_access_point();
        let changes_bucket = operation.row().target == TargetKind::Bucket
            && !matches!(operation.row().method, Method::Get | Method::Head);
        let takes = !matches!(operation, Operation::DeleteObjects | Operation::PostObject);
        assert!(!goes || operation.row().target != TargetKind::Service, "{operation}");
        assert!(!(goes && changes_bucket && takes), "{operation}");
    }
    assert!(Operation::GetObject.goes_by_access_point() && !Operation::DeleteBucket.goes_by_access_point());
}

#[test]
fn a_copy_source_makes_a_copy() {
    let copy = ["x-amz-copy-source"];
    let resolved = |request: &str| resolve_text(request, &copy).unwrap().operation;
    assert_eq!(resolved("PUT /photos/a"), Operation::CopyObject);
    assert_eq!(resolved("PUT /photos/a?uploadId=u&partNumber=1"), Operation::UploadPartCopy);
    assert_eq!(resolved("PUT /photos/a?tagging"), Operation::PutObjectTagging);
    assert_eq!(resolved("GET /photos/a"), Operation::GetObject);
    assert_eq!(resolved("PUT /photos"), Operation::CreateBucket);
}

#[test]
fn bucket_and_key_come_with_the_operation() {
    let resolved = resolve_text("GET /photos/2024//a%20b%2B/?acl", &[]).unwrap();
    assert_eq!(resolved.bucket.as_deref(), Some("photos"));
    assert_eq!(resolved.key.as_deref(), Some("2024//a b+/"));
}

#[test]
fn a_subresource_is_never_ignored() {
    check_refused("DELETE /photos?acl", ErrorCode::MethodNotAllowed);
    check_refused("DELETE /photos?versioning", ErrorCode::MethodNotAllowed);
    check_refused("DELETE /photos/a?acl", ErrorCode::MethodNotAllowed);
    check_refused("PUT /photos?location", ErrorCode::MethodNotAllowed);
    check_refused("POST /photos/a", ErrorCode::MethodNotAllowed);
    check_refused("POST /photos/a?select", ErrorCode::MethodNotAllowed);
    check_refused("PUT /", ErrorCode::MethodNotAllowed);
    check_refused("DELETE /", ErrorCode::MethodNotAllowed);
    check_refused("PATCH /photos/a", ErrorCode::MethodNotAllowed);
    check_refused("get /photos/a", ErrorCode::MethodNotAllowed);
    check_refused("GET /photos?acl&policy", ErrorCode::InvalidArgument);
    check_refused("PUT /photos/a?uploadId=u", ErrorCode::MethodNotAllowed);
    check_refused("GET /photos/a?versions", ErrorCode::InvalidRequest);
    check_refused("GET /photos/a?uploads", ErrorCode::InvalidRequest);
    check_refused("PUT /photos/a?partNumber=1", ErrorCode::InvalidArgument);
    check("GET /photos?acl&acl", Operation::GetBucketAcl);
    check_refused("GET /no/%ff", ErrorCode::InvalidBucketName);
}

#[test]
fn a_method_that_is_not_allowed_names_the_resource() {
    let resource = |request: &str| {
        let error = resolve_text(request, &[]).unwrap_err();
        error.details.into_iter().find(|(name, _)| *name == "ResourceType").map(|(_, value)| value)
    };
    assert_eq!(resource("DELETE /").as_deref(), Some("SERVICE"));
    assert_eq!(resource("PATCH /photos").as_deref(), Some("BUCKET"));
    assert_eq!(resource("POST /photos/a").as_deref(), Some("OBJECT"));
    assert_eq!(resource("PUT /photos/a?uploadId=u").as_deref(), Some("UPLOAD"));
    assert_eq!(resource("DELETE /photos?acl"), None);
}

/// Each row of the published model: name, method, URI, required query parameters, digest.
fn model() -> Vec<[&'static str; 5]> {
    include_str!("../../tests/vectors/s3_operations.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap())
        .collect()
}

#[test]
fn the_table_has_every_operation_of_the_model_and_few_others() {
    let model: BTreeSet<&str> = model().iter().map(|row| row[0]).collect();
    let table: BTreeSet<&str> = Operation::ALL.iter().map(|operation| operation.name()).collect();
    assert_eq!(model.len(), 116);
    assert_eq!(model.difference(&table).count(), 0);
    let others: Vec<_> = table.difference(&model).copied().collect();
    assert_eq!(
        others,
        [
            "AwsQuery",
            "CreateAccessPoint",
            "CreateAccessPointForObjectLambda",
            "DeleteAccessPoint",
            "DeleteAccessPointForObjectLambda",
            "DeleteAccessPointPolicy",
            "DeleteAccessPointPolicyForObjectLambda",
            "DeleteAccessPointScope",
            "DeleteAccountPublicAccessBlock",
            "DeleteBucketTransforms",
            "GetAccessPoint",
            "GetAccessPointConfigurationForObjectLambda",
            "GetAccessPointForObjectLambda",
            "GetAccessPointPolicy",
            "GetAccessPointPolicyForObjectLambda",
            "GetAccessPointPolicyStatus",
            "GetAccessPointPolicyStatusForObjectLambda",
            "GetAccessPointScope",
            "GetAccountPublicAccessBlock",
            "GetBucketTransforms",
            "GetCallerIdentity",
            "Lambda",
            "ListAccessPoints",
            "ListAccessPointsForObjectLambda",
            "ListTagsForResource",
            "PostObject",
            "PutAccessPointConfigurationForObjectLambda",
            "PutAccessPointPolicy",
            "PutAccessPointPolicyForObjectLambda",
            "PutAccessPointScope",
            "PutAccountPublicAccessBlock",
            "PutBucketTransforms",
            "TagResource",
            "UntagResource",
        ]
    );
    for &operation in Operation::ALL {
        assert_eq!(Operation::parse(operation.name()), Some(operation));
        assert_eq!(operation.row().operation, operation);
    }
    assert_eq!(Operation::parse("Nothing"), None);
}

#[test]
fn each_row_says_what_the_model_says() {
    for [name, method, uri, required, digest] in model() {
        let row = Operation::parse(name).unwrap().row();
        assert_eq!(row.method.as_str(), method, "{name}");
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let target = match path {
            "/{Bucket}" => TargetKind::Bucket,
            "/{Bucket}/{Key+}" => TargetKind::Object,
            _ => TargetKind::Service,
        };
        assert_eq!(row.target, target, "{name}");
        let mut expected: BTreeSet<String> = query.split('&').map(str::to_owned).collect();
        expected.extend(required.split(',').map(str::to_owned));
        expected.retain(|parameter| !parameter.is_empty() && parameter != "-");
        let mut found = BTreeSet::new();
        for selector in row.selected_by {
            match selector {
                Selector::Subresource(name) | Selector::Parameter(name) => found.insert((*name).to_owned()),
                Selector::ParameterIs("x-id", _) => continue,
                Selector::ParameterIs(name, value) => found.insert(format!("{name}={value}")),
                Selector::Header(_) | Selector::Path(_) | Selector::Under(..) | Selector::Below(_) => {
                    continue;
                }
            };
        }
        assert_eq!(found, expected, "{name}");
        assert_eq!(row.digest != BodyDigest::Optional, digest == "digest", "{name}");
    }
}

#[test]
fn the_uri_of_each_operation_resolves_to_it() {
    for [name, method, uri, required, _] in model() {
        let operation = Operation::parse(name).unwrap();
        if operation.row().is_superseded() {
            continue;
        }
        let mut uri = uri.replace("{Bucket}", "photos").replace("{Key+}", "a/b");
        let mut parameters: Vec<String> =
            required.split(',').filter(|name| *name != "-").map(|name| format!("{name}=1")).collect();
        let mut headers = Vec::new();
        for selector in operation.row().selected_by {
            match selector {
                Selector::Header(name) => headers.push(*name),
                Selector::ParameterIs("x-id", value) => parameters.push(format!("x-id={value}")),
                _ => {}
            }
        }
        for parameter in parameters {
            uri.push(if uri.contains('?') { '&' } else { '?' });
            uri.push_str(&parameter);
        }
        let resolved = resolve_text(&format!("{method} {uri}"), &headers);
        assert_eq!(resolved.map(|resolved| resolved.operation), Ok(operation), "{name}");
    }
}

/// A request that meets the conditions of two rows must find a winner: one row's conditions contain
/// the other's, or no request meets both.
#[test]
fn no_request_matches_two_rows_equally() {
    let rows: Vec<&OperationRow> =
        Operation::ALL.iter().map(|operation| operation.row()).filter(|row| !row.is_superseded()).collect();
    for (position, first) in rows.iter().enumerate() {
        for second in &rows[position + 1..] {
            let same = first.method == second.method
                && first.target == second.target
                && first.subresource() == second.subresource();
            assert!(!same || ordered(first, second) || exclusive(first, second), "{first:?} {second:?}");
        }
    }
}

fn ordered(first: &OperationRow, second: &OperationRow) -> bool {
    let within = |a: &OperationRow, b: &OperationRow| {
        a.selected_by.len() < b.selected_by.len()
            && a.selected_by.iter().all(|selector| b.selected_by.contains(selector))
    };
    within(first, second) || within(second, first)
}

fn exclusive(first: &OperationRow, second: &OperationRow) -> bool {
    let path = |row: &OperationRow| {
        row.selected_by
            .iter()
            .copied()
            .find(|selector| matches!(selector, Selector::Path(_) | Selector::Under(..) | Selector::Below(_)))
    };
    path(first) != path(second)
}

#[test]
fn the_list_of_subresources_is_the_tables() {
    let table: BTreeSet<&str> =
        Operation::ALL.iter().filter_map(|operation| operation.row().subresource()).collect();
    assert_eq!(SUBRESOURCES.to_vec(), table.into_iter().collect::<Vec<_>>());
}

#[test]
fn every_operation_but_those_of_sts_takes_an_action() {
    for &operation in Operation::ALL {
        let free =
            matches!(operation, Operation::StsGetCallerIdentity | Operation::AwsQuery | Operation::Lambda);
        assert_eq!(operation.row().actions.is_empty(), free, "{operation}");
    }
}

/// With a wrong purpose, bytes could be stored without being sealed, or a change could take effect
/// on an object that was not decided on. The actions and the body of a row show its purpose, too.
#[test]
fn the_purpose_of_a_row_agrees_with_its_actions_and_its_body() {
    let full = Operation::ALL.iter().filter(|operation| operation.row().support == Support::Full);
    for operation in full {
        let row = operation.row();
        let copies = row.selected_by.contains(&header("x-amz-copy-source"));
        assert_eq!(operation.copies(), copies, "{operation}");
        assert_eq!(operation.copies_whole_object(), *operation == Operation::CopyObject, "{operation}");
        let has_bytes = matches!(row.body, BodyKind::Stream | BodyKind::UploadForm) || copies;
        let writes_bytes = matches!(row.purpose, Purpose::WriteObject | Purpose::WritePart);
        // The bytes of an answer go to a client, and not into an object.
        let is_answer = *operation == Operation::WriteGetObjectResponse;
        assert_eq!(writes_bytes, has_bytes && !is_answer, "{operation}");
        let writes = writes_bytes || operation.starts_object() || operation.finishes_object();
        assert_eq!(writes, operation.takes("s3:PutObject"), "{operation}");
        let reads = row.actions.contains(&versioned("s3:GetObject", "s3:GetObjectVersion"));
        assert!(
            !reads || matches!(row.purpose, Purpose::ReadObject | Purpose::DescribeObject),
            "{operation}"
        );
        let sets_acl = row.actions.contains(&with("x-amz-acl", "s3:PutObjectAcl"))
            || row.actions.contains(&with("x-amz-acl", "s3:PutBucketAcl"))
            || (row.subresource() == Some("acl") && row.method == Method::Put);
        assert_eq!(operation.takes_acl(), sets_acl, "{operation}");
        // Writing a subresource of an object is not writing the object, nor its upload.
        let writes_beside = row.target == TargetKind::Object
            && matches!(row.method, Method::Put | Method::Post | Method::Delete)
            && row.subresource().is_some_and(|name| !name.starts_with("upload"));
        assert_eq!(operation.changes_object(), writes_beside, "{operation}");
    }
}

#[test]
fn a_superseded_row_stands_before_its_successor() {
    let mut requests: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    for row in Operation::ALL.iter().map(|operation| operation.row()) {
        let request = format!("{:?} {:?} {:?}", row.method, row.target, row.selected_by);
        requests.entry(request).or_default().push(row.is_superseded());
    }
    for (request, superseded) in requests {
        assert!(superseded == [false] || superseded == [true, false], "{request}");
    }
}

proptest! {
    #[test]
    fn resolving_never_panics(
        method in "(GET|PUT|POST|HEAD|DELETE)",
        path in "/{0,2}[a-z%/.]{0,12}",
        query in "(acl|tagging|uploadId|partNumber|=|&|%41|%|versions|id){0,6}",
    ) {
        let _ = resolve_text(&format!("{method} /{path}?{query}"), &[]);
    }
}
