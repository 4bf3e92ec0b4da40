//! The parameters of a query that name a subresource: `?acl`.
//!
//! The names are those of THE OPERATIONS TABLE. They stand on this floor because signatures cover
//! them as well, and are verified below the table.

/// The subresource that a parameter of this name stands for.
pub(crate) fn of_parameter(name: &str) -> Option<&'static str> {
    let position = SUBRESOURCES.binary_search(&name).ok()?;
    SUBRESOURCES.get(position).copied()
}

/// Every subresource of THE OPERATIONS TABLE, sorted. A test there compares the two.
pub(crate) const SUBRESOURCES: &[&str] = &[
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "annotation",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metadataAnnotationTable",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "transforms",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];
