//! The `traceparent` header: which distributed trace a request belongs to
//! (<https://www.w3.org/TR/trace-context/>).

use std::fmt;

/// A position in a distributed trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace; never zero.
    pub trace_id: u128,
    /// The caller's span, or ours in a child; never zero.
    pub span_id: u64,
    /// Whether the caller records the trace.
    pub sampled: bool,
}

impl TraceParent {
    /// Parses a header value. Versions after 00 are read as far as 00 defines them, as the standard
    /// asks; `None` for anything malformed, which is then treated as if it had not been sent.
    pub fn parse(text: &str) -> Option<TraceParent> {
        let mut parts = text.trim().split('-');
        let version = hexadecimal(parts.next()?, 2)?;
        let trace_id = hexadecimal(parts.next()?, 32)?;
        let span_id = u64::try_from(hexadecimal(parts.next()?, 16)?).ok()?;
        let flags = hexadecimal(parts.next()?, 2)?;
        let more = parts.next().is_some();
        let good = version != 0xFF && !(version == 0 && more) && trace_id != 0 && span_id != 0;
        good.then_some(TraceParent { trace_id, span_id, sampled: flags & 1 == 1 })
    }

    /// The same trace, one span further down.
    pub fn child(self, span_id: u64) -> TraceParent {
        TraceParent { span_id: span_id.max(1), ..self }
    }
}

/// Exactly `digits` lower-case hexadecimal digits.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let good = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    good.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

impl fmt::Display for TraceParent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TraceParent { trace_id, span_id, sampled } = self;
        write!(formatter, "00-{trace_id:032x}-{span_id:016x}-{:02x}", u8::from(*sampled))
    }
}

#[cfg(test)]
mod tests;
