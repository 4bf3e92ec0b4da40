//! The text of the contract that this server was built with (`gateway/transform-wit`), for who
//! writes a transform.

use std::path::Path;

use anyhow::{Context as _, Result};

/// Its files.
const CONTRACT_FILES: [(&str, &str); 3] = [
    ("types.wit", include_str!("../../../../gateway/transform-wit/types.wit")),
    ("capabilities.wit", include_str!("../../../../gateway/transform-wit/capabilities.wit")),
    ("worlds.wit", include_str!("../../../../gateway/transform-wit/worlds.wit")),
];

/// Writes it into a folder.
///
/// # Errors
/// A folder that cannot be written.
pub(super) fn write(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    for (name, text) in CONTRACT_FILES {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
