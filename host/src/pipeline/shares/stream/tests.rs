use std::task::Context;

use super::*;

#[test]
fn a_stream_knows_its_cut_and_ends_by_it() {
    let cut = Rc::new(Cut::default());
    let seen = Rc::new(Cell::new(0));
    let also_seen = Rc::clone(&seen);
    let stream = async move {
        let own = Cut::current().unwrap();
        also_seen.set(Rc::strong_count(&own));
        std::future::pending::<()>().await;
    };
    let mut running = pin!(cuttable(stream, Rc::clone(&cut)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(running.as_mut().poll(&mut context).is_pending());
    assert!(seen.get() > 1 && Cut::current().is_none());
    cut.cut();
    assert!(running.as_mut().poll(&mut context).is_ready());
}
