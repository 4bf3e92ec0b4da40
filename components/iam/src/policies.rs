//! Policies: documents, who has them, and what they would allow.
//!
//! | module | what |
//! | --- | --- |
//! | [`managed`], [`versions`] | policies with an ARN of their own, and the texts that they had |
//! | [`predefined`] | those that are part of the server |
//! | [`attached`] | managed policies given to users, groups and roles |
//! | [`inline`] | policies that are part of a user, a group or a role |
//! | [`simulate`] | what policies would allow |

pub(crate) mod attached;
pub(crate) mod inline;
pub(crate) mod managed;
pub(crate) mod predefined;
pub(crate) mod simulate;
pub(crate) mod versions;
