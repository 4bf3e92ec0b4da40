//! Objects: keys, metadata, checksums, tags, locks, and preconditions.

pub mod checksum;
pub mod etag;
pub mod key;
pub mod metadata;
pub mod object_lock;
pub mod precondition;
pub mod storage_class;
pub mod tagging;
