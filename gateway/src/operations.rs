//! THE OPERATIONS TABLE: one row for each operation of the S3 API, and what its documents look
//! like.
//!
//! A row is the only place that relates a request to the operation's name, its IAM actions, the
//! limit of its body, its purpose and the stage that gives it effect. Other code learns a property
//! of an operation from a method of [`Operation`], which reads the columns. [`resolve()`] finds the
//! row of a request; a submodule per operation reads the request's parameters and writes the
//! response document. How to add one: `docs/adding-an-operation.md`.

pub mod abort_multipart_upload;
pub mod access_points;
pub mod account_control;
pub mod addressing;
pub mod aws_query;
mod columns;
pub mod complete_multipart_upload;
pub mod copy_source;
pub mod create_bucket;
pub mod create_multipart_upload;
pub mod form;
pub mod functions;
pub mod get_bucket_location;
pub mod get_bucket_policy_status;
pub mod list_buckets;
pub mod list_multipart_uploads;
pub mod list_object_versions;
pub mod list_objects;
pub mod list_objects_v2;
pub mod list_parts;
pub mod listing;
pub mod nothing;
pub mod object_lambda;
pub mod parameters;
pub mod post_policy;
mod resolve;
mod row;

pub use account_control::ACCOUNT_ID_HEADER;
pub use resolve::{RequestHead, Resolved, resolve};
pub use row::{Action, BodyDigest, BodyKind, OperationRow, Purpose, Selector, Support, TargetKind};

use crate::request::method::Method;
use BodyKind::{Form, Json, Stream, UploadForm, Xml};
use functions::CODE_BYTES_MAX;
use row::{all, below, each, has, header, is, path, source, sub, under, versioned, with};

/// The path of an account's Block Public Access.
const ACCOUNT_BLOCK: &str = "/v20180820/configuration/publicAccessBlock";
/// The path of the access points of an account.
const ACCESS_POINTS: &str = "/v20180820/accesspoint";
/// How the path of one begins, before its name.
const ACCESS_POINT: &str = "/v20180820/accesspoint/";
/// The path of the Object Lambda access points of an account.
const OBJECT_LAMBDAS: &str = "/v20180820/accesspointforobjectlambda";
/// How the path of one begins, before its name.
const OBJECT_LAMBDA: &str = "/v20180820/accesspointforobjectlambda/";
/// How the path of the tags of a resource begins, before its ARN.
const TAGS: &str = "/v20180820/tags/";
/// The limit of most configuration documents.
const KIB64: u64 = 64 << 10;
/// The limit of documents with up to 1,000 rules or keys.
const MIB2: u64 = 2 << 20;
/// The limit of configurations with four payloads of 128 KiB, which escapes may make longer.
const MIB4: u64 = 4 << 20;
/// The limit of the longest part list: 10,000 parts with five checksums each.
const MIB16: u64 = 16 << 20;

macro_rules! operations {
    ($($name:ident $($wire:literal)? | $method:ident $target:ident [$($selector:expr),*] [$($action:expr),*]
       $body:ident $(($limit:expr))? $digest:ident $purpose:tt $code:tt $charged:tt $point:tt $stage:tt $state:ident)+) => {
        /// An operation, by its API name.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[expect(missing_docs, reason = "AWS documents each under its name")]
        pub enum Operation { $($name),+ }

        impl Operation {
            /// Every operation, in the order of the table.
            pub const ALL: &'static [Operation] = &[$(Operation::$name),+];

            /// The API name: `GetObject`.
            pub fn name(self) -> &'static str {
                match self { $(Operation::$name => operations!(@wire $name $($wire)?)),+ }
            }

            /// The operation with this API name.
            pub fn parse(name: &str) -> Option<Operation> {
                match name { $(operations!(@wire $name $($wire)?) => Some(Operation::$name),)+ _ => None }
            }

            /// The operation's row.
            #[expect(clippy::indexing_slicing, reason = "there is a row for each operation, in the same order")]
            pub fn row(self) -> &'static OperationRow {
                &ROWS[self as usize]
            }
        }

        /// The rows, in the order of the operations.
        static ROWS: [OperationRow; Operation::ALL.len()] = [$(OperationRow {
            operation: Operation::$name,
            method: Method::$method,
            target: TargetKind::$target,
            selected_by: &[$($selector),*],
            actions: &[$($action),*],
            body: operations!(@body $body $(($limit))?),
            digest: BodyDigest::$digest,
            purpose: operations!(@purpose $purpose),
            takes_code: operations!(@code $code),
            says_charged: operations!(@charged $charged),
            by_access_point: operations!(@point $point),
            enforced_by: operations!(@stage $stage),
            support: operations!(@support $state),
        }),+];
    };
    (@wire $name:ident) => { stringify!($name) };
    (@wire $name:ident $wire:literal) => { $wire };
    (@body none) => { BodyKind::None };
    (@body $body:ident ($limit:expr)) => { $body($limit) };
    (@body $body:ident) => { $body };
    (@purpose -) => { Purpose::Other };
    (@purpose $purpose:ident) => { Purpose::$purpose };
    (@code -) => { false };
    (@code code) => { true };
    (@charged -) => { false };
    (@charged charged) => { true };
    (@point -) => { false };
    (@point point) => { true };
    (@stage -) => { None };
    (@stage $stage:ident) => { Some(stringify!($stage)) };
    (@support yes) => { Support::Full };
    (@support none) => { Support::Nothing };
    (@support no) => { Support::Missing };
    (@support superseded) => { Support::Superseded };
}

// `versioned` takes its second action instead when the request names a version, `source` concerns
// the object that is copied, `each` every object named in the body, and `with` only requests that
// carry the header. `Purpose` says what each purpose means. Requests of `code` may carry a one-time
// code, and responses of `charged` say that the requester pays. Requests of `point` may come by an
// access point. `none` answers that there is no such configuration, which is true as long as none
// can be made (`nothing`). A `superseded` row is the older name of a later row for the same
// request, and is never resolved to.
#[rustfmt::skip]
operations! {
//| operation                            | method target  selected by                   IAM actions, all required                                 body          digest    purpose         code  charged  by     enforced by  implemented
    ListBuckets                          | Get    Service []                            [all("s3:ListAllMyBuckets")]                              none          Optional  -               -     -        -      -            yes
    ListDirectoryBuckets                 | Get    Service [is("x-id", "ListDirectoryBuckets")] [all("s3express:ListAllMyDirectoryBuckets")]       none          Optional  -               -     -        -      -            no
    StsGetCallerIdentity "GetCallerIdentity" | Post Service [is("Action", "GetCallerIdentity")] []                                                Form(KIB64)   Optional  -               -     -        -      -            yes
    AwsQuery                             | Post   Service []                            []                                                        Form(KIB64)   Optional  -               -     -        -      -            yes
    Lambda                               | Post   Service [path("/2015-03-31/functions")] []                                                    Json(CODE_BYTES_MAX) Optional  -         -     -        -      -            yes
    WriteGetObjectResponse               | Post   Service [path("/WriteGetObjectResponse")] [all("s3-object-lambda:WriteGetObjectResponse")]      Stream        Optional  -               -     -        -      transform    yes
    GetAccountPublicAccessBlock          | Get    Service [path(ACCOUNT_BLOCK), header(ACCOUNT_ID_HEADER)] [all("s3:GetAccountPublicAccessBlock")] none         Optional  -               -     -        -      policy       yes
    PutAccountPublicAccessBlock          | Put    Service [path(ACCOUNT_BLOCK), header(ACCOUNT_ID_HEADER)] [all("s3:PutAccountPublicAccessBlock")] Xml(KIB64)   Optional  -               -     -        -      policy       yes
    DeleteAccountPublicAccessBlock       | Delete Service [path(ACCOUNT_BLOCK), header(ACCOUNT_ID_HEADER)] [all("s3:PutAccountPublicAccessBlock")] none         Optional  -               -     -        -      policy       yes
    CreateAccessPoint                    | Put    Service [under(ACCESS_POINT, ""), header(ACCOUNT_ID_HEADER)] [all("s3:CreateAccessPoint")]      Xml(KIB64)    Optional  -               -     -        -      -            yes
    GetAccessPoint                       | Get    Service [under(ACCESS_POINT, ""), header(ACCOUNT_ID_HEADER)] [all("s3:GetAccessPoint")]         none          Optional  -               -     -        -      -            yes
    DeleteAccessPoint                    | Delete Service [under(ACCESS_POINT, ""), header(ACCOUNT_ID_HEADER)] [all("s3:DeleteAccessPoint")]      none          Optional  -               -     -        -      -            yes
    ListAccessPoints                     | Get    Service [path(ACCESS_POINTS), header(ACCOUNT_ID_HEADER)] [all("s3:ListAccessPoints")]           none          Optional  -               -     -        -      -            yes
    GetAccessPointPolicy                 | Get    Service [under(ACCESS_POINT, "/policy"), header(ACCOUNT_ID_HEADER)] [all("s3:GetAccessPointPolicy")] none          Optional  -               -     -        -      policy       yes
    PutAccessPointPolicy                 | Put    Service [under(ACCESS_POINT, "/policy"), header(ACCOUNT_ID_HEADER)] [all("s3:PutAccessPointPolicy")] Xml(KIB64)    Optional  -               -     -        -      policy       yes
    DeleteAccessPointPolicy              | Delete Service [under(ACCESS_POINT, "/policy"), header(ACCOUNT_ID_HEADER)] [all("s3:DeleteAccessPointPolicy")] none          Optional  -               -     -        -      policy       yes
    GetAccessPointPolicyStatus           | Get    Service [under(ACCESS_POINT, "/policyStatus"), header(ACCOUNT_ID_HEADER)] [all("s3:GetAccessPointPolicyStatus")] none          Optional  -               -     -        -      policy       yes
    GetAccessPointScope                  | Get    Service [under(ACCESS_POINT, "/scope"), header(ACCOUNT_ID_HEADER)] [all("s3express:GetAccessPointScope")] none          Optional  -               -     -        -      -            yes
    PutAccessPointScope                  | Put    Service [under(ACCESS_POINT, "/scope"), header(ACCOUNT_ID_HEADER)] [all("s3express:PutAccessPointScope")] Xml(KIB64)    Optional  -               -     -        -      -            yes
    DeleteAccessPointScope               | Delete Service [under(ACCESS_POINT, "/scope"), header(ACCOUNT_ID_HEADER)] [all("s3express:DeleteAccessPointScope")] none          Optional  -               -     -        -      -            yes
    CreateAccessPointForObjectLambda     | Put    Service [under(OBJECT_LAMBDA, ""), header(ACCOUNT_ID_HEADER)] [all("s3:CreateAccessPointForObjectLambda")] Xml(MIB4)     Optional  -               -     -        -      transform    yes
    GetAccessPointForObjectLambda        | Get    Service [under(OBJECT_LAMBDA, ""), header(ACCOUNT_ID_HEADER)] [all("s3:GetAccessPointForObjectLambda")] none          Optional  -               -     -        -      -            yes
    DeleteAccessPointForObjectLambda     | Delete Service [under(OBJECT_LAMBDA, ""), header(ACCOUNT_ID_HEADER)] [all("s3:DeleteAccessPointForObjectLambda")] none          Optional  -               -     -        -      -            yes
    ListAccessPointsForObjectLambda      | Get    Service [path(OBJECT_LAMBDAS), header(ACCOUNT_ID_HEADER)] [all("s3:ListAccessPointsForObjectLambda")] none          Optional  -               -     -        -      -            yes
    GetAccessPointConfigurationForObjectLambda | Get    Service [under(OBJECT_LAMBDA, "/configuration"), header(ACCOUNT_ID_HEADER)] [all("s3:GetAccessPointConfigurationForObjectLambda")] none          Optional  -               -     -        -      -            yes
    PutAccessPointConfigurationForObjectLambda | Put    Service [under(OBJECT_LAMBDA, "/configuration"), header(ACCOUNT_ID_HEADER)] [all("s3:PutAccessPointConfigurationForObjectLambda")] Xml(MIB4)     Optional  -               -     -        -      transform    yes
    GetAccessPointPolicyForObjectLambda  | Get    Service [under(OBJECT_LAMBDA, "/policy"), header(ACCOUNT_ID_HEADER)] [all("s3:GetAccessPointPolicyForObjectLambda")] none          Optional  -               -     -        -      policy       yes
    PutAccessPointPolicyForObjectLambda  | Put    Service [under(OBJECT_LAMBDA, "/policy"), header(ACCOUNT_ID_HEADER)] [all("s3:PutAccessPointPolicyForObjectLambda")] Xml(KIB64)    Optional  -               -     -        -      policy       yes
    DeleteAccessPointPolicyForObjectLambda | Delete Service [under(OBJECT_LAMBDA, "/policy"), header(ACCOUNT_ID_HEADER)] [all("s3:DeleteAccessPointPolicyForObjectLambda")] none          Optional  -               -     -        -      policy       yes
    GetAccessPointPolicyStatusForObjectLambda | Get    Service [under(OBJECT_LAMBDA, "/policyStatus"), header(ACCOUNT_ID_HEADER)] [all("s3:GetAccessPointPolicyStatusForObjectLambda")] none          Optional  -               -     -        -      policy       yes
    ListTagsForResource                  | Get    Service [below(TAGS), header(ACCOUNT_ID_HEADER)] [all("s3:ListTagsForResource")]                none          Optional  -               -     -        -      -            yes
    TagResource                          | Post   Service [below(TAGS), header(ACCOUNT_ID_HEADER)] [all("s3:TagResource")]                        Xml(KIB64)    Optional  -               -     -        -      -            yes
    UntagResource                        | Delete Service [below(TAGS), header(ACCOUNT_ID_HEADER)] [all("s3:UntagResource")]                      none          Optional  -               -     -        -      -            yes

    CreateBucket                         | Put    Bucket  []                            [all("s3:CreateBucket"), with("x-amz-acl", "s3:PutBucketAcl"), with("x-amz-object-ownership", "s3:PutBucketOwnershipControls"), with("x-amz-bucket-object-lock-enabled", "s3:PutBucketObjectLockConfiguration"), with("x-amz-bucket-object-lock-enabled", "s3:PutBucketVersioning")]
                                                                                                                                                  Xml(KIB64)    Optional  MakeBucket      -     -        -      -            yes
    HeadBucket                           | Head   Bucket  []                            [all("s3:ListBucket")]                                    none          Optional  -               -     -        point  -            yes
    DeleteBucket                         | Delete Bucket  []                            [all("s3:DeleteBucket")]                                  none          Optional  -               -     -        -      -            yes
    GetBucketLocation                    | Get    Bucket  [sub("location")]             [all("s3:GetBucketLocation")]                             none          Optional  -               -     -        point  -            yes
    ListObjects                          | Get    Bucket  []                            [all("s3:ListBucket")]                                    none          Optional  ListContents    -     charged  point  -            yes
    ListObjectsV2                        | Get    Bucket  [is("list-type", "2")]        [all("s3:ListBucket")]                                    none          Optional  ListContents    -     charged  point  -            yes
    ListObjectVersions                   | Get    Bucket  [sub("versions")]             [all("s3:ListBucketVersions")]                            none          Optional  ListContents    -     charged  point  -            yes
    ListMultipartUploads                 | Get    Bucket  [sub("uploads")]              [all("s3:ListBucketMultipartUploads")]                    none          Optional  ListContents    -     charged  point  -            yes
    DeleteObjects                        | Post   Bucket  [sub("delete")]               [each("s3:DeleteObject", "s3:DeleteObjectVersion"), with("x-amz-bypass-governance-retention", "s3:BypassGovernanceRetention")]
                                                                                                                                                  Xml(MIB2)     Required  -               code  charged  point  -            yes
    PostObject                           | Post   Bucket  []                            [all("s3:PutObject"), with("x-amz-acl", "s3:PutObjectAcl"), with("x-amz-tagging", "s3:PutObjectTagging"), with("x-amz-object-lock-mode", "s3:PutObjectRetention"), with("x-amz-object-lock-legal-hold", "s3:PutObjectLegalHold")]
                                                                                                                                                  UploadForm    Optional  WriteObject     -     charged  point  -            yes
    CreateSession                        | Get    Bucket  [sub("session")]              [all("s3express:CreateSession")]                          none          Optional  -               -     -        -      -            no

    GetBucketVersioning                  | Get    Bucket  [sub("versioning")]           [all("s3:GetBucketVersioning")]                           none          Optional  -               -     -        -      -            yes
    PutBucketVersioning                  | Put    Bucket  [sub("versioning")]           [all("s3:PutBucketVersioning")]                           Xml(KIB64)    Expected  -               code  -        -      -            yes
    GetBucketTagging                     | Get    Bucket  [sub("tagging")]              [all("s3:GetBucketTagging")]                              none          Optional  -               -     -        -      -            yes
    PutBucketTagging                     | Put    Bucket  [sub("tagging")]              [all("s3:PutBucketTagging")]                              Xml(KIB64)    Required  SetTags         -     -        -      -            yes
    DeleteBucketTagging                  | Delete Bucket  [sub("tagging")]              [all("s3:PutBucketTagging")]                              none          Optional  SetTags         -     -        -      -            yes
    GetObjectLockConfiguration           | Get    Bucket  [sub("object-lock")]          [all("s3:GetBucketObjectLockConfiguration")]              none          Optional  -               -     -        -      -            yes
    PutObjectLockConfiguration           | Put    Bucket  [sub("object-lock")]          [all("s3:PutBucketObjectLockConfiguration")]              Xml(KIB64)    Required  -               -     charged  -      -            yes

    GetBucketAbac                        | Get    Bucket  [sub("abac")]                 [all("s3:GetBucketAbac")]                                 none          Optional  -               -     -        -      policy       none
    PutBucketAbac                        | Put    Bucket  [sub("abac")]                 [all("s3:PutBucketAbac")]                                 Xml(KIB64)    Optional  -               -     -        -      policy       no
    GetBucketAccelerateConfiguration     | Get    Bucket  [sub("accelerate")]           [all("s3:GetAccelerateConfiguration")]                    none          Optional  -               -     -        -      -            none
    PutBucketAccelerateConfiguration     | Put    Bucket  [sub("accelerate")]           [all("s3:PutAccelerateConfiguration")]                    Xml(KIB64)    Optional  -               -     -        -      -            no
    GetBucketAcl                         | Get    Bucket  [sub("acl")]                  [all("s3:GetBucketAcl")]                                  none          Optional  -               -     -        point  policy       yes
    PutBucketAcl                         | Put    Bucket  [sub("acl")]                  [all("s3:PutBucketAcl")]                                  Xml(KIB64)    Expected  SetAcl          -     -        -      policy       yes
    ListBucketAnalyticsConfigurations    | Get    Bucket  [sub("analytics")]            [all("s3:GetAnalyticsConfiguration")]                     none          Optional  -               -     -        -      -            none
    GetBucketAnalyticsConfiguration      | Get    Bucket  [sub("analytics"), has("id")] [all("s3:GetAnalyticsConfiguration")]                     none          Optional  -               -     -        -      -            none
    PutBucketAnalyticsConfiguration      | Put    Bucket  [sub("analytics"), has("id")] [all("s3:PutAnalyticsConfiguration")]                     Xml(KIB64)    Optional  -               -     -        -      -            no
    DeleteBucketAnalyticsConfiguration   | Delete Bucket  [sub("analytics"), has("id")] [all("s3:PutAnalyticsConfiguration")]                     none          Optional  -               -     -        -      -            none
    GetBucketCors                        | Get    Bucket  [sub("cors")]                 [all("s3:GetBucketCORS")]                                 none          Optional  -               -     -        point  cors         yes
    PutBucketCors                        | Put    Bucket  [sub("cors")]                 [all("s3:PutBucketCORS")]                                 Xml(KIB64)    Required  -               -     -        -      cors         yes
    DeleteBucketCors                     | Delete Bucket  [sub("cors")]                 [all("s3:PutBucketCORS")]                                 none          Optional  -               -     -        -      cors         yes
    GetBucketEncryption                  | Get    Bucket  [sub("encryption")]           [all("s3:GetEncryptionConfiguration")]                    none          Optional  -               -     -        -      encryption   yes
    PutBucketEncryption                  | Put    Bucket  [sub("encryption")]           [all("s3:PutEncryptionConfiguration")]                    Xml(KIB64)    Required  -               -     -        -      encryption   yes
    DeleteBucketEncryption               | Delete Bucket  [sub("encryption")]           [all("s3:PutEncryptionConfiguration")]                    none          Optional  -               -     -        -      encryption   yes
    ListBucketIntelligentTieringConfigurations  | Get    Bucket [sub("intelligent-tiering")]            [all("s3:GetIntelligentTieringConfiguration")] none   Optional  -               -     -        -      -            none
    GetBucketIntelligentTieringConfiguration    | Get    Bucket [sub("intelligent-tiering"), has("id")] [all("s3:GetIntelligentTieringConfiguration")] none   Optional  -               -     -        -      -            none
    PutBucketIntelligentTieringConfiguration    | Put    Bucket [sub("intelligent-tiering"), has("id")] [all("s3:PutIntelligentTieringConfiguration")] Xml(KIB64) Optional  -               -     -        -      -            no
    DeleteBucketIntelligentTieringConfiguration | Delete Bucket [sub("intelligent-tiering"), has("id")] [all("s3:PutIntelligentTieringConfiguration")] none   Optional  -               -     -        -      -            none
    ListBucketInventoryConfigurations    | Get    Bucket  [sub("inventory")]            [all("s3:GetInventoryConfiguration")]                     none          Optional  -               -     -        -      -            none
    GetBucketInventoryConfiguration      | Get    Bucket  [sub("inventory"), has("id")] [all("s3:GetInventoryConfiguration")]                     none          Optional  -               -     -        -      -            none
    PutBucketInventoryConfiguration      | Put    Bucket  [sub("inventory"), has("id")] [all("s3:PutInventoryConfiguration")]                     Xml(KIB64)    Optional  -               -     -        -      -            no
    DeleteBucketInventoryConfiguration   | Delete Bucket  [sub("inventory"), has("id")] [all("s3:PutInventoryConfiguration")]                     none          Optional  -               -     -        -      -            none
    GetBucketLifecycle                   | Get    Bucket  [sub("lifecycle")]            [all("s3:GetLifecycleConfiguration")]                     none          Optional  -               -     -        -      -            superseded
    GetBucketLifecycleConfiguration      | Get    Bucket  [sub("lifecycle")]            [all("s3:GetLifecycleConfiguration")]                     none          Optional  -               -     -        -      -            none
    PutBucketLifecycle                   | Put    Bucket  [sub("lifecycle")]            [all("s3:PutLifecycleConfiguration")]                     Xml(MIB2)     Required  -               -     -        -      -            superseded
    PutBucketLifecycleConfiguration      | Put    Bucket  [sub("lifecycle")]            [all("s3:PutLifecycleConfiguration")]                     Xml(MIB2)     Required  -               -     -        -      -            no
    DeleteBucketLifecycle                | Delete Bucket  [sub("lifecycle")]            [all("s3:PutLifecycleConfiguration")]                     none          Optional  -               -     -        -      -            none
    GetBucketLogging                     | Get    Bucket  [sub("logging")]              [all("s3:GetBucketLogging")]                              none          Optional  -               -     -        -      -            none
    PutBucketLogging                     | Put    Bucket  [sub("logging")]              [all("s3:PutBucketLogging")]                              Xml(KIB64)    Expected  -               -     -        -      -            no
    CreateBucketMetadataConfiguration    | Post   Bucket  [sub("metadataConfiguration")] [all("s3:CreateBucketMetadataTableConfiguration")]       Xml(KIB64)    Required  -               -     -        -      -            no
    GetBucketMetadataConfiguration       | Get    Bucket  [sub("metadataConfiguration")] [all("s3:GetBucketMetadataTableConfiguration")]          none          Optional  -               -     -        -      -            none
    DeleteBucketMetadataConfiguration    | Delete Bucket  [sub("metadataConfiguration")] [all("s3:DeleteBucketMetadataTableConfiguration")]       none          Optional  -               -     -        -      -            none
    CreateBucketMetadataTableConfiguration | Post Bucket  [sub("metadataTable")]        [all("s3:CreateBucketMetadataTableConfiguration")]        Xml(KIB64)    Required  -               -     -        -      -            no
    GetBucketMetadataTableConfiguration  | Get    Bucket  [sub("metadataTable")]        [all("s3:GetBucketMetadataTableConfiguration")]           none          Optional  -               -     -        -      -            none
    DeleteBucketMetadataTableConfiguration | Delete Bucket [sub("metadataTable")]       [all("s3:DeleteBucketMetadataTableConfiguration")]        none          Optional  -               -     -        -      -            none
    UpdateBucketMetadataAnnotationTableConfiguration | Put Bucket [sub("metadataAnnotationTable")] [all("s3:UpdateBucketMetadataAnnotationTableConfiguration")] Xml(KIB64) Required  -               -     -        -      -            no
    UpdateBucketMetadataInventoryTableConfiguration  | Put Bucket [sub("metadataInventoryTable")]  [all("s3:UpdateBucketMetadataInventoryTableConfiguration")]  Xml(KIB64) Required  -               -     -        -      -            no
    UpdateBucketMetadataJournalTableConfiguration    | Put Bucket [sub("metadataJournalTable")]    [all("s3:UpdateBucketMetadataJournalTableConfiguration")]    Xml(KIB64) Required  -               -     -        -      -            no
    ListBucketMetricsConfigurations      | Get    Bucket  [sub("metrics")]              [all("s3:GetMetricsConfiguration")]                       none          Optional  -               -     -        -      -            none
    GetBucketMetricsConfiguration        | Get    Bucket  [sub("metrics"), has("id")]   [all("s3:GetMetricsConfiguration")]                       none          Optional  -               -     -        -      -            none
    PutBucketMetricsConfiguration        | Put    Bucket  [sub("metrics"), has("id")]   [all("s3:PutMetricsConfiguration")]                       Xml(KIB64)    Optional  -               -     -        -      -            no
    DeleteBucketMetricsConfiguration     | Delete Bucket  [sub("metrics"), has("id")]   [all("s3:PutMetricsConfiguration")]                       none          Optional  -               -     -        -      -            none
    GetBucketNotification                | Get    Bucket  [sub("notification")]         [all("s3:GetBucketNotification")]                         none          Optional  -               -     -        point  -            superseded
    GetBucketNotificationConfiguration   | Get    Bucket  [sub("notification")]         [all("s3:GetBucketNotification")]                         none          Optional  -               -     -        point  -            none
    PutBucketNotification                | Put    Bucket  [sub("notification")]         [all("s3:PutBucketNotification")]                         Xml(KIB64)    Required  -               -     -        -      -            superseded
    PutBucketNotificationConfiguration   | Put    Bucket  [sub("notification")]         [all("s3:PutBucketNotification")]                         Xml(KIB64)    Optional  -               -     -        -      -            no
    GetBucketOwnershipControls           | Get    Bucket  [sub("ownershipControls")]    [all("s3:GetBucketOwnershipControls")]                    none          Optional  -               -     -        -      policy       yes
    PutBucketOwnershipControls           | Put    Bucket  [sub("ownershipControls")]    [all("s3:PutBucketOwnershipControls")]                    Xml(KIB64)    Expected  -               -     -        -      policy       yes
    DeleteBucketOwnershipControls        | Delete Bucket  [sub("ownershipControls")]    [all("s3:PutBucketOwnershipControls")]                    none          Optional  -               -     -        -      policy       yes
    GetBucketPolicy                      | Get    Bucket  [sub("policy")]               [all("s3:GetBucketPolicy")]                               none          Optional  -               -     -        point  policy       yes
    PutBucketPolicy                      | Put    Bucket  [sub("policy")]               [all("s3:PutBucketPolicy")]                               Json(KIB64)   Expected  -               -     -        -      policy       yes
    DeleteBucketPolicy                   | Delete Bucket  [sub("policy")]               [all("s3:DeleteBucketPolicy")]                            none          Optional  -               -     -        -      policy       yes
    GetBucketPolicyStatus                | Get    Bucket  [sub("policyStatus")]         [all("s3:GetBucketPolicyStatus")]                         none          Optional  -               -     -        -      policy       yes
    GetPublicAccessBlock                 | Get    Bucket  [sub("publicAccessBlock")]    [all("s3:GetBucketPublicAccessBlock")]                    none          Optional  -               -     -        -      policy       yes
    PutPublicAccessBlock                 | Put    Bucket  [sub("publicAccessBlock")]    [all("s3:PutBucketPublicAccessBlock")]                    Xml(KIB64)    Required  -               -     -        -      policy       yes
    DeletePublicAccessBlock              | Delete Bucket  [sub("publicAccessBlock")]    [all("s3:PutBucketPublicAccessBlock")]                    none          Optional  -               -     -        -      policy       yes
    GetBucketReplication                 | Get    Bucket  [sub("replication")]          [all("s3:GetReplicationConfiguration")]                   none          Optional  -               -     -        -      -            none
    PutBucketReplication                 | Put    Bucket  [sub("replication")]          [all("s3:PutReplicationConfiguration")]                   Xml(MIB2)     Required  -               -     -        -      -            no
    DeleteBucketReplication              | Delete Bucket  [sub("replication")]          [all("s3:PutReplicationConfiguration")]                   none          Optional  -               -     -        -      -            none
    GetBucketRequestPayment              | Get    Bucket  [sub("requestPayment")]       [all("s3:GetBucketRequestPayment")]                       none          Optional  -               -     -        -      policy       yes
    PutBucketRequestPayment              | Put    Bucket  [sub("requestPayment")]       [all("s3:PutBucketRequestPayment")]                       Xml(KIB64)    Required  -               -     -        -      policy       yes
    GetBucketWebsite                     | Get    Bucket  [sub("website")]              [all("s3:GetBucketWebsite")]                              none          Optional  -               -     -        -      website      none
    PutBucketWebsite                     | Put    Bucket  [sub("website")]              [all("s3:PutBucketWebsite")]                              Xml(KIB64)    Expected  -               -     -        -      website      no
    DeleteBucketWebsite                  | Delete Bucket  [sub("website")]              [all("s3:DeleteBucketWebsite")]                           none          Optional  -               -     -        -      website      none
    GetBucketTransforms                  | Get    Bucket  [sub("transforms")]           [all("s3:GetBucketTransforms")]                           none          Optional  -               -     -        -      transform    yes
    PutBucketTransforms                  | Put    Bucket  [sub("transforms")]           [all("s3:PutBucketTransforms")]                           Xml(MIB2)     Expected  -               -     -        -      transform    yes
    DeleteBucketTransforms               | Delete Bucket  [sub("transforms")]           [all("s3:PutBucketTransforms")]                           none          Optional  -               -     -        -      transform    yes

    GetObject                            | Get    Object  []                            [versioned("s3:GetObject", "s3:GetObjectVersion")]        none          Optional  ReadObject      -     charged  point  -            yes
    HeadObject                           | Head   Object  []                            [versioned("s3:GetObject", "s3:GetObjectVersion")]        none          Optional  ReadObject      -     charged  point  -            yes
    PutObject                            | Put    Object  []                            [all("s3:PutObject"), with("x-amz-acl", "s3:PutObjectAcl"), with("x-amz-tagging", "s3:PutObjectTagging"), with("x-amz-object-lock-mode", "s3:PutObjectRetention"), with("x-amz-object-lock-legal-hold", "s3:PutObjectLegalHold")]
                                                                                                                                                  Stream        Optional  WriteObject     -     charged  point  -            yes
    CopyObject                           | Put    Object  [header("x-amz-copy-source")] [all("s3:PutObject"), source("s3:GetObject", "s3:GetObjectVersion"), with("x-amz-acl", "s3:PutObjectAcl"), with("x-amz-tagging", "s3:PutObjectTagging"), with("x-amz-object-lock-mode", "s3:PutObjectRetention"), with("x-amz-object-lock-legal-hold", "s3:PutObjectLegalHold")]
                                                                                                                                                  none          Optional  WriteObject     -     charged  point  -            yes
    DeleteObject                         | Delete Object  []                            [versioned("s3:DeleteObject", "s3:DeleteObjectVersion"), with("x-amz-bypass-governance-retention", "s3:BypassGovernanceRetention")]
                                                                                                                                                  none          Optional  -               code  charged  point  -            yes
    GetObjectAttributes                  | Get    Object  [sub("attributes")]           [versioned("s3:GetObject", "s3:GetObjectVersion"), versioned("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes")]
                                                                                                                                                  none          Optional  DescribeObject  -     charged  point  -            yes
    GetObjectTagging                     | Get    Object  [sub("tagging")]              [versioned("s3:GetObjectTagging", "s3:GetObjectVersionTagging")]       none       Optional  -               -     -        point  -            yes
    PutObjectTagging                     | Put    Object  [sub("tagging")]              [versioned("s3:PutObjectTagging", "s3:PutObjectVersionTagging")]       Xml(KIB64) Expected  SetTags         -     -        point  -            yes
    DeleteObjectTagging                  | Delete Object  [sub("tagging")]              [versioned("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging")] none       Optional  SetTags         -     -        point  -            yes
    GetObjectRetention                   | Get    Object  [sub("retention")]            [all("s3:GetObjectRetention")]                            none          Optional  -               -     -        point  -            yes
    PutObjectRetention                   | Put    Object  [sub("retention")]            [all("s3:PutObjectRetention"), with("x-amz-bypass-governance-retention", "s3:BypassGovernanceRetention")]
                                                                                                                                                  Xml(KIB64)    Required  SetLock         -     charged  point  -            yes
    GetObjectLegalHold                   | Get    Object  [sub("legal-hold")]           [all("s3:GetObjectLegalHold")]                            none          Optional  -               -     -        point  -            yes
    PutObjectLegalHold                   | Put    Object  [sub("legal-hold")]           [all("s3:PutObjectLegalHold")]                            Xml(KIB64)    Required  SetLock         -     charged  point  -            yes

    CreateMultipartUpload                | Post   Object  [sub("uploads")]              [all("s3:PutObject"), with("x-amz-acl", "s3:PutObjectAcl"), with("x-amz-tagging", "s3:PutObjectTagging"), with("x-amz-object-lock-mode", "s3:PutObjectRetention"), with("x-amz-object-lock-legal-hold", "s3:PutObjectLegalHold")]
                                                                                                                                                  none          Optional  BeginUpload     -     charged  point  -            yes
    UploadPart                           | Put    Object  [sub("uploadId"), has("partNumber")] [all("s3:PutObject")]                              Stream        Optional  WritePart       -     charged  point  -            yes
    UploadPartCopy                       | Put    Object  [sub("uploadId"), has("partNumber"), header("x-amz-copy-source")] [all("s3:PutObject"), source("s3:GetObject", "s3:GetObjectVersion")]
                                                                                                                                                  none          Optional  WritePart       -     charged  point  -            yes
    CompleteMultipartUpload              | Post   Object  [sub("uploadId")]             [all("s3:PutObject")]                                     Xml(MIB16)    Optional  CompleteUpload  -     charged  point  -            yes
    AbortMultipartUpload                 | Delete Object  [sub("uploadId")]             [all("s3:AbortMultipartUpload")]                          none          Optional  -               -     charged  point  -            yes
    ListParts                            | Get    Object  [sub("uploadId")]             [all("s3:ListMultipartUploadParts")]                      none          Optional  DescribeObject  -     charged  point  -            yes

    GetObjectAcl                         | Get    Object  [sub("acl")]                  [versioned("s3:GetObjectAcl", "s3:GetObjectVersionAcl")]  none          Optional  -               -     charged  point  policy       yes
    PutObjectAcl                         | Put    Object  [sub("acl")]                  [versioned("s3:PutObjectAcl", "s3:PutObjectVersionAcl")]  Xml(KIB64)    Expected  SetAcl          -     charged  point  policy       yes
    ListObjectAnnotations                | Get    Object  [sub("annotation")]           [versioned("s3:ListObjectAnnotations", "s3:ListObjectVersionAnnotations")]   none    Optional  -               -     -        point  -            no
    GetObjectAnnotation                  | Get    Object  [sub("annotation"), has("annotationName")] [versioned("s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation")]       none Optional  -               -     -        point  -            no
    PutObjectAnnotation                  | Put    Object  [sub("annotation"), has("annotationName")] [versioned("s3:PutObjectAnnotation", "s3:PutObjectVersionAnnotation")]     Stream Optional  -               -     -        point  -            no
    DeleteObjectAnnotation               | Delete Object  [sub("annotation"), has("annotationName")] [versioned("s3:DeleteObjectAnnotation", "s3:DeleteObjectVersionAnnotation")] none Optional  -               -     -        point  -            no
    GetObjectTorrent                     | Get    Object  [sub("torrent")]              [versioned("s3:GetObjectTorrent", "s3:GetObjectVersionTorrent")] none   Optional  -               -     -        -      -            no
    RenameObject                         | Put    Object  [sub("renameObject")]         [all("s3:PutObject"), all("s3:DeleteObject")]             none          Optional  -               -     -        -      -            no
    RestoreObject                        | Post   Object  [sub("restore")]              [all("s3:RestoreObject")]                                 Xml(KIB64)    Optional  -               -     charged  point  -            no
    SelectObjectContent                  | Post   Object  [sub("select"), is("select-type", "2")] [all("s3:GetObject")]                           Xml(KIB64)    Optional  -               -     -        -      -            no
    UpdateObjectEncryption               | Put    Object  [sub("encryption")]           [all("s3:UpdateObjectEncryption")]                        Xml(KIB64)    Required  -               -     -        -      encryption   no
}

impl std::fmt::Display for Operation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
