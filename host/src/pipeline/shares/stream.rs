//! Streams of HTTP/2: each runs on the thread of its connection, and can be cut without closing the
//! connection.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use hyper::rt::Executor;

/// Cuts one stream: its future is dropped, which resets the stream.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    is_cut: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

thread_local! {
    /// The stream that is polled at the moment.
    static CURRENT: RefCell<Option<Rc<Cut>>> = const { RefCell::new(None) };
}

impl Cut {
    /// The one for the stream whose request is being answered; none on HTTP/1.1.
    pub(crate) fn current() -> Option<Rc<Cut>> {
        CURRENT.with_borrow(Option::clone)
    }

    /// Cuts it.
    pub(crate) fn cut(&self) {
        self.is_cut.set(true);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// The stream that is polled, until this is dropped.
struct Polled;

impl Polled {
    fn enter(cut: &Rc<Cut>) -> Polled {
        CURRENT.set(Some(Rc::clone(cut)));
        Polled
    }
}

impl Drop for Polled {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}

/// Spawns the streams of HTTP/2 on the thread of their connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnThisThread;

impl<F: Future + 'static> Executor<F> for OnThisThread {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(cuttable(future, Rc::default()));
    }
}

async fn cuttable(future: impl Future, cut: Rc<Cut>) {
    let mut future = pin!(future);
    poll_fn(|context| {
        if cut.is_cut.get() {
            return Poll::Ready(());
        }
        let mut known = cut.waker.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(context.waker())) {
            *known = Some(context.waker().clone());
        }
        drop(known);
        let _polled = Polled::enter(&cut);
        future.as_mut().poll(context).map(drop)
    })
    .await;
}

#[cfg(test)]
mod tests;
