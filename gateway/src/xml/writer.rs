//! Pushes response documents into one string: no tree, no formatting machinery.

use std::fmt::Write as _;

/// The declaration with which every document of S3 starts.
pub const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The namespace of S3's documents.
pub const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// The namespace of the documents of an account's settings (s3control).
pub const CONTROL_NAMESPACE: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";

/// Writes one document.
///
/// ```
/// let mut xml = gateway::xml::XmlWriter::document("Tagging");
/// xml.text("Key", "a<b");
/// assert!(xml.finish().ends_with("<Key>a&lt;b</Key></Tagging>"));
/// ```
#[derive(Clone, Debug)]
pub struct XmlWriter {
    out: String,
    root: String,
}

impl XmlWriter {
    /// Starts a document whose root has S3's namespace.
    pub fn document(root: &str) -> XmlWriter {
        XmlWriter::document_in(root, NAMESPACE)
    }

    /// Starts a document in a namespace; none when it is empty.
    pub fn document_in(root: &str, namespace: &str) -> XmlWriter {
        let mut out = String::with_capacity(512);
        out.push_str(DECLARATION);
        out.push('<');
        out.push_str(root);
        if !namespace.is_empty() {
            out.push_str(" xmlns=\"");
            push_escaped(&mut out, namespace);
            out.push('"');
        }
        out.push('>');
        XmlWriter { out, root: root.to_owned() }
    }

    /// Elements without a root, for [`XmlWriter::into_open`].
    pub(crate) fn fragment() -> XmlWriter {
        XmlWriter { out: String::new(), root: String::new() }
    }

    /// Makes room for `bytes` more.
    pub fn reserve(&mut self, bytes: usize) {
        self.out.reserve(bytes);
    }

    /// `<name>`
    pub fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    /// `<name attributes>`; the attributes are written as they are.
    pub fn open_with(&mut self, name: &str, attributes: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push(' ');
        self.out.push_str(attributes);
        self.out.push('>');
    }

    /// `</name>`
    pub fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// `<name>text</name>`, escaped.
    pub fn text(&mut self, name: &str, text: &str) {
        push_element(&mut self.out, name, text);
    }

    /// [`XmlWriter::text`] when there is one.
    pub fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// `<name>number</name>`
    pub fn number(&mut self, name: &str, number: u64) {
        self.open(name);
        push_number(&mut self.out, number);
        self.close(name);
    }

    /// `<name>true</name>` or `<name>false</name>`
    pub fn boolean(&mut self, name: &str, value: bool) {
        self.text(name, if value { "true" } else { "false" });
    }

    /// Text that needs no escaping, written by `push`, inside an element.
    pub fn with(&mut self, name: &str, push: impl FnOnce(&mut String)) {
        self.open(name);
        push(&mut self.out);
        self.close(name);
    }

    /// Markup that `push` writes and escapes itself.
    pub fn push(&mut self, push: impl FnOnce(&mut String)) {
        push(&mut self.out);
    }

    /// What was written so far; the caller closes the root.
    pub(crate) fn into_open(self) -> String {
        self.out
    }

    /// Closes the root and gives the document.
    pub fn finish(mut self) -> String {
        self.out.push_str("</");
        self.out.push_str(&self.root);
        self.out.push('>');
        self.out
    }
}

/// Appends `<name>text</name>`, escaped.
pub fn push_element(out: &mut String, name: &str, text: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    push_escaped(out, text);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Appends text with `& < > "` and control characters escaped, the latter as `&#x1;`, as S3 writes
/// them. XML 1.0 has no such references, which is why `encoding-type=url` exists; [`declare`] makes
/// the document XML 1.1 then. Characters that no XML has (U+0000, U+FFFE, U+FFFF) become U+FFFD.
pub fn push_escaped(out: &mut String, text: &str) {
    let mut copied = 0;
    for (position, byte) in text.bytes().enumerate() {
        if !SPECIAL.get(usize::from(byte)).copied().unwrap_or(true) {
            continue;
        }
        // Special bytes begin a character, so both ends of the slice are boundaries.
        let Some(character) = text.get(position..).and_then(|rest| rest.chars().next()) else { continue };
        if is_plain(character) {
            continue;
        }
        out.push_str(text.get(copied..position).unwrap_or_default());
        copied = position + character.len_utf8();
        push_escape(out, character);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}

/// The first bytes of all characters that [`is_plain`] refuses, and of some others.
static SPECIAL: [bool; 256] = byte_set(
    b"&<>\"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\
      \x1a\x1b\x1c\x1d\x1e\x1f\x7f\xc2\xe2\xef",
);

/// Whether a character needs no escaping. `\t` and `\n` survive in text. `\r` would become `\n`, as
/// would the other ends of lines of XML 1.1.
fn is_plain(character: char) -> bool {
    !matches!(
        character,
        '&' | '<' | '>' | '"' | '\0'..='\x08' | '\x0b'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// Declares a whole document to be XML 1.1 if it has a reference that XML 1.0 does not have: a key
/// may hold any character. A reader of 1.0 refuses such a document either way. A reader of 1.1
/// finds the right key.
pub fn declare(document: &mut String) {
    const VERSION: std::ops::Range<usize> = 15..18;
    if document.get(VERSION) == Some("1.0") && has_control_reference(document) {
        document.replace_range(VERSION, "1.1");
    }
}

/// Whether [`push_escaped`] wrote a reference to a character that only XML 1.1 has.
fn has_control_reference(document: &str) -> bool {
    document.split("&#x").skip(1).any(|rest| {
        let digits = rest.split(';').next().filter(|digits| digits.len() <= 2);
        let number = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        number.is_some_and(|number| number < 0x20 && !matches!(number, b'\t' | b'\n' | b'\r'))
    })
}

/// A table of the bytes that occur in a list.
#[expect(clippy::indexing_slicing, reason = "a byte is an index of 256, and this runs while compiling")]
pub(crate) const fn byte_set(mut bytes: &[u8]) -> [bool; 256] {
    let mut set = [false; 256];
    while let [byte, rest @ ..] = bytes {
        set[*byte as usize] = true;
        bytes = rest;
    }
    set
}

fn push_escape(out: &mut String, character: char) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\0' | '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
        _ => {
            // Writing to a String cannot fail.
            let _ = write!(out, "&#x{:x};", u32::from(character));
        }
    }
}

/// Appends a number in decimal.
pub(crate) fn push_number(out: &mut String, number: u64) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut start = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        start -= 1;
        if rest == 0 {
            break;
        }
    }
    let written = digits.get(start..).unwrap_or_default();
    out.push_str(str::from_utf8(written).unwrap_or_default());
}
