//! `WriteGetObjectResponse`: an answer of a webhook, which goes to the call that waits for it.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_WriteGetObjectResponse.html>. The host knows
//! which call that is, and hands headers and body on.

use gateway::errors::{ErrorCode, Result, S3Error};
use sdk::{
    AnswerError, Body, Call, Head, Unanswered, WebhookAnswer, WebhookContent, Work as _, failure_to_error,
};

use crate::forwarded;

/// Hands the answer on, and responds when all of it has arrived. `ValidationError` for what is no
/// answer, and for an answer that nobody waits for.
pub(crate) async fn run(call: &Call) -> Result<()> {
    let needed =
        |name: &str| call.header(name).filter(|value| !value.is_empty()).ok_or_else(|| missing(name));
    let (route, token) = (needed("x-amz-request-route")?, needed("x-amz-request-token")?);
    let (head, headers) = Head::read(call);
    // Without a length it comes in chunks, and may be empty all the same.
    let has_body = head.content_length.is_some_and(|length| length > 0);
    let content = forwarded::read(headers.iter(), has_body);
    let why = match &content {
        WebhookContent::Invalid(why) => Some(why.clone()),
        _ => None,
    };
    match call.answer(&WebhookAnswer { route, token, content }).await {
        // The call that waited is told so, too.
        Ok(()) if why.is_some() => Err(invalid(&why.unwrap_or_default())),
        Ok(()) => {
            call.respond(200, "", &Body::None);
            Ok(())
        }
        Err(AnswerError::Unanswered(why)) => Err(invalid(match &why {
            Unanswered::Unknown => {
                "No request waits for this response: the token or the route is not valid, or its client is gone"
            }
            Unanswered::AnsweredBefore => "The request has its response already",
            Unanswered::Gone => "The client of the request is gone",
        })),
        Err(AnswerError::Failed(failure)) => Err(failure_to_error(failure)),
    }
}

fn missing(name: &str) -> S3Error {
    invalid(&format!("The header {name} is missing"))
}

fn invalid(message: &str) -> S3Error {
    S3Error::new(ErrorCode::ValidationError).message(message.to_owned())
}
