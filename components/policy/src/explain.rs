//! Explains denials: what was decided is decided again, this time before a witness. Requests that
//! are allowed pay nothing for it, and the host says when denials come too fast to explain each.

use gateway::access::explanation::Explainer;
use gateway::errors::{ErrorCode, S3Error};
use sdk::explanation::circumstances;

use crate::host::{Call, trace};

/// Hands the host an explanation of a denial, if it wants one. `again` makes the decision once
/// more, before a witness; `otherwise` is the reason where no policy decided.
pub(crate) fn explain(call: &Call, otherwise: &str, again: impl FnOnce(&Explainer)) {
    let Some(told) = trace::denied(call) else { return };
    let explainer = Explainer::default();
    again(&explainer);
    trace::explain(call, &explainer.document(&circumstances(&told), otherwise));
}

/// Whether an error is a denial, and not a mistake of the request.
pub(crate) fn is_denial(error: &S3Error) -> bool {
    matches!(error.code, ErrorCode::AccessDenied | ErrorCode::LambdaPermissionError)
}
