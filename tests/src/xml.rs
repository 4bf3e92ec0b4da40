//! S3's answers as a small tree. Written apart from the gateway's reader, so that one mistake does
//! not hide the other.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

/// An element: its local name, its text, its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Without prefix.
    pub name: String,
    /// The text directly inside, unescaped.
    pub text: String,
    /// In document order.
    pub children: Vec<Node>,
}

impl Node {
    /// Parses a document.
    ///
    /// # Panics
    /// When it is not well-formed: a server that answers so has failed the test.
    pub fn parse(document: &str) -> Node {
        let mut reader = Reader::from_str(document);
        let mut open = vec![Node::default()];
        loop {
            let event = reader.read_event().unwrap_or_else(|error| panic!("{error} in {document}"));
            let top = open.last_mut().expect("an open element");
            match event {
                Event::Start(start) => open.push(Node::named(start.local_name().as_ref())),
                Event::Empty(start) => top.children.push(Node::named(start.local_name().as_ref())),
                Event::End(_) => {
                    let closed = open.pop().expect("an open element");
                    open.last_mut().expect("a parent").children.push(closed);
                }
                Event::Text(text) => top.text.push_str(&text),
                Event::GeneralRef(reference) => top.text.push_str(&resolve(&reference)),
                Event::Eof => break,
                _ => {}
            }
        }
        let mut document_node = open.pop().expect("the document");
        assert!(open.is_empty(), "unclosed elements in {document}");
        document_node.children.pop().unwrap_or_default()
    }

    fn named(name: &str) -> Node {
        Node { name: name.into(), ..Node::default() }
    }

    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of this name; empty when there is none.
    pub fn value(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.as_str())
    }
}

/// `&lt;`, `&#13;`, `&#xD;`
fn resolve(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    match reference.as_ref() {
        "lt" => "<".into(),
        "gt" => ">".into(),
        "amp" => "&".into(),
        "quot" => "\"".into(),
        "apos" => "'".into(),
        other => panic!("an entity that XML does not define: {other:?}"),
    }
}

#[cfg(test)]
mod tests;
