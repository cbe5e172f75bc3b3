//! Owns how much a list may hold.

/// Most rows a list may have.
pub const MAX_ROWS: usize = 200_000;
/// Longest row, in bytes.
pub const MAX_LINE: usize = 16 * 1024;
