use std::cell::RefCell;

use gateway::errors::ErrorCode;
use sdk::executor::suspend;
use sdk::{CustomerKey, KeptProtection, Protection, Sealed, SealedRole};

use super::*;

fn begin(id: u64, serve: impl FnOnce(Rc<Exchange>) -> Task) -> Result<Step> {
    let exchange = Rc::new(Exchange::default());
    run(id, serve(Rc::clone(&exchange)), exchange)
}

fn records() -> usize {
    CALLS.with(Calls::count)
}

fn key_of(id: u64) -> Given {
    Given::Opening(Protection::SseC(CustomerKey { key: Vec::new(), md5: id.to_string() }))
}

#[test]
fn what_the_gateway_gives_one_call_reaches_no_other() {
    let opened = Rc::new(RefCell::new(Vec::new()));
    for id in 1..=3_u64 {
        let opened = Rc::clone(&opened);
        let step = begin(id, |exchange| {
            Box::pin(async move {
                let said = vec![(id.to_string(), Vec::new())];
                assert!(exchange.ask(Step::Again(said)).await.is_none());
                suspend().await;
                let sealed = Sealed { role: SealedRole::Object, protection: KeptProtection::SseC };
                if let Some(Given::Opening(Protection::SseC(key))) = exchange.ask(Step::Sealed(sealed)).await
                {
                    opened.borrow_mut().push((id, key.md5));
                }
                Ok(())
            })
        });
        assert!(matches!(step, Ok(Step::Again(said)) if said[0].0 == id.to_string()));
    }
    // They are resumed in another order than they were started.
    for id in [2, 1, 3] {
        assert!(matches!(resume(id, None), Ok(Step::Pending)));
    }
    for id in [3, 2, 1] {
        assert!(matches!(resume(id, None), Ok(Step::Sealed(_))));
    }
    for id in [2, 3, 1] {
        assert!(matches!(resume(id, Some(key_of(id))), Ok(Step::Responded)));
    }
    assert_eq!(*opened.borrow(), [2_u64, 3, 1].map(|id| (id, id.to_string())));
    assert_eq!(records(), 0);
}

#[test]
fn a_record_goes_however_its_call_ends() {
    assert!(matches!(begin(1, |_| Box::pin(async { Ok(()) })), Ok(Step::Responded)));
    let failed = || Err(ErrorCode::SlowDown.into());
    assert!(begin(2, |_| Box::pin(async move { failed() })).is_err());
    assert_eq!(records(), 0);

    let held = Rc::new(());
    for id in 3..=5 {
        let held = Rc::clone(&held);
        let step = begin(id, |exchange| {
            Box::pin(async move {
                let _held = held;
                exchange.ask(Step::Named).await;
                failed()
            })
        });
        assert!(matches!(step, Ok(Step::Named)));
    }
    assert_eq!((records(), Rc::strong_count(&held)), (3, 4));
    assert!(resume(3, None).is_err());
    abandon(4);
    assert_eq!((records(), Rc::strong_count(&held)), (1, 2));
    // What a task did not ask for is not kept for it.
    assert!(resume(5, Some(key_of(5))).is_err());
    assert_eq!((records(), Rc::strong_count(&held)), (0, 1));
}

#[test]
fn a_call_that_was_not_located_does_not_start() {
    let started = start(1, Sealing::Unsaid, None, |_| unreachable!());
    assert_eq!(started.map(drop).map_err(|error| error.code), Err(ErrorCode::InternalError));
    assert!(matches!(resume(1, None), Ok(Step::Responded)));
    abandon(1);
}
