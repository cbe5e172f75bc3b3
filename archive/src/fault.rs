//! Owns what a check says of one thing that is wrong. Refuses to look for it.

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: an object, and the block or entry where that is known.
    pub place: String,
    /// What.
    pub what: String,
}
