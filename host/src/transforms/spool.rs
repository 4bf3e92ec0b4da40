//! Bytes that were made, in a file without a name: sealed under a key that no file has, and gone
//! with the process.

use std::fs::{File, OpenOptions};
use std::future::Future;
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::Frame;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::random;

/// Bytes that are sealed together, and what sealing adds to them.
const SEGMENT_BYTES: usize = 64 << 10;
const TAG_BYTES: usize = 16;
const SEALED_BYTES: usize = SEGMENT_BYTES + TAG_BYTES;
/// Segments that one step writes or reads.
const STEP_SEGMENTS: usize = 4;
const KEY_BYTES: usize = 32;

/// Bytes of all files that are there.
#[derive(Debug, Default)]
pub(super) struct SpoolBytes(AtomicU64);

impl SpoolBytes {
    /// How many there are.
    pub(super) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Whose a file is: its bytes are among those of all files, and of one account.
#[derive(Debug, Clone, Default)]
pub(super) struct SpoolOwner {
    pub(super) all: Arc<SpoolBytes>,
    pub(super) account: Arc<SpoolBytes>,
}

/// How many of the bytes that are left an account may have, for each of these.
const ACCOUNT_SHARE: u64 = 3;

/// Bytes of one of them, which count as long as it is there.
#[derive(Debug)]
struct SpoolShare {
    bytes: u64,
    owner: SpoolOwner,
}

impl SpoolShare {
    /// Counts more bytes. `false` where there would be more than `bytes_max` in all, or where an
    /// account would leave too little for others.
    fn add(&mut self, bytes: u64, bytes_max: u64) -> bool {
        let add = |sum: &SpoolBytes| sum.0.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let (all, own) = (add(&self.owner.all), add(&self.owner.account));
        self.bytes += bytes;
        all <= bytes_max && own <= (bytes_max - all).saturating_mul(ACCOUNT_SHARE)
    }
}

impl Drop for SpoolShare {
    fn drop(&mut self) {
        self.owner.all.0.fetch_sub(self.bytes, Ordering::Relaxed);
        self.owner.account.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A file that is written.
pub(super) struct SpoolWriter {
    counted: SpoolShare,
    /// Bytes that all files may have.
    all_max: u64,
    file: Arc<File>,
    key: Arc<LessSafeKey>,
    gathered: BytesMut,
    /// Segments that were written.
    segments: u64,
    length: u64,
}

/// A file that was written.
pub(super) struct Spool {
    _counted: SpoolShare,
    file: Arc<File>,
    key: Arc<LessSafeKey>,
    length: u64,
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key is not shown.
        formatter.debug_struct("Spool").field("length", &self.length).finish_non_exhaustive()
    }
}

impl SpoolWriter {
    /// A file in a folder, which is made where it is not there. All files together have up to
    /// `all_max` bytes, and those of one account three times as many as are left.
    pub(super) fn new(folder: &Path, owner: SpoolOwner, all_max: u64) -> Result<SpoolWriter> {
        let mut key = [0; KEY_BYTES];
        random::fill(&mut key).map_err(Error::other)?;
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| Error::other("no key"))?;
        Ok(SpoolWriter {
            counted: SpoolShare { bytes: 0, owner },
            all_max,
            file: Arc::new(unnamed(folder)?),
            key: Arc::new(LessSafeKey::new(key)),
            gathered: BytesMut::new(),
            segments: 0,
            length: 0,
        })
    }

    /// Bytes that were given so far.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds bytes. Where they fill a step, it is written. `QuotaExceeded` where all files have too
    /// many.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if !self.counted.add(bytes.len() as u64, self.all_max) {
            return Err(ErrorKind::QuotaExceeded.into());
        }
        self.length += bytes.len() as u64;
        self.gathered.extend_from_slice(bytes);
        while self.gathered.len() >= STEP_SEGMENTS * SEGMENT_BYTES {
            let step = self.gathered.split_to(STEP_SEGMENTS * SEGMENT_BYTES);
            self.write_step(step).await?;
        }
        Ok(())
    }

    /// Writes the rest.
    pub(super) async fn finish(mut self) -> Result<Spool> {
        let rest = std::mem::take(&mut self.gathered);
        match rest.len() {
            0 => {}
            // It goes to the page cache: sooner done than another thread is asked.
            1..=SEGMENT_BYTES => write(&self.file, &self.key, self.segments, &rest)?,
            _ => self.write_step(rest).await?,
        }
        Ok(Spool { _counted: self.counted, file: self.file, key: self.key, length: self.length })
    }

    async fn write_step(&mut self, step: BytesMut) -> Result<()> {
        let (file, key, first) = (Arc::clone(&self.file), Arc::clone(&self.key), self.segments);
        self.segments += step.len().div_ceil(SEGMENT_BYTES) as u64;
        tokio::task::spawn_blocking(move || write(&file, &key, first, &step)).await.map_err(Error::other)?
    }
}

/// A file that no name leads to.
fn unnamed(folder: &Path) -> Result<File> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut name = [0; 8];
    random::fill(&mut name).map_err(Error::other)?;
    let path = folder.join(format!("{:016x}.made", u64::from_ne_bytes(name)));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// The nonce of a segment. Each key seals one file, and each segment of it once.
fn nonce(segment: u64) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    if let Some((_, number)) = nonce.split_last_chunk_mut::<8>() {
        *number = segment.to_be_bytes();
    }
    Nonce::assume_unique_for_key(nonce)
}

fn write(file: &File, key: &LessSafeKey, first: u64, bytes: &[u8]) -> Result<()> {
    let mut sealed = Vec::with_capacity(bytes.len() + bytes.len().div_ceil(SEGMENT_BYTES) * TAG_BYTES);
    for (number, segment) in (first..).zip(bytes.chunks(SEGMENT_BYTES)) {
        let start = sealed.len();
        sealed.extend_from_slice(segment);
        let plain = sealed.get_mut(start..).unwrap_or_default();
        let tag = key.seal_in_place_separate_tag(nonce(number), Aad::empty(), plain);
        sealed.extend_from_slice(tag.map_err(|_| Error::other("bytes cannot be sealed"))?.as_ref());
    }
    file.write_all_at(&sealed, first * SEALED_BYTES as u64)
}

impl Spool {
    /// Bytes of it.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Reads segments, and opens them.
    fn read(&self, first: u64, count: usize) -> Result<Bytes> {
        let left = self.length.saturating_sub(first * SEGMENT_BYTES as u64);
        let plain = usize::try_from(left).unwrap_or(usize::MAX).min(count * SEGMENT_BYTES);
        let mut sealed = BytesMut::zeroed(plain + plain.div_ceil(SEGMENT_BYTES) * TAG_BYTES);
        self.file.read_exact_at(&mut sealed, first * SEALED_BYTES as u64)?;
        let mut opened = BytesMut::with_capacity(plain);
        for (number, segment) in (first..).zip(sealed.chunks_mut(SEALED_BYTES)) {
            let plain = self.key.open_in_place(nonce(number), Aad::empty(), segment);
            opened.extend_from_slice(
                plain
                    .map_err(|_| Error::new(ErrorKind::InvalidData, "what was kept is not what was made"))?,
            );
        }
        Ok(opened.freeze())
    }
}

type Reading = Pin<Box<dyn Future<Output = Result<Bytes>> + Send>>;

/// A spool on its way to a client.
pub(super) struct SpoolBody {
    spool: Arc<Spool>,
    next: u64,
    reading: Option<Reading>,
}

impl SpoolBody {
    pub(super) fn new(spool: Arc<Spool>) -> SpoolBody {
        SpoolBody { spool, next: 0, reading: None }
    }

    /// Begins at the segment with a byte. Returns how many bytes come before that byte.
    pub(super) fn skip_to(&mut self, byte: u64) -> u64 {
        self.next = byte / SEGMENT_BYTES as u64;
        byte % SEGMENT_BYTES as u64
    }
}

impl http_body::Body for SpoolBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        let SpoolBody { spool, next, reading } = &mut *self;
        let left = spool.length.saturating_sub(*next * SEGMENT_BYTES as u64);
        let bytes = match reading {
            None if left == 0 => return Poll::Ready(None),
            // Few bytes were written a moment ago, or are read often.
            None if left <= SEGMENT_BYTES as u64 => spool.read(*next, 1),
            _ => {
                let reading = reading.get_or_insert_with(|| {
                    let (spool, first) = (Arc::clone(spool), *next);
                    let read = move || spool.read(first, STEP_SEGMENTS);
                    Box::pin(async { tokio::task::spawn_blocking(read).await.map_err(Error::other)? })
                });
                ready!(reading.as_mut().poll(context))
            }
        };
        *reading = None;
        if let Ok(bytes) = &bytes {
            *next += bytes.len().div_ceil(SEGMENT_BYTES) as u64;
        }
        Poll::Ready(Some(bytes.map(Frame::data)))
    }
}

#[cfg(test)]
mod tests;
