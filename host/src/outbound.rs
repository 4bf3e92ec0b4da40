//! What is fetched from elsewhere: a few small documents, such as the keys of an identity provider.
//! And what servers that the operator named are asked: see [`post`].
//!
//! Anonymous clients can make a stage fetch an address. So a document that was fetched a moment ago
//! is used again: for one address there is one request at a time in the whole process, and no other
//! one right after it. [`rules`] says where requests may go, [`get`] how they get there.

mod get;
mod options;
mod post;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::secret::Secret;
pub use get::{NoAuthorities, Trust};
pub use options::Options;
pub use post::{NamedUrl, Posted, PostedBody};
pub use rules::Destination;

/// Addresses that are remembered at most.
const ADDRESSES_MAX: usize = 128;
/// Bytes of a response at most, whatever limit a stage gives.
const LENGTH_MAX: usize = 256 << 10;
/// The whole of a request takes no longer than this.
const REQUEST_MAX: Duration = Duration::from_secs(5);
/// How long a call waits for its turn at an address.
const TURN_MAX: Duration = Duration::from_secs(10);
/// After a failure, the next attempt comes after this time at the latest.
const FAILED_MAX: Duration = Duration::from_secs(5);

/// A response, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfetched {
    /// Its destination is not one that may be reached.
    #[error("it may not be reached")]
    Forbidden,
    /// There was no response in time from a server that proved its name.
    #[error("it cannot be reached")]
    Unreachable,
    /// It is longer than the limit.
    #[error("its answer is too long")]
    TooLong,
}

type Outcome = Result<Fetched, Unfetched>;

/// Fetches; shared by all workers.
pub struct Outbound {
    options: Options,
    trust: Trust,
    known: StdMutex<BTreeMap<String, Arc<Mutex<KnownAddress>>>>,
}

/// What is known of an address.
#[derive(Debug, Default)]
struct KnownAddress {
    /// The last response with status 200.
    good: Option<(Instant, Fetched)>,
    /// The last attempt, and its outcome if it was not a response with status 200.
    tried: Option<(Instant, Option<Outcome>)>,
}

impl KnownAddress {
    /// What a call that began at this time can use without another attempt.
    fn usable(&self, began: Instant, age_max: Duration, retry: Duration) -> Option<Outcome> {
        let good = self.good.as_ref();
        if let Some((at, answer)) = good
            && at.elapsed() <= age_max
        {
            return Some(Ok(answer.clone()));
        }
        let (at, failed) = self.tried.as_ref()?;
        let wait = if failed.is_some() { retry.min(FAILED_MAX) } else { retry };
        // An attempt that another call made while this one waited is as good as its own.
        if *at < began && at.elapsed() >= wait {
            return None;
        }
        match failed {
            Some(outcome) => Some(outcome.clone()),
            None => good.map(|(_, answer)| Ok(answer.clone())),
        }
    }

    fn note(&mut self, outcome: &Outcome) {
        let now = Instant::now();
        match outcome {
            Ok(answer) if answer.status == 200 => {
                self.good = Some((now, answer.clone()));
                self.tried = Some((now, None));
            }
            other => self.tried = Some((now, Some(other.clone()))),
        }
    }
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Outbound").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Outbound {
    /// Reads the authorities of the operator.
    ///
    /// # Errors
    /// A file of authorities that cannot be read, or holds none.
    pub fn new(options: &Options) -> Result<Outbound, NoAuthorities> {
        let trust = Trust::new(options.ca_file.as_deref())?;
        Ok(Outbound { options: options.clone(), trust, known: StdMutex::default() })
    }

    /// What is at an address: as it was fetched `age_max` ago or later, or else as it is now. An
    /// older response is used all the same where the last attempt was only a moment ago.
    ///
    /// # Errors
    /// [`Unfetched`]; the log says more.
    pub async fn fetch(&self, url: &str, length_max: usize, age_max: Duration) -> Outcome {
        let began = Instant::now();
        let address = self.address(url).ok_or(Unfetched::Unreachable)?;
        let Ok(mut known) = timeout(TURN_MAX, address.lock()).await else {
            return Err(Unfetched::Unreachable);
        };
        let outcome = match known.usable(began, age_max, self.options.retry) {
            Some(outcome) => outcome,
            None => {
                let outcome = self.attempt(url).await;
                known.note(&outcome);
                outcome
            }
        };
        match outcome {
            Ok(answer) if answer.body.len() > length_max => Err(Unfetched::TooLong),
            outcome => outcome,
        }
    }

    /// Posts a document (JSON) to an address that the operator named, each time anew.
    /// `authorization` is the whole value of that header. It takes as long as the response to
    /// begin: the caller limits that.
    ///
    /// # Errors
    /// [`Unfetched`], and the reason for the log.
    pub async fn post(
        &self,
        to: &NamedUrl,
        authorization: Option<&Secret>,
        document: Bytes,
    ) -> Result<Posted, (Unfetched, String)> {
        post::post(to, &self.trust, authorization, document).await
    }

    /// What is known of an address; `None` when too many addresses are waited for at once.
    fn address(&self, url: &str) -> Option<Arc<Mutex<KnownAddress>>> {
        let mut addresses = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(address) = addresses.get(url) {
            return Some(Arc::clone(address));
        }
        if addresses.len() >= ADDRESSES_MAX {
            // Addresses that no call waits for are forgotten, and fetched again when needed.
            addresses.retain(|_, address| Arc::strong_count(address) > 1);
        }
        if addresses.len() >= ADDRESSES_MAX {
            return None;
        }
        let address = Arc::<Mutex<KnownAddress>>::default();
        addresses.insert(url.to_owned(), Arc::clone(&address));
        Some(address)
    }

    async fn attempt(&self, url: &str) -> Outcome {
        let Some(target) = rules::Target::of(url, &self.options) else {
            tracing::warn!(
                url,
                "not fetched: outbound.allow does not let it be reached, or it is no such address"
            );
            return Err(Unfetched::Forbidden);
        };
        let outcome = match timeout(REQUEST_MAX, get::get(&target, &self.trust, LENGTH_MAX)).await {
            Ok(outcome) => outcome,
            Err(_) => Err((Unfetched::Unreachable, "no answer in time".to_owned())),
        };
        outcome.map_err(|(unfetched, why)| {
            tracing::warn!(url, why, "not fetched: {unfetched}");
            unfetched
        })
    }
}
