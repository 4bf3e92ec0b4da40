//! What a transform reads of other objects: each read is an inner request of the worker that has
//! its call.
//!
//! Transforms run on threads of their own, and a worker has everything of a call to itself. So a
//! read goes to the worker by a channel, and its bytes come back by another one. Both end with the
//! call of the transform.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::transforms::bindings::objects::ObjectsError;
use crate::transforms::{ObjectRead, Objects};

/// A read that a worker does.
pub(crate) struct WantedObject {
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
    /// A longer object is refused.
    pub(crate) bytes_max: usize,
    /// Where its bytes go. Closed when nobody waits for them any more.
    pub(crate) reply: oneshot::Sender<Result<Vec<u8>, ObjectsError>>,
}

/// Hands the reads of one call to its worker.
struct ObjectReads(mpsc::Sender<WantedObject>);

/// What a transform is lent, and where its reads arrive. A transform waits for each of them, so one
/// has room.
pub(crate) fn object_reads() -> (Arc<dyn Objects>, mpsc::Receiver<WantedObject>) {
    let (sender, receiver) = mpsc::channel(1);
    (Arc::new(ObjectReads(sender)), receiver)
}

impl Objects for ObjectReads {
    fn read(&self, key: String, version_id: Option<String>, bytes_max: usize) -> ObjectRead {
        let sender = self.0.clone();
        Box::pin(async move {
            let (reply, read) = oneshot::channel();
            let wanted = WantedObject { key, version_id, bytes_max, reply };
            // A worker that is gone reads nothing.
            sender.send(wanted).await.map_err(|_| ObjectsError::Failed)?;
            read.await.unwrap_or(Err(ObjectsError::Failed))
        })
    }
}
