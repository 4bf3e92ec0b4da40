//! A decision made again: when the document in a body is here, and before something takes effect
//! that was decided on earlier.
//!
//! `policy` decides when the head of a request is here. By the time that its body is, a policy, a
//! setting of the bucket, or who asks may be another. What nobody but the owner of the bucket has a
//! say in rests on the bucket's row alone, which every commit requires unchanged; anything else is
//! decided again, in the step in which the commit is scheduled.

use gateway::access;
use gateway::errors::{ErrorCode, Result};
use sdk::bindings::storage::exports::portcullis::gateway::storage::Step;
use sdk::{Decision, NamedObject};

use crate::records::{BucketRow, Row};
use crate::request::Request;
use crate::rows;

#[cfg(test)]
mod tests;

impl Request {
    /// The document in the body is here: has the decision made again with what it says.
    /// `AccessDenied`, and whatever the operation itself refuses in its document.
    pub(crate) async fn judge_document(&self, document: &[u8]) -> Result<()> {
        self.said.replace(access::said(self.operation, document, self.now_ms())?);
        // There is nothing to decide about a bucket that was deleted meanwhile, or made again.
        // CreateBucket does not need one.
        if self.bucket_row().is_ok() && !self.operation.makes_bucket() {
            self.read_bucket_row()?;
        }
        if self.call.is_owners_alone() && self.is_bucket_unchanged()? {
            return Ok(());
        }
        self.judge_again().await;
        Ok(())
    }

    /// The bucket's row for a plan, which requires it unchanged, with a decision that was made
    /// about it. At the first attempt that is the row that was read with the head of the request,
    /// where nothing else was decided about: whether it is still the same, the commit says.
    pub(crate) async fn judged_bucket(&self, attempt: u32) -> Result<Row<BucketRow>> {
        if self.named_at.get().is_some() {
            return self.named_bucket();
        }
        let alone = self.call.is_owners_alone();
        if alone && attempt == 0 {
            return self.bucket_row().cloned();
        }
        // A bucket that is gone, or is another one by this name, is nothing to decide about.
        let row = self.read_bucket_row()?;
        if alone && row.revision == self.bucket_row()?.revision {
            return Ok(row);
        }
        self.judge_again().await;
        self.read_bucket_row()
    }

    /// [`Request::judged_bucket`] in the step in which the decision was made: there is nothing to
    /// decide again at the first attempt.
    pub(crate) async fn decided_bucket(&self, attempt: u32) -> Result<Row<BucketRow>> {
        match attempt {
            0 if self.named_at.get().is_none() => self.read_bucket_row(),
            // What the body names is carried out in many steps, each of which begins with an
            // attempt of its own.
            _ => self.judged_bucket(attempt).await,
        }
    }

    /// Which of the objects that the body names may be touched, and keeps about which bucket that
    /// was decided. `policy` is asked unless nobody but the owner of the bucket has a say still:
    /// that it is the owner who asks was decided before the body came.
    pub(crate) async fn judge_named(
        &self,
        named: impl ExactSizeIterator<Item = NamedObject>,
    ) -> Result<Vec<bool>> {
        let is_settled = self.decision == Decision::AsOwner
            && self.call.is_owners_alone()
            && self.is_bucket_unchanged()?;
        let allowed = match is_settled {
            true => vec![true; named.len()],
            false => self.judge_each(&named.collect::<Vec<_>>()).await,
        };
        self.named_at.set(Some(self.read_bucket_row()?.revision));
        Ok(allowed)
    }

    /// The bucket's row for a plan of what the body names. Objects are judged once: `AccessDenied`
    /// where the bucket has become another since, and it is not its owner who asks, alone as
    /// before.
    pub(crate) fn named_bucket(&self) -> Result<Row<BucketRow>> {
        let row = self.read_bucket_row()?;
        match is_decided(self.named_at.get(), &row, || self.call.is_owners_alone()) {
            true => Ok(row),
            false => Err(ErrorCode::AccessDenied.into()),
        }
    }

    /// Has `policy` judge objects that the body names. The answer says of each, in order, whether
    /// it is allowed.
    async fn judge_each(&self, named: &[NamedObject]) -> Vec<bool> {
        self.call.set_named(named);
        self.exchange.ask(Step::Named).await;
        let mut allowed = vec![true; named.len()];
        for position in self.call.refused() {
            if let Some(allowed) = allowed.get_mut(position as usize) {
                *allowed = false;
            }
        }
        allowed
    }

    /// The call ends where the decision is another one: whoever waits for this is not resumed.
    async fn judge_again(&self) {
        let said = self.said.borrow().clone();
        self.exchange.ask(Step::Again(said)).await;
    }

    fn is_bucket_unchanged(&self) -> Result<bool> {
        let before = self.bucket_row()?;
        Ok(rows::bucket(&self.bucket)?.is_some_and(|row| row.revision == before.revision))
    }
}

/// Whether what was decided about the bucket at the revision `named_at` is decided about `row` too:
/// it is the same, or nobody but its owner has a say in either, and the owner asks
/// (`is_owners_alone`, of the bucket as it was).
fn is_decided(named_at: Option<u64>, row: &Row<BucketRow>, is_owners_alone: impl FnOnce() -> bool) -> bool {
    named_at == Some(row.revision) || (!row.record.is_guarded() && is_owners_alone())
}
