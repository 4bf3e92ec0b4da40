//! What has become of the work of a call, so that the call can run again where its instance of the
//! pipeline is gone.
//!
//! What stages do with a call follows from its head, from the outcomes of its work, from the rows
//! that they read and from what they drew (random numbers, new keys). All of that is at hand, or
//! kept here, and is small. So when an instance traps, the calls that were suspended in it start
//! anew in a fresh one: work that was done is not done again, its outcome is given once more. A
//! call that asks for other work than before is lost if what was done cannot be done twice
//! (docs/adr/0017).
//!
//! A call that never waits keeps nothing.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use xxhash_rust::xxh3::Xxh3;

use crate::pipeline::bindings::calls::{Batch, Failure, Fetch, Outcome, Requirement, Span};
use crate::pipeline::call::{Ingest, StoredBytes, Work};
use volume::{DataKey, Entry, Snapshot};

/// Something that was drawn, and would be another thing if it were drawn again.
pub type Drawn = Rc<dyn Any>;

/// What a step of the pipeline draws.
#[derive(Default)]
pub struct Draws {
    made: Vec<Drawn>,
    /// What the same step drew before, in its order.
    again: Vec<Drawn>,
}

impl Draws {
    /// What `fresh` draws, or what this step drew before in that place.
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

    /// What this step drew before in this place. Kinds are independent of each other: what fills a
    /// cache of the instance draws in a fresh one only.
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
    /// Its value; none where there was no such row.
    pub entry: Option<Entry>,
}

/// What a step that ran before is to meet again.
#[derive(Default)]
pub struct Before {
    /// What it drew.
    pub draws: Vec<Drawn>,
    /// What it read.
    pub view: Option<View>,
    /// What remains of that where it was not kept: the rows that its commit was made of.
    pub rows: Vec<SeenRow>,
}

/// What doing a piece of work a second time would mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// It reads the request's body, which is there once.
    Body,
    /// It changes the index.
    Commit,
    /// It takes no time to speak of, and does nothing.
    Pause,
    /// The same as the first time.
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
    /// Lets go of what was read, but for the rows that a commit was made of: a one-time code that
    /// was used up is to be found unused by who used it.
    fn let_go(&mut self) {
        let Some((_, snapshot)) = self.view.take() else { return };
        let seen = self.required.drain(..).filter_map(|(table, key)| {
            let entry = snapshot.get(&table, &key).ok()?;
            Some(SeenRow { table, key, entry })
        });
        self.rows = seen.collect();
    }

    /// Whether it is a commit for which others were too fast.
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
        // A commit takes a moment, and its batch follows from what was read: the same rows are to
        // be there if the step has to run again. Other work may take hours, and rows that are kept
        // for so long cost space: its step will read what is there then.
        let is_short = matches!(nature, Nature::Commit | Nature::Pause);
        if !is_short {
            self.0.iter_mut().for_each(Waited::let_go);
        }
        // What was planned in vain before, or in several steps, is as good with the rows that count
        // now: one snapshot is kept.
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

    /// What the step with a number draws and reads again.
    pub fn step(&self, number: usize) -> Before {
        let Some(step) = self.0.get(number) else { return Before::default() };
        Before { draws: step.draws.clone(), view: step.view.clone(), rows: step.rows.clone() }
    }

    /// The outcome of the work of a step that ended in the same work before. A commit that was in
    /// vain changed nothing, whatever it was to change: any other one stands for it.
    pub fn outcome(&self, number: usize, work: &Work) -> Option<Outcome> {
        let step = self.0.get(number)?;
        let is_as_good = step.was_in_vain() && nature(work) == Nature::Commit;
        (is_as_good || step.work == fingerprint(work)).then(|| step.outcome.clone())
    }

    /// Forgets the steps from a number on, because the call takes another way than before. `false`
    /// when it must not: what was done there cannot be done twice, nor undone.
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

    /// Whether a call that ends after so many steps leaves a change behind of which it knows
    /// nothing.
    pub fn has_commit_from(&self, number: usize) -> bool {
        let rest = self.0.get(number..).unwrap_or_default();
        rest.iter().any(|step| step.nature == Nature::Commit && !changed_nothing(&step.outcome))
    }
}

/// Whether a commit is known to have left everything as it was.
fn changed_nothing(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Conflict | Outcome::Failed(Failure::Overloaded | Failure::StorageFull))
}

/// The rows of which a commit requires that they are as they were read.
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
        Work::Collect(_) | Work::Part(..) | Work::Ingest(Ingest { source: None, .. }) => Nature::Body,
        Work::Commit(_) => Nature::Commit,
        Work::Pause => Nature::Pause,
        Work::Ingest(_) | Work::Digest(..) | Work::Fetch(_) => Nature::Repeatable,
    }
}

/// A number that stands for a piece of work, within a call.
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
            plan.source.is_some().hash(&mut hasher);
            if let Some(StoredBytes { spans: source, key }) = &plan.source {
                spans(source, &mut hasher);
                key.as_ref().map(DataKey::reveal).hash(&mut hasher);
            }
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
    }
    hasher.finish()
}

fn spans(spans: &[Span], hasher: &mut Xxh3) {
    spans.len().hash(hasher);
    spans.iter().for_each(|span| (span.blob, span.offset, span.length).hash(hasher));
}

fn changes(batch: &Batch, hasher: &mut Xxh3) {
    let Batch { require, put, delete, keep, free } = batch;
    (3_u8, require.len(), put.len(), delete.len()).hash(hasher);
    for requirement in require {
        match requirement {
            Requirement::Unchanged(row) => (0_u8, row).hash(hasher),
            Requirement::Absent(row) => (1_u8, row).hash(hasher),
            Requirement::Empty(range) => (2_u8, range).hash(hasher),
        }
    }
    put.iter().for_each(|put| (&put.table, &put.key, &put.value).hash(hasher));
    (delete, keep, free).hash(hasher);
}
