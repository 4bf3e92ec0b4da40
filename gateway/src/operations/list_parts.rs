//! ListParts: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html>

use super::listing::Owner;
use super::parameters::{PAGE_MAX, limit, upload_id};
use crate::errors::Result;
use crate::object::checksum::{Checksum, MultipartChecksum};
use crate::object::etag::ETag;
use crate::object::storage_class::StorageClass;
use crate::request::query::Query;
use crate::timestamp::push_iso8601;
use crate::xml::XmlWriter;

/// The parameters of ListParts.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Input {
    /// The upload.
    pub upload_id: String,
    /// How many parts a page has at most: 0 to 1,000.
    pub limit: u32,
    /// The page starts after the part with this number; 0 for the start.
    pub after: u32,
}

impl Input {
    /// Reads the parameters. `InvalidArgument` for invalid ones.
    pub fn parse(query: &Query) -> Result<Input> {
        let marker = query.get_non_empty("part-number-marker").unwrap_or("0");
        Ok(Input {
            upload_id: upload_id(query)?,
            limit: limit("max-parts", query.get("max-parts"), PAGE_MAX)?,
            after: limit("part-number-marker", Some(marker), u32::MAX)?,
        })
    }
}

/// The upload whose parts are listed.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// Who created the upload.
    pub initiator: Owner<'a>,
    /// Who will own the object.
    pub owner: Owner<'a>,
    /// The class of the object.
    pub storage_class: StorageClass,
    /// The checksums that the upload was created with.
    pub checksum: Option<MultipartChecksum>,
}

/// A part in the listing.
#[derive(Clone, Copy, Debug)]
pub struct PartRow<'a> {
    /// Its number.
    pub number: u32,
    /// When it was uploaded.
    pub modified_ms: u64,
    /// Its ETag.
    pub etag: ETag,
    /// In bytes.
    pub size: u64,
    /// Its checksums.
    pub checksums: &'a [Checksum],
}

impl Input {
    /// The response document of the parts of a page; `truncated` when there are more.
    pub fn document<'a>(
        &self,
        upload: &Upload<'_>,
        parts: impl Iterator<Item = PartRow<'a>>,
        truncated: bool,
    ) -> String {
        let mut rows = XmlWriter::fragment();
        let mut last = self.after;
        for part in parts {
            last = part.number;
            push_part(&mut rows, &part);
        }
        let mut xml = XmlWriter::document("ListPartsResult");
        xml.text("Bucket", upload.bucket);
        xml.text("Key", upload.key);
        xml.text("UploadId", &self.upload_id);
        xml.push(|out| upload.initiator.push(out, "Initiator"));
        xml.push(|out| upload.owner.push(out, "Owner"));
        xml.text("StorageClass", upload.storage_class.name());
        xml.number("PartNumberMarker", u64::from(self.after));
        xml.number("NextPartNumberMarker", u64::from(last));
        xml.number("MaxParts", u64::from(self.limit));
        xml.boolean("IsTruncated", truncated);
        if let Some(checksum) = upload.checksum {
            xml.text("ChecksumAlgorithm", checksum.algorithm.name());
            xml.text("ChecksumType", checksum.kind.name());
        }
        let rows = rows.into_open();
        xml.push(|out| out.push_str(&rows));
        xml.finish()
    }
}

fn push_part(xml: &mut XmlWriter, part: &PartRow<'_>) {
    xml.open("Part");
    xml.number("PartNumber", u64::from(part.number));
    xml.with("LastModified", |out| push_iso8601(out, part.modified_ms));
    xml.with("ETag", |out| part.etag.push_xml(out));
    xml.number("Size", part.size);
    for checksum in part.checksums {
        xml.with(checksum.algorithm.element(), |out| checksum.push(out));
    }
    xml.close("Part");
}

#[cfg(test)]
mod tests;
