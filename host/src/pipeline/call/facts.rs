//! The facts of a call: what one stage establishes for later ones.

use crate::body::Payload;
use crate::pipeline::bindings::calls::{
    Decision, Form, NamedObject, NeededAccess, Owner, Principal, SecondFactor, Session, Signature, Target,
};

/// The facts that stages establish. Each is set once.
#[derive(Debug, Default)]
pub struct Facts {
    /// What the request asks for.
    pub target: Option<Target>,
    /// What its form says.
    pub form: Option<Form>,
    /// Who asks.
    pub principal: Option<Principal>,
    /// The temporary credentials that signed.
    pub session: Option<Session>,
    /// How the call is signed.
    pub signature: Option<Signature>,
    /// The device whose code came with the call.
    pub second_factor: Option<SecondFactor>,
    /// The parameters of a call of a Query API.
    pub parameters: Option<String>,
    /// What such a call takes.
    pub needed_access: Option<NeededAccess>,
    /// How the body is authenticated.
    pub payload: Option<Payload>,
    /// Whose what is asked for is.
    pub owner: Option<Owner>,
    /// What policy decided.
    pub decision: Option<Decision>,
    /// What the body names.
    pub named: Option<Vec<NamedObject>>,
    /// Which of those are refused.
    pub refused: Option<Vec<u32>>,
}
