//! Owns what a category is called in a file of steering.

/// Every category that is named nowhere else.
pub(super) const ALL: &str = "*";
/// Most bytes of a category's name, as of a notification.
const MAX_CATEGORY: usize = 64;

/// Whether it is a category as notifications give it, or [`ALL`].
pub(super) fn is_category(word: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    word == ALL || (1..=MAX_CATEGORY).contains(&word.len()) && word.bytes().all(is_plain)
}
