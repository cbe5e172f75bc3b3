//! Owns the number of a key. Refuses to say anything of the key itself.

use std::fmt;

/// Names a key: the number of its place in the file, from 1. 0 is no key: plain bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub u32);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
