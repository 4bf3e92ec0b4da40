//! The runtime of transforms, against code that misbehaves: which failure each is, that memory
//! comes back, and that others do not notice.
//!
//! The components are in `tests/transforms`, which is built here: they do what their payload says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops, and says where"
)]

#[path = "transforms/shares.rs"]
mod shares;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use host::transforms::bindings::objects::ObjectsError;
use host::transforms::{
    Answer, Call, CallFailure, CallLent, CallLimits, CallOutcome, Entry, FailureKind, Grants, LimitsGiven,
    ObjectRead, Objects, Page, PageEntry, ReplyBody, RuntimeOptions, Transform, TransformSource, Transforms,
    smoke, whole,
};
use http_body_util::BodyExt as _;
use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction, MemorySection,
    MemoryType, Module, RefType, TableSection, TableType, TypeSection, ValType,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Where they are built, and where their code is kept.
fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("transforms")
}

/// A component of `tests/transforms`.
fn component(name: &str) -> Vec<u8> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let target = target();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(root().join("tests/transforms")).args(["build", "--locked", "--release"]);
        cargo.args(["--target", "wasm32-wasip2", "--target-dir"]).arg(&target);
        for variable in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER"] {
            cargo.env_remove(variable);
        }
        assert!(cargo.status().unwrap().success(), "tests/transforms does not build");
        target.join("wasm32-wasip2").join("release")
    });
    std::fs::read(folder.join(format!("{name}.wasm"))).unwrap()
}

/// Everything is granted, so that what is granted is no reason to fail.
fn everything() -> Grants {
    let mut grants = Grants::default();
    for grant in ["clock", "random", "objects", "scratch", "http=127.0.0.1", "secrets=token=abc"] {
        grants.add(grant).unwrap();
    }
    grants
}

/// Short limits, so that reaching them takes no time. That of the clock is not: a busy machine
/// would reach it first.
fn short() -> LimitsGiven {
    LimitsGiven {
        cpu_ms_max: Some(400),
        memory_bytes_max: Some(64 << 20),
        output_bytes_max: Some(16 << 20),
        ..LimitsGiven::default()
    }
}

/// Little time by the clock, for those that wait.
fn hasty() -> LimitsGiven {
    LimitsGiven { time_ms_max: Some(400), ..LimitsGiven::default() }
}

/// A runtime with one component.
struct Bench {
    transforms: Transforms,
    transform: Arc<Transform>,
}

impl Bench {
    fn new(name: &str, limits: LimitsGiven, grants: Grants) -> Bench {
        let transforms =
            Transforms::start(RuntimeOptions { threads: 2, ..RuntimeOptions::default() }).unwrap();
        let transform = load(&transforms, component(name), limits, grants).unwrap();
        Bench { transforms, transform }
    }

    async fn call(&self, entry: Entry, payload: &str, body: &[u8]) -> CallOutcome {
        self.call_with(entry, payload, body, CallLent::default()).await
    }

    async fn call_with(&self, entry: Entry, payload: &str, body: &[u8], lent: CallLent) -> CallOutcome {
        let mut context = smoke();
        context.payload = payload.to_owned();
        let call = Call { entry, context, body: whole(body.to_vec()), lent };
        self.transforms.run(&self.transform, call).await
    }

    async fn kind(&self, entry: Entry, payload: &str) -> FailureKind {
        match self.call(entry, payload, b"a body").await {
            Ok(answer) => panic!("{payload}: {answer:?}"),
            Err(failure) => failure.kind,
        }
    }

    /// Waits until nothing runs any more.
    async fn quiet(&self) {
        let patience = Instant::now() + Duration::from_secs(20);
        while self.transform.figures().snapshot().running > 0 {
            assert!(Instant::now() < patience, "calls run that nobody waits for");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn load(
    transforms: &Transforms,
    component: Vec<u8>,
    limits: LimitsGiven,
    grants: Grants,
) -> anyhow::Result<Arc<Transform>> {
    let limits = CallLimits::new(&limits)?;
    transforms.load(
        TransformSource { name: "tested".to_owned(), component, limits, grants },
        Some(&target().join("compiled")),
    )
}

/// All of a body, or what came before it failed.
async fn read(mut body: ReplyBody) -> (Vec<u8>, Option<CallFailure>) {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
            Err(failure) => return (bytes, Some(failure)),
        }
    }
    (bytes, None)
}

async fn text(ran: CallOutcome) -> String {
    match ran {
        Ok(Answer::Reply(reply)) => {
            let (bytes, failure) = read(reply.body).await;
            assert_eq!(failure, None);
            String::from_utf8(bytes).unwrap()
        }
        other => panic!("{other:?}"),
    }
}

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// What a component does wrong where it is called, and what it is.
const WRONG: [(&str, FailureKind); 5] = [
    ("panic", FailureKind::Trapped),
    ("exit", FailureKind::Trapped),
    ("loop", FailureKind::CpuExceeded),
    ("memory", FailureKind::MemoryExceeded),
    ("stack", FailureKind::Trapped),
];

/// What is wrong with an answer.
const BAD_REPLIES: [&str; 12] = [
    "header-crlf",
    "header-name",
    "header-frames",
    "header-hop",
    "header-id",
    "header-long",
    "headers-many",
    "status",
    "metadata",
    "error-code",
    "error-status",
    "error-long",
];

fn page() -> Page {
    let entry =
        |key: &str| PageEntry { key: key.to_owned(), size: 1, etag: "e".to_owned(), last_modified_ms: 0 };
    Page { entries: vec![entry("a"), entry("secret"), entry("z")], common_prefixes: vec!["p/".to_owned()] }
}

#[tokio::test]
async fn a_good_transform_answers_at_every_entry() {
    let bench = Bench::new("buffered", LimitsGiven::default(), everything());
    assert_eq!(bench.transform.entries().names(), ["get", "head", "list-page", "put"]);
    assert_eq!(text(bench.call(Entry::Get, "", b"abc").await).await, "ABC");
    assert_eq!(text(bench.call(Entry::Get, "same", b"abc").await).await, "abc");
    assert!(matches!(bench.call(Entry::Head, "", b"").await, Ok(Answer::Head(_, Some(7)))));
    let Ok(Answer::Page(listed)) = bench.call(Entry::ListPage(page()), "", b"").await else { panic!() };
    let keys: Vec<&str> = listed.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!((keys, listed.common_prefixes), (vec!["a", "z"], vec!["p/".to_owned()]));
    let Ok(Answer::Stored(head, body)) = bench.call(Entry::Put, "", b"clean").await else { panic!() };
    assert_eq!(head.content_type.as_deref(), Some("text/plain"));
    assert_eq!(read(body).await.0, b"clean");
    let Ok(Answer::Refused(error)) = bench.call(Entry::Put, "", b"virus!").await else { panic!() };
    assert_eq!((error.status, error.code.as_str()), (422, "Infected"));
    let Ok(Answer::Refused(error)) = bench.call(Entry::Get, "error", b"").await else { panic!() };
    assert_eq!((error.status, error.message.as_str()), (451, "Not in this country"));
    let context = text(bench.call(Entry::Get, "context", b"").await).await;
    assert!(context.contains("smoke.txt") && context.contains("amzn-s3-demo-bucket"), "{context}");

    bench.quiet().await;
    let figures = bench.transform.figures().snapshot();
    assert_eq!((figures.calls, figures.refusals), (8, 2));
    assert!(figures.failures.iter().all(|(_, count)| *count == 0));
    assert!(figures.cpu > Duration::ZERO && figures.memory_bytes_peak > 0);
}

#[tokio::test]
async fn what_a_buffered_transform_does_wrong_is_a_failure_of_its_call() {
    let bench = Bench::new("buffered", short(), everything());
    for (payload, kind) in WRONG {
        for entry in [Entry::Get, Entry::Head, Entry::ListPage(page()), Entry::Put] {
            let ran = bench.call(entry.clone(), payload, b"a body").await;
            assert_eq!(
                ran.as_ref().err().map(|failure| failure.kind),
                Some(kind),
                "{payload} {entry:?}: {ran:?}"
            );
            if payload == "panic" {
                let words = ran.unwrap_err().words;
                assert!(words.contains("this is what a panic says"), "{words}");
            }
        }
        // The next call notices nothing.
        assert_eq!(text(bench.call(Entry::Get, "", b"abc").await).await, "ABC", "{payload}");
    }
    for payload in BAD_REPLIES {
        assert_eq!(bench.kind(Entry::Get, payload).await, FailureKind::BadReply, "{payload}");
    }
    assert_eq!(bench.kind(Entry::ListPage(page()), "new").await, FailureKind::BadReply);
    assert_eq!(bench.kind(Entry::ListPage(page()), "many").await, FailureKind::BadReply);
    let figures = bench.transform.figures().snapshot();
    let count = |kind| figures.failures.iter().find(|(other, _)| *other == kind).unwrap().1;
    assert_eq!(count(FailureKind::BadReply), 14);
    assert_eq!(count(FailureKind::CpuExceeded), 4);
    assert_eq!(count(FailureKind::Trapped), 12);
    let bench = Bench::new("buffered", hasty(), everything());
    assert_eq!(bench.kind(Entry::Put, "sleep").await, FailureKind::TimedOut);
}

#[tokio::test]
async fn more_than_a_call_may_take_or_return_is_a_failure() {
    let limits =
        LimitsGiven { input_bytes_max: Some(100), output_bytes_max: Some(1000), ..LimitsGiven::default() };
    let bench = Bench::new("buffered", limits, everything());
    let ran = bench.call(Entry::Get, "", &[b'x'; 101]).await;
    assert_eq!(ran.unwrap_err().kind, FailureKind::InputTooLong);
    assert_eq!(text(bench.call(Entry::Get, "", &[b'x'; 100]).await).await.len(), 100);
    let kind = bench.kind(Entry::Get, "large").await;
    assert!(matches!(kind, FailureKind::OutputTooLong | FailureKind::Trapped), "{kind:?}");
    let bench = Bench::new("streaming", limits, Grants::default());
    assert_eq!(bench.kind(Entry::Head, "").await, FailureKind::NotExported);
}

#[tokio::test]
async fn a_transform_has_nothing_of_this_machine() {
    let bench = Bench::new("buffered", LimitsGiven::default(), everything());
    for payload in ["open", "connect", "environment"] {
        assert_eq!(text(bench.call(Entry::Get, payload, b"abc").await).await, "ABC", "{payload}");
    }
    // Neither output nor the log has more than its bounds.
    assert!(bench.call(Entry::Get, "print", b"").await.is_ok());
    assert!(bench.call(Entry::Get, "log-flood", b"").await.is_ok());
    bench.quiet().await;
    let lines = bench.transform.log().after(0);
    assert!(lines.len() <= 2048 && lines.iter().map(|line| line.text.len()).sum::<usize>() <= 512 << 10);
    assert!(lines.iter().any(|line| line.text.contains("more lines are left out")));
    text(bench.call(Entry::Get, "log spoken", b"").await).await;
    bench.quiet().await;
    let last = lines.last().unwrap().number;
    let lines: Vec<(&str, String)> =
        bench.transform.log().after(last).into_iter().map(|line| (line.level.name(), line.text)).collect();
    assert_eq!(lines, [("warn", "spoken".to_owned()), ("stderr", "printed: spoken".to_owned())]);
}

#[tokio::test]
async fn clocks_and_random_numbers_are_real_where_they_are_granted() {
    let real = Bench::new("buffered", LimitsGiven::default(), everything());
    let ask = async |bench: &Bench, what: &str| {
        text(bench.call(Entry::Get, &format!("ask {what}"), b"").await).await
    };
    for what in ["clock", "system-time"] {
        assert!(ask(&real, what).await.parse::<u64>().unwrap() > smoke().now_ms, "{what}");
    }
    for what in ["random 16", "hash a"] {
        assert_ne!(ask(&real, what).await, ask(&real, what).await, "{what}");
    }
    assert_eq!(real.kind(Entry::Get, "ask random 70000").await, FailureKind::Trapped);

    // The same component would not load without its grants. The streaming one has none, and its
    // time stands still: that is seen through WASI alone.
    let mut grants = everything();
    grants.clock = false;
    let transforms = Transforms::start(RuntimeOptions::default()).unwrap();
    let error = load(&transforms, component("buffered"), LimitsGiven::default(), grants).unwrap_err();
    assert!(format!("{error:#}").contains("it imports `clock`, which it is not granted"), "{error:#}");
}

/// Other objects: one that may be read, and one that may not.
struct Shelf;

impl Objects for Shelf {
    fn read(&self, key: String, _: Option<String>, _: usize) -> ObjectRead {
        let read = match key.as_str() {
            "mine" => Ok(b"my bytes".to_vec()),
            "theirs" => Err(ObjectsError::Denied),
            _ => Err(ObjectsError::Missing),
        };
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            read
        })
    }
}

#[tokio::test]
async fn capabilities_give_what_is_granted_and_no_more() {
    let bench = Bench::new("buffered", LimitsGiven::default(), everything());
    let lent = CallLent { objects: Some(Arc::new(Shelf)), ..CallLent::default() };
    let ask = async |what: &str| {
        text(bench.call_with(Entry::Get, &format!("ask {what}"), b"", lent.clone()).await).await
    };
    assert_eq!(ask("object mine").await, "my bytes");
    assert!(ask("object theirs").await.contains("denied"));
    assert!(ask("object none").await.contains("missing"));
    ask("objects 16").await;
    let ran = bench.call_with(Entry::Get, "ask objects 17", b"", lent.clone()).await;
    assert_eq!(ran.unwrap_err().kind, FailureKind::Trapped);
    assert_eq!(ask("secret token").await, "Some(\"abc\")");
    assert_eq!(ask("secret other").await, "None");
    assert!(ask("http http://127.0.0.1:1/").await.contains("forbidden"), "nothing is lent");
    assert!(ask("http http://169.254.169.254/latest").await.contains("forbidden"));
    // Calls of one component share values; those of another component do not.
    assert_eq!(ask("get a").await, "None");
    ask("set a=b").await;
    assert_eq!(ask("get a").await, "Some(\"b\")");
    ask("remove a").await;
    assert_eq!(ask("get a").await, "None");
    let long = format!("ask set a={}", "x".repeat(70_000));
    assert_eq!(bench.call(Entry::Get, &long, b"").await.unwrap_err().kind, FailureKind::Trapped);
}

#[tokio::test]
async fn bytes_stream_through_without_being_kept() {
    let limits = LimitsGiven { memory_bytes_max: Some(8 << 20), ..LimitsGiven::default() };
    let bench = Bench::new("streaming", limits, Grants::default());
    let body: Vec<u8> = (0..32 << 20).map(|at: u32| b'a' + (at % 26) as u8).collect();
    for entry in [Entry::Get, Entry::Put] {
        let body = match bench.call(entry, "", &body).await {
            Ok(Answer::Reply(reply)) => reply.body,
            Ok(Answer::Stored(_, body)) => body,
            other => panic!("{other:?}"),
        };
        let (bytes, failure) = read(body).await;
        assert_eq!(failure, None);
        assert!(
            bytes.len() == 32 << 20
                && bytes.iter().enumerate().all(|(at, byte)| *byte == b'A' + (at % 26) as u8)
        );
    }
    assert_eq!(text(bench.call(Entry::Get, "", b"").await).await, "");
    assert_eq!(text(bench.call(Entry::Get, "unread", &body).await).await, "");
    let Ok(Answer::Refused(error)) = bench.call(Entry::Get, "error", &body).await else { panic!() };
    assert_eq!(error.code, "NotHere");
    bench.quiet().await;
    let figures = bench.transform.figures().snapshot();
    assert!(figures.memory_bytes_peak <= 8 << 20, "{figures:?}");
    assert!(figures.output_bytes >= 64 << 20, "{figures:?}");
}

#[tokio::test]
async fn a_stream_that_goes_wrong_is_never_whole() {
    let bench = Bench::new("streaming", short(), Grants::default());
    for (payload, kind) in WRONG {
        for entry in [Entry::Get, Entry::Put] {
            assert_eq!(bench.kind(entry, payload).await, kind, "{payload}");
        }
    }
    assert_eq!(bench.kind(Entry::Get, "header-crlf").await, FailureKind::BadReply);
    let later = [
        ("later-panic", FailureKind::Trapped),
        ("later-loop", FailureKind::CpuExceeded),
        ("later-memory", FailureKind::MemoryExceeded),
        ("later-stack", FailureKind::Trapped),
        ("endless", FailureKind::OutputTooLong),
        ("failed", FailureKind::Incomplete),
        ("unsaid", FailureKind::Incomplete),
    ];
    for (payload, kind) in later {
        let Ok(Answer::Reply(reply)) = bench.call(Entry::Get, payload, b"a body").await else {
            panic!("{payload}")
        };
        let (bytes, failure) = read(reply.body).await;
        assert_eq!(failure.as_ref().map(|failure| failure.kind), Some(kind), "{payload}: {failure:?}");
        assert!(!bytes.is_empty() && bytes.len() <= 16 << 20, "{payload}: {}", bytes.len());
    }
    let hasty = Bench::new("streaming", hasty(), Grants::default());
    assert_eq!(hasty.kind(Entry::Get, "sleep").await, FailureKind::TimedOut);
    let Ok(Answer::Reply(reply)) = hasty.call(Entry::Get, "trickle", b"").await else { panic!() };
    let (bytes, failure) = read(reply.body).await;
    assert_eq!(failure.map(|failure| failure.kind), Some(FailureKind::TimedOut));
    assert!(bytes.len() < 1000, "{}", bytes.len());
    // A source that breaks is no fault of the transform, and no whole answer either.
    let mut context = smoke();
    context.payload = String::new();
    let broken = Broken { pieces: 3 };
    let call = Call {
        entry: Entry::Get,
        context,
        body: http_body_util::combinators::UnsyncBoxBody::new(broken),
        lent: CallLent::default(),
    };
    let failure = match bench.transforms.run(&bench.transform, call).await {
        Ok(Answer::Reply(reply)) => read(reply.body).await.1,
        other => other.err(),
    };
    assert_eq!(failure.map(|failure| failure.kind), Some(FailureKind::SourceFailed));
    bench.quiet().await;
}

/// A body that breaks after some pieces.
struct Broken {
    pieces: u32,
}

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = host::transforms::BodyFailed;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        if self.pieces == 0 {
            return std::task::Poll::Ready(Some(Err(host::transforms::BodyFailed(
                "a disk broke".to_owned(),
            ))));
        }
        self.pieces -= 1;
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(b"some bytes")))))
    }
}

#[tokio::test]
async fn who_does_not_wait_any_more_ends_the_call() {
    let bench = Bench::new("streaming", LimitsGiven::default(), Grants::default());
    // Nobody reads: the transform waits, and ends with its body.
    let Ok(Answer::Reply(reply)) = bench.call(Entry::Get, "endless", b"").await else { panic!() };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let produced = bench.transform.figures().snapshot();
    assert_eq!(produced.running, 1);
    drop(reply);
    bench.quiet().await;
    let output = bench.transform.figures().snapshot().output_bytes;
    assert!(output <= 4 << 20, "{output} bytes were made for nobody");
    // Nobody waits for the head.
    let call = bench.call(Entry::Get, "sleep", b"");
    assert!(tokio::time::timeout(Duration::from_millis(100), call).await.is_err());
    bench.quiet().await;
    let call = bench.call(Entry::Get, "loop", b"");
    assert!(tokio::time::timeout(Duration::from_millis(100), call).await.is_err());
    bench.quiet().await;
}

#[tokio::test]
async fn a_short_queue_and_then_nothing() {
    let limits = LimitsGiven {
        calls_max: Some(2),
        queue_max: Some(2),
        queue_ms_max: Some(200),
        time_ms_max: Some(2_000),
        ..LimitsGiven::default()
    };
    let bench = Bench::new("buffered", limits, everything());
    let sleepers = async {
        let one = bench.call(Entry::Get, "sleep", b"");
        let other = bench.call(Entry::Get, "sleep", b"");
        tokio::join!(one, other)
    };
    let others = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let queued = async {
            let one = bench.call(Entry::Get, "", b"");
            let other = bench.call(Entry::Get, "", b"");
            tokio::join!(one, other)
        };
        let refused = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let began = Instant::now();
            let ran = bench.call(Entry::Get, "", b"").await;
            assert_eq!(ran.unwrap_err().kind, FailureKind::Busy);
            assert!(began.elapsed() < Duration::from_millis(100), "the queue was full, and it waited");
            assert_eq!(bench.transform.figures().snapshot().queued, 2);
        };
        let ((one, other), ()) = tokio::join!(queued, refused);
        assert_eq!(one.unwrap_err().kind, FailureKind::Busy);
        assert_eq!(other.unwrap_err().kind, FailureKind::Busy);
    };
    let ((one, other), ()) = tokio::join!(sleepers, others);
    assert_eq!(one.unwrap_err().kind, FailureKind::TimedOut);
    assert_eq!(other.unwrap_err().kind, FailureKind::TimedOut);
    assert_eq!(text(bench.call(Entry::Get, "", b"abc").await).await, "ABC");
}

/// Tests that need much memory, and the one that measures it, run one after the other.
static MEMORY: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test]
async fn others_do_not_notice_and_memory_comes_back() {
    let _alone = MEMORY.lock().await;
    let bench = Bench::new("buffered", short(), everything());
    assert_eq!(text(bench.call(Entry::Get, "", b"abc").await).await, "ABC");
    let before = resident();
    let bad = async {
        for round in 0..2 {
            for (payload, kind) in WRONG {
                let calls = (0..3).map(|_| bench.kind(Entry::Get, payload));
                for found in join_all(calls).await {
                    assert_eq!(found, kind, "{payload} in round {round}");
                }
            }
        }
    };
    let good = async {
        let mut count = 0;
        loop {
            assert_eq!(text(bench.call(Entry::Get, "", b"abc").await).await, "ABC");
            count += 1;
            if count >= 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::join!(bad, good);
    bench.quiet().await;
    let grown = resident().saturating_sub(before);
    assert!(grown < 48 << 20, "{grown} bytes did not come back");
}

/// Waits for all of them at once.
async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(found) = future.as_mut().poll(context)
            {
                *output = Some(found);
            }
        }
        match outputs.iter().all(Option::is_some) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    outputs.into_iter().map(Option::unwrap).collect()
}

/// A component whose `get` runs these instructions, and has a table.
fn assembled(instructions: &[Instruction<'_>]) -> Vec<u8> {
    let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    functions.function(0).function(1);
    let mut tables = TableSection::new();
    let element_type = RefType::FUNCREF;
    tables.table(TableType { element_type, table64: false, minimum: 1, maximum: None, shared: false });
    let mut memories = MemorySection::new();
    let (memory64, shared) = (false, false);
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64, shared, page_size_log2: None });
    let mut exports = ExportSection::new();
    exports.export("portcullis:transform/get@0.1.0#transform", ExportKind::Func, 0);
    exports.export("cabi_realloc", ExportKind::Func, 1).export("memory", ExportKind::Memory, 0);
    let (mut transform, mut realloc) = (Function::new([]), Function::new([]));
    for instruction in instructions {
        transform.instruction(instruction);
    }
    transform.instruction(&Instruction::Unreachable).instruction(&Instruction::End);
    realloc.instruction(&Instruction::I32Const(4096)).instruction(&Instruction::End);
    let mut code = CodeSection::new();
    code.function(&transform).function(&realloc);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&tables)
        .section(&memories)
        .section(&exports)
        .section(&code);
    let mut bytes = module.finish();
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_dir(root().join("gateway/transform-wit")).unwrap();
    let world = resolve.select_world(&[package], Some("buffered")).unwrap();
    wit_component::embed_component_metadata(&mut bytes, &resolve, world, wit_component::StringEncoding::UTF8)
        .unwrap();
    let mut encoder = wit_component::ComponentEncoder::default();
    encoder.validate(true).module(&bytes).and_then(|encoder| encoder.encode()).unwrap()
}

#[tokio::test]
async fn tables_have_an_end_and_nonsense_is_no_answer() {
    let transforms = Transforms::start(RuntimeOptions { threads: 1, ..RuntimeOptions::default() }).unwrap();
    let run = async |instructions: &[Instruction<'_>]| {
        let transform = load(&transforms, assembled(instructions), short(), Grants::default()).unwrap();
        let call = Call {
            entry: Entry::Get,
            context: smoke(),
            body: whole("some bytes"),
            lent: CallLent::default(),
        };
        transforms.run(&transform, call).await.unwrap_err().kind
    };
    let table_bomb = [
        Instruction::Loop(BlockType::Empty),
        Instruction::RefNull(RefType::FUNCREF.heap_type),
        Instruction::I32Const(100_000),
        Instruction::TableGrow(0),
        Instruction::Drop,
        Instruction::Br(0),
        Instruction::End,
    ];
    assert_eq!(run(&table_bomb).await, FailureKind::MemoryExceeded);
    // An answer outside of its memory, and one that is none.
    assert_eq!(run(&[Instruction::I32Const(-16), Instruction::Return]).await, FailureKind::Trapped);
    assert_eq!(run(&[Instruction::I32Const(1), Instruction::Return]).await, FailureKind::Trapped);
    assert_eq!(run(&[]).await, FailureKind::Trapped);
}

/// The same component, with other words of the same length in it.
fn replaced(component: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = component.to_vec();
    let mut count = 0;
    for at in 0..bytes.len().saturating_sub(from.len()) {
        if &bytes[at..at + from.len()] == from.as_bytes() {
            bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
            count += 1;
        }
    }
    assert!(count > 0, "{from} is not in the component");
    bytes
}

#[test]
fn what_is_no_transform_is_not_loaded() {
    let transforms = Transforms::start(RuntimeOptions { threads: 1, ..RuntimeOptions::default() }).unwrap();
    let refused = |component: Vec<u8>, grants: Grants, expected: &[&str]| {
        let error = load(&transforms, component, LimitsGiven::default(), grants).unwrap_err();
        let text = format!("{error:#}");
        for part in expected {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
    };
    let good = component("buffered");
    refused(
        replaced(&good, "portcullis:transform/get@0.1.0", "portcullis:transform/get@0.2.0"),
        everything(),
        &["portcullis:transform@0.2.0", "this server has portcullis:transform@0.1.0"],
    );
    refused(replaced(&good, "wasi:cli/", "wasi:xyz/"), everything(), &["it imports wasi:xyz/"]);
    refused(good.clone(), Grants::default(), &["which it is not granted"]);
    refused(
        replaced(&good, "portcullis:transform/scratch@", "portcullis:transform/scratsh@"),
        everything(),
        &["`scratsh`, which portcullis:transform@0.1.0 does not have"],
    );
    // A component of another world: a stage of the pipeline.
    let stage = std::fs::read(root().join("target/components/cors.wasm"));
    if let Ok(stage) = stage {
        refused(stage, everything(), &["portcullis:gateway/"]);
    }
    let not = "it is no component that this server can compile";
    refused(Vec::new(), everything(), &[not]);
    refused(b"no component".to_vec(), everything(), &[not]);
    refused(b"\0asm\x01\0\0\0".to_vec(), everything(), &[not]);
    refused(
        b"\0asm\x0d\0\x01\0".to_vec(),
        everything(),
        &["it exports nothing of portcullis:transform@0.1.0"],
    );
    refused(good[..good.len() / 2].to_vec(), everything(), &[not]);
    let mut flipped = good.clone();
    for at in (100..flipped.len()).step_by(1000) {
        flipped[at] ^= 0xff;
    }
    refused(flipped, everything(), &[not]);
    refused(vec![0; 200 << 20], everything(), &["209715200 bytes", "67108864"]);
}

#[test]
fn limits_have_bounds_and_say_which() {
    let check = |limits: LimitsGiven, expected: &str| {
        let text = CallLimits::new(&limits).unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
    };
    check(
        LimitsGiven { time_ms_max: Some(0), ..LimitsGiven::default() },
        "time_ms_max = 0 must be from 1 to 3600000",
    );
    check(LimitsGiven { memory_bytes_max: Some(1), ..LimitsGiven::default() }, "memory_bytes_max = 1");
    check(LimitsGiven { calls_max: Some(0), ..LimitsGiven::default() }, "calls_max = 0");
    check(LimitsGiven { output_bytes_max: Some(u64::MAX), ..LimitsGiven::default() }, "output_bytes_max");
    assert!(CallLimits::new(&LimitsGiven::default()).is_ok());
}
