//! Disks that fail without a crash: full, or broken for a while.
