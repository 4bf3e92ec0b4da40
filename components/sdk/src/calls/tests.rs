use std::rc::Rc;

use super::*;
use crate::executor::suspend;

#[test]
fn a_record_goes_however_its_call_ends() {
    let calls: Calls<&str> = Calls::new();
    assert!(matches!(calls.run(1, Box::pin(async { Ok(()) })), Ok(Progress::Responded)));
    assert!(calls.run(2, Box::pin(async { Err(ErrorCode::SlowDown.into()) })).is_err());
    assert_eq!(calls.count(), 0);

    let shared = Rc::new(());
    for id in 3..=5 {
        let own = Rc::clone(&shared);
        let task = async move {
            let _own = own;
            suspend().await;
            suspend().await;
            if id == 4 { Err(ErrorCode::SlowDown.into()) } else { Ok(()) }
        };
        assert!(matches!(calls.run(id, Box::pin(task)), Ok(Progress::Pending)));
        assert!(matches!(calls.resume(id), Ok(Progress::Pending)));
    }
    assert_eq!((calls.count(), Rc::strong_count(&shared)), (3, 4));
    assert!(matches!(calls.resume(3), Ok(Progress::Responded)));
    assert!(calls.resume(4).is_err());
    calls.abandon(5);
    assert_eq!((calls.count(), Rc::strong_count(&shared)), (0, 1));
    // Nothing is left to do.
    assert!(matches!(calls.resume(3), Ok(Progress::Responded)));
}

#[test]
fn what_is_held_is_given_out_once_and_to_its_own_call() {
    let calls: Calls<&str> = Calls::new();
    calls.hold(1, "one");
    calls.hold(2, "two");
    assert_eq!(calls.held(2).map(|held| *held).ok(), Some("two"));
    assert_eq!(calls.held(2).map_err(|error| error.code), Err(ErrorCode::InternalError));
    assert_eq!(calls.held(1).map(|held| *held).ok(), Some("one"));
    assert_eq!(calls.count(), 0);
}

#[test]
fn a_call_that_waits_is_not_started_again() {
    let calls: Calls<&str> = Calls::new();
    assert!(matches!(calls.run(1, Box::pin(suspend_once())), Ok(Progress::Pending)));
    assert!(calls.held(1).is_err());
    assert_eq!(calls.count(), 0);
}

async fn suspend_once() -> Result<()> {
    suspend().await;
    Ok(())
}
