//! DeleteObjects: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>

use super::delete_object::bypass_governance;
use crate::errors::{ErrorCode, Result, S3Error};
use crate::etag::EntityTags;
use crate::headers::Headers;
use crate::precondition::DeletePreconditions;
use crate::timestamp::{parse_http_date, parse_iso8601};
use crate::xml::{Element, XmlWriter};

/// How many objects a request names at most.
pub const OBJECTS_MAX: usize = 1000;

/// What is to be deleted.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// 1 to 1,000 of them.
    pub objects: Vec<ObjectIdentifier>,
    /// Whether only errors are reported.
    pub quiet: bool,
    /// Whether to delete in spite of governance retention.
    pub bypass_governance: bool,
}

/// One of the objects.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ObjectIdentifier {
    /// The key; may be longer than keys can be, which is an error of this object only.
    pub key: String,
    /// The version; without it the current one.
    pub version_id: Option<String>,
    /// `ETag`, `Size` and `LastModifiedTime`
    pub preconditions: DeletePreconditions,
}

impl Input {
    /// Reads headers and body. `MalformedXML` against the schema, for no objects and for more than 1,000.
    pub fn parse(headers: &Headers, body: &[u8]) -> Result<Input> {
        let root = Element::parse_named(body, "Delete")?;
        root.only(&["Object", "Quiet"])?;
        let objects = root.children("Object").map(object).collect::<Result<Vec<_>>>()?;
        if objects.is_empty() || objects.len() > OBJECTS_MAX {
            return Err(ErrorCode::MalformedXML.into());
        }
        let quiet = root.text_of("Quiet").is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
        Ok(Input { objects, quiet, bypass_governance: bypass_governance(headers) })
    }
}

fn object(element: &Element) -> Result<ObjectIdentifier> {
    element.only(&["Key", "VersionId", "ETag", "Size", "LastModifiedTime"])?;
    let key = element.text_of("Key").filter(|key| !key.is_empty()).ok_or(ErrorCode::MalformedXML)?;
    let modified = element.text_of("LastModifiedTime").map(|text| {
        parse_http_date(text).or_else(|| parse_iso8601(text)).ok_or(S3Error::new(ErrorCode::MalformedXML))
    });
    Ok(ObjectIdentifier {
        key: key.to_owned(),
        version_id: element.text_of("VersionId").filter(|id| !id.is_empty()).map(str::to_owned),
        preconditions: DeletePreconditions {
            if_match: element.text_of("ETag").map(EntityTags::parse),
            if_match_size: element.number_of("Size")?,
            if_match_modified_ms: modified.transpose()?,
        },
    })
}

/// The response document, written as objects are dealt with.
#[derive(Clone, Debug)]
pub struct Document {
    xml: XmlWriter,
    quiet: bool,
}

/// What became of one object that was deleted.
#[derive(Clone, Copy, Default, Debug)]
pub struct Deleted<'a> {
    /// The key.
    pub key: &'a str,
    /// The version id that the request named.
    pub version_id: Option<&'a str>,
    /// The version id of the delete marker that was made, or that was deleted.
    pub delete_marker_version_id: Option<&'a str>,
    /// Whether a delete marker was made or deleted.
    pub delete_marker: bool,
}

impl Document {
    /// An empty document; `quiet` leaves out what went well.
    pub fn new(input: &Input) -> Document {
        let mut xml = XmlWriter::document("DeleteResult");
        xml.reserve(128 * input.objects.len());
        Document { xml, quiet: input.quiet }
    }

    /// Reports an object that is deleted, or never was.
    pub fn deleted(&mut self, deleted: Deleted<'_>) {
        if self.quiet {
            return;
        }
        self.xml.open("Deleted");
        self.xml.text("Key", deleted.key);
        self.xml.optional("VersionId", deleted.version_id);
        if deleted.delete_marker {
            self.xml.boolean("DeleteMarker", true);
            self.xml.optional("DeleteMarkerVersionId", deleted.delete_marker_version_id);
        }
        self.xml.close("Deleted");
    }

    /// Reports an object that could not be deleted.
    pub fn error(&mut self, key: &str, version_id: Option<&str>, error: &S3Error) {
        self.xml.open("Error");
        self.xml.text("Key", key);
        self.xml.optional("VersionId", version_id);
        self.xml.text("Code", error.code.as_str());
        self.xml.text("Message", error.message.as_deref().unwrap_or(error.code.message()));
        self.xml.close("Error");
    }

    /// The whole document.
    pub fn finish(self) -> String {
        self.xml.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(xml: &str) -> Result<Input> {
        Input::parse(&Headers::default(), xml.as_bytes())
    }

    #[test]
    fn objects_are_named_with_versions_and_conditions() {
        let read = input(
            "<Delete><Quiet>true</Quiet><Object><Key> a&amp;b </Key><VersionId>v</VersionId>\
             <ETag>\"x\"</ETag><Size>3</Size>\
             <LastModifiedTime>Fri, 24 May 2013 00:00:00 GMT</LastModifiedTime></Object><Object>\
             <Key>c</Key></Object></Delete>",
        )
        .unwrap();
        assert!(read.quiet);
        assert_eq!(
            (read.objects[0].key.as_str(), read.objects[0].version_id.as_deref()),
            (" a&b ", Some("v"))
        );
        assert_eq!(read.objects[0].preconditions.if_match_size, Some(3));
        assert_eq!(read.objects[0].preconditions.if_match_modified_ms, Some(1_369_353_600_000));
        assert!(!read.objects[1].preconditions.is_conditional());
    }

    #[test]
    fn one_to_a_thousand_objects_are_named() {
        let named = |count: usize| {
            input(&format!("<Delete>{}</Delete>", "<Object><Key>a</Key></Object>".repeat(count)))
        };
        assert_eq!(named(1000).unwrap().objects.len(), 1000);
        for count in [0, 1001] {
            assert_eq!(named(count).unwrap_err().code, ErrorCode::MalformedXML, "{count}");
        }
        for xml in [
            "<Delete><Object/></Delete>",
            "<Delete><Object><Key/></Object></Delete>",
            "<Delete><Key>a</Key></Delete>",
            "<Remove/>",
        ] {
            assert_eq!(input(xml).unwrap_err().code, ErrorCode::MalformedXML, "{xml}");
        }
    }

    #[test]
    fn the_document_reports_each_object() {
        let read = input("<Delete><Object><Key>a</Key></Object></Delete>").unwrap();
        let mut document = Document::new(&read);
        document.deleted(Deleted { key: "a<", ..Deleted::default() });
        document.deleted(Deleted {
            key: "b",
            version_id: Some("v"),
            delete_marker_version_id: Some("m"),
            delete_marker: true,
        });
        document.error("c", None, &ErrorCode::AccessDenied.into());
        assert!(document.finish().ends_with(
            "<Deleted><Key>a&lt;</Key></Deleted><Deleted><Key>b</Key><VersionId>v</VersionId>\
             <DeleteMarker>true</DeleteMarker>\
             <DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted><Error><Key>c</Key>\
             <Code>AccessDenied</Code>\
             <Message>Access Denied</Message></Error></DeleteResult>"
        ));
        let mut quiet = Document::new(&Input { quiet: true, ..read });
        quiet.deleted(Deleted { key: "a", ..Deleted::default() });
        assert!(quiet.finish().ends_with("2006-03-01/\"></DeleteResult>"));
    }
}
