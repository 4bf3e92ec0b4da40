//! What a transform answers, checked: a response may have it.

use http::{HeaderName, HeaderValue};

use super::bindings::exports::{head, list_page, put};
use super::bindings::types;
use super::body::ReplyBody;
use super::failure::{CallFailure, FailureKind};

/// Headers of one reply, and the bytes of their names and values.
const HEADERS_MAX: usize = 64;
const HEADERS_BYTES_MAX: usize = 16 << 10;
/// Bytes of names and values of metadata, as S3 counts them.
const METADATA_BYTES_MAX: usize = 2 << 10;
/// Bytes of the code of an error, and of its message.
const CODE_BYTES_MAX: usize = 64;
const MESSAGE_BYTES_MAX: usize = 1 << 10;
/// Entries of a page, and its common prefixes.
const PAGE_ENTRIES_MAX: usize = 1000;

/// Headers that only the server sets, one a line: they frame a response, name it, or belong to a
/// connection. The stage `transform` reads the same table.
const OF_THE_SERVER: &str = include_str!("../../../gateway/server-headers.txt");
/// Metadata has a field of its own.
const METADATA: &str = "x-amz-meta-";

/// The head of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyHead {
    /// 200, 206, 304, or from 400 to 599.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// `None` leaves the object's.
    pub metadata: Option<Vec<(String, String)>>,
}

/// A response.
#[derive(Debug)]
pub struct TransformReply {
    /// Its head.
    pub head: ReplyHead,
    /// Its bytes.
    pub body: ReplyBody,
}

/// One key of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageEntry {
    /// Its key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Without quotes.
    pub etag: String,
    /// Milliseconds since 1970.
    pub last_modified_ms: u64,
}

/// A page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// In the order of their bytes.
    pub entries: Vec<PageEntry>,
    /// What keys have in common up to a delimiter.
    pub common_prefixes: Vec<String>,
}

fn bad(words: String) -> CallFailure {
    CallFailure::new(FailureKind::BadReply, words)
}

/// A name as an error shows it: short, and without control characters.
fn shown(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}

/// Checks the head of a response.
///
/// # Errors
/// `BadReply`: what no response can have, or a transform may not set.
pub(super) fn check_head(head: types::Head) -> Result<ReplyHead, CallFailure> {
    let types::Head { status, headers, metadata } = head;
    if !matches!(status, 200 | 206 | 304 | 400..=599) {
        return Err(bad(format!("the status {status} is none of 200, 206, 304 and 400 to 599")));
    }
    if headers.len() > HEADERS_MAX {
        return Err(bad(format!("it set {} headers; {HEADERS_MAX} is the most", headers.len())));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > HEADERS_BYTES_MAX {
        return Err(bad(format!("its headers have {bytes} bytes; {HEADERS_BYTES_MAX} is the most")));
    }
    let headers = headers.into_iter().map(check_header).collect::<Result<_, _>>()?;
    let metadata = metadata.map(check_metadata).transpose()?;
    Ok(ReplyHead { status, headers, metadata })
}

fn check_header((name, value): (String, String)) -> Result<(String, String), CallFailure> {
    let lower = name.to_ascii_lowercase();
    if HeaderName::from_bytes(lower.as_bytes()).is_err() || HeaderValue::from_str(&value).is_err() {
        return Err(bad(format!("the header `{}` is none that HTTP can have", shown(&name))));
    }
    if OF_THE_SERVER.lines().any(|name| name == lower) || lower.starts_with(METADATA) {
        return Err(bad(format!("the header `{lower}` is not a transform's to set")));
    }
    Ok((lower, value))
}

/// Checks metadata.
///
/// # Errors
/// `BadReply`.
pub(super) fn check_metadata(metadata: Vec<(String, String)>) -> Result<Vec<(String, String)>, CallFailure> {
    let bytes: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > METADATA_BYTES_MAX {
        return Err(bad(format!("its metadata has {bytes} bytes; {METADATA_BYTES_MAX} is the most")));
    }
    let check = |(name, value): (String, String)| {
        let lower = name.to_ascii_lowercase();
        let is_name = !lower.is_empty() && HeaderName::from_bytes(lower.as_bytes()).is_ok();
        match is_name && HeaderValue::from_str(&value).is_ok() {
            true => Ok((lower, value)),
            false => Err(bad(format!("the metadata `{}` is none that a header can hold", shown(&name)))),
        }
    };
    metadata.into_iter().map(check).collect()
}

/// Checks the head of HEAD.
///
/// # Errors
/// `BadReply`.
pub(super) fn check_head_reply(reply: head::HeadReply) -> Result<(ReplyHead, Option<u64>), CallFailure> {
    Ok((check_head(reply.head)?, reply.size))
}

/// Checks a content type.
///
/// # Errors
/// `BadReply`.
pub(super) fn check_content_type(content_type: Option<String>) -> Result<Option<String>, CallFailure> {
    let check = |text: String| check_header(("content-type".to_owned(), text)).map(|(_, text)| text);
    content_type.map(check).transpose()
}

/// Checks what a client is told instead of a response.
///
/// # Errors
/// `BadReply`.
pub(super) fn check_error(error: types::Error) -> Result<types::Error, CallFailure> {
    let code = &error.code;
    if !matches!(error.status, 304 | 400..=599) {
        return Err(bad(format!("the status {} of an error is neither 304 nor 400 to 599", error.status)));
    }
    let is_code =
        (1..=CODE_BYTES_MAX).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_code {
        let words = format!(
            "the code `{}` of an error has not 1 to {CODE_BYTES_MAX} letters and digits",
            shown(code)
        );
        return Err(bad(words));
    }
    let has_controls =
        error.message.chars().any(|other| other.is_control() && other != '\n' && other != '\t');
    if error.message.len() > MESSAGE_BYTES_MAX || has_controls {
        return Err(bad(format!(
            "the message of {code} has control characters, or over {MESSAGE_BYTES_MAX} bytes"
        )));
    }
    Ok(error)
}

impl From<&Page> for list_page::Page {
    fn from(page: &Page) -> list_page::Page {
        let entry = |entry: &PageEntry| list_page::Entry {
            key: entry.key.clone(),
            size: entry.size,
            etag: entry.etag.clone(),
            last_modified_ms: entry.last_modified_ms,
        };
        let common_prefixes = page.common_prefixes.clone();
        list_page::Page { entries: page.entries.iter().map(entry).collect(), common_prefixes }
    }
}

/// Checks a page: it has keys of the page that was given, each once, in their order.
///
/// # Errors
/// `BadReply`.
pub(super) fn check_page(given: &Page, page: list_page::Page) -> Result<Page, CallFailure> {
    if page.entries.len() > PAGE_ENTRIES_MAX {
        return Err(bad(format!(
            "its page has {} entries; {PAGE_ENTRIES_MAX} is the most",
            page.entries.len()
        )));
    }
    let keys = page.entries.iter().map(|entry| entry.key.as_str());
    check_part_of(given.entries.iter().map(|entry| entry.key.as_str()), keys)?;
    check_part_of(
        given.common_prefixes.iter().map(String::as_str),
        page.common_prefixes.iter().map(String::as_str),
    )?;
    let entry = |entry: list_page::Entry| {
        let list_page::Entry { key, size, etag, last_modified_ms } = entry;
        let is_etag =
            etag.len() <= 256 && etag.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'"');
        match is_etag {
            true => Ok(PageEntry { key, size, etag, last_modified_ms }),
            false => Err(bad(format!("the ETag of `{}` is none", shown(&key)))),
        }
    };
    let entries = page.entries.into_iter().map(entry).collect::<Result<_, _>>()?;
    Ok(Page { entries, common_prefixes: page.common_prefixes })
}

fn check_part_of<'a>(
    mut whole: impl Iterator<Item = &'a str>,
    part: impl Iterator<Item = &'a str>,
) -> Result<(), CallFailure> {
    for text in part {
        if !whole.any(|other| other == text) {
            return Err(bad(format!(
                "`{}` is not on the page that it was given, or not in its order",
                shown(text)
            )));
        }
    }
    Ok(())
}

/// What is stored, checked.
#[derive(Debug)]
pub struct StoredHead {
    /// `None` leaves the client's.
    pub content_type: Option<String>,
    /// `None` leaves the client's.
    pub metadata: Option<Vec<(String, String)>>,
}

/// Checks what is stored with the bytes.
///
/// # Errors
/// `BadReply`.
pub(super) fn check_stored(
    content_type: Option<String>,
    metadata: Option<Vec<(String, String)>>,
) -> Result<StoredHead, CallFailure> {
    let metadata = metadata.map(check_metadata).transpose()?;
    Ok(StoredHead { content_type: check_content_type(content_type)?, metadata })
}

/// The head and the bytes of what is stored.
pub(super) fn divide_stored(stored: put::Stored) -> Result<(StoredHead, Option<Vec<u8>>), CallFailure> {
    Ok((check_stored(stored.content_type, stored.metadata)?, stored.body))
}

#[cfg(test)]
mod tests;
