//! Why work for a request failed, kept until the line that names the request is written.
//!
//! What fails is far below what knows the request, and an outcome says only that the storage
//! failed.

use std::cell::RefCell;
use std::fmt::Display;

tokio::task_local! {
    static WHY: RefCell<Option<String>>;
}

/// Does work, and returns the first reason that was [`given`] meanwhile.
pub async fn asked<T>(work: impl Future<Output = T>) -> (T, Option<String>) {
    let both = async {
        let outcome = work.await;
        (outcome, WHY.with(RefCell::take))
    };
    WHY.scope(RefCell::default(), both).await
}

/// Says what failed, and why. Where nobody asks for it, the log says it.
pub fn given(error: &dyn Display, what: &'static str) {
    let kept = WHY.try_with(|why| {
        why.borrow_mut().get_or_insert_with(|| format!("{what}: {error}"));
    });
    if kept.is_err() {
        tracing::error!(%error, "{what}");
    }
}

#[cfg(test)]
mod tests;
