//! The facts of a call: what one stage establishes for later ones.

use crate::body::Payload;
use crate::pipeline::bindings::calls::{
    Decision, Form, NamedObject, NeededAccess, Owner, Principal, SecondFactor, Session, Signature, Target,
};

/// The facts that stages establish. Each is set once.
#[derive(Debug, Default)]
pub struct Facts {
    /// The operation, and what it is done to.
    pub target: Option<Target>,
    /// What its form says.
    pub form: Option<Form>,
    /// Who makes the request.
    pub principal: Option<Principal>,
    /// The temporary credentials that signed.
    pub session: Option<Session>,
    /// How the call is signed.
    pub signature: Option<Signature>,
    /// The device whose code came with the call.
    pub second_factor: Option<SecondFactor>,
    /// The parameters of a call of a Query API.
    pub parameters: Option<String>,
    /// What a call of IAM or STS needs to be allowed.
    pub needed_access: Option<NeededAccess>,
    /// How the body is authenticated.
    pub payload: Option<Payload>,
    /// Who owns what it is done to.
    pub owner: Option<Owner>,
    /// What policy decided.
    pub decision: Option<Decision>,
    /// The objects that the body names.
    pub named: Option<Vec<NamedObject>>,
    /// Positions of those that are refused.
    pub refused: Option<Vec<u32>>,
}
