//! Stands in front of the component of every slot, and traps where the header `x-trap` names the
//! slot, or the slot and a later moment: `storage` when the stage is asked, `storage.resume` when
//! it goes on, `storage.resume.2` when it does so again. With `grow:` ahead it takes much memory
//! there, and goes on.
//!
//! `tests/it/traps.rs` puts it into the pipeline, to see what a trap costs whom.

wit_bindgen::generate!({
    path: "../../../gateway/wit",
    inline: r#"
        package portcullis:trapping;
        world trapping {
            import portcullis:gateway/calls@0.1.0;
            import portcullis:gateway/auth@0.1.0;
            import portcullis:gateway/policy@0.1.0;
            import portcullis:gateway/cors@0.1.0;
            import portcullis:gateway/website@0.1.0;
            import portcullis:gateway/transform@0.1.0;
            import portcullis:gateway/encryption@0.1.0;
            import portcullis:gateway/storage@0.1.0;
            import portcullis:gateway/iam@0.1.0;
            export portcullis:gateway/auth@0.1.0;
            export portcullis:gateway/policy@0.1.0;
            export portcullis:gateway/cors@0.1.0;
            export portcullis:gateway/website@0.1.0;
            export portcullis:gateway/transform@0.1.0;
            export portcullis:gateway/encryption@0.1.0;
            export portcullis:gateway/storage@0.1.0;
            export portcullis:gateway/iam@0.1.0;
        }
    "#,
    world: "portcullis:trapping/trapping",
    generate_all,
});

use std::cell::RefCell;
use std::collections::BTreeMap;

use exports::portcullis::gateway as slots;
use portcullis::gateway as next;
use portcullis::gateway::calls::{
    Call, DefaultProtection, Head, NamedVersion, Progress, Protection, ReceivedObject, Refusal, Sealed,
    SeenRequest, Target,
};

struct Trapping;

thread_local! {
    /// Where calls that are on their way trap when they go on, and how often they went on.
    static LATER: RefCell<BTreeMap<u64, (String, u32)>> = const { RefCell::new(BTreeMap::new()) };
}

/// 56 MiB
const PAGES: usize = 896;

/// Traps where the call says so.
fn pass(call: &Call, place: &str) {
    let Some(wanted) = call.header("x-trap") else { return };
    if wanted == place {
        core::arch::wasm32::unreachable();
    }
    LATER.with_borrow_mut(|later| {
        later.entry(call.id()).or_insert((wanted, 0));
    });
}

/// Traps where a call said so when it came, and was to start.
fn pass_start(id: u64, place: &str) {
    if LATER.with_borrow(|later| later.get(&id).is_some_and(|(wanted, _)| wanted == place)) {
        core::arch::wasm32::unreachable();
    }
}

fn pass_later(id: u64, place: &str) {
    LATER.with_borrow_mut(|later| {
        let Some((wanted, times)) = later.get_mut(&id) else { return };
        *times += 1;
        let grows = wanted.strip_prefix("grow:");
        let wanted = grows.unwrap_or(wanted);
        if wanted != place && *wanted != format!("{place}.{times}") {
            return;
        }
        match grows {
            Some(_) => drop(core::arch::wasm32::memory_grow::<0>(PAGES)),
            None => core::arch::wasm32::unreachable(),
        }
    });
}

impl slots::auth::Guest for Trapping {
    fn verify(call: &Call, head: Head) -> Result<(), Refusal> {
        pass(call, "auth");
        next::auth::verify(call, &head)
    }
}

impl slots::policy::Guest for Trapping {
    fn authorize(call: &Call) -> Result<(), Refusal> {
        pass(call, "policy");
        next::policy::authorize(call)
    }

    fn authorize_again(call: &Call, said: Vec<(String, Vec<String>)>) -> Result<(), Refusal> {
        pass(call, "policy.again");
        next::policy::authorize_again(call, &said)
    }

    fn authorize_each(call: &Call) -> Result<(), Refusal> {
        pass(call, "policy.each");
        next::policy::authorize_each(call)
    }

    fn authorize_key(
        call: &Call,
        action: String,
        name: String,
        context: Vec<(String, String)>,
    ) -> Result<String, Refusal> {
        pass(call, "policy.key");
        next::policy::authorize_key(call, &action, &name, &context)
    }

    fn authorize_read(call: &Call, named: NamedVersion) -> Result<(), Refusal> {
        next::policy::authorize_read(call, &named)
    }

    fn authorize_invocations(call: &Call, arns: Vec<String>) -> Result<(), Refusal> {
        next::policy::authorize_invocations(call, &arns)
    }
}

impl slots::cors::Guest for Trapping {
    fn evaluate(call: &Call) -> Result<Progress, Refusal> {
        pass(call, "cors");
        next::cors::evaluate(call)
    }
}

impl slots::website::Guest for Trapping {
    fn resolve(call: &Call) -> Result<Progress, Refusal> {
        pass(call, "website");
        next::website::resolve(call)
    }
}

impl slots::transform::Guest for Trapping {
    fn prepare(call: Call, head: Head, target: Target, rules: bool) -> Result<Option<SeenRequest>, Refusal> {
        pass(&call, "transform");
        next::transform::prepare(call, &head, &target, rules)
    }

    fn answer(call: Call) -> Result<Progress, Refusal> {
        next::transform::answer(call)
    }

    fn start(id: u64) -> Result<Progress, Refusal> {
        next::transform::start(id)
    }

    fn resume(id: u64) -> Result<Progress, Refusal> {
        next::transform::resume(id)
    }

    fn write(
        call: Call,
        head: Head,
        target: Target,
        received: ReceivedObject,
    ) -> Result<slots::transform::Writing, Refusal> {
        pass(&call, "transform.write");
        next::transform::write(call, &head, &target, &received).map(writing)
    }

    fn resume_write(id: u64) -> Result<slots::transform::Writing, Refusal> {
        next::transform::resume_write(id).map(writing)
    }

    fn abandon(id: u64) {
        next::transform::abandon(id);
    }
}

fn writing(writing: next::transform::Writing) -> slots::transform::Writing {
    match writing {
        next::transform::Writing::Pending => slots::transform::Writing::Pending,
        next::transform::Writing::Made(head) => slots::transform::Writing::Made(head),
        next::transform::Writing::Responded => slots::transform::Writing::Responded,
    }
}

impl slots::encryption::Guest for Trapping {
    fn plan_seal(
        call: &Call,
        bucket_default: Option<DefaultProtection>,
    ) -> Result<Option<Protection>, Refusal> {
        pass(call, "encryption");
        next::encryption::plan_seal(call, bucket_default.as_ref())
    }

    fn plan_open(call: &Call, sealed: Sealed) -> Result<Protection, Refusal> {
        pass(call, "encryption.open");
        next::encryption::plan_open(call, &sealed)
    }
}

fn step(step: next::storage::Step) -> slots::storage::Step {
    match step {
        next::storage::Step::Responded => slots::storage::Step::Responded,
        next::storage::Step::Pending => slots::storage::Step::Pending,
        next::storage::Step::Named => slots::storage::Step::Named,
        next::storage::Step::Again(said) => slots::storage::Step::Again(said),
        next::storage::Step::Invokes(arns) => slots::storage::Step::Invokes(arns),
        next::storage::Step::Sealed(sealed) => slots::storage::Step::Sealed(sealed),
        next::storage::Step::Received(received) => slots::storage::Step::Received(received),
    }
}

fn given(given: slots::storage::Given) -> next::storage::Given {
    match given {
        slots::storage::Given::Opening(protection) => next::storage::Given::Opening(protection),
        slots::storage::Given::Made(made) => next::storage::Given::Made(made),
    }
}

fn said(sealing: slots::storage::Sealing) -> next::storage::Sealing {
    match sealing {
        slots::storage::Sealing::Unsaid => next::storage::Sealing::Unsaid,
        slots::storage::Sealing::Said => next::storage::Sealing::Said,
        slots::storage::Sealing::Under(protection) => next::storage::Sealing::Under(protection),
    }
}

impl slots::storage::Guest for Trapping {
    fn locate(call: Call, head: Head, target: Target) -> Result<slots::storage::Located, Refusal> {
        pass(&call, "storage.locate");
        let next::storage::Located { default_protection, transforms } =
            next::storage::locate(call, &head, &target)?;
        Ok(slots::storage::Located { default_protection, transforms })
    }

    fn start(
        id: u64,
        sealing: slots::storage::Sealing,
        seen: Option<SeenRequest>,
    ) -> Result<slots::storage::Step, Refusal> {
        pass_start(id, "storage");
        next::storage::start(id, &said(sealing), seen.as_ref()).map(step)
    }

    fn resume(id: u64, what: Option<slots::storage::Given>) -> Result<slots::storage::Step, Refusal> {
        pass_later(id, "storage.resume");
        next::storage::resume(id, what.map(given).as_ref()).map(step)
    }

    fn abandon(id: u64) {
        pass_later(id, "storage.abandon");
        LATER.with_borrow_mut(|later| later.remove(&id));
        next::storage::abandon(id);
    }
}

fn planned(planned: next::iam::Planned) -> slots::iam::Planned {
    match planned {
        next::iam::Planned::Ready => slots::iam::Planned::Ready,
        next::iam::Planned::Pending => slots::iam::Planned::Pending,
    }
}

impl slots::iam::Guest for Trapping {
    fn verify_code(call: Call) -> Result<Progress, Refusal> {
        pass(&call, "iam.code");
        next::iam::verify_code(call)
    }

    fn plan(call: &Call) -> Result<slots::iam::Planned, Refusal> {
        pass(call, "iam.plan");
        next::iam::plan(call).map(planned)
    }

    fn resume_plan(id: u64) -> Result<slots::iam::Planned, Refusal> {
        next::iam::resume_plan(id).map(planned)
    }

    fn start(call: Call) -> Result<Progress, Refusal> {
        pass(&call, "iam");
        next::iam::start(call)
    }

    fn resume(id: u64) -> Result<Progress, Refusal> {
        pass_later(id, "iam.resume");
        next::iam::resume(id)
    }

    fn abandon(id: u64) {
        next::iam::abandon(id);
    }
}

export!(Trapping);
