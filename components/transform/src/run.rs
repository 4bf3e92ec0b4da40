//! A call about an object, from the response of `storage` to that of the transform.

use gateway::errors::{ErrorCode, Result};
use sdk::{
    Body, Call, Made, MadeNeed, TransformPlan, TransformedObject, TransformedPart, Transformer, Work as _,
};

use crate::prepare::{Asked, Prepared};
use crate::stored::Stored;
use crate::{failure, reply, tags};

/// Has the response transformed, and sets what comes of it.
pub(crate) async fn run(call: &Call, prepared: Prepared) -> Result<()> {
    let response = call.response().ok_or(ErrorCode::InternalError)?;
    // What is no object, such as a redirection, passes as it is.
    if response.status != 200 {
        return Ok(());
    }
    let stored = Stored::read(&response.headers, response.length);
    let object = TransformedObject { tags: tags::read(call, &prepared).await?, ..stored.object() };
    match prepared.asked {
        Asked::Head => {
            let plan = plan(&prepared, 0, TransformedPart::Head, object, MadeNeed::Length)?;
            let made = call.transform(&plan).await.map_err(|failed| failure::error(&failed))?;
            reply::take(call, &prepared, stored, made)
        }
        Asked::Object => {
            let Ran { stored, made } = chain(call, &prepared, stored, object).await?;
            reply::take(call, &prepared, stored, made)
        }
    }
}

/// What became of the last function that ran, and the response that it was given.
pub(crate) struct Ran {
    pub(crate) stored: Stored,
    pub(crate) made: Made,
}

/// Runs one function after the other: each gets what the one before it made.
pub(crate) async fn chain(
    call: &Call,
    prepared: &Prepared,
    mut stored: Stored,
    mut object: TransformedObject,
) -> Result<Ran> {
    let tags = object.tags.clone();
    let mut is_certain = true;
    for at in 0..prepared.chain.len() {
        let is_last = at + 1 == prepared.chain.len();
        let need = match (is_last, prepared.is_head) {
            (false, _) => MadeNeed::Bytes,
            (true, true) => MadeNeed::Length,
            (true, false) if prepared.own_range().is_some() || prepared.own_part().is_some() => {
                MadeNeed::Whole
            }
            (true, false) => MadeNeed::Bytes,
        };
        let mut plan = plan(prepared, at, TransformedPart::Object, object, need)?;
        if !is_certain && let Transformer::Function(function) = &mut plan.transformer {
            // It depends on what an earlier function made, and nothing stands for that.
            function.vary = None;
        }
        let made = match call.transform(&plan).await.map_err(|failed| failure::error(&failed))? {
            Made::Reply(made) if !is_last && made.status == 200 => made,
            made => return Ok(Ran { stored, made }),
        };
        is_certain = made.etag.is_some();
        // What stands for all that the function was shown, and not what it says of itself: the key
        // of what the next one makes is made of it.
        let derived = made.etag.clone().unwrap_or_default();
        stored = stored.with(prepared, &made);
        object = TransformedObject { etag: derived, tags: tags.clone(), ..stored.object() };
        call.respond(200, "", &Body::Made(None));
    }
    Err(ErrorCode::InternalError.into())
}

/// How a response is transformed by the function at a place of the chain.
pub(crate) fn plan(
    prepared: &Prepared,
    at: usize,
    part: TransformedPart,
    mut object: TransformedObject,
    need: MadeNeed,
) -> Result<TransformPlan> {
    let hands_on = prepared.hands_ranges_on();
    let link = prepared.chain.get(at).ok_or(ErrorCode::InternalError)?;
    if !link.function.shows_tags {
        object.tags.clear();
    }
    let shown = match &link.function.vary {
        Some(vary) => &prepared.shown.only(vary, object.last_modified_ms),
        None => &prepared.shown,
    };
    Ok(TransformPlan {
        transformer: Transformer::Function(link.function.clone()),
        part,
        bucket: prepared.bucket.clone(),
        key: prepared.key.clone(),
        object,
        request: shown.request.clone(),
        caller: shown.caller.clone(),
        now_ms: shown.at_ms,
        payload: link.payload.clone(),
        access_point_arn: prepared.access_point_arn.clone(),
        range: prepared.range.clone().filter(|_| hands_on),
        part_number: prepared.part_number.filter(|_| hands_on),
        need,
    })
}
