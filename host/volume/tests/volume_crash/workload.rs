//! A workload whose every possible outcome is known: clients that put, overwrite, copy and delete,
//! and one shared counter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use volume::{Add, Amounts, Batch, CommitError, DataKey, KeySource, Options, Put, Requirement, Span, Volume};

use crate::disk::{Random, SimulatedDisk};

/// Clients that work at the same time.
pub(crate) const CLIENTS: u64 = 3;
/// Where the shared counter is.
const COUNTER: &[u8] = b"counter";

/// Small everything, so that a short workload meets every border.
pub(crate) fn options() -> Options {
    Options {
        inline_max: 4 << 10,
        segment_bytes: 40 << 10,
        allocate_bytes: 16 << 10,
        checkpoint_log_bytes: 48 << 10,
        checkpoint_idle: Duration::from_millis(3),
        retry: Duration::from_millis(3),
        free_grace: Duration::ZERO,
        background: false,
        index_cache_bytes: 4 << 20,
        key: Some(KeySource::fixed(DataKey::new([7; 32]))),
        ..Options::new("")
    }
}

/// What a key holds: the body's seed and length.
pub(crate) type Held = (u64, u64);
/// A client's keys. Every change is made to two tables at once.
pub(crate) type State = BTreeMap<u8, Held>;

/// What a client knows at the end: what was acknowledged, and the change, if any, whose outcome it
/// never learnt.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) acknowledged: State,
    pub(crate) open: Option<State>,
    pub(crate) increments: u64,
    /// Increments whose outcome the client never learnt.
    pub(crate) open_increments: u64,
}

impl Known {
    /// A commit succeeded: what failed before it can no longer turn out to have happened.
    fn settle(&mut self) {
        self.open = None;
    }
}

/// The bytes of a body.
pub(crate) fn body(seed: u64, length: u64) -> Vec<u8> {
    let mut random = Random::new(seed + 77);
    (0..length).map(|_| random.next() as u8).collect()
}

fn key(client: u64, name: u8) -> Vec<u8> {
    vec![client as u8, name]
}

fn value(blob: u64, (seed, length): Held) -> Vec<u8> {
    [blob, seed, length].iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// The blob of a row's value.
pub(crate) fn blob_of(value: &[u8]) -> u64 {
    number(value, 0)
}

/// The counter of a client, and the one that all of them share.
fn counter(client: u64) -> String {
    format!("client-{client}")
}
const ALL: &str = "all";

/// What the counter of a client says when it holds this: nothing of the first number, keys, bytes.
fn amounts(state: &State) -> Amounts {
    [0, state.len() as i64, state.values().map(|(_, length)| *length as i64).sum()]
}

/// What leads both counters from one state to another.
fn add(client: u64, before: &State, after: &State) -> Vec<Add> {
    let (before, after) = (amounts(before), amounts(after));
    let amounts = std::array::from_fn(|index| after[index] - before[index]);
    let add = |counter: String| Add { counter, amounts, at_most: [None; 3] };
    vec![add(ALL.to_owned()), add(counter(client))]
}

fn number(value: &[u8], index: usize) -> u64 {
    u64::from_be_bytes(value[index * 8..index * 8 + 8].try_into().unwrap())
}

/// Runs every client to its end, or to the first failure; `steps` changes each.
pub(crate) fn run(volume: &Arc<Volume>, disk: &SimulatedDisk, steps: u64) -> Vec<Known> {
    std::thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|client| scope.spawn(move || run_client(volume, disk, client, steps))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

fn run_client(volume: &Volume, disk: &SimulatedDisk, client: u64, steps: u64) -> Known {
    let mut known = Known::default();
    let mut blobs: BTreeMap<u8, u64> = BTreeMap::new();
    let mut random = Random::new(client + 1);
    for step in 0..steps {
        if random.below(6) == 0 && !increment(volume, disk, client, &mut known) {
            return known;
        }
        if client == 0 && step % 5 == 4 {
            volume.checkpoint();
            let _ = volume.maintain();
        }
        let Some((batch, after, blobs_after, _pending)) = plan(volume, client, &mut random, &known, &blobs)
        else {
            if disk.has_crashed() {
                return known;
            }
            continue;
        };
        match volume.commit_blocking(batch) {
            Ok(_) => {
                known.acknowledged = after;
                blobs = blobs_after;
                known.settle();
            }
            Err(_) => {
                // Only the first change that fails can have left a record.
                known.open.get_or_insert(after);
                let Some(learnt) = learn(volume, disk, client) else { return known };
                let (state, learnt_blobs) = learnt;
                assert!(
                    state == known.acknowledged || Some(&state) == known.open.as_ref(),
                    "{state:?}, {known:?}"
                );
                known.acknowledged = state;
                known.open = None;
                blobs = learnt_blobs;
            }
        }
    }
    known
}

/// Waits until the volume works again, and reads what the client's keys hold; `None` when the
/// machine is gone.
fn learn(volume: &Volume, disk: &SimulatedDisk, client: u64) -> Option<(State, BTreeMap<u8, u64>)> {
    let began = Instant::now();
    let probe = Put { table: "probes".into(), key: vec![client as u8], value: Vec::new() };
    while volume.commit_blocking(Batch { put: vec![probe.clone()], ..Batch::default() }).is_err() {
        if disk.has_crashed() {
            return None;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "the volume does not recover");
        std::thread::sleep(Duration::from_millis(1));
    }
    let snapshot = volume.snapshot().ok()?;
    let (mut state, mut blobs) = (State::new(), BTreeMap::new());
    for name in 0..5u8 {
        if let Some(row) = snapshot.get("objects", &key(client, name)).ok()? {
            state.insert(name, (number(&row.value, 1), number(&row.value, 2)));
            blobs.insert(name, number(&row.value, 0));
        }
    }
    Some((state, blobs))
}

type Planned = (Batch, State, BTreeMap<u8, u64>, Option<volume::PendingBlob>);

/// The next change of a client; `None` when its body could not be received.
fn plan(
    volume: &Volume,
    client: u64,
    random: &mut Random,
    known: &Known,
    blobs: &BTreeMap<u8, u64>,
) -> Option<Planned> {
    let name = random.below(5) as u8;
    let (mut state, mut blobs) = (known.acknowledged.clone(), blobs.clone());
    let mut batch = Batch::default();
    if let Some(old) = blobs.get(&name) {
        batch.free.push(*old);
    }
    let choice = random.below(10);
    let mut pending = None;
    if choice < 2 && blobs.contains_key(&name) {
        state.remove(&name);
        blobs.remove(&name);
        batch.delete = vec![("objects".into(), key(client, name)), ("copies".into(), key(client, name))];
        batch.add = add(client, &known.acknowledged, &state);
        return Some((batch, state, blobs, pending));
    }
    let other = (name + 1) % 5;
    let (blob, held) = match (choice < 4, blobs.get(&other), state.get(&other)) {
        (true, Some(blob), Some(held)) => (*blob, *held),
        _ => {
            let lengths = [0, 100, 1500, 3900, 4097, 9000];
            let held = (random.next(), lengths[random.below(6) as usize]);
            let mut receiver = volume.receive(random.below(2).eq(&0).then_some(held.1), None);
            receiver.write(&body(held.0, held.1)).ok()?;
            let received = receiver.finish_blocking().ok()?;
            let id = received.id();
            pending = Some(received);
            (id, held)
        }
    };
    batch.keep.push(blob);
    for table in ["objects", "copies"] {
        batch.put.push(Put { table: table.into(), key: key(client, name), value: value(blob, held) });
    }
    state.insert(name, held);
    blobs.insert(name, blob);
    batch.add = add(client, &known.acknowledged, &state);
    Some((batch, state, blobs, pending))
}

/// Adds one to the shared counter, again and again until nobody comes between; `false` when it
/// failed.
fn increment(volume: &Volume, disk: &SimulatedDisk, client: u64, known: &mut Known) -> bool {
    loop {
        let Ok(row) = volume.snapshot().and_then(|snapshot| snapshot.get("shared", COUNTER)) else {
            return learn(volume, disk, client).is_some();
        };
        let (count, requirement) = match &row {
            Some(row) => {
                let revision = row.revision;
                (
                    number(&row.value, 0),
                    Requirement::Unchanged { table: "shared".into(), key: COUNTER.into(), revision },
                )
            }
            None => (0, Requirement::Absent { table: "shared".into(), key: COUNTER.into() }),
        };
        let put =
            Put { table: "shared".into(), key: COUNTER.into(), value: (count + 1).to_be_bytes().into() };
        match volume.commit_blocking(Batch { require: vec![requirement], put: vec![put], ..Batch::default() })
        {
            Ok(_) => {
                known.increments += 1;
                known.settle();
                return true;
            }
            Err(CommitError::Conflict) => {}
            Err(_) => {
                known.open_increments += 1;
                return learn(volume, disk, client).is_some();
            }
        }
    }
}

/// Checks that the volume holds exactly what the clients know, open changes wholly or not at all.
pub(crate) fn verify(volume: &Volume, clients: &[Known]) -> Result<(), String> {
    let snapshot = volume.snapshot().map_err(|error| error.to_string())?;
    for (client, known) in clients.iter().enumerate() {
        let found = sound(volume, client as u64)?;
        if found != known.acknowledged && Some(&found) != known.open.as_ref() {
            return Err(format!("client {client}: found {found:?}, known {known:?}"));
        }
    }
    let mut sum = Amounts::default();
    for client in 0..CLIENTS {
        let of = amounts(&sound(volume, client)?);
        sum = std::array::from_fn(|index| sum[index] + of[index]);
    }
    let all = snapshot.counter(ALL).map_err(|error| error.to_string())?.unwrap_or_default();
    if all != sum {
        return Err(format!("the counter of all clients is {all:?}, and they hold {sum:?}"));
    }
    let row = snapshot.get("shared", COUNTER).map_err(|error| error.to_string())?;
    let count = row.map_or(0, |row| number(&row.value, 0));
    let least: u64 = clients.iter().map(|known| known.increments).sum();
    let most = least + clients.iter().map(|known| known.open_increments).sum::<u64>();
    if count < least || count > most {
        return Err(format!("the counter is {count}, not within {least} and {most}"));
    }
    Ok(())
}

/// What a client's keys hold, when all of it is whole.
pub(crate) fn sound(volume: &Volume, client: u64) -> Result<State, String> {
    let snapshot = volume.snapshot().map_err(|error| error.to_string())?;
    let mut found = State::new();
    for name in 0..5u8 {
        let get = |table| snapshot.get(table, &key(client, name)).map_err(|error| error.to_string());
        let (row, copy) = (get("objects")?, get("copies")?);
        if row != copy {
            return Err(format!("client {client}, key {name}: half of a batch is there: {row:?}, {copy:?}"));
        }
        let Some(row) = row else { continue };
        let (blob, held) = (number(&row.value, 0), (number(&row.value, 1), number(&row.value, 2)));
        read(volume, blob, held).map_err(|error| format!("client {client}, key {name}: {error}"))?;
        found.insert(name, held);
    }
    let counted = snapshot.counter(&counter(client)).map_err(|error| error.to_string())?.unwrap_or_default();
    if counted != amounts(&found) {
        return Err(format!("client {client}: {counted:?} are counted, and it holds {found:?}"));
    }
    Ok(found)
}

fn read(volume: &Volume, blob: u64, (seed, length): Held) -> Result<(), String> {
    let span = Span { blob, offset: 0, length };
    let mut reader = volume.reader(&[span], None).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    while let Some(step) = reader.next_blocking(usize::MAX).map_err(|error| error.to_string())? {
        bytes.extend_from_slice(&step);
    }
    if bytes == body(seed, length) { Ok(()) } else { Err("other bytes than were put".into()) }
}
