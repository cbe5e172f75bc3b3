//! Owns what a text message shows of whoever sends it.

use crate::originator::OriginatorKey;

/// The key of `[corporation.sender]` with the sender of a text message: at most 11 letters and
/// digits, or a number in E.164.
pub(super) const ORIGINATOR: &str = "sms_originator";

/// The keys of `[corporation.sender]` that text messages need.
pub(super) const KEYS: &[OriginatorKey] = &[OriginatorKey {
    name: ORIGINATOR,
    is_required: true,
    check: check_originator,
}];

/// What is wrong with the sender of a text message.
pub(super) fn check_originator(value: &str) -> Option<(&'static str, String)> {
    let expected =
        "1 to 11 ASCII letters, digits or spaces with at least one letter, or an E.164 number";
    (!is_originator(value)).then(|| (expected, "3GPP TS 23.040 9.1.2.5".to_owned()))
}

/// Alphanumeric sender (at most 11 characters of GSM-7) or E.164, with or without the plus.
fn is_originator(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let number = (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let name = (1..=11).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
        && text.bytes().any(|b| b.is_ascii_alphabetic());
    number || name
}
