//! A call from the response of `storage` to that of the transform.

use gateway::errors::{ErrorCode, Result};
use sdk::{Call, Made, TransformPlan, TransformedObject, TransformedPart, Transformer, Work as _};

use crate::prepare::{Asked, Prepared};
use crate::stored::Stored;
use crate::{failure, page, reply};

/// Has the response transformed, and sets what comes of it.
pub(crate) async fn run(call: &Call, prepared: Prepared) -> Result<()> {
    let response = call.response().ok_or(ErrorCode::InternalError)?;
    // What is no object, such as a redirection, passes as it is.
    if response.status != 200 || prepared.asked == Asked::Nothing {
        return Ok(());
    }
    if prepared.asked == Asked::Page {
        return page::run(call, &prepared).await;
    }
    let stored = Stored::read(&response);
    let part = if prepared.asked == Asked::Head { TransformedPart::Head } else { TransformedPart::Object };
    let plan = TransformPlan {
        whole: prepared.is_head || prepared.own_range().is_some() || prepared.own_part().is_some(),
        ..plan(&prepared, part, stored.object())
    };
    match call.transform(&plan).await.map_err(|failed| failure::error(&failed))? {
        Made::Reply(made) => reply::respond(call, &prepared, stored, made),
        Made::Refused(error) => {
            reply::refuse(call, &prepared, &error);
            Ok(())
        }
        Made::Page(_) => Err(ErrorCode::InternalError.into()),
    }
}

/// How a response is transformed.
pub(crate) fn plan(prepared: &Prepared, part: TransformedPart, object: TransformedObject) -> TransformPlan {
    let hands_on = prepared.function.applies_ranges;
    TransformPlan {
        transformer: Transformer::Function(prepared.function.clone()),
        part,
        object,
        payload: prepared.payload.clone(),
        access_point_arn: Some(prepared.access_point_arn.clone()),
        range: prepared.range.clone().filter(|_| hands_on),
        part_number: prepared.part_number.filter(|_| hands_on),
        whole: false,
    }
}
