//! What a row of the actions table says of an operation, except for the function that answers it.

use gateway::operations::aws_query;

use crate::records::Kind;

/// A service that speaks the Query protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Service {
    /// Users and roles.
    Iam,
    /// Temporary credentials.
    Sts,
}

impl Service {
    /// The namespace of its documents.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Service::Iam => aws_query::IAM_NAMESPACE,
            Service::Sts => aws_query::STS_NAMESPACE,
        }
    }

    /// What its actions start with, in policies.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Service::Iam => "iam",
            Service::Sts => "sts",
        }
    }
}

/// What an operation is about: the resource that policies name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum On {
    /// A user, a group or a role that it makes.
    New(Kind),
    /// One that there is.
    Existing(Kind),
    /// A user; the principal where none is named.
    OwnUser,
    /// The user of an access key.
    KeyHolder,
    /// All of a sort.
    Every(&'static str),
    /// A managed policy that it makes.
    NewPolicy,
    /// One that there is.
    Policy,
    /// A device that shows one-time codes that it makes.
    NewMfa,
    /// One that there is, by its ARN.
    Mfa,
    /// A provider of web identities that it makes.
    NewOidc,
    /// One that there is, by its ARN.
    Oidc,
    /// A role, by its ARN.
    RoleArn,
    /// A role, by its ARN, for the holder of a token.
    WebIdentityRole,
    /// A session of a federated user.
    FederatedUser,
    /// A user, a group or a role, by its ARN, whose policies are looked at.
    PolicySource,
    /// `*`
    Everything,
    /// Nothing: the call needs no access.
    Nothing,
}

/// An operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its name, which is that of the action as well.
    pub(crate) name: &'static str,
    /// The service that it is of.
    pub(crate) service: Service,
    /// What it is about.
    pub(crate) on: On,
}
