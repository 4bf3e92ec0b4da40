//! A call as the operations see it.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::aws_query;
use gateway::xml::XmlWriter;
use sdk::{Call, Identity, IdentityKind, NeededAccess, Principal, Session};

use crate::actions::row::{On, Operation};
use crate::form::Form;
use crate::names;
use crate::records::{Entity, Kind, Row};
use crate::rows;

/// What credential reports call the root user. No user can have this name.
pub(crate) const ROOT_NAME: &str = "<root_account>";

/// A call of one of the Query APIs.
pub(crate) struct Request {
    /// What is called.
    pub(crate) operation: &'static Operation,
    /// Its parameters.
    pub(crate) form: Form,
    /// The principal.
    pub(crate) principal: Identity,
    /// The temporary credentials that signed.
    pub(crate) session: Option<Session>,
    /// Whether a one-time code of a device of the principal came with the call, and was right.
    pub(crate) has_second_factor: bool,
    /// The access on which `policy` has decided: only of calls with a token in the place of a
    /// signature.
    pub(crate) needed_access: Option<NeededAccess>,
    /// When the call arrived, in milliseconds since 1970.
    pub(crate) now_ms: u64,
    /// Its id.
    pub(crate) request_id: String,
}

impl Request {
    /// A call of an operation. `MissingAuthenticationToken` without credentials.
    pub(crate) fn new(
        call: &Call,
        received_ms: u64,
        operation: &'static Operation,
        form: Form,
    ) -> Result<Request> {
        // A call with a token needs no signature. If there is one, its signer is not the principal.
        let by_token = operation.on == On::WebIdentityRole;
        let principal = match call.principal() {
            _ if by_token => unknown_principal(),
            Principal::Authenticated(identity) => identity,
            Principal::Anonymous => return Err(ErrorCode::MissingAuthenticationToken.into()),
        };
        Ok(Request {
            operation,
            form,
            principal,
            session: if by_token { None } else { call.session() },
            has_second_factor: !by_token && call.second_factor().is_some(),
            needed_access: if by_token { call.needed_access() } else { None },
            now_ms: received_ms,
            request_id: call.request_id(),
        })
    }

    /// The account of the principal.
    pub(crate) fn account(&self) -> &str {
        &self.principal.account
    }

    /// A response document up to the start of its result.
    pub(crate) fn result(&self) -> XmlWriter {
        let mut xml = XmlWriter::document_in(
            &format!("{}Response", self.operation.name),
            self.operation.service.namespace(),
        );
        xml.open(&format!("{}Result", self.operation.name));
        xml
    }

    /// The whole response document.
    pub(crate) fn document(&self, result: Option<XmlWriter>) -> String {
        let Some(mut xml) = result else {
            let namespace = self.operation.service.namespace();
            return aws_query::document(namespace, self.operation.name, &self.request_id, None);
        };
        xml.close(&format!("{}Result", self.operation.name));
        xml.open("ResponseMetadata");
        xml.text("RequestId", &self.request_id);
        xml.close("ResponseMetadata");
        xml.finish()
    }

    /// The name that a kind's parameter gives.
    pub(crate) fn name_of(&self, kind: Kind) -> Result<&str> {
        self.form.name(kind.parameter(), 128)
    }

    /// The user, group or role that a parameter names. `NoSuchEntity`
    pub(crate) fn entity(&self, kind: Kind) -> Result<Row<Entity>> {
        rows::entity(self.account(), kind, self.name_of(kind)?)
    }

    /// The ARN of a user, a group or a role in the account of the principal.
    pub(crate) fn arn_of(&self, entity: &Entity) -> String {
        names::entity_arn(self.account(), entity)
    }

    /// The name of the user that an operation is about. Where the call leaves it out, that is the
    /// principal. `None` is the root user, which may name itself as credential reports do.
    pub(crate) fn own_name(&self) -> Result<Option<&str>> {
        if self.principal.kind == IdentityKind::Root && self.form.get("UserName") == Some(ROOT_NAME) {
            return Ok(None);
        }
        match self.form.optional_name("UserName", 128)? {
            Some(name) => Ok(Some(name)),
            None => match self.principal.kind {
                IdentityKind::Root => Ok(None),
                IdentityKind::User | IdentityKind::ConfiguredUser => Ok(Some(&self.principal.user)),
                IdentityKind::AssumedRole | IdentityKind::FederatedUser => {
                    Err(S3Error::new(ErrorCode::ValidationError)
                        .message("Must specify userName when calling with non-User credentials"))
                }
            },
        }
    }
}

/// A principal without an account and without rights.
fn unknown_principal() -> Identity {
    Identity {
        kind: IdentityKind::FederatedUser,
        account: String::new(),
        canonical_id: String::new(),
        display_name: String::new(),
        user: String::new(),
        unique_id: String::new(),
        arn: String::new(),
        access_key_id: String::new(),
    }
}
