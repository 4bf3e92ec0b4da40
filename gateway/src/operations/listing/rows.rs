//! The rows of listings. Written by pushing onto one string: a page has a thousand of them.

use crate::object::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::object::etag::ETag;
use crate::object::storage_class::StorageClass;
use crate::operations::parameters::Encoding;
use crate::timestamp::push_iso8601;
use crate::xml::{push_element, push_number};

/// Who owns a bucket or an object, or began an upload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner<'a> {
    /// The canonical id.
    pub id: &'a str,
    /// The display name; left out when it is empty.
    pub display_name: &'a str,
}

impl Owner<'_> {
    /// Appends the owner as an element: `Owner` or `Initiator`.
    pub fn push(&self, out: &mut String, name: &str) {
        out.push('<');
        out.push_str(name);
        out.push('>');
        push_element(out, "ID", self.id);
        if !self.display_name.is_empty() {
            push_element(out, "DisplayName", self.display_name);
        }
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
}

/// An object in a listing.
#[derive(Clone, Copy, Debug)]
pub struct ObjectRow<'a> {
    /// The key.
    pub key: &'a str,
    /// Last modified.
    pub modified_ms: u64,
    /// The ETag.
    pub etag: ETag,
    /// In bytes.
    pub size: u64,
    /// The class.
    pub storage_class: StorageClass,
    /// A set of [`ChecksumAlgorithm::bit`]s.
    pub checksum_algorithms: u16,
    /// Printed when there is a checksum.
    pub checksum_type: Option<ChecksumType>,
    /// Printed where the request wants it.
    pub owner: Option<Owner<'a>>,
}

impl ObjectRow<'_> {
    pub(super) fn push(&self, out: &mut String, encoding: Encoding) {
        out.push_str("<Contents><Key>");
        encoding.push_text(out, self.key);
        out.push_str("</Key>");
        self.push_content(out);
        if let Some(owner) = &self.owner {
            owner.push(out, "Owner");
        }
        out.push_str("<StorageClass>");
        out.push_str(self.storage_class.name());
        out.push_str("</StorageClass></Contents>");
    }

    /// Time, ETag, checksums and size.
    fn push_content(&self, out: &mut String) {
        out.push_str("<LastModified>");
        push_iso8601(out, self.modified_ms);
        out.push_str("</LastModified><ETag>&quot;");
        self.etag.push(out);
        out.push_str("&quot;</ETag>");
        for algorithm in ChecksumAlgorithm::of_bits(self.checksum_algorithms) {
            out.push_str("<ChecksumAlgorithm>");
            out.push_str(algorithm.name());
            out.push_str("</ChecksumAlgorithm>");
        }
        match self.checksum_type.filter(|_| self.checksum_algorithms != 0) {
            Some(ChecksumType::FullObject) => out.push_str("<ChecksumType>FULL_OBJECT</ChecksumType>"),
            Some(ChecksumType::Composite) => out.push_str("<ChecksumType>COMPOSITE</ChecksumType>"),
            None => {}
        }
        out.push_str("<Size>");
        push_number(out, self.size);
        out.push_str("</Size>");
    }
}

/// A version or a delete marker in a listing.
#[derive(Clone, Copy, Debug)]
pub struct VersionRow<'a> {
    /// The object; of a delete marker only key, time and owner are printed.
    pub object: ObjectRow<'a>,
    /// The version id, or `null`.
    pub version_id: &'a str,
    /// Whether it is the newest of its key.
    pub is_latest: bool,
    /// Whether it is a delete marker.
    pub is_delete_marker: bool,
}

impl VersionRow<'_> {
    pub(super) fn push(&self, out: &mut String, encoding: Encoding) {
        let name = if self.is_delete_marker { "DeleteMarker" } else { "Version" };
        out.push('<');
        out.push_str(name);
        out.push('>');
        encoding.push(out, "Key", self.object.key);
        push_element(out, "VersionId", self.version_id);
        push_element(out, "IsLatest", if self.is_latest { "true" } else { "false" });
        if self.is_delete_marker {
            out.push_str("<LastModified>");
            push_iso8601(out, self.object.modified_ms);
            out.push_str("</LastModified>");
        } else {
            self.object.push_content(out);
            push_element(out, "StorageClass", self.object.storage_class.name());
        }
        if let Some(owner) = &self.object.owner {
            owner.push(out, "Owner");
        }
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
}

/// A multipart upload in a listing.
#[derive(Clone, Copy, Debug)]
pub struct UploadRow<'a> {
    /// The key.
    pub key: &'a str,
    /// The upload id.
    pub upload_id: &'a str,
    /// When it was created.
    pub initiated_ms: u64,
    /// The class of the object to be.
    pub storage_class: StorageClass,
    /// Who created it.
    pub initiator: Owner<'a>,
    /// Who will own the object.
    pub owner: Owner<'a>,
    /// The checksums that it was created with.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

impl UploadRow<'_> {
    pub(super) fn push(&self, out: &mut String, encoding: Encoding) {
        out.push_str("<Upload>");
        encoding.push(out, "Key", self.key);
        push_element(out, "UploadId", self.upload_id);
        self.initiator.push(out, "Initiator");
        self.owner.push(out, "Owner");
        push_element(out, "StorageClass", self.storage_class.name());
        out.push_str("<Initiated>");
        push_iso8601(out, self.initiated_ms);
        out.push_str("</Initiated>");
        if let Some((algorithm, kind)) = self.checksum {
            push_element(out, "ChecksumAlgorithm", algorithm.name());
            push_element(out, "ChecksumType", kind.name());
        }
        out.push_str("</Upload>");
    }
}
