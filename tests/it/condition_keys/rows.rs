//! THE ROWS: which requests are sent for each key. A key without a row does not build.

use gateway::policy::KeyId;

use super::{Case, Other, Sent, sent};

/// How a key is asked for.
pub(super) enum Row {
    /// By the policies of buckets.
    Asked(Vec<Case>),
    /// No request carries it: THE CONDITION KEYS say why.
    Never,
    /// By another test, in this file: of sessions, endpoints, IAM, STS and master keys.
    Elsewhere(&'static str),
}

const HERE: &str = "tests/it/condition_keys.rs";
const SIGNATURES: &str = "tests/it/condition_keys/signatures.rs";
const ACCESS_POINTS: &str = "tests/it/access_points/rights.rs";
const OBJECT_LAMBDA: &str = "tests/it/object_lambda/rights.rs";
const FUNCTIONS: &str = "tests/it/functions/rights.rs";
const ENDPOINTS: &str = "tests/it/endpoints.rs";
const LIBRARY: &str = "gateway/src/access/condition_keys/tests.rs";
const MASTER_KEYS: &str = "gateway/src/access/authorize_key.rs";
const ACTIONS: &str = "components/iam/src/actions/needed_access.rs";
const PERMISSIONS: &str = "components/policy/src/permissions.rs";

/// The row of a key.
#[expect(clippy::too_many_lines, reason = "a line for each key")]
pub(super) fn row(id: KeyId) -> Row {
    use KeyId as K;
    use Row::{Asked, Elsewhere, Never};
    match id {
        K::SourceAccount | K::SourceArn => Never,
        K::PrincipalServiceName | K::PrincipalServiceNamesList | K::SourceOwner => Never,
        K::PrincipalOrgId | K::PrincipalOrgPaths | K::ResourceOrgId | K::ResourceOrgPaths => Never,
        K::SourceOrgId | K::SourceOrgPaths | K::VpceOrgId | K::VpceOrgPaths => Never,
        K::SourceVpcArn | K::VpceAccount | K::AccessGrantsInstanceArn => Never,
        K::IsReplicationPauseRequest | K::InventoryOptionalFields | K::IamPassedToService => Never,
        K::KmsGrantConstraintType | K::KmsGranteePrincipal | K::KmsGrantIsForAwsResource => Never,
        K::KmsGrantOperations | K::KmsRetiringPrincipal | K::KmsReEncryptOnSameKey => Never,
        K::KmsMultiRegionKeyType | K::Other => Never,
        K::LambdaCodeSigningConfigArn | K::LambdaEventSourceToken | K::LambdaFunctionArn => Never,
        K::LambdaFunctionUrlAuthType | K::LambdaInvokedViaFunctionUrl | K::LambdaLayer => Never,
        K::LambdaSecurityGroupIds | K::LambdaSourceFunctionArn | K::LambdaSubnetIds => Never,
        K::LambdaVpcIds => Never,

        K::CalledVia | K::CalledViaFirst | K::CalledViaLast => Elsewhere(OBJECT_LAMBDA),
        K::ObjectLambdaAuthType | K::ObjectLambdaSignatureAge => Elsewhere(OBJECT_LAMBDA),
        K::ObjectLambdaTlsVersion | K::ObjectLambdaVersionId => Elsewhere(OBJECT_LAMBDA),
        K::LambdaPrincipal => Elsewhere(FUNCTIONS),
        K::AccessPointNetworkOrigin | K::AccessPointTag => Elsewhere(ACCESS_POINTS),
        K::DataAccessPointAccount | K::DataAccessPointArn => Elsewhere(ACCESS_POINTS),

        K::CurrentTime => always(id, "DateGreaterThan", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"),
        K::EpochTime => always(id, "NumericGreaterThan", "1577836800", "99999999999"),
        K::PrincipalAccount => always(id, "StringEquals", "000000000001", "000000000002"),
        K::PrincipalArn => {
            always(id, "ArnEquals", "arn:aws:iam::000000000001:root", "arn:aws:iam::000000000002:root")
        }
        K::PrincipalIsAwsService => always(id, "Bool", "false", "true"),
        K::PrincipalType => always(id, "StringEquals", "Account", "User"),
        K::UserId => always(id, "StringEquals", "000000000001", "000000000002"),
        K::RequestedRegion => always(id, "StringEquals", "us-east-1", "eu-west-1"),
        K::ResourceAccount | K::S3ResourceAccount => {
            always(id, "StringEquals", "000000000001", "000000000002")
        }
        K::SecureTransport => always(id, "Bool", "false", "true"),
        K::SourceIp => always(id, "IpAddress", "127.0.0.0/8", "10.0.0.0/8"),
        K::ViaAwsService => always(id, "Bool", "false", "true"),

        K::Referer => Asked(vec![header(id, "s3:GetObject", get(), "referer", "http://cats.example.com/")]),
        K::UserAgent => Asked(vec![header(id, "s3:GetObject", get(), "user-agent", "cats/1.0")]),
        K::IfMatch => Asked(vec![header(id, "s3:GetObject", get(), "if-match", "*")]),
        K::IfNoneMatch => Asked(vec![header(id, "s3:PutObject", put(), "if-none-match", "*")]),

        K::Prefix => Asked(listings(id, "prefix", "a/", "StringEquals")),
        K::Delimiter => Asked(listings(id, "delimiter", "/", "StringEquals")),
        K::MaxKeys => Asked(listings(id, "max-keys", "7", "NumericEquals")),

        K::ExistingObjectTag => Asked(of_tagged()),
        K::ResourceTag | K::BucketTag => Asked(of_tagged_buckets(id)),
        K::RequestObjectTag | K::RequestObjectTagKeys => Asked(of_new_tags(id)),
        K::RequestTag | K::TagKeys => Asked(of_new_bucket_tags(id)),

        K::Acl => Asked(acls(id, "x-amz-acl", "authenticated-read")),
        K::GrantFullControl => Asked(grants(id, "x-amz-grant-full-control")),
        K::GrantRead => Asked(grants(id, "x-amz-grant-read")),
        K::GrantReadAcp => Asked(grants(id, "x-amz-grant-read-acp")),
        K::GrantWrite => Asked(grants(id, "x-amz-grant-write")),
        K::GrantWriteAcp => Asked(grants(id, "x-amz-grant-write-acp")),
        K::ObjectOwnership => Asked(vec![ownership(id)]),
        K::LocationConstraint => Elsewhere(HERE),

        K::ObjectLockMode | K::ObjectLockRemainingDays | K::ObjectLockRetainUntil => Asked(retentions(id)),
        K::ObjectLockLegalHold => Asked(holds(id)),

        K::ServerSideEncryption => Asked(writes(id, &[("x-amz-server-side-encryption", "AES256")])),
        K::SseKmsKeyId => Asked(master_keys(id)),
        K::SseCustomerAlgorithm => Elsewhere(LIBRARY),
        K::StorageClass => Asked(writes(id, &[("x-amz-storage-class", "STANDARD_IA")])),
        K::WebsiteRedirectLocation => Asked(writes(id, &[("x-amz-website-redirect-location", "/a")])),
        K::MetadataDirective => {
            Asked(vec![header(id, "s3:PutObject", copy(), "x-amz-metadata-directive", "REPLACE")])
        }
        K::CopySource => Asked(copies(id)),
        K::ObjectCreationOperation => Asked(vec![Case {
            operator: "Bool",
            ..case(id, "s3:PutObject", "true", put(), sent("POST", "/{b}/{n}?uploads"))
        }]),
        // Who names no version takes another action.
        K::VersionId => {
            let get = sent("GET", "/{b}/{k}?versionId={v}");
            let case = case(id, "s3:GetObjectVersion", "*", get.clone(), get);
            Asked(vec![Case { operator: "StringLike", other: Other::Value("none"), ..case }])
        }

        K::AuthType | K::SignatureAge | K::SignatureVersion | K::ContentSha256 => Elsewhere(SIGNATURES),
        K::TlsVersion => Elsewhere(LIBRARY),
        K::SourceVpc | K::SourceVpce | K::VpcSourceIp => Elsewhere(ENDPOINTS),
        K::UserName | K::PrincipalTag => Elsewhere(HERE),
        K::FederatedProvider | K::MultiFactorAuthAge | K::MultiFactorAuthPresent => Elsewhere(PERMISSIONS),
        K::TokenIssueTime | K::SourceIdentity => Elsewhere(PERMISSIONS),
        K::KmsCallerAccount | K::KmsEncryptionAlgorithm | K::KmsEncryptionContext => Elsewhere(MASTER_KEYS),
        K::KmsEncryptionContextKeys | K::KmsKeyOrigin | K::KmsKeySpec | K::KmsKeyUsage => {
            Elsewhere(MASTER_KEYS)
        }
        K::KmsMultiRegion | K::KmsRequestAlias | K::KmsResourceAliases | K::KmsViaService => {
            Elsewhere(MASTER_KEYS)
        }
        K::StsDurationSeconds | K::StsExternalId | K::StsRoleSessionName => Elsewhere(ACTIONS),
        K::StsSourceIdentity | K::StsTransitiveTagKeys | K::IamPermissionsBoundary => Elsewhere(ACTIONS),
        K::IamPolicyArn | K::IamResourceTag => Elsewhere(ACTIONS),
    }
}

/// Actions that the table names for a key, and that no request here takes.
pub(super) fn is_not_asked(id: KeyId, action: &str) -> bool {
    let is_of_service = action.ends_with('*');
    let is_of_new_bucket = action == "s3:CreateBucket";
    // Nothing is replicated or restored.
    let is_missing = matches!(action, "s3:ReplicateObject" | "s3:ReplicateTags" | "s3:RestoreObject");
    // It is asked with what it passes over, of which the request itself says nothing.
    let is_bypass = action == "s3:BypassGovernanceRetention";
    // `access_points.rs` asks for the tags of access points.
    let is_of_access_points =
        matches!(action, "s3:CreateAccessPoint" | "s3:TagResource" | "s3:UntagResource");
    // So does `functions/rights.rs` for those of functions.
    let is_of_functions = action.starts_with("lambda:");
    // A retention says nothing of holds, and a hold nothing of retentions.
    let is_other_lock = match id {
        KeyId::ObjectLockLegalHold => action.ends_with("Retention") || action.ends_with("Configuration"),
        KeyId::ObjectLockRetainUntil => action.ends_with("Hold") || action.ends_with("Configuration"),
        KeyId::ObjectLockMode | KeyId::ObjectLockRemainingDays => action.ends_with("Hold"),
        KeyId::MaxKeys => action == "s3:ListBucketMultipartUploads",
        _ => false,
    };
    is_of_service
        || is_of_new_bucket
        || is_missing
        || is_bypass
        || is_of_access_points
        || is_of_functions
        || is_other_lock
}

fn get() -> Sent {
    sent("GET", "/{b}/{k}")
}

fn put() -> Sent {
    sent("PUT", "/{b}/{n}")
}

fn copy() -> Sent {
    put().header("x-amz-copy-source", "/{b}/source").header("x-amz-tagging-directive", "REPLACE")
}

fn case(id: KeyId, action: &'static str, value: &str, with: Sent, without: Sent) -> Case {
    let other = Other::Request(without);
    Case { action, operator: "StringEquals", key: id.name().to_owned(), value: value.to_owned(), with, other }
}

/// A key that every request carries: of another value, the request is not meant.
fn always(id: KeyId, operator: &'static str, value: &str, other: &'static str) -> Row {
    let key = id.name().to_owned();
    let other = Other::Value(other);
    let get = Case { action: "s3:GetObject", operator, key, value: value.to_owned(), with: get(), other };
    let put = Case { action: "s3:PutObject", with: put(), ..get.clone() };
    let list = Case { action: "s3:ListBucket", with: sent("GET", "/{b}"), ..get.clone() };
    Row::Asked(vec![get, put, list])
}

/// A request, with a header and without.
fn header(id: KeyId, action: &'static str, request: Sent, name: &'static str, value: &str) -> Case {
    case(id, action, value, request.clone().header(name, value), request)
}

fn listings(id: KeyId, parameter: &str, value: &str, operator: &'static str) -> Vec<Case> {
    let lists = [
        ("s3:ListBucket", "/{b}?"),
        ("s3:ListBucket", "/{b}?list-type=2&"),
        ("s3:ListBucketVersions", "/{b}?versions&"),
        ("s3:ListBucketMultipartUploads", "/{b}?uploads&"),
    ];
    let has = |action: &str| id != KeyId::MaxKeys || action != "s3:ListBucketMultipartUploads";
    let lists = lists.into_iter().filter(|(action, _)| has(action)).map(|(action, target)| {
        let with = sent("GET", &format!("{target}{parameter}={value}"));
        Case { operator, ..case(id, action, value, with, sent("GET", target.trim_end_matches(['?', '&']))) }
    });
    lists.collect()
}

/// Operations on an object that is judged by its tags: `{k}` has `stage=test`, and what is asked
/// for in the place of a request without is another value.
fn of_tagged() -> Vec<Case> {
    let tags = "<Tagging><TagSet/></Tagging>";
    let lines = [
        ("s3:GetObject", sent("GET", "/{b}/{k}")),
        ("s3:GetObject", sent("HEAD", "/{b}/{k}")),
        ("s3:GetObjectVersion", sent("GET", "/{b}/{k}?versionId={v}")),
        ("s3:GetObjectAcl", sent("GET", "/{b}/{k}?acl")),
        ("s3:GetObjectVersionAcl", sent("GET", "/{b}/{k}?acl&versionId={v}")),
        ("s3:GetObjectAttributes", attributes("/{b}/{k}?attributes")),
        ("s3:GetObjectVersionAttributes", attributes("/{b}/{k}?attributes&versionId={v}")),
        ("s3:GetObjectTagging", sent("GET", "/{b}/{k}?tagging")),
        ("s3:GetObjectVersionTagging", sent("GET", "/{b}/{k}?tagging&versionId={v}")),
        ("s3:PutObjectAcl", sent("PUT", "/{b}/{k}?acl").header("x-amz-acl", "private")),
        ("s3:PutObjectVersionAcl", sent("PUT", "/{b}/{k}?acl&versionId={v}").header("x-amz-acl", "private")),
        ("s3:PutObjectTagging", sent("PUT", "/{b}/{k}?tagging").body(tags)),
        ("s3:PutObjectVersionTagging", sent("PUT", "/{b}/{k}?tagging&versionId={v}").body(tags)),
        ("s3:DeleteObjectTagging", sent("DELETE", "/{b}/{k}?tagging")),
        ("s3:DeleteObjectVersionTagging", sent("DELETE", "/{b}/{k}?tagging&versionId={v}")),
    ];
    let cases = lines.into_iter().map(|(action, with)| Case {
        key: "s3:ExistingObjectTag/stage".to_owned(),
        other: Other::Value("live"),
        ..case(KeyId::ExistingObjectTag, action, "test", with.clone(), with)
    });
    cases.collect()
}

fn attributes(target: &str) -> Sent {
    sent("GET", target).header("x-amz-object-attributes", "ETag")
}

/// Buckets of these tests have the tag `stage=test`.
fn of_tagged_buckets(id: KeyId) -> Vec<Case> {
    let lines = [
        ("s3:ListBucket", sent("GET", "/{b}")),
        ("s3:GetBucketLocation", sent("GET", "/{b}?location")),
        ("s3:GetObject", get()),
        ("s3:PutObject", put()),
        ("s3:DeleteObject", sent("DELETE", "/{b}/{k}")),
    ];
    let cases = lines.into_iter().map(|(action, with)| Case {
        key: format!("{}stage", id.name()),
        other: Other::Value("live"),
        ..case(id, action, "test", with.clone(), with)
    });
    cases.collect()
}

/// Tags that an object gets: by a header, or by a document.
fn of_new_tags(id: KeyId) -> Vec<Case> {
    let document = |key: &str, value: &str| {
        format!("<Tagging><TagSet><Tag><Key>{key}</Key><Value>{value}</Value></Tag></TagSet></Tagging>")
    };
    let by_header = |request: Sent, tags: &str| request.header("x-amz-tagging", tags);
    let upload = |target: &str| sent(if target.contains("partNumber") { "PUT" } else { "POST" }, target);
    let mut lines = Vec::new();
    for request in [
        put(),
        copy(),
        upload("/{b}/{n}?uploads"),
        upload("/{b}/{n}?partNumber=1&uploadId={u}"),
        upload("/{b}/{n}?uploadId={u}").body("{c}"),
    ] {
        lines.push((
            "s3:PutObject",
            by_header(request.clone(), "class=secret"),
            by_header(request, "stage=test"),
        ));
    }
    for (action, target) in [
        ("s3:PutObjectTagging", "/{b}/{k}?tagging"),
        ("s3:PutObjectVersionTagging", "/{b}/{k}?tagging&versionId={v}"),
    ] {
        let put = sent("PUT", target);
        // What a header says beside it has no effect.
        let with = by_header(put.clone().body(&document("class", "secret")), "stage=test");
        lines.push((action, with, put.body(&document("stage", "test"))));
    }
    let cases = lines.into_iter().map(|(action, with, without)| match id {
        KeyId::RequestObjectTag => {
            Case { key: format!("{}class", id.name()), ..case(id, action, "secret", with, without) }
        }
        _ => Case { operator: "ForAnyValue:StringEquals", ..case(id, action, "class", with, without) },
    });
    cases.collect()
}

fn of_new_bucket_tags(id: KeyId) -> Vec<Case> {
    let tagged = |key: &str| {
        let document =
            format!("<Tagging><TagSet><Tag><Key>{key}</Key><Value>x</Value></Tag></TagSet></Tagging>");
        sent("PUT", "/{b}?tagging").body(&document)
    };
    let case = case(id, "s3:PutBucketTagging", "x", tagged("class"), tagged("team"));
    vec![match id {
        KeyId::RequestTag => Case { key: format!("{}class", id.name()), ..case },
        _ => Case { operator: "ForAnyValue:StringEquals", value: "class".to_owned(), ..case },
    }]
}

/// A header that sets an ACL, with which the operation does something else than without.
fn acls(id: KeyId, name: &'static str, value: &str) -> Vec<Case> {
    let set = |target: &str| sent("PUT", target);
    let mut cases: Vec<Case> = [("s3:PutObject", put()), ("s3:PutObject", copy())]
        .into_iter()
        .map(|(action, request)| header(id, action, request, name, value))
        .collect();
    for (action, target) in [
        ("s3:PutBucketAcl", "/{b}?acl"),
        ("s3:PutObjectAcl", "/{b}/{k}?acl"),
        ("s3:PutObjectVersionAcl", "/{b}/{k}?acl&versionId={v}"),
    ] {
        let without = set(target).header("x-amz-acl", "private");
        cases.push(case(id, action, value, set(target).header(name, value), without));
    }
    cases
}

fn grants(id: KeyId, name: &'static str) -> Vec<Case> {
    let cases = acls(id, name, "id=testid").into_iter();
    cases.map(|case| Case { operator: "StringLike", value: "*testid*".to_owned(), ..case }).collect()
}

fn ownership(id: KeyId) -> Case {
    let set = |name: &str| {
        let document = format!(
            "<OwnershipControls><Rule><ObjectOwnership>{name}</ObjectOwnership></Rule></OwnershipControls>"
        );
        sent("PUT", "/{b}?ownershipControls").body(&document)
    };
    let without = set("BucketOwnerPreferred");
    case(id, "s3:PutBucketOwnershipControls", "ObjectWriter", set("ObjectWriter"), without)
}

/// Requests that lock for 100 days in one mode, and for a day in another.
fn retentions(id: KeyId) -> Vec<Case> {
    let until =
        |days: u64| gateway::timestamp::iso8601(tests::sign::now().after(days * 86_400).milliseconds());
    let (long, short) = (until(100), until(1));
    let headers = |request: Sent, mode: &str, until: &str| {
        request.header("x-amz-object-lock-mode", mode).header("x-amz-object-lock-retain-until-date", until)
    };
    let document = |mode: &str, until: &str| {
        let document =
            format!("<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>");
        sent("PUT", "/{b}/{k}?retention").body(&document)
    };
    let rule = |mode: &str, days: u64| {
        let document = format!(
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
             <Mode>{mode}</Mode><Days>{days}</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
        );
        sent("PUT", "/{b}?object-lock").body(&document)
    };
    let mut lines = vec![
        ("s3:PutObject", headers(put(), "COMPLIANCE", &long), headers(put(), "GOVERNANCE", &short)),
        ("s3:PutObject", headers(copy(), "COMPLIANCE", &long), headers(copy(), "GOVERNANCE", &short)),
        ("s3:PutObjectRetention", document("COMPLIANCE", &long), document("GOVERNANCE", &short)),
    ];
    if id != KeyId::ObjectLockRetainUntil {
        lines.push(("s3:PutBucketObjectLockConfiguration", rule("COMPLIANCE", 100), rule("GOVERNANCE", 1)));
    }
    let cases = lines.into_iter().map(|(action, with, without)| {
        let case = case(id, action, "COMPLIANCE", with, without);
        match id {
            KeyId::ObjectLockRemainingDays => {
                Case { operator: "NumericGreaterThan", value: "10".to_owned(), ..case }
            }
            KeyId::ObjectLockRetainUntil => Case { operator: "DateGreaterThan", value: until(10), ..case },
            _ => case,
        }
    });
    cases.collect()
}

fn holds(id: KeyId) -> Vec<Case> {
    let hold = |status: &str| {
        sent("PUT", "/{b}/{k}?legal-hold").body(&format!("<LegalHold><Status>{status}</Status></LegalHold>"))
    };
    let name = "x-amz-object-lock-legal-hold";
    vec![
        header(id, "s3:PutObject", put(), name, "ON"),
        header(id, "s3:PutObject", copy(), name, "ON"),
        case(id, "s3:PutObjectLegalHold", "ON", hold("ON"), hold("OFF")),
    ]
}

/// Everything by which an object is made, with headers and without: also the parts of an upload,
/// and its completion.
fn writes(id: KeyId, headers: &[(&'static str, &str)]) -> Vec<Case> {
    let mut requests = vec![put(), copy(), sent("POST", "/{b}/{n}?uploads")];
    // Without the header, its bucket would seal an upload all the same.
    if id != KeyId::ServerSideEncryption {
        requests.push(sent("PUT", "/{b}/{n}?partNumber=1&uploadId={u}"));
        requests.push(sent("POST", "/{b}/{n}?uploadId={u}").body("{c}"));
    }
    let value = headers.last().map_or("", |(_, value)| *value);
    let cases = requests.into_iter().map(|request| {
        let with = headers.iter().fold(request.clone(), |request, (name, value)| request.header(name, value));
        case(id, "s3:PutObject", value, with, request)
    });
    cases.collect()
}

fn master_keys(id: KeyId) -> Vec<Case> {
    let headers = [
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "testkey-1"),
    ];
    // Another account may not use the key, so only what is denied is asked.
    writes(id, &headers)
}

fn copies(id: KeyId) -> Vec<Case> {
    vec![Case { operator: "StringLike", ..case(id, "s3:PutObject", "bucket-*/source", copy(), put()) }]
}
