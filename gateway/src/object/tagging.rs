//! Tag sets of objects and buckets: limits, the header form, the document form.

use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::url_encoding;
use crate::xml::{Element, XmlWriter};

const KEY_LENGTH_MAX: usize = 128;
const VALUE_LENGTH_MAX: usize = 256;

/// What has the tags, which decides how many there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tagged {
    /// At most 10.
    Object,
    /// At most 50.
    Bucket,
}

/// Keys and values of tags.
pub type Tags = Vec<(String, String)>;

/// Keys and values, in the order of the keys, which are unique. The order in which a client sent
/// them is not kept.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct TagSet {
    /// Key and value.
    pub tags: Tags,
}

impl TagSet {
    /// Reads the header `x-amz-tagging`: `a=1&b=2`, url-encoded. `InvalidTag` against the rules,
    /// `InvalidArgument` for broken escapes, a pair without a key, and a key that comes twice.
    pub fn parse_header(text: &str) -> Result<TagSet> {
        let mut set = TagSet::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (key, value) = (decode(key, text)?, decode(value, text)?);
            if key.is_empty() || set.position(&key).is_ok() {
                return Err(badly_encoded(text));
            }
            set.push(key, value, Tagged::Object)?;
        }
        Ok(set)
    }

    /// Reads `<Tagging><TagSet><Tag>…`. `MalformedXML` for other documents, `InvalidTag` against
    /// the rules.
    pub fn parse_document(body: &[u8], tagged: Tagged) -> Result<TagSet> {
        let root = Element::parse_named(body, "Tagging")?;
        root.only(&["TagSet"])?;
        let list = root.child("TagSet").ok_or(ErrorCode::MalformedXML)?;
        TagSet::parse_list(list, tagged)
    }

    /// Reads the `Tag` elements of a list.
    pub fn parse_list(list: &Element, tagged: Tagged) -> Result<TagSet> {
        list.only(&["Tag"])?;
        let mut set = TagSet::default();
        for tag in &list.children {
            tag.only(&["Key", "Value"])?;
            let key = tag.exact("Key")?;
            let value = tag.exact("Value")?;
            set.push(key.to_owned(), value.to_owned(), tagged)?;
        }
        Ok(set)
    }

    /// The response document of the tagging operations.
    pub fn document(&self) -> String {
        let mut xml = XmlWriter::document("Tagging");
        xml.open("TagSet");
        for (key, value) in &self.tags {
            xml.open("Tag");
            xml.text("Key", key);
            xml.text("Value", value);
            xml.close("Tag");
        }
        xml.close("TagSet");
        xml.finish()
    }

    /// Whether there are no tags.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// The position of a key, or the one at which it would be inserted.
    fn position(&self, key: &str) -> std::result::Result<usize, usize> {
        self.tags.binary_search_by(|(present, _)| present.as_str().cmp(key))
    }

    fn push(&mut self, key: String, value: String, tagged: Tagged) -> Result<()> {
        check(&key, &value)?;
        match self.position(&key) {
            Ok(_) => {
                return Err(invalid("Cannot provide multiple Tags with the same key").detail("TagKey", key));
            }
            Err(position) => self.tags.insert(position, (key, value)),
        }
        match tagged {
            Tagged::Object if self.tags.len() > 10 => Err(too_many("Object tags cannot be greater than 10")),
            Tagged::Bucket if self.tags.len() > 50 => {
                Err(too_many("Bucket tag count cannot be greater than 50"))
            }
            _ => Ok(()),
        }
    }
}

fn check(key: &str, value: &str) -> Result<()> {
    if key.is_empty() || key.chars().count() > KEY_LENGTH_MAX || !key.chars().all(allowed) {
        return Err(invalid("The TagKey you have provided is invalid").detail("TagKey", key));
    }
    if value.chars().count() > VALUE_LENGTH_MAX || !value.chars().all(allowed) {
        let error = invalid("The TagValue you have provided is invalid");
        return Err(error.detail("TagKey", key).detail("TagValue", value));
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Err(invalid("System tags cannot be added/updated by requester").detail("TagKey", key));
    }
    Ok(())
}

/// Letters, digits and spaces of every script, and a few signs.
fn allowed(character: char) -> bool {
    let space = character.is_whitespace() && !character.is_control();
    character.is_alphanumeric() || space || matches!(character, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
}

fn decode(part: &str, header: &str) -> Result<String> {
    match url_encoding::decode_query(part) {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(badly_encoded(header)),
    }
}

fn badly_encoded(header: &str) -> S3Error {
    S3Error::invalid_argument(
        "x-amz-tagging",
        header,
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters \
         without tag name duplicates.",
    )
}

fn too_many(message: &str) -> S3Error {
    S3Error::new(ErrorCode::BadRequest).message(message)
}

fn invalid(message: &str) -> S3Error {
    S3Error::new(ErrorCode::InvalidTag).message(message)
}

#[cfg(test)]
mod tests;
