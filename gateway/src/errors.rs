//! THE ERROR TABLE: every S3 error code with its HTTP status and message, and the error document.
//!
//! No other file spells an error code. The codes are those of
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>, and the few that S3 sends
//! without listing them there. Amazon has no quotas of buckets: `QuotaExceeded` is what Ceph sends.

use crate::policy::MalformedPolicy;
use crate::xml;
use std::fmt;

/// The result of an operation: a value, or an error that is ready to be rendered.
pub type Result<T> = std::result::Result<T, S3Error>;

macro_rules! error_codes {
    ($($name:ident $(= $wire:literal)? $status:literal $message:literal)+) => {
        /// A code of the error table. It prints as on the wire: `NoSuchKey`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[expect(missing_docs, reason = "each code's message says what it means")]
        pub enum ErrorCode { $($name),+ }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name),+];

            /// The code as the error document spells it.
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => error_codes!(@wire $name $($wire)?)),+ }
            }

            /// The HTTP status that goes with the code.
            pub fn status(self) -> u16 {
                match self { $(ErrorCode::$name => $status),+ }
            }

            /// The message of the table; a refusal may replace it.
            pub fn message(self) -> &'static str {
                match self { $(ErrorCode::$name => $message),+ }
            }

            /// The code with this spelling.
            pub fn parse(text: &str) -> Option<ErrorCode> {
                match text { $(error_codes!(@wire $name $($wire)?) => Some(ErrorCode::$name),)+ _ => None }
            }
        }
    };
    (@wire $name:ident) => { stringify!($name) };
    (@wire $name:ident $wire:literal) => { $wire };
}

#[rustfmt::skip]
error_codes! {
    AccessDenied                     403 "Access Denied"
    AccessForbidden                  403 "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
    AccessControlListNotSupported    400 "The bucket does not allow ACLs"
    AccessPointAlreadyOwnedByYou     409 "An access point with an identical name already exists in your account."
    AccountProblem                   403 "There is a problem with your account that prevents the operation from completing successfully."
    AllAccessDisabled                403 "All access to this object has been disabled."
    AmbiguousGrantByEmailAddress     400 "The e-mail address you provided is associated with more than one account."
    AuthorizationHeaderMalformed     400 "The authorization header that you provided is not valid."
    AuthorizationQueryParametersError 400 "The authorization query parameters that you provided are not valid."
    BadDigest                        400 "The Content-MD5 or checksum value that you specified did not match what the server received."
    BadRequest                       400 "Bad Request"
    BucketAlreadyExists              409 "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."
    BucketAlreadyOwnedByYou          409 "Your previous request to create the named bucket succeeded and you already own it."
    BucketHasAccessPointsAttached    400 "The bucket you are trying to delete has access points attached. Delete your access points and try again."
    BucketNotEmpty                   409 "The bucket you tried to delete is not empty"
    ConditionalRequestConflict       409 "The conditional request cannot succeed due to a conflicting operation against this resource."
    ConnectionClosedByRequester      400 "The response of the function broke off before it was sent."
    CredentialsNotSupported          400 "This request does not support credentials."
    CrossLocationLoggingProhibited   403 "Cross S3 location logging not allowed."
    EntityTooLarge                   400 "Your proposed upload exceeds the maximum allowed size"
    EntityTooSmall                   400 "Your proposed upload is smaller than the minimum allowed size"
    ExpiredToken                     400 "The provided token has expired."
    IllegalLocationConstraintException 400 "The specified location-constraint is not valid for the endpoint this request was sent to."
    IllegalVersioningConfigurationException 400 "The versioning configuration specified in the request is invalid."
    IncompleteBody                   400 "You did not provide the number of bytes specified by the Content-Length HTTP header"
    IncorrectNumberOfFilesInPostRequest 400 "POST requires exactly one file upload per request."
    InlineDataTooLarge               400 "Inline data exceeds the maximum allowed size"
    InternalError                    500 "We encountered an internal error. Please try again."
    InvalidAccessKeyId               403 "The AWS Access Key Id you provided does not exist in our records."
    InvalidAccessPoint               400 "The specified access point name or account is not valid."
    InvalidArgument                  400 "Invalid Argument"
    InvalidAttributeName             400 "Invalid attribute name specified."
    InvalidBucketAclWithObjectOwnership 400 "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
    InvalidBucketAclWithBlockPublicAccessError 400 "Bucket cannot have public ACLs set with BlockPublicAccess enabled"
    InvalidBucketName                400 "The specified bucket is not valid."
    InvalidBucketOwnerAWSAccountID   400 "The value of the expected bucket owner parameter must be an AWS account ID"
    InvalidBucketState               409 "The request is not valid with the current state of the bucket."
    InvalidDigest                    400 "The Content-MD5 you specified was invalid."
    InvalidEncryptionAlgorithmError  400 "The Encryption request you specified is not valid. Supported value: AES256."
    InvalidHostHeader                400 "The host headers provided in the request used the incorrect style addressing."
    InvalidLocationConstraint        400 "The specified location-constraint is not valid"
    InvalidObjectState               403 "The operation is not valid for the object's storage class"
    InvalidPart                      400 "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
    InvalidPartNumber                416 "The requested partnumber is not satisfiable"
    InvalidPartOrder                 400 "The list of parts was not in ascending order. Parts must be ordered by part number."
    InvalidPayer                     403 "All access to this object has been disabled."
    InvalidPolicyDocument            400 "The content of the form does not meet the conditions specified in the policy document."
    InvalidRange                     416 "The requested range is not satisfiable"
    InvalidRedirectLocation          400 "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
    InvalidRegion                    403 "The specified Region is not valid."
    InvalidRequest                   400 "Invalid Request"
    InvalidRetentionPeriod           400 "The retention date must be in the future."
    InvalidSecurity                  403 "The provided security credentials are not valid."
    InvalidSessionException          400 "The specified session is not valid."
    InvalidStorageClass              400 "The storage class you specified is not valid"
    InvalidTag                       400 "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation."
    InvalidTargetBucketForLogging    400 "The target bucket for logging does not exist, is not owned by you, or does not have the appropriate grants for the log-delivery group."
    InvalidToken                     400 "The provided token is malformed or otherwise invalid."
    InvalidURI                       400 "Couldn't parse the specified URI."
    InvalidVersionId                 400 "Invalid version id specified"
    KeyTooLongError                  400 "Your key is too long"
    KmsDisabledException = "KMS.DisabledException" 400 "The request was rejected because the specified KMS key is not enabled."
    KmsNotFoundException = "KMS.NotFoundException" 400 "The request was rejected because the specified KMS key was not found."
    LambdaInvalidResponse            400 "The response of the function is not valid."
    LambdaInvocationFailed           400 "The function could not be invoked."
    LambdaNotFound                   404 "The function was not found."
    LambdaPermissionError            403 "The caller is not authorized to invoke the function."
    LambdaResponseNotReceived        500 "The Lambda exited without successfully calling WriteGetObjectResponse."
    LambdaRuntimeError               500 "The Lambda function failed during execution."
    LambdaTimeout                    500 "The Lambda function did not respond in the allowed time."
    LambdaTooLarge                   400 "The object or the response is too large for the function."
    MalformedACLError                400 "The XML you provided was not well-formed or did not validate against our published schema"
    MalformedPolicy                  400 "Policies must be valid JSON and the first byte must be '{'"
    MalformedPOSTRequest             400 "The body of your POST request is not well-formed multipart/form-data."
    MalformedTrailerError            400 "The request contained trailing data that was not well-formed or did not conform to our published schema."
    MalformedXML                     400 "The XML you provided was not well-formed or did not validate against our published schema"
    MaxMessageLengthExceeded         400 "Your request was too big."
    MaxPostPreDataLengthExceededError 400 "Your POST request fields preceding the upload file were too large."
    MetadataConfigurationNotFound    404 "The metadata configuration does not exist."
    MetadataTooLarge                 400 "Your metadata headers exceed the maximum allowed metadata size"
    MethodNotAllowed                 405 "The specified method is not allowed against this resource."
    MissingAttachment                400 "A SOAP attachment was expected, but none was found."
    MissingAuthenticationToken       403 "The request was not signed."
    MissingContentLength             411 "You must provide the Content-Length HTTP header."
    MissingRequestBodyError          400 "Request Body is empty"
    MissingSecurityHeader            400 "Your request was missing a required header"
    NoLoggingStatusForKey            400 "There is no such thing as a logging status subresource for a key."
    NoSuchAccessPoint                404 "The specified accesspoint does not exist"
    NoSuchAccessPointPolicy          404 "The specified accesspoint policy does not exist"
    NoSuchBucket                     404 "The specified bucket does not exist"
    NoSuchBucketPolicy               404 "The bucket policy does not exist"
    NoSuchConfiguration              404 "The specified configuration does not exist."
    NoSuchCORSConfiguration          404 "The CORS configuration does not exist"
    NoSuchKey                        404 "The specified key does not exist."
    NoSuchLifecycleConfiguration     404 "The lifecycle configuration does not exist"
    NoSuchObjectLockConfiguration    404 "The specified object does not have a ObjectLock configuration"
    NoSuchPublicAccessBlockConfiguration 404 "The public access block configuration was not found"
    NoSuchTagSet                     404 "The TagSet does not exist"
    NoSuchTransformConfiguration     404 "The bucket has no rules about transforms."
    NoSuchUpload                     404 "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    NoSuchVersion                    404 "The specified version does not exist."
    NoSuchWebsiteConfiguration       404 "The specified bucket does not have a website configuration"
    NotImplemented                   501 "A header or query you provided implies functionality that is not implemented"
    NotModified                      304 "Not Modified"
    NotSignedUp                      403 "Your account is not signed up for the S3 service. You must sign up before you can use S3."
    ObjectLockConfigurationNotFoundError 404 "Object Lock configuration does not exist for this bucket"
    OperationAborted                 409 "A conflicting conditional operation is currently in progress against this resource. Please try again."
    OwnershipControlsNotFoundError   404 "The bucket ownership controls were not found"
    PermanentRedirect                301 "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."
    PreconditionFailed               412 "At least one of the pre-conditions you specified did not hold"
    Redirect                         307 "Temporary redirect."
    ReplicationConfigurationNotFoundError 404 "The replication configuration was not found"
    QuotaExceeded                    403 "A quota would be exceeded."
    RequestHeaderSectionTooLarge     400 "Your request header section exceeds the maximum allowed size."
    RequestIsNotMultiPartContent     400 "Bucket POST must be of the enclosure-type multipart/form-data."
    RequestTimeout                   400 "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed."
    RequestTimeTooSkewed             403 "The difference between the request time and the current time is too large."
    RestoreAlreadyInProgress         409 "Object restore is already in progress"
    ServerSideEncryptionConfigurationNotFoundError 404 "The server side encryption configuration was not found"
    ServiceUnavailable               503 "Service is unable to handle request."
    SignatureDoesNotMatch            403 "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    SlowDown                         503 "Please reduce your request rate."
    TemporaryRedirect                307 "Please re-send this request to the specified temporary endpoint. Continue to use the original request endpoint for future requests."
    TokenRefreshRequired             400 "The provided token must be refreshed."
    TooManyAccessPoints              400 "You have attempted to create more access points than are allowed for an account."
    TooManyBuckets                   400 "You have attempted to create more buckets than allowed"
    TooManyParts                     400 "You have attempted to upload more parts than allowed"
    UnexpectedContent                400 "This request does not support content"
    UnresolvableGrantByEmailAddress  400 "The e-mail address you provided does not match any account on record."
    UnsupportedArgument              400 "The request contained an unsupported argument."
    UnsupportedSignature             400 "The provided request is signed with an unsupported STS Token version or the signature version is not supported."
    UserKeyMustBeSpecified           400 "The bucket POST must contain the specified field name. If it is specified, please check the order of the fields."
    XAmzContentChecksumMismatch      400 "The provided 'x-amz-checksum' header does not match what was computed."
    XAmzContentSHA256Mismatch        400 "The provided 'x-amz-content-sha256' header does not match what was computed."

    // Codes that AWS Query services (STS, IAM) spell differently.
    DeleteConflict                   409 "Cannot delete entity, it is still attached or has subordinate entities."
    EntityAlreadyExists              409 "The entity already exists."
    EntityTemporarilyUnmodifiable    409 "The entity is being changed by somebody else. Please try again."
    ExpiredTokenException            400 "The web identity token that was passed is expired or is not valid. Get a new identity token from the identity provider and then retry the request."
    IDPCommunicationError            400 "The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming identity token could not be reached."
    IDPRejectedClaim                 403 "The identity provider (IdP) reported that authentication failed. This might be because the claim is invalid."
    InvalidAction                    400 "Could not find operation"
    InvalidAuthenticationCode        403 "Authentication code for device is not valid."
    InvalidClientTokenId             403 "The security token included in the request is invalid."
    InvalidIdentityToken             400 "The web identity token that was passed could not be validated by Amazon Web Services. Get a new identity token from the identity provider and then retry the request."
    InvalidInput                     400 "The input is not valid."
    LimitExceeded                    409 "The request was rejected because it attempted to create resources beyond the current limits."
    MalformedPolicyDocument          400 "The policy document is malformed."
    MissingAction                    400 "Could not find operation; the Action parameter is missing"
    NoSuchEntity                     404 "The request referenced an entity that does not exist."
    PackedPolicyTooLarge             400 "The session policies and tags are too large."
    UnmodifiableEntity               400 "Only the service that depends on the entity can change it."
    ValidationError                  400 "The input fails to satisfy the constraints of the service."

    // Codes of Lambda.
    AccessDeniedException            403 "The principal may not do this."
    CodeStorageExceededException     400 "Your Amazon Web Services account has exceeded its maximum total code size."
    InvalidParameterValueException   400 "One of the parameters in the request is not valid."
    InvalidRequestContentException   400 "The request body could not be parsed as JSON, or a request header is invalid."
    InvalidSignatureException        403 "The request signature we calculated does not match the signature you provided."
    MissingAuthenticationTokenException 403 "Missing Authentication Token"
    PolicyLengthExceededException    400 "The permissions policy for the resource is too large."
    PreconditionFailedException      412 "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId for your resource."
    PublicPolicyException            400 "The policy would let everybody invoke the function."
    RequestEntityTooLargeException   413 "The request is too large."
    ResourceConflictException        409 "The resource already exists, or another operation is in progress."
    ResourceNotFoundException        404 "The resource specified in the request does not exist."
    ServiceException                 500 "The service encountered an internal error."
    TooManyRequestsException         429 "Rate exceeded. Please try again."
    UnrecognizedClientException      403 "The security token included in the request is invalid."
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A response that is not a success: what the error document and the response head need.
///
/// ```
/// use gateway::errors::{ErrorCode, S3Error};
/// let error = S3Error::new(ErrorCode::NoSuchBucket).detail("BucketName", "photos");
/// assert_eq!(error.code.status(), 404);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{code}: {}", .message.as_deref().unwrap_or(.code.message()))]
pub struct S3Error {
    /// What went wrong.
    pub code: ErrorCode,
    /// Replaces the table's message.
    pub message: Option<String>,
    /// Further elements of the document, in order: (`BucketName`, `photos`).
    pub details: Vec<(&'static str, String)>,
    /// Response headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
}

impl S3Error {
    /// An error with the message of the table.
    pub fn new(code: ErrorCode) -> S3Error {
        S3Error { code, message: None, details: Vec::new(), headers: Vec::new() }
    }

    /// `InvalidArgument` about one header, query parameter or element, as S3 words it.
    pub fn invalid_argument(
        name: impl Into<String>,
        value: impl Into<String>,
        message: impl Into<String>,
    ) -> S3Error {
        S3Error::new(ErrorCode::InvalidArgument)
            .message(message)
            .detail("ArgumentName", name)
            .detail("ArgumentValue", value)
    }

    /// `InvalidRequest` with a message of its own.
    pub fn invalid_request(message: impl Into<String>) -> S3Error {
        S3Error::new(ErrorCode::InvalidRequest).message(message)
    }

    /// Replaces the message.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> S3Error {
        self.message = Some(message.into());
        self
    }

    /// Adds an element to the document.
    #[must_use]
    pub fn detail(mut self, name: &'static str, value: impl Into<String>) -> S3Error {
        self.details.push((name, value.into()));
        self
    }

    /// Adds a response header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> S3Error {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<ErrorCode> for S3Error {
    fn from(code: ErrorCode) -> S3Error {
        S3Error::new(code)
    }
}

impl From<MalformedPolicy> for S3Error {
    fn from(error: MalformedPolicy) -> S3Error {
        S3Error::new(ErrorCode::MalformedPolicy).message(error.to_string())
    }
}

/// The error document of S3. `resource` is left out when it is empty, or when a detail already
/// names the bucket or the key, as S3 does.
pub fn render(error: &S3Error, resource: &str, request_id: &str, host_id: &str) -> String {
    let details = error.details.iter().map(|(name, value)| (*name, value.as_str()));
    let message = error.message.as_deref();
    render_parts(error.code, message, details, Occurrence { resource, request_id, host_id })
}

/// Where an error happened, for [`render_parts`].
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    /// The path of the request.
    pub resource: &'a str,
    /// `x-amz-request-id`
    pub request_id: &'a str,
    /// `x-amz-id-2`
    pub host_id: &'a str,
}

/// [`render`] from the parts of an error, which the pipeline has for refusals of other stages.
pub fn render_parts<'a>(
    code: ErrorCode,
    message: Option<&str>,
    details: impl Iterator<Item = (&'a str, &'a str)>,
    occurrence: Occurrence<'_>,
) -> String {
    render_text(code.as_str(), message.unwrap_or(code.message()), details, occurrence)
}

/// The same of a code that the table need not have: a transform may choose one of its own.
pub fn render_text<'a>(
    code: &str,
    message: &str,
    details: impl Iterator<Item = (&'a str, &'a str)>,
    occurrence: Occurrence<'_>,
) -> String {
    let mut out = String::with_capacity(384);
    out.push_str(xml::DECLARATION);
    out.push_str("<Error>");
    let mut element = |name: &str, text: &str| xml::push_element(&mut out, name, text);
    element("Code", code);
    element("Message", message);
    let mut named = false;
    for (name, value) in details {
        named |= matches!(name, "BucketName" | "Key" | "Resource" | "ResourceType");
        element(name, value);
    }
    if !named && !occurrence.resource.is_empty() {
        element("Resource", occurrence.resource);
    }
    element("RequestId", occurrence.request_id);
    element("HostId", occurrence.host_id);
    out.push_str("</Error>");
    out
}

#[cfg(test)]
mod tests;
