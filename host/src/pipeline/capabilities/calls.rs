//! `calls`: the request as the pipeline sees it, its facts, its work and its response.
//!
//! Added stages have the same interface. What only the pipeline may do goes through `own_call`.

use wasmtime::component::{HasData, Resource};
use wasmtime::{Error, Result};

use crate::body::Boundary;
use crate::pipeline::added_refusal::check_refusal;
use crate::pipeline::bindings::CallHandle;
use crate::pipeline::bindings::calls::{
    self, AccessPoint, Batch, Body, Decision, DigestAlgorithm, Endpoint, Fetch, Form, Head, HoldPlan, Host,
    HostCall, IdentityKind, IngestPlan, InnerPurpose, NamedObject, NeededAccess, ObjectLambda, ObjectVersion,
    Outcome, Owner, PackagePlan, PackageSource, Payload, Principal, Refusal, SecondFactor, Session,
    SetResponse, Signature, Span, Target, TestEvent, TransformPlan, WebhookAnswer,
};
use crate::pipeline::bindings::stages::Position;
use crate::pipeline::call::{
    CallResponse, CallResponseBody, CallState, Calls, Hold, Ingest, IngestSource, PackageWork, StoredBytes,
    TestWork, TransformWork, Work,
};
use crate::pipeline::contract::promised;
use crate::pipeline::header_lines;

/// The calls of a store, for the guests of that store.
pub struct CallsView<'a> {
    /// The calls.
    pub calls: &'a mut Calls,
    /// Which guests these are.
    pub guests: Guests,
}

/// What guests may do with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guests {
    /// Those of the pipeline: they establish facts, schedule work and respond.
    Pipeline,
    /// An added stage, at its position: it reads, refuses, and adds response headers.
    Added(Position),
}

/// Handles that a run of an added stage may have of its call at once: the host keeps each of them.
const HANDLES_MAX: u32 = 1024;

/// A fact that is established after the position `after-accept`. To read it there is a bug of the
/// stage, or of the manifest that puts the stage there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {0} is not known yet, but from `after-auth` on")]
pub struct NotKnownYet(&'static str);

/// Ties [`CallsView`] to the linker.
pub struct HasCalls;

impl HasData for HasCalls {
    type Data<'a> = CallsView<'a>;
}

impl CallsView<'_> {
    fn call(&mut self, handle: &Resource<CallHandle>) -> Result<&mut CallState> {
        self.calls.of(handle)
    }

    /// The call behind a handle, for what only the pipeline may do.
    fn own_call(&mut self, handle: &Resource<CallHandle>) -> Result<&mut CallState> {
        if self.guests != Guests::Pipeline {
            return Err(Error::msg(
                "an added stage may neither establish facts, nor schedule work, nor respond",
            ));
        }
        self.calls.of(handle)
    }

    fn schedule(&mut self, handle: &Resource<CallHandle>, work: Work) -> Result<()> {
        if self.own_call(handle)?.work.replace(work).is_some() {
            return Err(Error::msg("work was scheduled twice on one call"));
        }
        Ok(())
    }
}

impl Host for CallsView<'_> {}

/// Sets a fact. To set one twice is a bug of a stage, and a trap: later stages rely on a fact that
/// stays as it is.
pub(super) fn establish<T>(fact: &mut Option<T>, value: T, name: &str) -> Result<()> {
    if fact.is_some() {
        return Err(Error::msg(format!("the fact `{name}` was set twice")));
    }
    *fact = Some(value);
    Ok(())
}

impl HostCall for CallsView<'_> {
    fn share(&mut self, handle: Resource<CallHandle>) -> Result<Resource<CallHandle>> {
        let handles = self.calls.share(handle.rep());
        if self.guests != Guests::Pipeline && handles > HANDLES_MAX {
            return Err(Error::msg(format!("it has more than {HANDLES_MAX} handles of its call")));
        }
        Ok(Resource::new_own(handle.rep()))
    }

    fn head(&mut self, handle: Resource<CallHandle>) -> Result<Head> {
        let call = self.call(&handle)?;
        Ok(Head {
            id: call.id,
            received_ms: call.received_ms,
            content_length: call.content_length,
            timed: call.stopwatch.is_some(),
            text: call.text(),
        })
    }

    fn id(&mut self, handle: Resource<CallHandle>) -> Result<u64> {
        Ok(self.call(&handle)?.id)
    }

    fn request_id(&mut self, handle: Resource<CallHandle>) -> Result<String> {
        Ok(self.call(&handle)?.request_id.clone())
    }

    fn header(&mut self, handle: Resource<CallHandle>, name: String) -> Result<Option<String>> {
        Ok(self.call(&handle)?.header(&name))
    }

    fn set_target(&mut self, handle: Resource<CallHandle>, target: Target) -> Result<()> {
        establish(&mut self.own_call(&handle)?.facts.target, target, "target")
    }

    fn target(&mut self, handle: Resource<CallHandle>) -> Result<Target> {
        self.call(&handle)?.facts.target.clone().ok_or_else(|| Error::new(NotKnownYet("target")))
    }

    fn set_access_point(&mut self, handle: Resource<CallHandle>, point: AccessPoint) -> Result<()> {
        establish(&mut self.own_call(&handle)?.facts.access_point, point, "access-point")
    }

    fn access_point(&mut self, handle: Resource<CallHandle>) -> Result<Option<AccessPoint>> {
        Ok(self.call(&handle)?.facts.access_point.clone())
    }

    fn set_source_access_point(&mut self, handle: Resource<CallHandle>, point: AccessPoint) -> Result<()> {
        establish(&mut self.own_call(&handle)?.facts.source_access_point, point, "source-access-point")
    }

    fn source_access_point(&mut self, handle: Resource<CallHandle>) -> Result<Option<AccessPoint>> {
        Ok(self.call(&handle)?.facts.source_access_point.clone())
    }

    fn set_object_lambda(&mut self, handle: Resource<CallHandle>, point: ObjectLambda) -> Result<()> {
        establish(&mut self.own_call(&handle)?.facts.object_lambda, point, "object-lambda")
    }

    fn object_lambda(&mut self, handle: Resource<CallHandle>) -> Result<Option<ObjectLambda>> {
        Ok(self.call(&handle)?.facts.object_lambda.clone())
    }

    fn set_form(&mut self, handle: Resource<CallHandle>, form: Form) -> Result<()> {
        establish(&mut self.own_call(&handle)?.facts.form, form, "form")
    }

    fn form(&mut self, handle: Resource<CallHandle>) -> Result<Option<Form>> {
        Ok(self.call(&handle)?.facts.form.clone())
    }

    fn set_anonymous(&mut self, handle: Resource<CallHandle>, payload: Payload) -> Result<()> {
        let call = self.own_call(&handle)?;
        let (principal, session, signature) = match &call.on_behalf {
            Some((of, _)) => of.who(),
            None => (Principal::Anonymous, None, None),
        };
        establish(&mut call.facts.principal, principal, "principal")?;
        (call.facts.session, call.facts.signature) = (session, signature);
        establish(&mut call.facts.payload, promised(payload, None)?, "payload")
    }

    fn principal(&mut self, handle: Resource<CallHandle>) -> Result<Principal> {
        self.call(&handle)?.facts.principal.clone().ok_or_else(|| Error::new(NotKnownYet("principal")))
    }

    fn session(&mut self, handle: Resource<CallHandle>) -> Result<Option<Session>> {
        Ok(self.call(&handle)?.facts.session.clone())
    }

    fn signature(&mut self, handle: Resource<CallHandle>) -> Result<Option<Signature>> {
        Ok(self.call(&handle)?.facts.signature)
    }

    fn second_factor(&mut self, handle: Resource<CallHandle>) -> Result<Option<SecondFactor>> {
        Ok(self.call(&handle)?.facts.second_factor.clone())
    }

    fn set_parameters(&mut self, handle: Resource<CallHandle>, parameters: String) -> Result<()> {
        establish(&mut self.own_call(&handle)?.facts.parameters, parameters, "parameters")
    }

    fn parameters(&mut self, handle: Resource<CallHandle>) -> Result<Option<String>> {
        Ok(self.call(&handle)?.facts.parameters.clone())
    }

    fn set_needed_access(&mut self, handle: Resource<CallHandle>, needed: NeededAccess) -> Result<()> {
        establish(&mut self.own_call(&handle)?.facts.needed_access, needed, "needed-access")
    }

    fn needed_access(&mut self, handle: Resource<CallHandle>) -> Result<Option<NeededAccess>> {
        Ok(self.call(&handle)?.facts.needed_access.clone())
    }

    fn account(&mut self, handle: Resource<CallHandle>) -> Result<Option<String>> {
        Ok(match &self.call(&handle)?.facts.principal {
            Some(Principal::Authenticated(identity)) => Some(identity.account.clone()),
            Some(Principal::Anonymous) => None,
            None => return Err(Error::new(NotKnownYet("principal"))),
        })
    }

    fn set_owner(&mut self, handle: Resource<CallHandle>, owner: Owner) -> Result<()> {
        let call = self.own_call(&handle)?;
        // The policy of an endpoint limits the owner too, and so do stages that look at what its
        // requests name. So more than ownership decides.
        let guarded = owner.guarded || call.names_are_seen || call.endpoint_policy().is_some();
        establish(&mut call.facts.owner, Owner { guarded, ..owner }, "owner")
    }

    fn owner(&mut self, handle: Resource<CallHandle>) -> Result<Option<Owner>> {
        Ok(self.call(&handle)?.facts.owner.clone())
    }

    fn set_decision(&mut self, handle: Resource<CallHandle>, decision: Decision) -> Result<()> {
        establish(&mut self.own_call(&handle)?.facts.decision, decision, "decision")
    }

    fn decision(&mut self, handle: Resource<CallHandle>) -> Result<Option<Decision>> {
        Ok(self.call(&handle)?.facts.decision)
    }

    fn is_owners_alone(&mut self, handle: Resource<CallHandle>) -> Result<bool> {
        let facts = &self.call(&handle)?.facts;
        Ok(match (&facts.principal, &facts.owner) {
            (Some(Principal::Authenticated(identity)), Some(owner)) => {
                // Users and sessions may have policies that limit them. A root user has none.
                identity.kind == IdentityKind::Root
                    && identity.account == owner.account
                    && !owner.guarded
                    && facts.access_point.as_ref().is_none_or(|point| {
                        // What the access point says may have changed since the decision, and no
                        // row that commits require would tell.
                        facts.decision.is_none() && point.account == identity.account && !point.guarded
                    })
                    && facts
                        .object_lambda
                        .as_ref()
                        .is_none_or(|point| point.account == identity.account && !point.guarded)
            }
            _ => false,
        })
    }

    fn set_named(&mut self, handle: Resource<CallHandle>, objects: Vec<NamedObject>) -> Result<()> {
        establish(&mut self.own_call(&handle)?.facts.named, objects, "named")
    }

    fn named(&mut self, handle: Resource<CallHandle>) -> Result<Vec<NamedObject>> {
        self.call(&handle)?.facts.named.clone().ok_or_else(|| Error::msg("no objects were named yet"))
    }

    fn set_refused(&mut self, handle: Resource<CallHandle>, positions: Vec<u32>) -> Result<()> {
        establish(&mut self.own_call(&handle)?.facts.refused, positions, "refused")
    }

    fn refused(&mut self, handle: Resource<CallHandle>) -> Result<Vec<u32>> {
        self.call(&handle)?
            .facts
            .refused
            .clone()
            .ok_or_else(|| Error::msg("the objects were not decided on yet"))
    }

    fn set_source(&mut self, handle: Resource<CallHandle>, source: ObjectVersion) -> Result<()> {
        establish(&mut self.own_call(&handle)?.facts.source, source, "source")
    }

    fn named_objects(&mut self, handle: Resource<CallHandle>) -> Result<Vec<ObjectVersion>> {
        Ok(self.call(&handle)?.facts.named_objects())
    }

    fn refuse_named(&mut self, handle: Resource<CallHandle>, position: u32, refusal: Refusal) -> Result<()> {
        // Before, the objects are not known. Afterwards, it is too late.
        if self.guests != Guests::Added(Position::NamedObjects) {
            return Err(Error::msg("what a request names is refused by added stages at `named-objects`"));
        }
        check_refusal(&refusal)?;
        self.calls.of(&handle)?.facts.refuse_named(position, refusal)
    }

    fn named_refusals(&mut self, handle: Resource<CallHandle>) -> Result<Vec<(u32, Refusal)>> {
        Ok(self.own_call(&handle)?.facts.named_refusals.clone())
    }

    fn source_ip(&mut self, handle: Resource<CallHandle>) -> Result<String> {
        Ok(self.call(&handle)?.source_text())
    }

    fn tls_version(&mut self, handle: Resource<CallHandle>) -> Result<Option<String>> {
        Ok(self.call(&handle)?.tls.map(str::to_owned))
    }

    fn endpoint(&mut self, handle: Resource<CallHandle>) -> Result<Option<Endpoint>> {
        let call = self.call(&handle)?;
        Ok(call.endpoint.as_ref().map(|endpoint| Endpoint {
            id: endpoint.id.clone(),
            network: endpoint.network.clone(),
            policy: endpoint.policy.as_ref().map(|policy| policy.number),
        }))
    }

    fn endpoint_policy(&mut self, handle: Resource<CallHandle>) -> Result<Option<String>> {
        Ok(self.call(&handle)?.endpoint_policy().map(|policy| policy.text.clone()))
    }

    fn schedule_collect(&mut self, handle: Resource<CallHandle>, length_max: u64) -> Result<()> {
        self.schedule(&handle, Work::Collect(length_max))
    }

    fn schedule_receive(&mut self, handle: Resource<CallHandle>, length_max: u64) -> Result<()> {
        self.schedule(&handle, Work::Receive(length_max))
    }

    fn received_sha256(&mut self, handle: Resource<CallHandle>) -> Result<Option<String>> {
        let received = &self.own_call(&handle)?.received;
        Ok(received.as_ref().map(|received| received.sha256.clone()))
    }

    fn received(&mut self, handle: Resource<CallHandle>) -> Result<Option<Vec<u8>>> {
        let received = &self.own_call(&handle)?.received;
        Ok(received.as_ref().map(|received| received.bytes.to_vec()))
    }

    fn schedule_part(
        &mut self,
        handle: Resource<CallHandle>,
        boundary: String,
        length_max: u64,
    ) -> Result<()> {
        let boundary = Boundary::new(&boundary)
            .ok_or_else(|| Error::msg("a boundary has 1 to 70 printable ASCII characters"))?;
        self.schedule(&handle, Work::Part(boundary, length_max))
    }

    fn schedule_ingest(&mut self, handle: Resource<CallHandle>, plan: IngestPlan) -> Result<()> {
        let call = self.own_call(&handle)?;
        let key = plan.key.map(|number| call.data_key(number)).transpose()?;
        let source = match &plan.source {
            calls::IngestSource::Sent => IngestSource::Sent,
            calls::IngestSource::Stored(stored) => IngestSource::Stored(call.stored(stored)?),
            calls::IngestSource::Made => IngestSource::Made(call.take_made()),
        };
        let ingest = Ingest { length_max: plan.length_max, digests: plan.digests, key, source };
        self.schedule(&handle, Work::Ingest(ingest))
    }

    fn schedule_hold(&mut self, handle: Resource<CallHandle>, plan: HoldPlan) -> Result<()> {
        let HoldPlan { length_max, digests } = plan;
        let owner = self.own_call(&handle)?.facts.owner.as_ref();
        let account = owner.map(|owner| owner.account.clone()).unwrap_or_default();
        self.schedule(&handle, Work::Hold(Hold { account, length_max, digests }))
    }

    fn schedule_commit(&mut self, handle: Resource<CallHandle>, batch: Batch) -> Result<()> {
        self.schedule(&handle, Work::Commit(batch))
    }

    fn schedule_digest(
        &mut self,
        handle: Resource<CallHandle>,
        spans: Vec<Span>,
        digests: Vec<DigestAlgorithm>,
    ) -> Result<()> {
        self.schedule(&handle, Work::Digest(spans, digests))
    }

    fn schedule_pause(&mut self, handle: Resource<CallHandle>) -> Result<()> {
        self.schedule(&handle, Work::Pause)
    }

    fn schedule_fetch(&mut self, handle: Resource<CallHandle>, fetch: Fetch) -> Result<()> {
        self.schedule(&handle, Work::Fetch(fetch))
    }

    fn schedule_package(&mut self, handle: Resource<CallHandle>, plan: PackagePlan) -> Result<()> {
        let received = match plan.source {
            PackageSource::Received((start, length)) => {
                let received = self.own_call(&handle)?.received.as_ref();
                let range = usize::try_from(start)?..usize::try_from(start.saturating_add(length))?;
                let part = received.filter(|received| range.end <= received.bytes.len());
                let part = part.map(|received| received.bytes.slice(range));
                Some(part.ok_or_else(|| Error::msg("the body that was received has no such part"))?)
            }
            PackageSource::Text(_) | PackageSource::Stored(_) | PackageSource::Deployed(_) => None,
        };
        self.schedule(&handle, Work::Package(Box::new(PackageWork { plan, received })))
    }

    fn schedule_transform(&mut self, handle: Resource<CallHandle>, plan: TransformPlan) -> Result<()> {
        let work = TransformWork::of(self.own_call(&handle)?, plan)?;
        self.schedule(&handle, Work::Transform(Box::new(work)))
    }

    fn schedule_test(&mut self, handle: Resource<CallHandle>, event: TestEvent) -> Result<()> {
        let request_id = self.own_call(&handle)?.request_id.clone();
        self.schedule(&handle, Work::Test(Box::new(TestWork { event, request_id })))
    }

    fn schedule_request(
        &mut self,
        handle: Resource<CallHandle>,
        target: String,
        purpose: InnerPurpose,
    ) -> Result<()> {
        self.schedule(&handle, Work::Request(target, purpose))
    }

    fn inner(&mut self, handle: Resource<CallHandle>) -> Result<Option<InnerPurpose>> {
        Ok(self.call(&handle)?.on_behalf.as_ref().map(|(_, purpose)| *purpose))
    }

    fn schedule_answer(&mut self, handle: Resource<CallHandle>, answer: WebhookAnswer) -> Result<()> {
        self.schedule(&handle, Work::Answer(Box::new(answer)))
    }

    fn take_outcome(&mut self, handle: Resource<CallHandle>) -> Result<Outcome> {
        Ok(std::mem::replace(&mut self.own_call(&handle)?.outcome, Outcome::None))
    }

    fn response(&mut self, handle: Resource<CallHandle>) -> Result<Option<SetResponse>> {
        Ok(self.own_call(&handle)?.response.as_ref().map(|set| SetResponse {
            status: set.status,
            length: set.body.length(),
            headers: set.headers.clone(),
        }))
    }

    fn response_bytes(&mut self, handle: Resource<CallHandle>) -> Result<Option<Vec<u8>>> {
        Ok(match self.own_call(&handle)?.response.as_ref().map(|set| &set.body) {
            Some(CallResponseBody::Bytes(bytes)) => Some(bytes.clone()),
            _ => None,
        })
    }

    fn respond(
        &mut self,
        handle: Resource<CallHandle>,
        status: u16,
        headers: String,
        body: Body,
    ) -> Result<()> {
        let call = self.own_call(&handle)?;
        let body = match body {
            Body::None => CallResponseBody::None,
            Body::Bytes(bytes) => CallResponseBody::Bytes(bytes),
            Body::Stored(spans) => CallResponseBody::Stored(StoredBytes { spans, key: None }),
            Body::Sealed(stored) => CallResponseBody::Stored(call.stored(&stored)?),
            Body::Made(range) => CallResponseBody::Made(range),
            Body::Inner => CallResponseBody::Inner,
        };
        call.response = Some(CallResponse { status, headers, body });
        Ok(())
    }

    fn add_headers(&mut self, handle: Resource<CallHandle>, headers: String) -> Result<()> {
        let guests = self.guests;
        let added = &mut self.call(&handle)?.added_headers;
        // The pipeline's own lines need no check here: `header_lines::append` leaves out what is no
        // header.
        if guests != Guests::Pipeline {
            header_lines::check_added(&headers, added.len()).map_err(Error::new)?;
        }
        added.push_str(&headers);
        Ok(())
    }

    fn drop(&mut self, handle: Resource<CallHandle>) -> Result<()> {
        self.calls.release(handle.rep());
        Ok(())
    }
}
