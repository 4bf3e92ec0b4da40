//! Receiving request bodies: into memory, into a new blob, or into nothing.
//!
//! What was promised about a body (its length, its SHA-256, the signatures of its chunks) is
//! checked here, once, for every way of receiving it. A body that fails leaves nothing behind.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    time::Duration,
};

use bytes::Bytes;
use http_body::Body;

use super::{
    Chunked, Failure, Payload,
    digest::{Algorithm, DigestSet},
    framing::{Decoder, Trailers},
    md5::pool::{BODY_BYTES_MIN, BodyMd5},
};
use crate::telemetry::reason;
use volume::{DataKey, PendingBlob, Receiver, SpanReader, Volume, VolumeError};

#[cfg(test)]
mod tests;

/// After so many bytes of one body, the other requests of the thread get their turn.
const TURN_BYTES: usize = 256 * 1024;
/// Memory that a body gets at first, at most. It grows with what arrives, not with what was
/// announced: an announcement costs a client nothing.
const COLLECT_BYTES_FIRST: u64 = 64 * 1024;
/// While a body is read away, the next bytes are waited for this long.
const DRAIN_QUIET_MAX: Duration = Duration::from_millis(500);

/// How a body is to be received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// A longer body is refused; without its framing, in bytes.
    pub length_max: u64,
    /// Computed while the body passes.
    pub digests: Vec<Algorithm>,
    /// `Content-Length`, when there is one.
    pub content_length: Option<u64>,
    /// What the blob is sealed under; without one, the folder key.
    pub key: Option<DataKey>,
}

/// A body in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// The body, without its framing.
    pub bytes: Vec<u8>,
    /// Trailing headers, names in lower case.
    pub trailers: Trailers,
}

/// A body in a new blob.
#[derive(Debug)]
pub struct Ingested {
    /// `None` when the body is empty.
    pub blob: Option<PendingBlob>,
    /// Bytes, without the framing.
    pub length: u64,
    /// As planned, in that order.
    pub digests: Vec<(Algorithm, Vec<u8>)>,
    /// Trailing headers, names in lower case.
    pub trailers: Trailers,
}

/// What became of a body that was read away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// It was read to its end: the connection can go on.
    Whole,
    /// It is too long, too slow, or broke off: the connection cannot.
    Partly,
}

/// Receives a whole body into memory.
///
/// A body of more than `length_max` bytes is refused, before it is read when it was announced as
/// such; one that pauses for longer than `idle` as well.
pub async fn collect<B>(
    body: B,
    payload: Payload,
    length_max: u64,
    idle: Duration,
) -> Result<Collected, Failure>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let (framing, promised) = promises(payload);
    let content_length = body.size_hint().exact();
    let intake = Intake { framing, length_max, content_length, idle };
    let capacity = intake.announced_length().unwrap_or_default().min(COLLECT_BYTES_FIRST).min(length_max);
    let mut memory = Memory {
        bytes: Vec::with_capacity(usize::try_from(capacity).unwrap_or_default()),
        digests: DigestSet::new(promised.map(|_| Algorithm::Sha256)),
    };
    let (_, trailers) = intake.receive(body, &mut memory).await?;
    keep_promise(promised, &memory.digests.finish())?;
    Ok(Collected { bytes: memory.bytes, trailers })
}

/// Receives a body into a new blob, and its digests with it.
///
/// No row refers to the blob yet. It is reclaimed if it is dropped before a commit keeps it.
pub async fn ingest<B>(
    body: B,
    payload: Payload,
    plan: Plan,
    volume: &Volume,
    idle: Duration,
) -> Result<Ingested, Failure>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let Plan { length_max, digests: planned, content_length, key } = plan;
    let (framing, promised) = promises(payload);
    let intake = Intake { framing, length_max, content_length, idle };
    let mut file = NewBlob::new(volume, &planned, promised, intake.announced_length(), key);
    let (length, trailers) = intake.receive(body, &mut file).await?;
    finish(file, promised, &planned, length, trailers).await
}

/// Takes stored bytes into a new blob, and computes digests of them. This is how bytes come under
/// another key.
pub async fn reseal(mut reader: SpanReader, plan: Plan, volume: &Volume) -> Result<Ingested, Failure> {
    let Plan { length_max, digests: planned, key, .. } = plan;
    let length = reader.length();
    let mut file = NewBlob::new(volume, &planned, None, Some(length), key);
    let mut passed = Passed { length: 0, length_max, destination: &mut file };
    while let Some(bytes) = reader.next(TURN_BYTES).await? {
        passed.take(bytes).await?;
        tokio::task::yield_now().await;
    }
    if passed.length != length {
        return Err(Failure::StorageFailed);
    }
    finish(file, None, &planned, length, Trailers::new()).await
}

/// A body is complete: checks what was promised about it.
async fn finish(
    file: NewBlob<'_>,
    promised: Option<[u8; 32]>,
    planned: &[Algorithm],
    length: u64,
    trailers: Trailers,
) -> Result<Ingested, Failure> {
    let NewBlob { receiver, digests, md5, .. } = file;
    let mut values = digests.finish();
    keep_promise(promised, &values)?;
    // The end of the MD5 and the sync of the file both take time, so they run at the same time.
    let (blob, md5) = tokio::join!(finish_blob(receiver), finish_md5(md5));
    let (blob, md5) = (blob?, md5?);
    values.extend(md5.map(|md5| (Algorithm::Md5, md5)));
    // The volume has computed this CRC for its own checksum already.
    let crc = blob.as_ref().map_or(0, PendingBlob::crc64nvme);
    values.push((Algorithm::Crc64nvme, crc.to_be_bytes().to_vec()));
    Ok(Ingested { blob, length, digests: in_order(planned, values), trailers })
}

/// Digests of stored bytes.
pub async fn digest(
    mut reader: SpanReader,
    algorithms: Vec<Algorithm>,
) -> Result<Vec<(Algorithm, Vec<u8>)>, Failure> {
    let mut digests = DigestSet::new(algorithms);
    let mut left = reader.length();
    while let Some(bytes) = reader.next(TURN_BYTES).await? {
        digests.update(&bytes);
        left = left.checked_sub(bytes.len() as u64).ok_or(Failure::StorageFailed)?;
        tokio::task::yield_now().await;
    }
    if left > 0 { Err(Failure::StorageFailed) } else { Ok(digests.finish()) }
}

/// Reads away what a refused request still sends, so that its client comes to read the response.
///
/// Gives up after `bytes_max` bytes, when `time` is over, or when nothing has come for a while:
/// then the client waits for its response, and gets it.
pub async fn drain<B>(body: B, bytes_max: u64, time: Duration) -> Drained
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let mut body = pin!(body);
    let reading = async {
        let mut left = bytes_max;
        loop {
            match tokio::time::timeout(DRAIN_QUIET_MAX, next_bytes(&mut body)).await {
                Ok(Ok(None)) => return Drained::Whole,
                Ok(Ok(Some(bytes))) => match left.checked_sub(bytes.len() as u64) {
                    Some(rest) => left = rest,
                    None => return Drained::Partly,
                },
                Ok(Err(_)) | Err(_) => return Drained::Partly,
            }
        }
    };
    tokio::time::timeout(time, reading).await.unwrap_or(Drained::Partly)
}

/// Splits what is promised: into what is enforced while the bytes pass, and what at the end.
fn promises(payload: Payload) -> (Option<Chunked>, Option<[u8; 32]>) {
    match payload {
        Payload::Unsigned => (None, None),
        Payload::Sha256(sha256) => (None, Some(sha256)),
        Payload::Chunked(framing) => (Some(framing), None),
    }
}

fn keep_promise(promised: Option<[u8; 32]>, digests: &[(Algorithm, Vec<u8>)]) -> Result<(), Failure> {
    let Some(promised) = promised else { return Ok(()) };
    let kept = digests.iter().any(|(name, value)| *name == Algorithm::Sha256 && *value == promised);
    if kept { Ok(()) } else { Err(Failure::PayloadMismatch) }
}

/// The planned ones among the digests, in the order of the plan.
fn in_order(planned: &[Algorithm], values: Vec<(Algorithm, Vec<u8>)>) -> Vec<(Algorithm, Vec<u8>)> {
    let position = |(name, _): &(Algorithm, Vec<u8>)| planned.iter().position(|planned| planned == name);
    let mut values: Vec<_> = values.into_iter().filter(|value| position(value).is_some()).collect();
    values.sort_by_key(position);
    values
}

async fn finish_blob(receiver: Option<Receiver>) -> Result<Option<PendingBlob>, Failure> {
    Ok(match receiver {
        Some(receiver) => Some(receiver.finish().await?),
        None => None,
    })
}

async fn finish_md5(md5: Option<BodyMd5>) -> Result<Option<Vec<u8>>, Failure> {
    Ok(match md5 {
        Some(md5) => Some(md5.finish().await.map_err(|_| Failure::StorageFailed)?.to_vec()),
        None => None,
    })
}

/// The error of a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The next bytes of a body; `None` at its end.
pub(super) async fn next_bytes<B>(body: &mut Pin<&mut B>) -> Result<Option<Bytes>, Failure>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|error| failure(error.into()))?;
        if let Ok(bytes) = frame.into_data()
            && !bytes.is_empty()
        {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// Why a body failed: for the reason with which its request was ended, or else because it did not
/// arrive, whether the client or the connection broke off.
pub(super) fn failure(error: BoxError) -> Failure {
    error.downcast_ref::<Failure>().copied().unwrap_or(Failure::BodyIncomplete)
}

/// Where the bytes of a body go, piece by piece, without their framing.
pub(crate) trait PieceSink {
    /// Takes a piece. A failure ends the body.
    async fn take(&mut self, piece: Bytes) -> Result<(), Failure>;
}

/// Passes a body on, piece by piece. What was promised about it is known at its end: until then,
/// the pieces are not a whole body. There is no blob of it.
pub(crate) async fn pass_on<B>(
    body: B,
    payload: Payload,
    plan: Plan,
    idle: Duration,
    destination: &mut impl PieceSink,
) -> Result<Ingested, Failure>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let Plan { length_max, digests: planned, content_length, key: _ } = plan;
    let (framing, promised) = promises(payload);
    let intake = Intake { framing, length_max, content_length, idle };
    let all = planned.iter().copied().chain(promised.map(|_| Algorithm::Sha256));
    let mut passing = Passing { destination, digests: DigestSet::new(all) };
    let (length, trailers) = intake.receive(body, &mut passing).await?;
    let values = passing.digests.finish();
    keep_promise(promised, &values)?;
    Ok(Ingested { blob: None, length, digests: in_order(&planned, values), trailers })
}

/// A body that is passed on.
struct Passing<'a, D> {
    destination: &'a mut D,
    digests: DigestSet,
}

impl<D: PieceSink> Sink for Passing<'_, D> {
    async fn take(&mut self, piece: Bytes) -> Result<(), Failure> {
        self.digests.update(&piece);
        self.destination.take(piece).await
    }
}

/// Where the bytes of a body go, within this file.
trait Sink {
    async fn take(&mut self, piece: Bytes) -> Result<(), Failure>;
}

/// The rules of one receipt.
struct Intake {
    framing: Option<Chunked>,
    length_max: u64,
    content_length: Option<u64>,
    idle: Duration,
}

/// Bytes of a body without its framing, when the client said it.
pub fn announced(payload: &Payload, content_length: Option<u64>) -> Option<u64> {
    match payload {
        Payload::Chunked(framing) => framing.decoded_length,
        Payload::Unsigned | Payload::Sha256(_) => content_length,
    }
}

impl Intake {
    /// Bytes of the body without its framing, when the client said it.
    fn announced_length(&self) -> Option<u64> {
        match &self.framing {
            Some(framing) => framing.decoded_length,
            None => self.content_length,
        }
    }

    /// Passes the body on to `destination`. Returns how many bytes that were, and the trailing
    /// headers.
    async fn receive<B>(self, body: B, destination: &mut impl Sink) -> Result<(u64, Trailers), Failure>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        if self.announced_length().is_some_and(|length| length > self.length_max) {
            return Err(Failure::BodyTooLarge);
        }
        let mut decoder = self.framing.map(Decoder::new);
        let mut passed = Passed { length: 0, length_max: self.length_max, destination };
        let mut body = pin!(body);
        let (mut received, mut turn) = (0, 0);
        while let Some(bytes) = timely(self.idle, next_bytes(&mut body)).await? {
            received += bytes.len() as u64;
            turn += bytes.len();
            match &mut decoder {
                None => passed.take(bytes).await?,
                Some(decoder) => {
                    let mut rest = &*bytes;
                    while let Some(piece) = decoder.push(&mut rest)? {
                        passed.take(bytes.slice_ref(piece)).await?;
                    }
                }
            }
            if turn >= TURN_BYTES {
                turn = 0;
                tokio::task::yield_now().await;
            }
        }
        if self.content_length.is_some_and(|length| received < length) {
            return Err(Failure::BodyIncomplete);
        }
        let trailers = decoder.map_or(Ok(Trailers::new()), Decoder::finish)?;
        Ok((passed.length, trailers))
    }
}

/// Counts what passes.
struct Passed<'a, D> {
    length: u64,
    length_max: u64,
    destination: &'a mut D,
}

impl<D: Sink> Passed<'_, D> {
    async fn take(&mut self, piece: Bytes) -> Result<(), Failure> {
        self.length += piece.len() as u64;
        if self.length > self.length_max {
            return Err(Failure::BodyTooLarge);
        }
        self.destination.take(piece).await
    }
}

/// Ends with `BodyTimeout` when `reading` takes too long.
pub(super) async fn timely<T>(
    idle: Duration,
    reading: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout(idle, reading).await.unwrap_or(Err(Failure::BodyTimeout))
}

/// A body in memory, under way.
struct Memory {
    bytes: Vec<u8>,
    digests: DigestSet,
}

impl Sink for Memory {
    async fn take(&mut self, piece: Bytes) -> Result<(), Failure> {
        self.digests.update(&piece);
        self.bytes.extend_from_slice(&piece);
        Ok(())
    }
}

/// A body on its way into a blob.
struct NewBlob<'a> {
    volume: &'a Volume,
    announced: Option<u64>,
    key: Option<DataKey>,
    /// Present from the first byte on: an empty body needs no blob.
    receiver: Option<Receiver>,
    digests: DigestSet,
    /// Present when the lane thread computes the MD5; otherwise it is among the digests.
    md5: Option<BodyMd5>,
}

impl<'a> NewBlob<'a> {
    fn new(
        volume: &'a Volume,
        planned: &[Algorithm],
        promised: Option<[u8; 32]>,
        announced: Option<u64>,
        key: Option<DataKey>,
    ) -> Self {
        let long = announced.is_none_or(|length| length >= BODY_BYTES_MIN);
        let md5 = if long && planned.contains(&Algorithm::Md5) { BodyMd5::new() } else { None };
        let here = planned.iter().copied().filter(|name| match name {
            Algorithm::Md5 => md5.is_none(),
            // Taken from the volume, see above.
            Algorithm::Crc64nvme => false,
            _ => true,
        });
        let digests = DigestSet::new(here.chain(promised.map(|_| Algorithm::Sha256)));
        Self { volume, announced, key, receiver: None, digests, md5 }
    }
}

impl Sink for NewBlob<'_> {
    async fn take(&mut self, piece: Bytes) -> Result<(), Failure> {
        self.digests.update(&piece);
        let receiver =
            self.receiver.get_or_insert_with(|| self.volume.receive(self.announced, self.key.as_ref()));
        receiver.write(&piece)?;
        match &mut self.md5 {
            Some(md5) => md5.push(piece).await.map_err(|_| Failure::StorageFailed),
            None => Ok(()),
        }
    }
}

impl From<VolumeError> for Failure {
    fn from(error: VolumeError) -> Self {
        match error {
            VolumeError::Full => Self::StorageFull,
            VolumeError::Overloaded => Self::Overloaded,
            error => {
                reason::given(&error, "the storage failed under a body");
                Self::StorageFailed
            }
        }
    }
}
