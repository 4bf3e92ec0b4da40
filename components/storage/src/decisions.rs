//! The decision of `policy`, made again: when the document in the body has been read, and before a
//! commit.
//!
//! `policy` decides on the head of a request. While the body comes, a policy, a setting of the
//! bucket or the permissions of the principal may change. Where only ownership decides, the
//! decision rests on the bucket's row alone, and every commit requires that row unchanged.
//! Everything else is decided again, in the step that schedules the commit (ADR 19).

use std::collections::BTreeSet;

use gateway::access;
use gateway::bucket::transforms::TransformRules;
use gateway::errors::{ErrorCode, Result};
use sdk::bindings::storage::exports::portcullis::gateway::storage::Step;
use sdk::{Decision, NamedObject, refused_by_stage};

use crate::records::{BucketRow, Row};
use crate::request::Request;
use crate::rows;

#[cfg(test)]
mod tests;

impl Request {
    /// Has the decision made again, with what the document in the body says. Fails with
    /// `AccessDenied`, or with what the operation refuses in its document.
    pub(crate) async fn decide_on_document(&self, document: &[u8]) -> Result<()> {
        self.said.replace(access::said(self.operation, document, self.now_ms())?);
        // A bucket that was deleted meanwhile is `NoSuchBucket`, also where there is a new one of
        // its name. CreateBucket needs no bucket.
        if self.bucket_row().is_ok() && !self.operation.makes_bucket() {
            self.read_bucket_row()?;
        }
        if self.call.is_owners_alone() && self.is_bucket_unchanged()? {
            return Ok(());
        }
        self.decide_again().await;
        Ok(())
    }

    /// The bucket's row for a plan that requires it unchanged, and on which the decision was made.
    /// Where only ownership decides, the first attempt takes the row that was read with the head of
    /// the request: the commit finds out whether it is still the same.
    pub(crate) async fn bucket_decided_again(&self, attempt: u32) -> Result<Row<BucketRow>> {
        if self.named_at.get().is_some() {
            return self.bucket_of_named();
        }
        let alone = self.call.is_owners_alone();
        if alone && attempt == 0 {
            return self.bucket_row().cloned();
        }
        // `NoSuchBucket` comes before the decision: there is nothing to decide about a bucket that
        // is gone.
        let row = self.read_bucket_row()?;
        if alone && row.revision == self.bucket_row()?.revision {
            return Ok(row);
        }
        self.decide_again().await;
        self.read_bucket_row()
    }

    /// [`Request::bucket_decided_again`], for an operation that commits in the step in which the
    /// decision was made: its first attempt needs no other decision.
    pub(crate) async fn bucket_just_decided(&self, attempt: u32) -> Result<Row<BucketRow>> {
        match attempt {
            0 if self.named_at.get().is_none() => self.read_bucket_row(),
            // Objects that the body names take many steps. Each step begins with an attempt of its
            // own, and time has passed before it.
            _ => self.bucket_decided_again(attempt).await,
        }
    }

    /// Which of the objects that the body names the principal may touch; the error of each of the
    /// others. Notes the bucket's revision for which that was decided. `policy` decides, and added
    /// stages may refuse some, unless still only ownership does: the principal is known to be the
    /// owner since the head of the request.
    pub(crate) async fn decide_on_named(
        &self,
        named: impl ExactSizeIterator<Item = NamedObject>,
    ) -> Result<Vec<Result<()>>> {
        let is_settled = self.decision == Decision::AsOwner
            && self.call.is_owners_alone()
            && self.is_bucket_unchanged()?;
        let allowed = match is_settled {
            true => vec![Ok(()); named.len()],
            false => self.decide_on_each(&named.collect::<Vec<_>>()).await,
        };
        self.named_at.set(Some(self.read_bucket_row()?.revision));
        Ok(allowed)
    }

    /// The bucket's row for a plan of objects that the body names. They are decided on once.
    /// `AccessDenied` where the bucket's row has changed since then, unless ownership alone decided
    /// before and still does.
    pub(crate) fn bucket_of_named(&self) -> Result<Row<BucketRow>> {
        let row = self.read_bucket_row()?;
        match is_decided(self.named_at.get(), &row, || self.call.is_owners_alone()) {
            true => Ok(row),
            false => Err(ErrorCode::AccessDenied.into()),
        }
    }

    /// Has `policy` decide on objects that the body names, and then added stages. The result says
    /// for each, in order, whether it is allowed.
    async fn decide_on_each(&self, named: &[NamedObject]) -> Vec<Result<()>> {
        self.call.set_named(named);
        self.exchange.ask(Step::Named).await;
        let mut allowed = vec![Ok(()); named.len()];
        let by_stages = self.call.named_refusals().into_iter();
        let by_stages = by_stages.map(|(position, refusal)| (position, refused_by_stage(refusal)));
        // What `policy` says counts for what both refuse: it comes last.
        let by_policy = self.call.refused().into_iter().map(|at| (at, ErrorCode::AccessDenied.into()));
        for (position, error) in by_stages.chain(by_policy) {
            if let Some(allowed) = allowed.get_mut(position as usize) {
                *allowed = Err(error);
            }
        }
        allowed
    }

    /// Has `policy` decide again. Where it refuses, the call ends, and this future is never
    /// resumed.
    async fn decide_again(&self) {
        let said = self.said.borrow().clone();
        self.exchange.ask(Step::Again(said)).await;
    }

    /// Has `policy` decide on the functions that rules about transforms name. Where it refuses, the
    /// call ends, and this future is never resumed.
    pub(crate) async fn decide_on_functions(&self, rules: Option<&TransformRules>) {
        let arns: BTreeSet<&String> = rules.iter().flat_map(|rules| rules.functions()).collect();
        if !arns.is_empty() {
            self.exchange.ask(Step::Invokes(arns.into_iter().cloned().collect())).await;
        }
    }

    fn is_bucket_unchanged(&self) -> Result<bool> {
        let before = self.bucket_row()?;
        Ok(rows::bucket(&self.bucket)?.is_some_and(|row| row.revision == before.revision))
    }
}

/// Whether a decision for the bucket at the revision `named_at` holds for `row`: it is the same
/// row, or only ownership decides, now and then (`is_owners_alone`, of the bucket as it was).
fn is_decided(named_at: Option<u64>, row: &Row<BucketRow>, is_owners_alone: impl FnOnce() -> bool) -> bool {
    named_at == Some(row.revision) || (!row.record.is_guarded() && is_owners_alone())
}
