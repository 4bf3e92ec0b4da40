//! Operations on objects.
//!
//! [`read`] finds the version that a request means and decides what of it is returned;
//! [`write`](mod@write) plans every change of a key's versions. The operations stand on these two.

pub(crate) mod checksums;
pub(crate) mod copy_object;
pub(crate) mod delete_object;
pub(crate) mod delete_objects;
pub(crate) mod get_object;
pub(crate) mod get_object_attributes;
pub(crate) mod head_object;
pub(crate) mod headers;
pub(crate) mod input;
pub(crate) mod post_object;
pub(crate) mod put_object;
pub(crate) mod read;
pub(crate) mod reseal;
pub(crate) mod slice;
pub(crate) mod transformed;
pub(crate) mod write;
