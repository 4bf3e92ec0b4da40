//! Who gets places and processors where one transform takes all that it can.

use super::*;

/// A function that hangs has half of the places, and no more.
#[tokio::test]
async fn a_function_that_hangs_leaves_places_for_others() {
    let _alone = MEMORY.lock().await;
    let options = RuntimeOptions { threads: 2, calls_max: 8, ..RuntimeOptions::default() };
    let transforms = Transforms::start(options).unwrap();
    let named = |function: &str, time_ms_max| {
        let limits = CallLimits::new(&LimitsGiven {
            calls_max: Some(1024),
            queue_ms_max: Some(50),
            time_ms_max: Some(time_ms_max),
            ..LimitsGiven::default()
        });
        let source = TransformSource {
            name: format!("arn:aws:lambda:us-east-1:000000000001:function:{function}"),
            component: component("buffered"),
            limits: limits.unwrap(),
            grants: everything(),
        };
        transforms.load_function(source, Some(&target().join("compiled"))).unwrap()
    };
    let (hung, good) = (named("hung", 3_000), named("good", 20_000));
    let call = |transform: &Arc<Transform>, payload: &str| {
        let (mut context, transform) = (smoke(), Arc::clone(transform));
        context.payload = payload.to_owned();
        let call = Call { entry: Entry::Get, context, body: whole("abc"), lent: CallLent::default() };
        let transforms = &transforms;
        async move { transforms.run(&transform, call).await }
    };
    let hanging = join_all((0..12).map(|_| call(&hung, "sleep")));
    let others = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(transforms.places().used, 4);
        for _ in 0..50 {
            assert_eq!(text(call(&good, "").await).await, "ABC");
        }
        let running = transforms.functions().into_iter().find(|each| each.function == "hung");
        assert_eq!(running.unwrap().figures.running, 4, "they still hang");
    };
    let (ran, ()) = tokio::join!(hanging, others);
    let kinds: Vec<FailureKind> = ran.into_iter().map(|ran| ran.unwrap_err().kind).collect();
    let count = |kind| kinds.iter().filter(|each| **each == kind).count();
    assert_eq!((count(FailureKind::TimedOut), count(FailureKind::Busy)), (4, 8));
    let figures = transforms.functions();
    let of = |name: &str| figures.iter().find(|each| each.function == name).unwrap().figures.calls;
    assert_eq!((of("hung"), of("good")), (4, 50));
    // A place is given back a moment after the answer.
    while transforms.places().used > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A body that makes its reader wait for each piece.
struct Hesitating {
    pieces: u32,
    waits: bool,
}

impl http_body::Body for Hesitating {
    type Data = Bytes;
    type Error = host::transforms::BodyFailed;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        self.waits = !self.waits;
        if self.waits {
            context.waker().wake_by_ref();
            return std::task::Poll::Pending;
        }
        if self.pieces == 0 {
            return std::task::Poll::Ready(None);
        }
        self.pieces -= 1;
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(b"a piece ")))))
    }
}

/// Those that compute take turns with each other: one that waits often meets one of them each time,
/// and not all. Meeting all, it would take longer than it may.
#[tokio::test]
async fn one_that_waits_often_meets_few_that_compute() {
    let _alone = MEMORY.lock().await;
    let limits = LimitsGiven {
        cpu_ms_max: Some(20_000),
        time_ms_max: Some(60_000),
        calls_max: Some(32),
        ..LimitsGiven::default()
    };
    let bench = Bench::new("buffered", limits, everything());
    let patient = LimitsGiven { time_ms_max: Some(20_000), calls_max: Some(32), ..LimitsGiven::default() };
    let streaming = load(&bench.transforms, component("streaming"), patient, Grants::default()).unwrap();
    let computing = join_all((0..16).map(|_| bench.call(Entry::Get, "loop", b"")));
    let waiting = async {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        let body = Hesitating { pieces: 40, waits: false }.boxed_unsync();
        let call = Call { entry: Entry::Get, context: smoke(), body, lent: CallLent::default() };
        text(bench.transforms.run(&streaming, call).await).await
    };
    tokio::select! {
        _ = computing => panic!("they compute for longer"),
        made = waiting => assert_eq!(made, "A PIECE ".repeat(40)),
    }
    bench.quiet().await;
}

/// Once all is made, a client that does not read has no place.
#[tokio::test]
async fn what_is_made_waits_for_its_client_without_a_place() {
    let _alone = MEMORY.lock().await;
    let limits = LimitsGiven { calls_max: Some(1), queue_ms_max: Some(5_000), ..LimitsGiven::default() };
    let bench = Bench::new("streaming", limits, Grants::default());
    for pieces in 6..11 {
        let body = vec![b'a'; pieces << 16];
        let Ok(Answer::Reply(reply)) = bench.call(Entry::Get, "", &body).await else { panic!() };
        // The client has room for eight pieces: so many are made without it.
        if pieces <= 8 {
            let ran = bench.call(Entry::Get, "", b"abc").await;
            assert!(ran.is_ok(), "after {pieces}: {ran:?}");
            assert_eq!(text(ran).await, "ABC");
        }
        assert_eq!(read(reply.body).await.0.len(), body.len());
        bench.quiet().await;
    }
}
