//! XML: a fast writer for response documents, and a strict reader for request documents.

mod reader;
mod writer;

pub use reader::Element;
pub use writer::{CONTROL_NAMESPACE, DECLARATION, NAMESPACE, XmlWriter, declare, push_element, push_escaped};
pub(crate) use writer::{byte_set, push_number};

#[cfg(test)]
mod tests;
