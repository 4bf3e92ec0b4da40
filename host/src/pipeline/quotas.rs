//! Quotas: how much buckets and accounts may hold, as the operator says, and what a commit adds to
//! the counters that they are about.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::config::{EVERY, Quota, QuotaEntry, Subject};
use crate::pipeline::bindings::calls::{Excess, UsageChange};
use crate::pipeline::shares::rates::By;
use crate::telemetry::usage::{self, BYTES, OBJECTS, Usage};
use volume::{AMOUNTS, Add, Volume, VolumeError};

/// The quotas, for all threads.
#[derive(Debug, Default)]
pub struct Quotas {
    is_counted: bool,
    is_any: AtomicBool,
    rules: RwLock<HashMap<(Subject, String), RuledQuota>>,
}

/// A quota, and who set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuledQuota {
    /// How much.
    pub quota: Quota,
    /// Who says so.
    pub by: By,
}

impl Quotas {
    /// The quotas of a configuration. Where usage is not counted, none can be enforced.
    pub fn new(entries: &[QuotaEntry], is_counted: bool) -> Quotas {
        let ruled = |entry: &QuotaEntry| {
            let rule = RuledQuota { quota: entry.quota, by: By::Configuration };
            ((entry.subject, entry.name.clone()), rule)
        };
        Quotas {
            is_counted,
            is_any: AtomicBool::new(!entries.is_empty()),
            rules: RwLock::new(entries.iter().map(ruled).collect()),
        }
    }

    /// Sets a quota from now on. The name is a normal one.
    pub fn set(&self, subject: Subject, name: &str, quota: Quota) {
        let rule = RuledQuota { quota, by: By::Call };
        self.change(|rules| rules.insert((subject, name.to_owned()), rule));
    }

    /// Lifts a quota from now on; whether there was one.
    pub fn clear(&self, subject: Subject, name: &str) -> bool {
        self.change(|rules| rules.remove(&(subject, name.to_owned())).is_some())
    }

    /// The quotas, in order.
    pub fn list(&self) -> Vec<(Subject, String, RuledQuota)> {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<_> =
            rules.iter().map(|((subject, name), rule)| (*subject, name.clone(), *rule)).collect();
        list.sort_by(|(a, b, _), (c, d, _)| (a, b).cmp(&(c, d)));
        list
    }

    /// The quota that names just this bucket or account, or just `*`.
    pub fn own(&self, subject: Subject, name: &str) -> Option<Quota> {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        rules.get(&(subject, name.to_owned())).map(|rule| rule.quota)
    }

    /// The quota that holds for a bucket or an account: its own, or that of each.
    pub fn of(&self, subject: Subject, name: &str) -> Option<Quota> {
        if !self.is_any() {
            return None;
        }
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let rule = rules.get(&(subject, name.to_owned())).or_else(|| rules.get(&(subject, EVERY.to_owned())));
        rule.map(|rule| rule.quota)
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

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<(Subject, String), RuledQuota>) -> T) -> T {
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
