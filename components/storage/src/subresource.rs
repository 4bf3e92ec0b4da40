//! Operations on what hangs on a version of an object: its tags, its retention, its legal hold.

pub(crate) mod document;
pub(crate) mod legal_hold;
pub(crate) mod lock;
pub(crate) mod retention;
pub(crate) mod tagging;
