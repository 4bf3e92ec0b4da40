//! A page of a listing: the document that `storage` wrote of it, read and changed.
//!
//! Keys stay in the document as they were written. So a key that XML 1.0 cannot hold is listed as
//! it is without a transform.

use gateway::request::url_encoding::decode_path;
use gateway::timestamp;
use gateway::xml::push_escaped;
use sdk::{ListedObject, ListedPage};

/// Elements about the bytes that are stored.
const OF_STORED_BYTES: [&str; 2] = ["ChecksumAlgorithm", "ChecksumType"];

/// The page of a document.
pub(crate) struct Page {
    document: String,
    /// Whether its keys are percent-encoded.
    encodes_keys: bool,
}

/// What a page shows of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum EntryShown {
    /// What is stored.
    AsStored,
    /// What reading it gives: bytes, and an ETag if there is one.
    Made(u64, Option<String>),
    /// That it is there, and nothing of its bytes: reading it gives none.
    Unreadable,
    /// Nothing: it is gone.
    Gone,
}

impl Page {
    pub(crate) fn new(document: String, encodes_keys: bool) -> Page {
        Page { document, encodes_keys }
    }

    /// What the document shows. None where it is no page.
    pub(crate) fn read(&self) -> Option<ListedPage> {
        let entry = |contents: &str| {
            Some(ListedObject {
                key: self.key_in(contents, "Key")?,
                size: text_in(contents, "Size")?.parse().ok()?,
                etag: text_in(contents, "ETag").unwrap_or_default().trim_matches('"').to_owned(),
                last_modified_ms: timestamp::parse_iso8601(&text_in(contents, "LastModified")?)?,
            })
        };
        Some(ListedPage {
            entries: self.elements("Contents").into_iter().map(entry).collect::<Option<_>>()?,
            common_prefixes: self
                .elements("CommonPrefixes")
                .into_iter()
                .map(|prefix| self.key_in(prefix, "Prefix"))
                .collect::<Option<_>>()?,
        })
    }

    fn elements(&self, name: &str) -> Vec<&str> {
        let (open, close) = tags(name);
        let behind = self.document.split(open.as_str()).skip(1);
        behind.filter_map(|from| from.split_once(&close).map(|(block, _)| block)).collect()
    }

    fn key_in(&self, block: &str, name: &str) -> Option<String> {
        let text = text_in(block, name)?;
        match self.encodes_keys {
            true => decode_path(&text).map(std::borrow::Cow::into_owned).ok(),
            false => Some(text),
        }
    }

    /// The text of an element that the page has once.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        text_in(&self.document, name)
    }

    /// Sets the text of an element that the page has once, where it has it.
    pub(crate) fn set(&mut self, name: &str, text: &str) {
        self.document = with_text(&self.document, name, text);
    }

    /// The same, also where it does not have it.
    pub(crate) fn insert(&mut self, name: &str, text: &str) {
        let (open, close) = tags(name);
        if self.document.contains(&open) {
            return self.set(name, text);
        }
        let mut element = open;
        push_escaped(&mut element, text);
        element.push_str(&close);
        // Every page has this one, ahead of its entries.
        self.document = self.document.replacen("<MaxKeys>", &(element + "<MaxKeys>"), 1);
    }

    /// Shows of each entry what is said, in their order.
    pub(crate) fn show(&mut self, entries: &[EntryShown]) {
        let mut said = entries.iter();
        self.document = blocks(&self.document, "Contents", |block| match said.next()? {
            EntryShown::AsStored => Some(block.to_owned()),
            EntryShown::Made(size, etag) => Some(with_made(block, *size, etag.as_deref())),
            EntryShown::Unreadable => Some(with_made(block, 0, None)),
            EntryShown::Gone => None,
        });
        let gone = entries.iter().filter(|entry| **entry == EntryShown::Gone).count();
        let count = self.text("KeyCount").and_then(|count| count.parse::<usize>().ok());
        if let Some(count) = count.filter(|_| gone > 0) {
            self.set("KeyCount", &count.saturating_sub(gone).to_string());
        }
    }

    /// Shows what was made of a page: it leaves entries out, and says other things of the others.
    /// Both pages have their entries in one order.
    pub(crate) fn replace(&mut self, page: &ListedPage, made: &ListedPage) {
        let mut entries = made.entries.iter().peekable();
        let mut given = page.entries.iter();
        let document = blocks(&self.document, "Contents", |block| {
            let is_kept =
                given.next().is_some_and(|given| entries.peek().is_some_and(|made| made.key == given.key));
            let made = entries.next_if(|_| is_kept)?;
            let block = with_text(block, "Size", &made.size.to_string());
            let block = with_text(&block, "ETag", &quoted(&made.etag));
            Some(with_text(&block, "LastModified", &timestamp::iso8601(made.last_modified_ms)))
        });
        let mut prefixes = made.common_prefixes.iter().peekable();
        let mut given = page.common_prefixes.iter();
        self.document = blocks(&document, "CommonPrefixes", |block| {
            let is_kept = given.next().is_some_and(|given| prefixes.peek() == Some(&given));
            prefixes.next_if(|_| is_kept).map(|_| block.to_owned())
        });
        let count = made.entries.len() + made.common_prefixes.len();
        self.set("KeyCount", &count.to_string());
    }

    pub(crate) fn into_document(self) -> String {
        self.document
    }
}

/// An entry with what was made of its object.
fn with_made(block: &str, size: u64, etag: Option<&str>) -> String {
    let mut block = with_text(block, "Size", &size.to_string());
    block = match etag {
        Some(etag) => with_text(&block, "ETag", &quoted(etag)),
        None => blocks(&block, "ETag", |_| None),
    };
    OF_STORED_BYTES.into_iter().fold(block, |block, name| blocks(&block, name, |_| None))
}

fn tags(name: &str) -> (String, String) {
    (format!("<{name}>"), format!("</{name}>"))
}

/// The text of the first element of a name, without its escapes.
fn text_in(text: &str, name: &str) -> Option<String> {
    let (open, close) = tags(name);
    let (_, from) = text.split_once(&open)?;
    unescaped(from.split_once(&close)?.0)
}

/// A text as it was before it was escaped.
fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part.split_once(';')?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            name => char::from_u32(u32::from_str_radix(name.strip_prefix("#x")?, 16).ok()?)?,
        });
        out.push_str(rest);
    }
    Some(out)
}

/// The text with each element of a name replaced; `None` takes it out. Such an element has no other
/// one of its name in it.
fn blocks(text: &str, name: &str, mut replace: impl FnMut(&str) -> Option<String>) -> String {
    let (open, close) = tags(name);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once(&open) {
        let Some((block, behind)) = from.split_once(&close) else { break };
        out.push_str(before);
        if let Some(replaced) = replace(block) {
            out.extend([open.as_str(), &replaced, close.as_str()]);
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The text with another text in the first element of a name.
fn with_text(text: &str, name: &str, new: &str) -> String {
    let mut is_first = true;
    blocks(text, name, |old| {
        Some(if std::mem::take(&mut is_first) { new.to_owned() } else { old.to_owned() })
    })
}

/// An ETag as documents have it.
fn quoted(etag: &str) -> String {
    let mut out = String::from("&quot;");
    push_escaped(&mut out, etag.trim_matches('"'));
    out.push_str("&quot;");
    out
}

#[cfg(test)]
mod tests;
