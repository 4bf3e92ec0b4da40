//! XML: a fast writer for response documents, and a strict reader for request documents.

mod reader;
mod writer;

pub use reader::Element;
pub(crate) use writer::{byte_set, push_number};
pub use writer::{DECLARATION, NAMESPACE, XmlWriter, push_element, push_escaped};

#[cfg(test)]
mod tests;
