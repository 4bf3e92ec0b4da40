//! Pushes response documents into one string: no tree, no formatting machinery.

use crate::url_encoding;

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

    /// `<name>text</name>` with the text percent-encoded as `encoding-type=url` asks.
    pub fn url_encoded(&mut self, name: &str, text: &str) {
        self.open(name);
        url_encoding::push_listing(&mut self.out, text);
        self.close(name);
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

/// Appends text with `& < > "` and control characters escaped, the latter as `&#x1;`. Such a document is not
/// well-formed XML 1.0, which is why `encoding-type=url` exists; S3 sends it all the same.
pub fn push_escaped(out: &mut String, text: &str) {
    let mut copied = 0;
    for (position, byte) in text.bytes().enumerate() {
        if !ESCAPED.get(usize::from(byte)).copied().unwrap_or(true) {
            continue;
        }
        // An escaped byte is ASCII, so both ends of the slice are character boundaries.
        out.push_str(text.get(copied..position).unwrap_or_default());
        copied = position + 1;
        push_escape(out, byte);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}

/// Which bytes are escaped. `\t` and `\n` survive in text as they are; `\r` would be read back as `\n`.
static ESCAPED: [bool; 256] = byte_set(
    b"&<>\"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\
      \x1a\x1b\x1c\x1d\x1e\x1f\x7f",
);

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

fn push_escape(out: &mut String, byte: u8) {
    match byte {
        b'&' => out.push_str("&amp;"),
        b'<' => out.push_str("&lt;"),
        b'>' => out.push_str("&gt;"),
        b'"' => out.push_str("&quot;"),
        _ => {
            out.push_str("&#x");
            for digit in [byte >> 4, byte & 15].into_iter().skip(usize::from(byte < 16)) {
                out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
            out.push(';');
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
