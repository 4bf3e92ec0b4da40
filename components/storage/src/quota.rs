//! Quotas: how much a bucket or an account may hold, as the operator says. The host holds every
//! commit to them.

pub(crate) mod announced;

use gateway::access::explanation::of_refusal;
use gateway::errors::{ErrorCode, S3Error};
use sdk::explanation::circumstances;
use sdk::{Call, Excess, trace};

/// The error of a request that would exceed a quota. How much is used is told to the operator, and
/// not to the client: it may be of another account.
pub(crate) fn exceeded(call: &Call, excess: &Excess) -> S3Error {
    let error = S3Error::new(ErrorCode::QuotaExceeded);
    let error = match excess.subject.as_str() {
        "bucket" => error.message("The quota of the bucket would be exceeded."),
        _ => error.message("The quota of the account that owns the bucket would be exceeded."),
    };
    if let Some(told) = trace::denied(call) {
        let Excess { subject, name, amount, most, used, added } = excess;
        let reason = format!(
            "The quota of {subject} {name} is {most} {amount}. It holds {used}, and the request would add {added}. \
             `portcullis quota` changes the quota."
        );
        trace::explain(call, &of_refusal(&circumstances(&told), error.code.as_str(), &reason));
    }
    error
}
