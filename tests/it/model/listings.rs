//! Listings, page by page, against the reference.

use tests::client::value;
use tests::http::Request;
use tests::xml::Node;

use super::play::{Player, accepted, same};
use super::reference::Item;
use super::steps::ListKind;

/// More pages than any listing here has.
const PAGES_MAX: usize = 200;

impl Player {
    /// Every kind of listing, whole and in pages of two.
    pub(super) fn compare_listings(&mut self) -> Result<(), String> {
        for kind in [ListKind::V1, ListKind::V2, ListKind::Versions, ListKind::Uploads] {
            for delimiter in ["", "/"] {
                self.compare_listing(kind, "", delimiter, 2)?;
                self.compare_listing(kind, "", delimiter, 1000)?;
            }
        }
        Ok(())
    }

    /// Follows one listing from its first page to its last.
    pub(super) fn compare_listing(
        &mut self,
        kind: ListKind,
        prefix: &str,
        delimiter: &str,
        page: usize,
    ) -> Result<(), String> {
        let expected = match kind {
            ListKind::V1 | ListKind::V2 => self.reference.list(prefix, delimiter),
            ListKind::Versions => self.reference.list_versions(prefix, delimiter),
            ListKind::Uploads => self.reference.list_uploads(prefix, delimiter),
        };
        let mut at = 0;
        let mut from = String::new();
        for _ in 0..PAGES_MAX {
            let answer =
                self.send(Request::new("GET", &self.listing_target(kind, prefix, delimiter, page, &from)))?;
            accepted(&answer, 200)?;
            let result = Node::parse(&answer.text());
            let end = expected.len().min(at + page);
            compare_page(kind, &result, &expected[at..end])
                .map_err(|why| format!("{kind:?} from item {at}: {why}"))?;
            let is_truncated = end < expected.len();
            same("IsTruncated", result.value("IsTruncated"), if is_truncated { "true" } else { "false" })?;
            if !is_truncated {
                return Ok(());
            }
            from = next(kind, &result, delimiter)?;
            at = end;
        }
        Err(format!("{kind:?} does not end"))
    }

    fn listing_target(
        &self,
        kind: ListKind,
        prefix: &str,
        delimiter: &str,
        page: usize,
        from: &str,
    ) -> String {
        let (name, limit) = match kind {
            ListKind::V1 => ("", "max-keys"),
            ListKind::V2 => ("list-type=2&", "max-keys"),
            ListKind::Versions => ("versions&", "max-keys"),
            ListKind::Uploads => ("uploads&", "max-uploads"),
        };
        let (prefix, delimiter) = (value(prefix), value(delimiter));
        let bucket = &self.bucket;
        format!(
            "/{bucket}?{name}encoding-type=url&{limit}={page}&prefix={prefix}&delimiter={delimiter}{from}"
        )
    }
}

/// One page shows exactly these items: entries in order, and common prefixes in order.
fn compare_page(kind: ListKind, result: &Node, expected: &[Item]) -> Result<(), String> {
    let mut entries = Vec::new();
    let mut prefixes = Vec::new();
    for item in expected {
        match item {
            Item::Entry(entry) => entries.push(entry.clone()),
            Item::CommonPrefix(prefix) => prefixes.push(prefix.clone()),
        }
    }
    let listed: Vec<String> = result.children.iter().filter_map(|node| describe(kind, node)).collect();
    same("entries", listed, entries)?;
    let common: Vec<String> =
        result.all("CommonPrefixes").map(|node| decoded(node.value("Prefix"))).collect();
    same("common prefixes", common, prefixes)?;
    match kind {
        ListKind::V2 => same("KeyCount", result.value("KeyCount"), expected.len().to_string()),
        _ => Ok(()),
    }
}

/// An entry in the reference's words.
fn describe(kind: ListKind, node: &Node) -> Option<String> {
    let key = decoded(node.value("Key"));
    let etag = node.value("ETag").trim_matches('"');
    let size = node.value("Size");
    let latest = if node.value("IsLatest") == "true" { "latest" } else { "older" };
    let id = node.value("VersionId");
    match (kind, node.name.as_str()) {
        (ListKind::V1 | ListKind::V2, "Contents") => Some(format!("{key} {etag} {size}")),
        (ListKind::Versions, "Version") => Some(format!("{key} {id} {latest} {etag} {size}")),
        (ListKind::Versions, "DeleteMarker") => Some(format!("{key} {id} {latest} marker")),
        (ListKind::Uploads, "Upload") => Some(format!("{key} {}", node.value("UploadId"))),
        _ => None,
    }
}

/// The parameters that ask for the next page.
fn next(kind: ListKind, result: &Node, delimiter: &str) -> Result<String, String> {
    let given = |name: &str| match decoded(result.value(name)) {
        text if text.is_empty() => Err(format!("a truncated page without {name}")),
        text => Ok(value(&text)),
    };
    match kind {
        // S3 names the next marker only with a delimiter; without, it is the last key.
        ListKind::V1 if delimiter.is_empty() => {
            let last = result.all("Contents").last().ok_or("an empty page that is truncated")?;
            Ok(format!("&marker={}", value(&decoded(last.value("Key")))))
        }
        ListKind::V1 => Ok(format!("&marker={}", given("NextMarker")?)),
        ListKind::V2 => Ok(format!("&continuation-token={}", value(result.value("NextContinuationToken")))),
        ListKind::Versions => {
            let key = given("NextKeyMarker")?;
            // After a common prefix there is no version to go on from.
            Ok(match result.value("NextVersionIdMarker") {
                "" => format!("&key-marker={key}"),
                id => format!("&key-marker={key}&version-id-marker={}", value(id)),
            })
        }
        ListKind::Uploads => {
            let key = given("NextKeyMarker")?;
            Ok(match result.value("NextUploadIdMarker") {
                "" => format!("&key-marker={key}"),
                id => format!("&key-marker={key}&upload-id-marker={}", value(id)),
            })
        }
    }
}

/// What `encoding-type=url` encoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let mut digit =
                    || rest.next().and_then(|digit| char::from(digit).to_digit(16)).expect("two digits");
                bytes.push(u8::try_from(digit() * 16 + digit()).expect("a byte"));
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn what_was_encoded_is_decoded() {
    assert_eq!(decoded("a%2Fb+%C3%A9%25"), "a/b é%");
}
