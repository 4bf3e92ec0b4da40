//! Quotas: how much buckets and accounts may hold, as the operator says, and what a commit adds to
//! the counters that they are about.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use crate::config::{EVERY, Quota, QuotaEntry, Subject};
use crate::pipeline::bindings::calls::{Excess, UsageChange};
use crate::pipeline::rules::{Rulebook, Ruled, Rules};
use crate::telemetry::usage::{self, BYTES, OBJECTS, Usage};
use volume::{AMOUNTS, Add, Volume, VolumeError};

/// The quotas, for all threads.
#[derive(Debug, Default)]
pub struct Quotas {
    is_counted: bool,
    is_any: AtomicBool,
    rules: RwLock<Rules<Quota>>,
}

impl Quotas {
    /// The quotas of a configuration. Where usage is not counted, none can be enforced.
    pub fn new(entries: &[QuotaEntry], is_counted: bool) -> Quotas {
        Quotas {
            is_counted,
            is_any: AtomicBool::new(!entries.is_empty()),
            rules: RwLock::new(Rules::new(entries)),
        }
    }

    /// The quota that holds for a bucket or an account: its own, or that of each.
    pub fn of(&self, subject: Subject, name: &str) -> Option<Quota> {
        if !self.is_any() {
            return None;
        }
        self.rules().of(subject, name)
    }

    /// How much of its quota a bucket or an account has used, in percent: of bytes or of objects,
    /// whichever is more. `None` where it has no quota.
    pub fn used_percent(&self, usage: &Usage) -> Option<u64> {
        let quota = match &usage.bucket {
            Some(bucket) => self.of(Subject::Bucket, bucket),
            None => self.of(Subject::Account, &usage.account),
        }?;
        let percent = |used: u64, most: Option<u64>| match most? {
            // Nothing may be there.
            0 => Some(100),
            most => u64::try_from(u128::from(used) * 100 / u128::from(most)).ok(),
        };
        [percent(usage.bytes, quota.bytes_max), percent(usage.objects, quota.objects_max)]
            .into_iter()
            .flatten()
            .max()
    }

    /// The buckets that a quota names and that are not there.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn missing_buckets(&self, volume: &Volume) -> Result<Vec<String>, VolumeError> {
        let named =
            self.list().into_iter().filter(|(subject, name, _)| *subject == Subject::Bucket && name != EVERY);
        let mut named: Vec<String> = named.map(|(_, name, _)| name).collect();
        if !named.is_empty() {
            let there: HashSet<String> =
                usage::read(&volume.snapshot()?)?.into_iter().filter_map(|usage| usage.bucket).collect();
            named.retain(|name| !there.contains(name));
        }
        Ok(named)
    }

    /// What the operator should know of a quota that was just set.
    pub fn notice(&self, volume: &Volume, subject: Subject, name: &str) -> Option<String> {
        let missing = self.missing_buckets(volume).unwrap_or_default();
        let is_missing = subject == Subject::Bucket && missing.iter().any(|missing| missing == name);
        is_missing.then(|| format!("there is no bucket {name}: the quota holds once it is made"))
    }

    /// Whether commits count what they change.
    pub fn is_counted(&self) -> bool {
        self.is_counted
    }

    /// Whether there is any quota at all.
    pub(crate) fn is_any(&self) -> bool {
        self.is_any.load(Ordering::Relaxed)
    }

    fn rules(&self) -> RwLockReadGuard<'_, Rules<Quota>> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Rules<Quota>) -> T) -> T {
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut rules);
        self.is_any.store(!rules.is_empty(), Ordering::Relaxed);
        outcome
    }

    /// What a change of usage adds to the counters: that of the account, and that of the bucket.
    pub(crate) fn adds(&self, change: &UsageChange) -> Vec<Add> {
        let amounts = [change.buckets, change.objects, change.bytes];
        let at_most = |subject, name| {
            let mut at_most = [None; AMOUNTS];
            if let Some(quota) = change.limited.then(|| self.of(subject, name)).flatten() {
                at_most[OBJECTS] = quota.objects_max;
                at_most[BYTES] = quota.bytes_max;
            }
            at_most
        };
        let UsageChange { account, bucket, .. } = change;
        vec![
            Add {
                counter: usage::counter(account, ""),
                amounts,
                at_most: at_most(Subject::Account, account),
            },
            Add {
                counter: usage::counter(account, bucket),
                amounts,
                at_most: at_most(Subject::Bucket, bucket),
            },
        ]
    }
}

/// The quota that a change would exceed, as the contract says it.
pub(crate) fn excess(change: &UsageChange, excess: volume::Excess) -> Excess {
    let (subject, name) = match excess.add {
        0 => (Subject::Account, &change.account),
        _ => (Subject::Bucket, &change.bucket),
    };
    let (amount, added) = match excess.amount {
        BYTES => ("bytes", change.bytes),
        _ => ("objects", change.objects),
    };
    Excess {
        subject: subject.name().to_owned(),
        name: name.clone(),
        amount: amount.to_owned(),
        most: excess.most,
        used: u64::try_from(excess.before).unwrap_or(0),
        added: u64::try_from(added).unwrap_or(0),
    }
}

impl Rulebook for Quotas {
    type Allowed = Quota;

    fn refusal(&self) -> Option<&'static str> {
        let why =
            "the storage component of the pipeline does not tell usage, so nothing would enforce a quota";
        (!self.is_counted).then_some(why)
    }

    fn own(&self, subject: Subject, name: &str) -> Option<Quota> {
        self.rules().own(subject, name)
    }

    fn set(&self, subject: Subject, name: &str, quota: Quota) {
        self.change(|rules| rules.set(subject, name, quota));
    }

    fn clear(&self, subject: Subject, name: &str) -> bool {
        self.change(|rules| rules.clear(subject, name))
    }

    fn list(&self) -> Vec<(Subject, String, Ruled<Quota>)> {
        self.rules().list()
    }
}
