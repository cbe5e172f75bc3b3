//! Owns what is taken off every text that came out of a spreadsheet or a word processor before it
//! is read. Refuses to touch what can be seen.

use std::borrow::Cow;

/// The text without characters that nobody sees (zero-width, direction marks, byte order mark, soft
/// hyphen), with other blanks (no-break, thin, ideographic) as plain ones. Borrowed: there was
/// nothing to take out.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    // Nearly every text is ASCII, and looked at byte by byte.
    if text.is_ascii() || !text.chars().any(|c| is_invisible(c) || is_odd_blank(c)) {
        return Cow::Borrowed(text);
    }
    let seen = text.chars().filter(|c| !is_invisible(*c));
    Cow::Owned(
        seen.map(|c| if is_odd_blank(c) { ' ' } else { c })
            .collect(),
    )
}

const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

const fn is_odd_blank(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// What stands inside `="…"`, by which a spreadsheet keeps a number a text.
#[must_use]
pub fn unwrapped(text: &str) -> &str {
    text.strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(text)
}

/// A value without `="…"`, and without the apostrophe that keeps a number a text.
pub(super) fn unquoted(text: &str) -> &str {
    let text = unwrapped(text).trim();
    match text.strip_prefix('\'') {
        Some(rest) => rest.strip_suffix('\'').unwrap_or(rest).trim(),
        None => text,
    }
}

/// The text behind `scheme`, in any letter case.
pub(super) fn without_scheme<'a>(text: &'a str, scheme: &str) -> &'a str {
    match text.get(..scheme.len()) {
        Some(head) if head.eq_ignore_ascii_case(scheme) => text[scheme.len()..].trim_start(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_taken_out_and_the_rest_stays() {
        assert_eq!(visible("\u{feff}06\u{200b}-12\u{a0}34\u{ad}"), "06-12 34");
        assert!(matches!(visible("René ’t Hooft"), Cow::Borrowed(_)));
        assert_eq!(unwrapped("=\"0612\""), "0612");
        assert_eq!(
            (
                unquoted("'0612"),
                unquoted("=\"'0612\""),
                unquoted("'a@b.nl'")
            ),
            ("0612", "0612", "a@b.nl")
        );
        assert_eq!(
            (
                without_scheme("TEL: 06", "tel:"),
                without_scheme("é", "tel:")
            ),
            ("06", "é")
        );
    }
}
