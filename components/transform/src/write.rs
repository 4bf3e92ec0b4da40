//! New objects: functions make something of the bytes that a client wants to store, as a rule of
//! the bucket says.

use gateway::errors::{ErrorCode, Result};
use gateway::request::query::Query;
use sdk::{
    Call, Head, Made, MadeNeed, NewObjectHead, ReceivedObject, SentHead, Target, TransformPlan,
    TransformedPart, Transformer, Work as _,
};

use crate::prepare::{self, Link};
use crate::shown::Shown;
use crate::{failure, reply};

/// A new object, and the functions that make something of it.
pub(crate) struct NewObject {
    chain: Vec<Link>,
    target: Target,
    shown: Shown,
    received: ReceivedObject,
}

impl NewObject {
    /// Reads a request, and finds the functions. `LambdaNotFound`
    pub(crate) fn read(
        call: &Call,
        head: SentHead,
        target: Target,
        received: ReceivedObject,
    ) -> Result<NewObject> {
        let (head, headers) = Head::split(head);
        let query = Query::parse(&head.query)?;
        let link =
            |arn: &String| Ok(Link { function: prepare::find(arn)?, payload: received.payload.clone() });
        let chain = received.functions.iter().map(link).collect::<Result<_>>()?;
        let shown = Shown::read(call, &head, &headers, &query);
        Ok(NewObject { chain, target, shown, received })
    }

    /// Runs one function after the other: each gets what the one before it made. None where one of
    /// them refused the object: then the response says so.
    pub(crate) async fn make(self, call: &Call) -> Result<Option<NewObjectHead>> {
        let mut made = NewObjectHead { content_type: None, metadata: None, length: 0 };
        let ReceivedObject { mut source, mut object, .. } = self.received;
        // They come with the request, or belong to an object that it may read.
        let tags = std::mem::take(&mut object.tags);
        for link in &self.chain {
            object.tags = if link.function.shows_tags { tags.clone() } else { Vec::new() };
            let plan = TransformPlan {
                transformer: Transformer::Function(link.function.clone()),
                part: TransformedPart::NewObject(source.take()),
                bucket: self.target.bucket.clone().unwrap_or_default(),
                key: self.target.key.clone().unwrap_or_default(),
                object: object.clone(),
                request: self.shown.request.clone(),
                caller: self.shown.caller.clone(),
                now_ms: self.shown.at_ms,
                payload: link.payload.clone(),
                access_point_arn: None,
                range: None,
                part_number: None,
                // Nothing is stored of what breaks off.
                need: MadeNeed::Whole,
            };
            match call.transform(&plan).await.map_err(|failed| failure::error(&failed))? {
                Made::NewObject(head) => {
                    object.content_type = head.content_type.clone().or(object.content_type);
                    object.metadata = head.metadata.clone().unwrap_or(object.metadata);
                    object.size = head.length;
                    made.length = head.length;
                    made.content_type = head.content_type.or(made.content_type);
                    made.metadata = head.metadata.or(made.metadata);
                }
                Made::Refused(error) => {
                    reply::refuse(call, false, &error);
                    return Ok(None);
                }
                Made::Reply(_) | Made::Page(_) | Made::Document(_) => {
                    return Err(ErrorCode::InternalError.into());
                }
            }
        }
        Ok(Some(made))
    }
}
