//! A page of a listing, transformed: entries that the transform leaves out are taken out of the
//! document, and the others get its sizes, ETags and times.

use gateway::errors::Result;
use gateway::request::url_encoding::decode_path;
use gateway::timestamp;
use gateway::xml::{Element, push_escaped};
use sdk::{
    Body, Call, ListedObject, ListedPage, Made, MadeNeed, TransformedObject, TransformedPart, Work as _,
};

use crate::prepare::Prepared;
use crate::{failure, reply, run};

/// Elements of a page with 1,000 entries.
const ELEMENTS_MAX: usize = 20_000;

/// Has the page that is set transformed.
pub(crate) async fn run(call: &Call, prepared: &Prepared) -> Result<()> {
    let (Some(response), Some(bytes)) = (call.response(), call.response_bytes()) else {
        return Err(reply::broken());
    };
    let document = String::from_utf8(bytes).map_err(|_| reply::broken())?;
    let page = read(&document, prepared.encodes_keys).ok_or_else(reply::broken)?;
    let nothing = TransformedObject {
        version_id: None,
        size: 0,
        etag: String::new(),
        content_type: None,
        last_modified_ms: 0,
        metadata: Vec::new(),
    };
    let part = TransformedPart::Page(page.clone());
    let plan = run::plan(prepared, 0, part, nothing, MadeNeed::Whole)?;
    match call.transform(&plan).await.map_err(|failed| failure::error(&failed))? {
        Made::Page(made) => {
            let document = rewritten(&document, &page, &made);
            call.respond(response.status, &response.headers, &Body::Bytes(document.into_bytes()));
            Ok(())
        }
        Made::Refused(error) => {
            reply::refuse(call, prepared.is_head, &error);
            Ok(())
        }
        Made::Reply(_) | Made::Document(_) | Made::NewObject(_) => Err(reply::broken()),
    }
}

/// The page that a document of `storage` shows.
fn read(document: &str, encodes_keys: bool) -> Option<ListedPage> {
    let root = Element::parse_long(document.as_bytes(), "ListBucketResult", ELEMENTS_MAX).ok()?;
    let key = |text: &str| match encodes_keys {
        true => decode_path(text).map(std::borrow::Cow::into_owned).ok(),
        false => Some(text.to_owned()),
    };
    let entry = |contents: &Element| {
        Some(ListedObject {
            key: key(contents.text_of("Key")?)?,
            size: contents.text_of("Size")?.parse().ok()?,
            etag: contents.text_of("ETag")?.trim_matches('"').to_owned(),
            last_modified_ms: timestamp::parse_iso8601(contents.text_of("LastModified")?)?,
        })
    };
    Some(ListedPage {
        entries: root.children("Contents").map(entry).collect::<Option<_>>()?,
        common_prefixes: root
            .children("CommonPrefixes")
            .map(|prefix| key(prefix.text_of("Prefix")?))
            .collect::<Option<_>>()?,
    })
}

/// The document with what was made of its page. Both pages have their entries in one order.
fn rewritten(document: &str, page: &ListedPage, made: &ListedPage) -> String {
    let mut entries = made.entries.iter().peekable();
    let mut given = page.entries.iter();
    let document = blocks(document, "Contents", |block| {
        let is_kept =
            given.next().is_some_and(|given| entries.peek().is_some_and(|made| made.key == given.key));
        let made = entries.next_if(|_| is_kept)?;
        let block = with_text(block, "Size", &made.size.to_string());
        let block = with_text(&block, "ETag", &quoted(&made.etag));
        Some(with_text(&block, "LastModified", &timestamp::iso8601(made.last_modified_ms)))
    });
    let mut prefixes = made.common_prefixes.iter().peekable();
    let mut given = page.common_prefixes.iter();
    let document = blocks(&document, "CommonPrefixes", |block| {
        let is_kept = given.next().is_some_and(|given| prefixes.peek() == Some(&given));
        prefixes.next_if(|_| is_kept).map(|_| block.to_owned())
    });
    let count = made.entries.len() + made.common_prefixes.len();
    with_text(&document, "KeyCount", &count.to_string())
}

/// The text with each element of a name replaced; `None` takes it out. Such an element has no other
/// one of its name in it.
fn blocks(text: &str, name: &str, mut replace: impl FnMut(&str) -> Option<String>) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
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
    push_escaped(&mut out, etag);
    out.push_str("&quot;");
    out
}
