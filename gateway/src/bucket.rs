//! Buckets: their names, and the settings that they keep. A setting reads and writes its document.

pub mod access_point;
pub mod acl;
pub mod bucket_name;
pub mod cors;
pub mod encryption;
pub mod function_arn;
pub mod object_lambda;
pub mod object_ownership;
pub mod public_access_block;
pub mod request_payment;
pub mod transforms;
pub mod versioning;
