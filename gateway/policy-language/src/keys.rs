//! THE CONDITION KEYS: what conditions and variables of a policy can compare.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html> and
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>. The
//! value that a request has for each comes from its [`Context`](super::Context).

use std::borrow::Cow;

use ValueType::{ArnText, Bool, Date, Ip, Number, Text};

/// How the values of a key are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueType {
    /// With `String…`
    Text,
    /// With `Numeric…`
    Number,
    /// With `Date…`, and as seconds since 1970 with `Numeric…`
    Date,
    /// With `Bool`
    Bool,
    /// With `IpAddress`
    Ip,
    /// With `Arn…` and `String…`
    ArnText,
}

/// The actions whose requests carry a key. A bucket policy must not name the key with other
/// actions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carried {
    /// By every request, or by requests of any action.
    Anywhere,
    /// By these actions only; `iam:*` stands for all of a service.
    By(&'static [&'static str]),
    /// By none: what it is about does not exist here, for this reason. Policies may still name it,
    /// as they do at AWS.
    Never(&'static str),
}

macro_rules! keys {
    ($($id:ident $name:literal $value:ident $carried:expr;)+) => {
        /// A key of the catalogue.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[expect(missing_docs, reason = "AWS documents each under its name")]
        pub enum KeyId {
            $($id,)+
            /// A key that is not in the catalogue: a claim of a web identity, or a mistake.
            Other,
        }

        impl KeyId {
            /// Every key, in the order of the catalogue.
            pub const ALL: &'static [KeyId] = &[$(KeyId::$id),+];

            /// The name as AWS writes it; ends with `/` where a tag's key follows, and with `:`
            /// where that of an encryption context does. Empty for others.
            pub fn name(self) -> &'static str {
                match self { $(KeyId::$id => $name,)+ KeyId::Other => "" }
            }

            /// How its values are compared; others are texts.
            pub fn value_type(self) -> ValueType {
                match self { $(KeyId::$id => $value,)+ KeyId::Other => Text }
            }

            /// Which requests carry it.
            pub fn carried(self) -> Carried {
                match self { $(KeyId::$id => $carried,)+ KeyId::Other => Carried::Anywhere }
            }
        }
    };
}

const ANYWHERE: Carried = Carried::Anywhere;
const LISTS: Carried =
    Carried::By(&["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]);
const CREATES_BUCKET: Carried = Carried::By(&["s3:CreateBucket"]);
const OWNERSHIP: Carried = Carried::By(&["s3:CreateBucket", "s3:PutBucketOwnershipControls"]);
const OF_S3: Carried = Carried::By(&["s3:*"]);
const OF_KMS: Carried = Carried::By(&["kms:*"]);
const OF_STS: Carried = Carried::By(&["sts:*"]);
const OF_IAM: Carried = Carried::By(&["iam:*"]);
const TAGS_RESOURCE: Carried = Carried::By(&[
    "s3:CreateAccessPoint",
    "s3:CreateBucket",
    "s3:PutBucketTagging",
    "s3:TagResource",
    "s3:UntagResource",
    "iam:*",
    "lambda:CreateFunction",
    "lambda:TagResource",
    "lambda:UntagResource",
    "sts:*",
]);
const TAGGED_RESOURCE: Carried = Carried::By(&["s3:*", "iam:*", "lambda:*", "sts:*"]);
const TAGGED_IAM: Carried = Carried::By(&["iam:*", "sts:*"]);
const OF_OBJECT_LAMBDA: Carried = Carried::By(&["s3-object-lambda:*"]);
/// What Object Lambda asks of others on behalf of the principal.
const BY_OBJECT_LAMBDA: Carried = Carried::By(&["s3:*", "lambda:*"]);
const CHANGES_PERMISSIONS: Carried = Carried::By(&["lambda:AddPermission", "lambda:RemovePermission"]);
const NO_FUNCTION_URL: Carried = Carried::Never("functions have no URLs");
const NO_MAPPING: Carried = Carried::Never("nothing but requests invokes functions");
const NO_LAYER: Carried = Carried::Never("functions have no layers");
const NO_FUNCTION_NETWORK: Carried = Carried::Never("functions are in no network");
const NO_CODE_SIGNING: Carried = Carried::Never("code is not signed");
const NO_SERVICE: Carried = Carried::Never("no service makes requests of its own");
const NO_ORGANIZATION: Carried = Carried::Never("there are no organizations");
const NO_NETWORK_OWNER: Carried = Carried::Never("networks belong to no account");
const NO_ACCESS_GRANT: Carried = Carried::Never("there are no access grants");
const NO_REPLICATION: Carried = Carried::Never("nothing is replicated");
const NO_INVENTORY: Carried = Carried::Never("there are no inventories");
const NO_REGIONS: Carried = Carried::Never("keys are of one region");
const NO_GRANT: Carried = Carried::Never("keys have no grants");
const NO_REENCRYPTION: Carried = Carried::Never("nothing is encrypted again in place");
const NO_ROLE_OF_SERVICE: Carried = Carried::Never("no role is passed to a service");
const WRITES: Carried = Carried::By(&["s3:PutObject", "s3:ReplicateObject"]);
const GRANTS: Carried = Carried::By(&[
    "s3:CreateBucket",
    "s3:PutBucketAcl",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
]);
const TAGGED: Carried = Carried::By(&[
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersionTagging",
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectAttributes",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionTagging",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
    "s3:RestoreObject",
]);
const TAGS: Carried =
    Carried::By(&["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging", "s3:ReplicateTags"]);
const LOCKS: Carried = Carried::By(&[
    "s3:BypassGovernanceRetention",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutObject",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:ReplicateObject",
]);

#[rustfmt::skip]
keys! {
//  key                            name                                  compared as  carried
    CalledVia                      "aws:CalledVia"                       Text         BY_OBJECT_LAMBDA;
    CalledViaFirst                 "aws:CalledViaFirst"                  Text         BY_OBJECT_LAMBDA;
    CalledViaLast                  "aws:CalledViaLast"                   Text         BY_OBJECT_LAMBDA;
    CurrentTime                    "aws:CurrentTime"                     Date         ANYWHERE;
    EpochTime                      "aws:EpochTime"                       Date         ANYWHERE;
    FederatedProvider              "aws:FederatedProvider"               Text         ANYWHERE;
    MultiFactorAuthAge             "aws:MultiFactorAuthAge"              Number       ANYWHERE;
    MultiFactorAuthPresent         "aws:MultiFactorAuthPresent"          Bool         ANYWHERE;
    PrincipalAccount               "aws:PrincipalAccount"                Text         ANYWHERE;
    PrincipalArn                   "aws:PrincipalArn"                    ArnText      ANYWHERE;
    PrincipalIsAwsService          "aws:PrincipalIsAWSService"           Bool         ANYWHERE;
    PrincipalOrgId                 "aws:PrincipalOrgID"                  Text         NO_ORGANIZATION;
    PrincipalOrgPaths              "aws:PrincipalOrgPaths"               Text         NO_ORGANIZATION;
    PrincipalServiceName           "aws:PrincipalServiceName"            Text         NO_SERVICE;
    PrincipalServiceNamesList      "aws:PrincipalServiceNamesList"       Text         NO_SERVICE;
    PrincipalTag                   "aws:PrincipalTag/"                   Text         ANYWHERE;
    PrincipalType                  "aws:PrincipalType"                   Text         ANYWHERE;
    Referer                        "aws:Referer"                         Text         ANYWHERE;
    RequestTag                     "aws:RequestTag/"                     Text         TAGS_RESOURCE;
    RequestedRegion                "aws:RequestedRegion"                 Text         ANYWHERE;
    ResourceAccount                "aws:ResourceAccount"                 Text         ANYWHERE;
    ResourceOrgId                  "aws:ResourceOrgID"                   Text         NO_ORGANIZATION;
    ResourceOrgPaths               "aws:ResourceOrgPaths"                Text         NO_ORGANIZATION;
    ResourceTag                    "aws:ResourceTag/"                    Text         TAGGED_RESOURCE;
    SecureTransport                "aws:SecureTransport"                 Bool         ANYWHERE;
    SourceAccount                  "aws:SourceAccount"                   Text         NO_SERVICE;
    SourceArn                      "aws:SourceArn"                       ArnText      NO_SERVICE;
    SourceIdentity                 "aws:SourceIdentity"                  Text         ANYWHERE;
    SourceIp                       "aws:SourceIp"                        Ip           ANYWHERE;
    SourceOrgId                    "aws:SourceOrgID"                     Text         NO_ORGANIZATION;
    SourceOrgPaths                 "aws:SourceOrgPaths"                  Text         NO_ORGANIZATION;
    SourceOwner                    "aws:SourceOwner"                     Text         NO_SERVICE;
    SourceVpc                      "aws:SourceVpc"                       Text         ANYWHERE;
    SourceVpcArn                   "aws:SourceVpcArn"                    ArnText      NO_NETWORK_OWNER;
    SourceVpce                     "aws:SourceVpce"                      Text         ANYWHERE;
    TagKeys                        "aws:TagKeys"                         Text         TAGS_RESOURCE;
    TokenIssueTime                 "aws:TokenIssueTime"                  Date         ANYWHERE;
    UserAgent                      "aws:UserAgent"                       Text         ANYWHERE;
    UserId                         "aws:userid"                          Text         ANYWHERE;
    UserName                       "aws:username"                        Text         ANYWHERE;
    ViaAwsService                  "aws:ViaAWSService"                   Bool         ANYWHERE;
    VpceAccount                    "aws:VpceAccount"                     Text         NO_NETWORK_OWNER;
    VpceOrgId                      "aws:VpceOrgID"                       Text         NO_ORGANIZATION;
    VpceOrgPaths                   "aws:VpceOrgPaths"                    Text         NO_ORGANIZATION;
    VpcSourceIp                    "aws:VpcSourceIp"                     Ip           ANYWHERE;

    AccessGrantsInstanceArn        "s3:AccessGrantsInstanceArn"          ArnText      NO_ACCESS_GRANT;
    AccessPointNetworkOrigin       "s3:AccessPointNetworkOrigin"         Text         OF_S3;
    AccessPointTag                 "s3:AccessPointTag/"                  Text         OF_S3;
    AuthType                       "s3:authType"                         Text         OF_S3;
    BucketTag                      "s3:BucketTag/"                       Text         OF_S3;
    DataAccessPointAccount         "s3:DataAccessPointAccount"           Text         OF_S3;
    DataAccessPointArn             "s3:DataAccessPointArn"               ArnText      OF_S3;
    Delimiter                      "s3:delimiter"                        Text         LISTS;
    ExistingObjectTag              "s3:ExistingObjectTag/"               Text         TAGGED;
    IfMatch                        "s3:if-match"                         Text         OF_S3;
    IfNoneMatch                    "s3:if-none-match"                    Text         OF_S3;
    IsReplicationPauseRequest      "s3:isReplicationPauseRequest"        Bool         NO_REPLICATION;
    InventoryOptionalFields        "s3:InventoryAccessibleOptionalFields" Text        NO_INVENTORY;
    LocationConstraint             "s3:LocationConstraint"               Text         CREATES_BUCKET;
    MaxKeys                        "s3:max-keys"                         Number       LISTS;
    ObjectCreationOperation        "s3:ObjectCreationOperation"          Bool         WRITES;
    ObjectLockLegalHold            "s3:object-lock-legal-hold"           Text         LOCKS;
    ObjectLockMode                 "s3:object-lock-mode"                 Text         LOCKS;
    ObjectLockRemainingDays        "s3:object-lock-remaining-retention-days" Number   LOCKS;
    ObjectLockRetainUntil          "s3:object-lock-retain-until-date"    Date         LOCKS;
    Prefix                         "s3:prefix"                           Text         LISTS;
    RequestObjectTag               "s3:RequestObjectTag/"                Text         TAGS;
    RequestObjectTagKeys           "s3:RequestObjectTagKeys"             Text         TAGS;
    S3ResourceAccount              "s3:ResourceAccount"                  Text         OF_S3;
    SignatureAge                   "s3:signatureAge"                     Number       OF_S3;
    SignatureVersion               "s3:signatureversion"                 Text         OF_S3;
    TlsVersion                     "s3:TlsVersion"                       Number       OF_S3;
    VersionId                      "s3:VersionId"                        Text         OF_S3;
    Acl                            "s3:x-amz-acl"                        Text         GRANTS;
    ContentSha256                  "s3:x-amz-content-sha256"             Text         OF_S3;
    CopySource                     "s3:x-amz-copy-source"                Text         WRITES;
    GrantFullControl               "s3:x-amz-grant-full-control"         Text         GRANTS;
    GrantRead                      "s3:x-amz-grant-read"                 Text         GRANTS;
    GrantReadAcp                   "s3:x-amz-grant-read-acp"             Text         GRANTS;
    GrantWrite                     "s3:x-amz-grant-write"                Text         GRANTS;
    GrantWriteAcp                  "s3:x-amz-grant-write-acp"            Text         GRANTS;
    MetadataDirective              "s3:x-amz-metadata-directive"         Text         WRITES;
    ObjectOwnership                "s3:x-amz-object-ownership"           Text         OWNERSHIP;
    ServerSideEncryption           "s3:x-amz-server-side-encryption"     Text         WRITES;
    SseKmsKeyId                    "s3:x-amz-server-side-encryption-aws-kms-key-id" ArnText WRITES;
    SseCustomerAlgorithm           "s3:x-amz-server-side-encryption-customer-algorithm" Text WRITES;
    StorageClass                   "s3:x-amz-storage-class"              Text         WRITES;
    WebsiteRedirectLocation        "s3:x-amz-website-redirect-location"  Text         WRITES;

    ObjectLambdaAuthType           "s3-object-lambda:authType"           Text         OF_OBJECT_LAMBDA;
    ObjectLambdaSignatureAge       "s3-object-lambda:signatureAge"       Number       OF_OBJECT_LAMBDA;
    ObjectLambdaTlsVersion         "s3-object-lambda:TlsVersion"         Number       OF_OBJECT_LAMBDA;
    ObjectLambdaVersionId          "s3-object-lambda:versionid"          Text         OF_OBJECT_LAMBDA;

    KmsCallerAccount               "kms:CallerAccount"                   Text         OF_KMS;
    KmsEncryptionAlgorithm         "kms:EncryptionAlgorithm"             Text         OF_KMS;
    KmsEncryptionContext           "kms:EncryptionContext:"              Text         OF_KMS;
    KmsEncryptionContextKeys       "kms:EncryptionContextKeys"           Text         OF_KMS;
    KmsGrantConstraintType         "kms:GrantConstraintType"             Text         NO_GRANT;
    KmsGranteePrincipal            "kms:GranteePrincipal"                ArnText      NO_GRANT;
    KmsGrantIsForAwsResource       "kms:GrantIsForAWSResource"           Bool         NO_GRANT;
    KmsGrantOperations             "kms:GrantOperations"                 Text         NO_GRANT;
    KmsKeyOrigin                   "kms:KeyOrigin"                       Text         OF_KMS;
    KmsKeySpec                     "kms:KeySpec"                         Text         OF_KMS;
    KmsKeyUsage                    "kms:KeyUsage"                        Text         OF_KMS;
    KmsMultiRegion                 "kms:MultiRegion"                     Bool         OF_KMS;
    KmsMultiRegionKeyType          "kms:MultiRegionKeyType"              Text         NO_REGIONS;
    KmsReEncryptOnSameKey          "kms:ReEncryptOnSameKey"              Bool         NO_REENCRYPTION;
    KmsRequestAlias                "kms:RequestAlias"                    Text         OF_KMS;
    KmsResourceAliases             "kms:ResourceAliases"                 Text         OF_KMS;
    KmsRetiringPrincipal           "kms:RetiringPrincipal"               ArnText      NO_GRANT;
    KmsViaService                  "kms:ViaService"                      Text         OF_KMS;

    LambdaCodeSigningConfigArn     "lambda:CodeSigningConfigArn"         ArnText      NO_CODE_SIGNING;
    LambdaEventSourceToken         "lambda:EventSourceToken"             Text         NO_MAPPING;
    LambdaFunctionArn              "lambda:FunctionArn"                  ArnText      NO_MAPPING;
    LambdaFunctionUrlAuthType      "lambda:FunctionUrlAuthType"          Text         NO_FUNCTION_URL;
    LambdaInvokedViaFunctionUrl    "lambda:InvokedViaFunctionUrl"        Bool         NO_FUNCTION_URL;
    LambdaLayer                    "lambda:Layer"                        ArnText      NO_LAYER;
    LambdaPrincipal                "lambda:Principal"                    Text         CHANGES_PERMISSIONS;
    LambdaSecurityGroupIds         "lambda:SecurityGroupIds"             Text         NO_FUNCTION_NETWORK;
    LambdaSourceFunctionArn        "lambda:SourceFunctionArn"            ArnText      NO_SERVICE;
    LambdaSubnetIds                "lambda:SubnetIds"                    Text         NO_FUNCTION_NETWORK;
    LambdaVpcIds                   "lambda:VpcIds"                       Text         NO_FUNCTION_NETWORK;

    StsDurationSeconds             "sts:DurationSeconds"                 Number       OF_STS;
    StsExternalId                  "sts:ExternalId"                      Text         OF_STS;
    StsRoleSessionName             "sts:RoleSessionName"                 Text         OF_STS;
    StsSourceIdentity              "sts:SourceIdentity"                  Text         OF_STS;
    StsTransitiveTagKeys           "sts:TransitiveTagKeys"               Text         OF_STS;
    IamPermissionsBoundary         "iam:PermissionsBoundary"             ArnText      OF_IAM;
    IamPolicyArn                   "iam:PolicyARN"                       ArnText      OF_IAM;
    IamPassedToService             "iam:PassedToService"                 Text         NO_ROLE_OF_SERVICE;
    IamResourceTag                 "iam:ResourceTag/"                    Text         TAGGED_IAM;
}

impl KeyId {
    /// Whether a tag's key follows the name, or that of an encryption context.
    fn is_family(self) -> bool {
        self.name().ends_with(['/', ':'])
    }

    /// Whether a request may carry several values, which conditions compare with `ForAnyValue` and
    /// `ForAllValues`.
    pub fn is_multivalued(self) -> bool {
        matches!(
            self,
            KeyId::CalledVia
                | KeyId::PrincipalOrgPaths
                | KeyId::PrincipalServiceNamesList
                | KeyId::ResourceOrgPaths
                | KeyId::SourceOrgPaths
                | KeyId::VpceOrgPaths
                | KeyId::TagKeys
                | KeyId::RequestObjectTagKeys
                | KeyId::InventoryOptionalFields
                | KeyId::StsTransitiveTagKeys
                | KeyId::KmsEncryptionContextKeys
                | KeyId::KmsGrantOperations
                | KeyId::KmsResourceAliases
        )
    }
}

/// A condition key as a policy names it. Names are compared without regard to case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key {
    id: KeyId,
    /// The whole name in lower case, except the key of a tag. Keys of encryption contexts are
    /// compared without regard to case:
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>
    name: Box<str>,
    /// Where the key of a tag starts in `name`; its end when there is none.
    tag_start: usize,
}

impl Key {
    /// Reads a name. One that is not in the catalogue is [`KeyId::Other`].
    pub fn parse(name: &str) -> Key {
        let folded = name.to_ascii_lowercase();
        let exact = |id: &&KeyId| !id.is_family() && id.name().eq_ignore_ascii_case(&folded);
        if let Some(id) = KeyId::ALL.iter().find(exact) {
            return Key { id: *id, tag_start: folded.len(), name: folded.into() };
        }
        let context = KeyId::KmsEncryptionContext;
        let prefix = context.name().len();
        if folded.len() > prefix && folded.starts_with(&context.name().to_ascii_lowercase()) {
            return Key { id: context, tag_start: prefix, name: folded.into() };
        }
        if let Some((family, tag)) = name.split_once('/').filter(|(_, tag)| !tag.is_empty()) {
            let is_family =
                |id: &&KeyId| id.name().strip_suffix('/').is_some_and(|own| own.eq_ignore_ascii_case(family));
            if let Some(id) = KeyId::ALL.iter().find(is_family) {
                let name = format!("{}/{tag}", family.to_ascii_lowercase());
                return Key { id: *id, tag_start: family.len() + 1, name: name.into() };
            }
        }
        Key { id: KeyId::Other, tag_start: folded.len(), name: folded.into() }
    }

    /// Whether the two mean the same value. Tags of users, roles and sessions have keys that are
    /// compared without regard to case:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requesttag>
    pub(crate) fn is_same(&self, other: &Key) -> bool {
        let ignores_case = matches!(
            self.id,
            KeyId::RequestTag | KeyId::ResourceTag | KeyId::PrincipalTag | KeyId::IamResourceTag
        );
        self.id == other.id
            && (self.name == other.name || (ignores_case && self.name.eq_ignore_ascii_case(&other.name)))
    }

    /// Which key it is.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The name in lower case, except the key of a tag.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key of the tag, as written; empty for keys without one.
    pub fn tag(&self) -> &str {
        self.name.get(self.tag_start..).unwrap_or_default()
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.id {
            KeyId::Other => formatter.write_str(&self.name),
            id => write!(formatter, "{}{}", id.name(), self.tag()),
        }
    }
}

/// The values of a condition key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Values<'a> {
    /// Of a key that has one.
    One(Cow<'a, str>),
    /// Of a key that may have several, such as `s3:RequestObjectTagKeys`.
    Many(Vec<Cow<'a, str>>),
    /// The request has one, and nobody says which: it fulfils no condition of a statement that
    /// allows, and every condition of one that denies.
    Unknown,
}

impl<'a> Values<'a> {
    /// One value.
    pub fn one(value: impl Into<Cow<'a, str>>) -> Values<'a> {
        Values::One(value.into())
    }

    /// The same, without borrowing from the request.
    pub(crate) fn into_owned(self) -> Values<'static> {
        let own = |value: Cow<'_, str>| Cow::Owned(value.into_owned());
        match self {
            Values::One(value) => Values::One(own(value)),
            Values::Many(values) => Values::Many(values.into_iter().map(own).collect()),
            Values::Unknown => Values::Unknown,
        }
    }

    /// The values that are known.
    pub fn as_slice(&self) -> &[Cow<'a, str>] {
        match self {
            Values::One(value) => std::slice::from_ref(value),
            Values::Many(values) => values,
            Values::Unknown => &[],
        }
    }
}

#[cfg(test)]
mod tests;
