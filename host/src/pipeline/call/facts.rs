//! The facts of a call: what one stage establishes for later ones.

use crate::body::Payload;
use crate::pipeline::bindings::calls::{
    AccessPoint, Decision, Form, NamedObject, NeededAccess, ObjectLambda, ObjectVersion, Owner, Principal,
    Refusal, SecondFactor, Session, Signature, Target,
};
use crate::pipeline::contract;

/// The facts that stages establish. Each is set once.
#[derive(Debug, Default)]
pub struct Facts {
    /// The operation, and what it is done to.
    pub target: Option<Target>,
    /// The access point by which the call comes.
    pub access_point: Option<AccessPoint>,
    /// The Object Lambda access point by which it comes, in front of that access point.
    pub object_lambda: Option<ObjectLambda>,
    /// The access point by which it names the source of a copy.
    pub source_access_point: Option<AccessPoint>,
    /// The name of the operation, where only the form says it.
    pub operation: Option<String>,
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
    /// The source of a copy, where added stages look at it.
    pub source: Option<ObjectVersion>,
    /// What added stages refused of the objects that the request names, by their positions.
    pub named_refusals: Vec<(u32, Refusal)>,
}

impl Facts {
    /// The name of the operation; empty before it is known.
    pub fn operation_name(&self) -> &str {
        let of_target = || self.target.as_ref().map(|target| target.operation.as_str());
        self.operation.as_deref().or_else(of_target).unwrap_or_default()
    }

    /// What the request names besides its target, as far as it is known.
    pub fn named_objects(&self) -> Vec<ObjectVersion> {
        if let Some(source) = &self.source {
            return vec![source.clone()];
        }
        contract::with_target(self.target.as_ref(), self.named.iter().flatten())
    }

    /// Notes that an added stage refuses one of those. The first refusal of each counts.
    ///
    /// # Errors
    /// A position that none of them has: a bug of the stage.
    pub fn refuse_named(&mut self, position: u32, mut refusal: Refusal) -> wasmtime::Result<()> {
        let count = match &self.source {
            Some(_) => 1,
            None => {
                // One of many has an element in the response, which has a code and a message.
                refusal.details = Vec::new();
                refusal.headers = String::new();
                self.named.as_ref().map_or(0, Vec::len)
            }
        };
        if position as usize >= count {
            return Err(wasmtime::Error::msg("the request names no object at this position"));
        }
        if let Err(at) = self.named_refusals.binary_search_by_key(&position, |(known, _)| *known) {
            self.named_refusals.insert(at, (position, refusal));
        }
        Ok(())
    }
}
