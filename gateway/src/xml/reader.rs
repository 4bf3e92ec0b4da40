//! Reads request documents into small trees, within strict limits.

use crate::errors::{ErrorCode, Result};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::borrow::Cow;

/// No document of S3 nests deeper than about eight elements.
const DEPTH_MAX: usize = 24;
/// Elements of a document: 1,000 keys or rules of up to 16 each. Reading so many takes some
/// milliseconds.
const ELEMENTS_MAX: usize = 16_000;
/// Attributes are compared with one another, so their number needs a limit.
const ATTRIBUTES_MAX: usize = 16;

/// Bytes of the text of one element: the limit of most whole documents. Errors repeat the text,
/// escaped, so it must not be longer. Longer documents consist of many short texts.
const TEXT_LENGTH_MAX: usize = 64 << 10;

/// An element of a request document. Names carry no namespace prefix; attributes are dropped, but
/// for `xsi:type`.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Element {
    /// The local name: `Key`.
    pub name: String,
    /// The text directly inside, as written: white space counts. Empty when there are child
    /// elements.
    pub text: String,
    /// Child elements, in order.
    pub children: Vec<Element>,
    /// `xsi:type`, which tells the kinds of ACL grantees apart.
    pub kind: Option<String>,
}

impl Element {
    /// Reads a whole document. `MalformedXML` for a document that is not well-formed, not UTF-8,
    /// empty, or too large, or that declares a document type. A character that XML 1.0 does not
    /// have is not well-formed, neither as it stands nor by a reference: no response could contain
    /// it.
    pub fn parse(bytes: &[u8]) -> Result<Element> {
        Element::parse_within(bytes, ELEMENTS_MAX, TEXT_LENGTH_MAX)
    }

    /// [`Element::parse`], and the root must have this name.
    pub fn parse_named(bytes: &[u8], root: &str) -> Result<Element> {
        Element::parse(bytes)?.named(root)
    }

    /// [`Element::parse_named`] of a document that may have more elements than others.
    pub fn parse_long(bytes: &[u8], root: &str, elements_max: usize) -> Result<Element> {
        Element::parse_within(bytes, elements_max, TEXT_LENGTH_MAX)?.named(root)
    }

    /// [`Element::parse_named`] of a document whose texts may be longer than those of others.
    pub fn parse_long_texts(bytes: &[u8], root: &str, text_length_max: usize) -> Result<Element> {
        Element::parse_within(bytes, ELEMENTS_MAX, text_length_max)?.named(root)
    }

    fn parse_within(bytes: &[u8], elements_max: usize, text_length_max: usize) -> Result<Element> {
        let text = std::str::from_utf8(bytes).map_err(|_| ErrorCode::MalformedXML)?;
        if !text.chars().all(is_character) {
            return Err(malformed());
        }
        Builder { open: Vec::new(), root: None, left: elements_max, text_length_max }.run(text)
    }

    fn named(self, root: &str) -> Result<Element> {
        if self.name == root { Ok(self) } else { Err(malformed()) }
    }

    /// The first child with this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Every child with this name, in order.
    pub fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child with this name, exactly as written.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }

    /// The text of a child that must be there once and hold nothing else, exactly as written: in a
    /// name that the client chose (of a key, of a tag), each space counts. `MalformedXML`
    /// otherwise.
    pub fn exact(&self, name: &str) -> Result<&str> {
        self.exact_of(name)?.ok_or_else(malformed)
    }

    /// [`Element::exact`] of a child that may be left out.
    pub fn exact_of(&self, name: &str) -> Result<Option<&str>> {
        let mut found = self.children.iter().filter(|child| child.name == name);
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(child), None) if child.children.is_empty() => Ok(Some(&child.text)),
            _ => Err(malformed()),
        }
    }

    /// The word in the first child with this name, without the white space around it: for values
    /// that S3 defines (enumerations, numbers, dates, ids that it made).
    pub fn word_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(Element::word)
    }

    /// [`Element::word_of`] of a child that must be there. `MalformedXML` otherwise.
    pub fn required(&self, name: &str) -> Result<&str> {
        self.word_of(name).ok_or_else(malformed)
    }

    /// The number in a child. `MalformedXML` when the child is there and holds none.
    pub fn number_of(&self, name: &str) -> Result<Option<u64>> {
        let Some(text) = self.word_of(name) else { return Ok(None) };
        Ok(Some(text.parse().map_err(|_| ErrorCode::MalformedXML)?))
    }

    /// The text without the white space around it; other spaces of Unicode are characters like any
    /// other.
    pub fn word(&self) -> &str {
        self.text.trim_matches([' ', '\t', '\r', '\n'])
    }

    /// Whether every child has one of these names, as S3's schema demands. `MalformedXML`
    /// otherwise.
    pub fn only(&self, names: &[&str]) -> Result<()> {
        let known = self.children.iter().all(|child| names.contains(&child.name.as_str()));
        if known { Ok(()) } else { Err(ErrorCode::MalformedXML.into()) }
    }
}

/// The open elements, outermost first, and the root once it is closed.
struct Builder {
    open: Vec<Element>,
    root: Option<Element>,
    /// How many more elements there may be.
    left: usize,
    /// Bytes of the text of one element.
    text_length_max: usize,
}

impl Builder {
    fn run(mut self, text: &str) -> Result<Element> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        loop {
            match reader.read_event().map_err(|_| ErrorCode::MalformedXML)? {
                Event::Start(start) => self.start(&start)?,
                Event::Empty(start) => {
                    self.start(&start)?;
                    self.end();
                }
                Event::End(_) => self.end(),
                Event::Text(text) => {
                    let text = text.xml10_content();
                    // XML allows `]]>` only at the end of a CDATA section:
                    // <https://www.w3.org/TR/xml/#syntax>.
                    if text.contains("]]>") {
                        return Err(malformed());
                    }
                    self.text(&text)?;
                }
                Event::CData(text) => self.text(&text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let resolved = reference.resolve_char_ref().map_err(|_| ErrorCode::MalformedXML)?;
                    let character = match resolved {
                        Some(character) if is_character(character) => character,
                        Some(_) => return Err(malformed()),
                        None => predefined(&reference.xml10_content())?,
                    };
                    self.text(character.encode_utf8(&mut [0; 4]))?;
                }
                Event::DocType(_) => return Err(ErrorCode::MalformedXML.into()),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        if self.open.is_empty() { Ok(self.root.ok_or(ErrorCode::MalformedXML)?) } else { Err(malformed()) }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<()> {
        let misplaced = self.open.is_empty() && self.root.is_some();
        if misplaced || self.open.len() >= DEPTH_MAX {
            return Err(malformed());
        }
        self.left = self.left.checked_sub(1).ok_or_else(malformed)?;
        let name = element_name(start.name().into_inner())?.to_owned();
        self.open.push(Element { name, kind: kind(start)?, ..Element::default() });
        Ok(())
    }

    /// Closes the innermost element. The reader has checked that the end tag matches the start tag.
    fn end(&mut self) {
        let Some(mut element) = self.open.pop() else { return };
        if !element.children.is_empty() {
            element.text = String::new();
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) -> Result<()> {
        match self.open.last_mut() {
            Some(element) if element.text.len() + text.len() > self.text_length_max => {
                return Err(malformed());
            }
            Some(element) => element.text.push_str(text),
            // Outside of the root there may be white space, and a byte order mark.
            None if text.chars().all(|character| character.is_whitespace() || character == '\u{feff}') => {}
            None => return Err(malformed()),
        }
        Ok(())
    }
}

/// Whether XML 1.0 has a character (<https://www.w3.org/TR/xml/#NT-Char>).
fn is_character(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        _ => character >= ' ' && !matches!(character, '\u{fffe}' | '\u{ffff}'),
    }
}

fn malformed() -> crate::errors::S3Error {
    ErrorCode::MalformedXML.into()
}

/// The local part of a qualified name, `prefix:local` or `local`, each part of which must be a
/// name.
fn element_name(qualified: &str) -> Result<&str> {
    let (prefix, local) = match qualified.split_once(':') {
        Some((prefix, local)) => (Some(prefix), local),
        None => (None, qualified),
    };
    if is_name(local) && prefix.is_none_or(is_name) { Ok(local) } else { Err(malformed()) }
}

/// Whether a text is a name without a colon (<https://www.w3.org/TR/xml-names/#NT-NCName>). Beyond
/// ASCII every character counts as a letter: no element of S3 has one.
fn is_name(text: &str) -> bool {
    let begins =
        |character: char| character.is_ascii_alphabetic() || character == '_' || !character.is_ascii();
    let goes_on =
        |character: char| begins(character) || character.is_ascii_digit() || "-.".contains(character);
    text.chars().next().is_some_and(begins) && text.chars().all(goes_on)
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn kind(start: &BytesStart<'_>) -> Result<Option<String>> {
    let mut kind = None;
    for (position, attribute) in start.attributes().enumerate() {
        if position == ATTRIBUTES_MAX {
            return Err(malformed());
        }
        let attribute = attribute.map_err(|_| ErrorCode::MalformedXML)?;
        check_value(&attribute.value)?;
        let name = attribute.key.into_inner();
        if name.contains(':') && local(name) == "type" {
            let value: Cow<'_, str> = attribute.value;
            kind = Some(value.into_owned());
        }
    }
    Ok(kind)
}

/// Refuses the value of an attribute that is not well-formed. References in it are not resolved,
/// because no value is used that has one.
fn check_value(value: &str) -> Result<()> {
    if value.contains('<') {
        return Err(malformed());
    }
    for rest in value.split('&').skip(1) {
        let (name, _) = rest.split_once(';').ok_or_else(malformed)?;
        let reference = BytesRef::new(name);
        match reference.resolve_char_ref().map_err(|_| ErrorCode::MalformedXML)? {
            Some(character) if is_character(character) => {}
            Some(_) => return Err(malformed()),
            None => predefined(name).map(drop)?,
        }
    }
    Ok(())
}

/// The five entities that XML itself defines; no other is known, so nothing can be expanded.
fn predefined(name: &str) -> Result<char> {
    match name {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(malformed()),
    }
}
