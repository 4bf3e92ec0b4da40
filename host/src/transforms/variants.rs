//! Variants: what transforms made of objects, kept for the next one who asks for the same.
//!
//! A variant is kept where its function depends on nothing but what it was shown, and a digest of
//! all of that is its key. So a variant is never wrong, only forgotten: when there are too many,
//! when its object changes, or when the process ends.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::sync::OwnedMutexGuard;

use super::body::ReplyBody;
use super::failure::{CallFailure, FailureKind};
use super::reply::ReplyHead;
use super::spool::{Spool, SpoolBody, SpoolBytes, SpoolOwner, SpoolWriter};

/// A digest of all that a variant depends on.
pub type VariantKey = [u8; 32];

/// Variants that are kept: each is an open file.
const VARIANTS_MAX: usize = 1024;
/// Bytes of one of them.
const VARIANT_BYTES_MAX: u64 = 64 << 20;
/// Bytes that are written down beside those that are kept: of answers on their way, in all.
const ON_THE_WAY_BYTES_MAX: u64 = 4 << 30;
/// How long a call waits for another one that makes the same.
const LEAD_TIME_MAX: Duration = Duration::from_secs(20);
/// What the head of a variant and its place take, in bytes.
const VARIANT_BYTES_BESIDES: u64 = 1 << 10;

/// What a transform made, whole.
#[derive(Debug)]
pub struct Variant {
    /// Its head.
    pub head: ReplyHead,
    spool: Arc<Spool>,
}

impl Variant {
    /// Bytes of its body.
    pub fn length(&self) -> u64 {
        self.spool.length()
    }

    /// Its body from a segment on that has this byte, and how many bytes come before it.
    pub(crate) fn body_from(&self, byte: u64) -> (KeptBody, u64) {
        let mut body = SpoolBody::new(Arc::clone(&self.spool));
        let before = body.skip_to(byte);
        (KeptBody(body), before)
    }
}

/// The body of a variant on its way to a client.
pub struct KeptBody(SpoolBody);

impl http_body::Body for KeptBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        std::pin::Pin::new(&mut self.0).poll_frame(context)
    }
}

/// How often a variant was there, and what is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VariantFigures {
    /// Answers from what was kept.
    pub hits: u64,
    /// Answers that had to be made.
    pub misses: u64,
    /// Variants that are kept.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Variants that made room for others.
    pub evictions: u64,
}

/// The variants that are kept.
#[derive(Debug)]
pub struct Variants {
    folder: PathBuf,
    bytes_max: u64,
    /// Names of objects are kept as numbers that nobody can predict.
    hasher: RandomState,
    written: Arc<SpoolBytes>,
    /// Those of each account that has some.
    accounts: Mutex<HashMap<String, Weak<SpoolBytes>>>,
    kept: Mutex<KeptVariants>,
    hits: AtomicU64,
    misses: AtomicU64,
    evictions: AtomicU64,
}

#[derive(Debug, Default)]
struct KeptVariants {
    by_key: HashMap<VariantKey, KeptVariant>,
    /// Keys by when they were used last.
    by_use: BTreeMap<u64, VariantKey>,
    /// Keys by their object.
    by_object: HashMap<u64, Vec<VariantKey>>,
    /// Those that are made now.
    leads: HashMap<VariantKey, Weak<tokio::sync::Mutex<()>>>,
    uses: u64,
    bytes: u64,
}

#[derive(Debug)]
struct KeptVariant {
    variant: Arc<Variant>,
    used: u64,
    object: u64,
}

/// A variant that is written.
pub struct VariantWriter(SpoolWriter);

impl VariantWriter {
    /// Adds bytes.
    ///
    /// # Errors
    /// Those of the disk; `QuotaExceeded` where too much is on its way.
    pub async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write(bytes).await
    }

    /// It is whole.
    ///
    /// # Errors
    /// Those of the disk.
    pub async fn finish(self) -> std::io::Result<Arc<Variant>> {
        let head = ReplyHead { status: 200, headers: Vec::new(), metadata: None };
        Ok(Arc::new(Variant { head, spool: Arc::new(self.0.finish().await?) }))
    }
}

/// Who has this makes the variant; others wait for it.
#[derive(Debug)]
pub struct Lead {
    _guard: OwnedMutexGuard<()>,
}

/// What a body has become.
#[derive(Debug)]
pub enum Spooled {
    /// It is kept, whole.
    Whole(Arc<Variant>),
    /// It is too long to be kept: what was read of it, and the rest.
    TooLong(Arc<Variant>, ReplyBody),
}

impl Variants {
    /// None so far. Files are made in a folder; there are up to so many bytes in all of them.
    pub fn new(folder: PathBuf, bytes_max: u64) -> Variants {
        Variants {
            folder,
            bytes_max,
            hasher: RandomState::new(),
            written: Arc::default(),
            accounts: Mutex::default(),
            kept: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
        }
    }

    /// Whether any are kept at all.
    pub fn is_on(&self) -> bool {
        self.bytes_max > 0
    }

    fn lock(&self) -> MutexGuard<'_, KeptVariants> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The variant with a key.
    pub fn get(&self, key: &VariantKey) -> Option<Arc<Variant>> {
        let found = self.lock().touch(key);
        if found.is_some() {
            self.hits.fetch_add(1, Ordering::Relaxed);
        }
        found
    }

    /// Waits for those who make this variant now. Then it is there, or this caller makes it.
    ///
    /// # Errors
    /// `Busy`: it takes too long.
    pub async fn lead(&self, key: &VariantKey) -> Result<Result<Arc<Variant>, Lead>, CallFailure> {
        let place = {
            let mut kept = self.lock();
            match kept.leads.get(key).and_then(Weak::upgrade) {
                Some(place) => place,
                None => {
                    kept.leads.retain(|_, place| place.strong_count() > 0);
                    let place = Arc::new(tokio::sync::Mutex::new(()));
                    kept.leads.insert(*key, Arc::downgrade(&place));
                    place
                }
            }
        };
        let Ok(guard) = tokio::time::timeout(LEAD_TIME_MAX, place.lock_owned()).await else {
            let words = format!("another call has made the same for {} s", LEAD_TIME_MAX.as_secs());
            return Err(CallFailure::new(FailureKind::Busy, words));
        };
        let lead = Lead { _guard: guard };
        Ok(match self.get(key) {
            Some(found) => Ok(found),
            None => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                Err(lead)
            }
        })
    }

    /// Begins to write bytes down that do not come from a transform.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn writer(&self, account: &str) -> std::io::Result<VariantWriter> {
        SpoolWriter::new(&self.folder, self.owner(account), self.all_max()).map(VariantWriter)
    }

    /// Whose bytes those of an account are.
    fn owner(&self, account: &str) -> SpoolOwner {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let own = match accounts.get(account).and_then(Weak::upgrade) {
            Some(own) => own,
            None => {
                accounts.retain(|_, own| own.strong_count() > 0);
                let own = Arc::default();
                accounts.insert(account.to_owned(), Arc::downgrade(&own));
                own
            }
        };
        SpoolOwner { all: Arc::clone(&self.written), account: own }
    }

    /// Whether little is left of what may be written down. What can be streamed is streamed then.
    pub fn is_short_of_room(&self) -> bool {
        self.written.now() > self.all_max() / 4 * 3
    }

    /// Bytes that may be written down in all.
    fn all_max(&self) -> u64 {
        self.bytes_max.saturating_add(ON_THE_WAY_BYTES_MAX)
    }

    /// Reads a body to its end, or as far as `bytes_max` goes.
    ///
    /// # Errors
    /// What the transform fails of on the way; a disk that takes no more.
    pub async fn spool(
        &self,
        head: ReplyHead,
        mut body: ReplyBody,
        bytes_max: u64,
        account: &str,
    ) -> Result<Spooled, CallFailure> {
        let writer = SpoolWriter::new(&self.folder, self.owner(account), self.all_max());
        let mut writer = writer.map_err(|error| failed(&error))?;
        while let Some(frame) = body.frame().await {
            let Ok(bytes) = frame?.into_data() else { continue };
            writer.write(&bytes).await.map_err(|error| failed(&error))?;
            if writer.length() > bytes_max && !body.is_end_stream() {
                let spool = Arc::new(writer.finish().await.map_err(|error| failed(&error))?);
                return Ok(Spooled::TooLong(Arc::new(Variant { head, spool }), body));
            }
        }
        let spool = Arc::new(writer.finish().await.map_err(|error| failed(&error))?);
        Ok(Spooled::Whole(Arc::new(Variant { head, spool })))
    }

    /// Bytes of a variant that may be kept.
    pub fn variant_bytes_max(&self) -> u64 {
        VARIANT_BYTES_MAX.min(self.bytes_max)
    }

    /// Keeps a variant of an object.
    pub fn keep(&self, key: VariantKey, (bucket, name): (&str, &str), variant: Arc<Variant>) {
        let object = self.hasher.hash_one((bucket, name));
        let mut kept = self.lock();
        kept.remove(&key);
        kept.uses += 1;
        let used = kept.uses;
        kept.bytes += variant.length() + VARIANT_BYTES_BESIDES;
        kept.by_use.insert(used, key);
        kept.by_object.entry(object).or_default().push(key);
        kept.by_key.insert(key, KeptVariant { variant, used, object });
        while kept.bytes > self.bytes_max || kept.by_key.len() > VARIANTS_MAX {
            let Some((_, oldest)) = kept.by_use.first_key_value() else { break };
            let oldest = *oldest;
            kept.remove(&oldest);
            self.evictions.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Forgets the variants of an object that has changed.
    pub fn forget(&self, bucket: &str, name: &str) {
        let object = self.hasher.hash_one((bucket, name));
        let mut kept = self.lock();
        for key in kept.by_object.remove(&object).unwrap_or_default() {
            kept.remove(&key);
        }
    }

    /// How often a variant was there, and what is kept.
    pub fn figures(&self) -> VariantFigures {
        let kept = self.lock();
        VariantFigures {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            count: kept.by_key.len() as u64,
            bytes: kept.bytes,
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }
}

impl KeptVariants {
    fn touch(&mut self, key: &VariantKey) -> Option<Arc<Variant>> {
        let found = self.by_key.get_mut(key)?;
        self.uses += 1;
        self.by_use.remove(&found.used);
        found.used = self.uses;
        self.by_use.insert(found.used, *key);
        Some(Arc::clone(&found.variant))
    }

    fn remove(&mut self, key: &VariantKey) {
        let Some(KeptVariant { variant, used, object }) = self.by_key.remove(key) else { return };
        self.by_use.remove(&used);
        self.bytes = self.bytes.saturating_sub(variant.length() + VARIANT_BYTES_BESIDES);
        if let Some(keys) = self.by_object.get_mut(&object) {
            keys.retain(|known| known != key);
            if keys.is_empty() {
                self.by_object.remove(&object);
            }
        }
    }
}

fn failed(error: &std::io::Error) -> CallFailure {
    if error.kind() == ErrorKind::QuotaExceeded {
        return CallFailure::new(FailureKind::Busy, "too much of what transforms made is on its way");
    }
    tracing::warn!(%error, "what a transform made cannot be written down");
    CallFailure::new(FailureKind::SourceFailed, "what it made could not be written down")
}

#[cfg(test)]
mod tests;
