//! The journal of a call: what a call that waits has done, so that it can run again when its
//! instance of the pipeline is lost.
//!
//! A call runs in steps. A step ends with a response, or with work that the host does before the
//! next step. What stages do in a step depends on four things only: the head of the call, the
//! outcomes of its work, the rows that they read, and what they drew (random numbers, new keys).
//! The host has the head, and the journal keeps what it needs of the rest.
//!
//! When an instance traps, the calls that waited in it start again in a fresh one. Work with the
//! same fingerprint as before is not done again: its outcome is given once more. A call that needs
//! other work than before goes on, unless something was done that cannot be done twice. Then it is
//! lost, and answered 500 (`docs/adr/0017-a-trap-ends-one-call.md`).
//!
//! A call that never waits, as every GET does, has an empty journal.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use xxhash_rust::xxh3::Xxh3;

use crate::pipeline::bindings::calls::{
    Batch, Failure, Fetch, Outcome, PackagePlan, PackageSource, Requirement, Span,
};
use crate::pipeline::call::{Ingest, IngestSource, StoredBytes, TransformInput, TransformWork, Work};
use crate::pipeline::contract;
use volume::{DataKey, Entry, Snapshot};

/// Something that was drawn. Drawn again, it would be something else.
pub type Drawn = Rc<dyn Any>;

/// What a step of the pipeline draws.
#[derive(Default)]
pub struct Draws {
    made: Vec<Drawn>,
    /// What the same step drew when it ran before, in that order.
    again: Vec<Drawn>,
}

impl Draws {
    /// What this step drew at this point when it ran before, or else what `fresh` draws now.
    ///
    /// # Errors
    /// Those of `fresh`.
    pub fn draw<T: Clone + 'static, E>(&mut self, fresh: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        if let Some(value) = self.again() {
            return Ok(value);
        }
        let value = fresh()?;
        self.note(value.clone());
        Ok(value)
    }

    /// What this step drew at this point when it ran before. Each type has an order of its own,
    /// because the steps need not draw the same types in the same order: what fills a cache of the
    /// instance is drawn only in a fresh one.
    pub fn again<T: Clone + 'static>(&mut self) -> Option<T> {
        let at = self.again.iter().position(|drawn| drawn.is::<T>())?;
        let known = self.again.remove(at);
        let value = known.downcast_ref::<T>().cloned();
        self.made.push(known);
        value
    }

    /// Notes what was drawn just now.
    pub fn note<T: 'static>(&mut self, value: T) {
        self.made.push(Rc::new(value));
    }

    /// Begins a step; `again` is what it drew before, if it ran before.
    pub fn begin(&mut self, again: Vec<Drawn>) {
        self.made.clear();
        self.again = again;
    }
}

/// The rows that a step read, with the generation of the index.
pub type View = (u64, Snapshot);

/// A row as a step saw it.
#[derive(Debug, Clone)]
pub struct SeenRow {
    /// Its table.
    pub table: String,
    /// Its key.
    pub key: Vec<u8>,
    /// Its value and revision; none where there was no such row.
    pub entry: Option<Entry>,
}

/// What a step that ran before gets again.
#[derive(Default)]
pub struct Before {
    /// What it drew.
    pub draws: Vec<Drawn>,
    /// What it read.
    pub view: Option<View>,
    /// Where the view was let go of: the rows that its commit required.
    pub rows: Vec<SeenRow>,
}

/// What doing a piece of work a second time would mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// It reads the request's body, which is there once.
    Body,
    /// It changes the index.
    Commit,
    /// It does nothing, and takes next to no time.
    Pause,
    /// It can be done again with the same outcome.
    Repeatable,
}

/// A step that ended in work.
struct Waited {
    work: u64,
    nature: Nature,
    draws: Vec<Drawn>,
    view: Option<View>,
    /// Tables and keys of the rows that a commit requires.
    required: Vec<(String, Vec<u8>)>,
    rows: Vec<SeenRow>,
    outcome: Outcome,
}

impl Waited {
    /// Lets go of the snapshot, which pins pages of the index. The rows that the commit required
    /// are kept: a call that used a one-time code up must find it unused when it runs again.
    fn let_go(&mut self) {
        let Some((_, snapshot)) = self.view.take() else { return };
        let seen = self.required.drain(..).filter_map(|(table, key)| {
            let entry = snapshot.get(&table, &key).ok()?;
            Some(SeenRow { table, key, entry })
        });
        self.rows = seen.collect();
    }

    /// Whether it is a commit that failed because another one was faster.
    fn was_in_vain(&self) -> bool {
        self.nature == Nature::Commit && matches!(self.outcome, Outcome::Conflict)
    }
}

/// The steps of a call that ended in work, in their order.
#[derive(Default)]
pub struct Journal(Vec<Waited>);

impl std::fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Secrets may have been drawn.
        formatter.debug_struct("Journal").field("steps", &self.0.len()).finish_non_exhaustive()
    }
}

impl Journal {
    /// A step ended in work. `view` is what it read, if it read anything.
    pub fn waits(&mut self, work: &Work, draws: &mut Draws, view: Option<View>) {
        let nature = nature(work);
        // A commit takes a moment, and its batch follows from the rows that were read: a step that
        // runs again must see the same rows. Other work, such as a body, may take hours, and a
        // snapshot that is kept for so long costs space. Such a step reads what is there then.
        let is_short = matches!(nature, Nature::Commit | Nature::Pause);
        if !is_short {
            self.0.iter_mut().for_each(Waited::let_go);
        }
        // Commits in vain and pauses right before this commit are as good with the rows that it was
        // planned from. They get its snapshot, so that a call keeps only one.
        if nature == Nature::Commit {
            let before = self.0.iter_mut().rev();
            let alike = before.take_while(|step| step.nature == Nature::Pause || step.was_in_vain());
            alike.for_each(|step| step.view = view.clone());
        }
        self.0.push(Waited {
            work: fingerprint(work),
            nature,
            draws: std::mem::take(&mut draws.made),
            view: view.filter(|_| is_short),
            required: required(work),
            rows: Vec::new(),
            outcome: Outcome::None,
        });
    }

    /// The latest work is done.
    pub fn done(&mut self, outcome: &Outcome) {
        if let Some(step) = self.0.last_mut() {
            step.outcome = outcome.clone();
        }
    }

    /// What the step with this number gets again.
    pub fn step(&self, number: usize) -> Before {
        let Some(step) = self.0.get(number) else { return Before::default() };
        Before { draws: step.draws.clone(), view: step.view.clone(), rows: step.rows.clone() }
    }

    /// The outcome that the step with this number had before, if it ended in the same work. A
    /// commit in vain changed nothing, so its outcome also stands for any other commit.
    pub fn outcome(&self, number: usize, work: &Work) -> Option<Outcome> {
        let step = self.0.get(number)?;
        let is_as_good = step.was_in_vain() && nature(work) == Nature::Commit;
        (is_as_good || step.work == fingerprint(work)).then(|| step.outcome.clone())
    }

    /// Forgets the steps from this number on, because the call needs other work than before.
    /// `false` when it must not: what was done there can neither be done twice nor be undone.
    pub fn diverge(&mut self, number: usize) -> bool {
        let can_be_forgotten = |step: &Waited| match step.nature {
            Nature::Body => false,
            Nature::Commit => changed_nothing(&step.outcome),
            Nature::Pause | Nature::Repeatable => true,
        };
        let rest = self.0.get(number..).unwrap_or_default();
        let forgets = rest.iter().all(can_be_forgotten);
        if forgets {
            self.0.truncate(number);
        }
        forgets
    }

    /// Whether a step from this number on may have changed something. A call that ends earlier
    /// would respond without knowing of that change.
    pub fn has_commit_from(&self, number: usize) -> bool {
        let rest = self.0.get(number..).unwrap_or_default();
        rest.iter().any(|step| step.nature == Nature::Commit && !changed_nothing(&step.outcome))
    }
}

/// Whether a commit is known to have changed nothing. After a failure of the disk, that is not
/// known.
fn changed_nothing(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Conflict
            | Outcome::Exceeded(_)
            | Outcome::Failed(Failure::Overloaded | Failure::StorageFull)
    )
}

/// Tables and keys of the rows that a commit requires to be as they were read.
fn required(work: &Work) -> Vec<(String, Vec<u8>)> {
    let Work::Commit(batch) = work else { return Vec::new() };
    let row = |requirement: &Requirement| match requirement {
        Requirement::Unchanged((table, key, _)) | Requirement::Absent((table, key)) => {
            Some((table.clone(), key.clone()))
        }
        Requirement::Empty(_) => None,
    };
    batch.require.iter().filter_map(row).collect()
}

fn nature(work: &Work) -> Nature {
    match work {
        Work::Collect(_)
        | Work::Receive(_)
        | Work::Part(..)
        | Work::Answer(_)
        | Work::Hold(_)
        | Work::Ingest(Ingest { source: IngestSource::Sent, .. }) => Nature::Body,
        Work::Commit(_) => Nature::Commit,
        Work::Pause => Nature::Pause,
        Work::Ingest(_)
        | Work::Digest(..)
        | Work::Fetch(_)
        | Work::Transform(_)
        | Work::Package(_)
        | Work::Test(_)
        | Work::Request(..) => Nature::Repeatable,
    }
}

/// A number that stands for a piece of work. Two that differ have different numbers, but for an
/// accident; it is compared within one call only.
fn fingerprint(work: &Work) -> u64 {
    let mut hasher = Xxh3::new();
    match work {
        Work::Collect(length_max) => (0_u8, length_max).hash(&mut hasher),
        Work::Part(boundary, length_max) => (1_u8, boundary.as_bytes(), length_max).hash(&mut hasher),
        Work::Ingest(plan) => {
            2_u8.hash(&mut hasher);
            plan.length_max.hash(&mut hasher);
            plan.digests.len().hash(&mut hasher);
            plan.digests.iter().for_each(|digest| (*digest as u8).hash(&mut hasher));
            plan.key.as_ref().map(DataKey::reveal).hash(&mut hasher);
            match &plan.source {
                IngestSource::Sent => 0_u8.hash(&mut hasher),
                IngestSource::Stored(StoredBytes { spans: source, key }) => {
                    1_u8.hash(&mut hasher);
                    spans(source, &mut hasher);
                    key.as_ref().map(DataKey::reveal).hash(&mut hasher);
                }
                // It follows from the work before.
                IngestSource::Made(_) => 2_u8.hash(&mut hasher),
            }
        }
        Work::Hold(plan) => {
            (11_u8, plan.length_max, plan.digests.len()).hash(&mut hasher);
            plan.digests.iter().for_each(|digest| (*digest as u8).hash(&mut hasher));
        }
        Work::Commit(batch) => changes(batch, &mut hasher),
        Work::Digest(stored, digests) => {
            4_u8.hash(&mut hasher);
            spans(stored, &mut hasher);
            digests.iter().for_each(|digest| (*digest as u8).hash(&mut hasher));
        }
        Work::Fetch(Fetch { url, length_max, age_seconds_max }) => {
            (5_u8, url, length_max, age_seconds_max).hash(&mut hasher);
        }
        Work::Pause => 6_u8.hash(&mut hasher),
        Work::Package(work) => {
            // The package is in the body, which is the same.
            let PackagePlan { arn, source, settings } = &work.plan;
            (9_u8, arn, settings).hash(&mut hasher);
            match source {
                PackageSource::Received(position) => position.hash(&mut hasher),
                PackageSource::Text(text) => text.hash(&mut hasher),
                PackageSource::Stored(bytes) => spans(bytes, &mut hasher),
                PackageSource::Deployed(code) => spans(code, &mut hasher),
            }
        }
        Work::Test(work) => {
            // Everything else follows from the body of the call, which is the same.
            (12_u8, &work.event.body).hash(&mut hasher);
            contract::hash_transformer(&work.event.plan.transformer, &mut hasher);
        }
        Work::Answer(answer) => (10_u8, &answer.route, &answer.token).hash(&mut hasher),
        Work::Transform(work) => {
            let TransformWork { plan, input, .. } = &**work;
            // The rest of the plan follows from these and from the head of the call.
            (7_u8, plan.need as u8, &plan.range, plan.part_number).hash(&mut hasher);
            (&plan.object.etag, &plan.object.version_id, plan.object.last_modified_ms).hash(&mut hasher);
            contract::hash_transformer(&plan.transformer, &mut hasher);
            match input {
                TransformInput::Bytes(bytes) => bytes.hash(&mut hasher),
                TransformInput::Stored(StoredBytes { spans: stored, .. }) => spans(stored, &mut hasher),
                // It follows from the work before.
                TransformInput::Made(_) | TransformInput::Inner(_) => {}
            }
        }
        Work::Receive(length_max) => (8_u8, length_max).hash(&mut hasher),
        Work::Request(target, purpose) => (13_u8, target, *purpose as u8).hash(&mut hasher),
    }
    hasher.finish()
}

fn spans(spans: &[Span], hasher: &mut Xxh3) {
    spans.len().hash(hasher);
    spans.iter().for_each(|span| (span.blob, span.offset, span.length).hash(hasher));
}

fn changes(batch: &Batch, hasher: &mut Xxh3) {
    let Batch { require, put, delete, keep, free, usage, essential } = batch;
    (3_u8, require.len(), put.len(), delete.len(), essential).hash(hasher);
    for requirement in require {
        match requirement {
            Requirement::Unchanged(row) => (0_u8, row).hash(hasher),
            Requirement::Absent(row) => (1_u8, row).hash(hasher),
            Requirement::Empty(range) => (2_u8, range).hash(hasher),
        }
    }
    put.iter().for_each(|put| (&put.table, &put.key, &put.value).hash(hasher));
    (delete, keep, free).hash(hasher);
    if let Some(change) = usage {
        contract::hash_usage(change, hasher);
    }
}
