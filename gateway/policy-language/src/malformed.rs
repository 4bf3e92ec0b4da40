//! Why a document is not a policy, in the words of AWS: clients and their tests compare them.

/// What is wrong with a document. It prints as the message of the error document.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MalformedPolicy {
    /// There is no object at all.
    #[error("Policies must be valid JSON and the first byte must be '{{'")]
    NotJson,
    /// It starts like an object, and is not JSON.
    #[error("This policy contains invalid Json")]
    InvalidJson,
    /// As a bucket policy.
    #[error("Normalized policy document exceeds the maximum allowed size of {0} bytes")]
    TooLarge(usize),
    /// The language has no such version.
    #[error("The policy must contain a valid version string")]
    Version,
    /// The language has no such element here.
    #[error("Unknown field {0}")]
    UnknownField(String),
    /// The element is required.
    #[error("Missing required field {0}")]
    MissingField(&'static str),
    /// The element is there, and empty.
    #[error("Missing required field {0} cannot be empty!")]
    EmptyField(&'static str),
    /// No statement.
    #[error("Could not parse the policy: Statement is empty!")]
    EmptyStatement,
    /// Neither `Allow` nor `Deny`.
    #[error("Invalid effect: {0}")]
    Effect(String),
    /// A policy cannot name such a principal.
    #[error("Invalid principal in policy")]
    Principal,
    /// The same for a trust policy, where the message names the principal.
    #[error("Invalid principal in policy: {0}")]
    PrincipalNamed(String),
    /// It would allow everybody but a few.
    #[error("Allow with NotPrincipal is not allowed.")]
    AllowNotPrincipal,
    /// No such action.
    #[error("Policy has invalid action")]
    Action,
    /// Not a resource of this bucket.
    #[error("Policy has invalid resource")]
    Resource,
    /// The action is about buckets and the resources are objects, or the reverse.
    #[error("Action does not apply to any resource(s) in statement")]
    ActionWithoutResource,
    /// No such operator.
    #[error("Invalid Condition type : {0}")]
    ConditionType(String),
    /// No such key.
    #[error("Policy has an invalid condition key")]
    ConditionKey,
    /// No request of these actions carries the key.
    #[error("Conditions do not apply to combination of actions and resources in statement")]
    ConditionNotCarried,
    /// Neither an address nor a range of addresses.
    #[error("Invalid IP address in Conditions")]
    ConditionIpAddress,
    /// Not a value that the operator compares.
    #[error("Invalid value in Conditions for operator {0}")]
    ConditionValue(String),
    /// Two statements of a bucket policy have the same id.
    #[error("The Statement Ids in the policy are not unique")]
    DuplicateSid,
    /// Any other difference from the language.
    #[error("Invalid policy syntax.")]
    Syntax,

    // What IAM says of the policies that it keeps.
    /// The document does not follow the language, as IAM says it.
    #[error("Syntax errors in policy.")]
    IamSyntax,
    /// It has no version, or the old one, in which variables are text.
    #[error("Policy document must be version 2012-10-17 or greater.")]
    IamVersion,
    /// No action.
    #[error("Policy statement must contain actions.")]
    IamActions,
    /// No resource.
    #[error("Policy statement must contain resources.")]
    IamResources,
    /// Such a policy applies to the identity it is attached to.
    #[error("Policy document should not specify a principal.")]
    IamPrincipal,
    /// Two statements have the same id.
    #[error("Statement IDs (SID) in a single policy must be unique.")]
    IamDuplicateSid,
    /// An id with other characters.
    #[error(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
    )]
    IamSid,
    /// An action without the service that it is of.
    #[error("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")]
    IamVendor,
    /// A service with a wildcard.
    #[error("Vendor {0} is not valid")]
    IamVendorName(String),
    /// A resource that is neither an ARN nor `*`.
    #[error("Resource {0} must be in ARN format or \"*\".")]
    IamResource(String),
    /// A trust policy about anything else.
    #[error("AssumeRole policy may only specify STS AssumeRole actions.")]
    TrustAction,
    /// A trust policy is about the role that has it.
    #[error("Has prohibited field Resource")]
    TrustResource,
    /// A trust policy names whom it trusts.
    #[error("AssumeRole policy must not contain NotPrincipal field.")]
    TrustNotPrincipal,
}
