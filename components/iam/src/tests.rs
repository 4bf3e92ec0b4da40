//! Calls against an index in memory.
