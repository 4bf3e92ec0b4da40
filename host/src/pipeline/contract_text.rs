//! The text of the contract that this server was built with (`gateway/wit`), for who writes a
//! component.

use std::path::Path;

use anyhow::{Context as _, Result};

/// Its files.
pub const FILES: [(&str, &str); 4] = [
    ("call.wit", include_str!("../../../gateway/wit/call.wit")),
    ("capabilities.wit", include_str!("../../../gateway/wit/capabilities.wit")),
    ("slots.wit", include_str!("../../../gateway/wit/slots.wit")),
    ("worlds.wit", include_str!("../../../gateway/wit/worlds.wit")),
];

/// Writes it into a folder.
///
/// # Errors
/// A folder that cannot be written.
pub fn write(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    for (name, text) in FILES {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
