//! Owns how a provider's words are kept: bounded, on one line, without addresses.
//! Refuses to interpret them.

use sluis_model::Why;

/// A reason with the provider's text, of which control characters become spaces and the recipient
/// is taken out: `recipient` itself, and every other word with an `@` in it.
pub(crate) fn why(code: impl Into<Box<str>>, text: &str, recipient: &str) -> Why {
    if is_plain(text, recipient) {
        return Why::new(code, text);
    }
    // Bounded before the work: a provider may send much.
    let text: String = text
        .chars()
        .take(4 * Why::MAX_TEXT)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let text = if recipient.len() >= 3 {
        replace_ignore_case(&text, recipient, "(address)")
    } else {
        text
    };
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| {
            if word.contains('@') {
                "(address)"
            } else {
                word
            }
        })
        .collect();
    Why::new(code, &words.join(" "))
}

/// Whether a text is kept as it stands: short words of ASCII with one space between them, none of
/// which can be an address. So is nearly every answer of a relay that took a message.
fn is_plain(text: &str, recipient: &str) -> bool {
    let bytes = text.as_bytes();
    let kept = |at: usize, byte: u8| match byte {
        b' ' => at > 0 && bytes.get(at + 1).is_some_and(|next| *next != b' '),
        b'!'..=b'~' => byte != b'@',
        _ => false,
    };
    let elsewhere = recipient.len() < 3 || recipient.contains('@');
    elsewhere
        && text.len() <= Why::MAX_TEXT
        && bytes.iter().enumerate().all(|(at, byte)| kept(at, *byte))
}

fn replace_ignore_case(text: &str, needle: &str, with: &str) -> String {
    let (folded, needle) = (text.to_ascii_lowercase(), needle.to_ascii_lowercase());
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(at) = folded[from..].find(&needle) {
        out.push_str(&text[from..from + at]);
        out.push_str(with);
        from += at + needle.len();
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_line_breaks_are_taken_out() {
        let reason = why(
            "5.1.1",
            "<Jan@Example.nl>: no such\r\nuser 31612345678",
            "jan@example.nl",
        );
        assert_eq!(&*reason.text, "<(address)>: no such user 31612345678");
        let reason = why(
            "http 422",
            "31612345678 is not a mobile, ask a@b.nl",
            "31612345678",
        );
        assert_eq!(&*reason.text, "(address) is not a mobile, ask (address)");
        assert!(why("x", &"é".repeat(5000), "").text.len() <= Why::MAX_TEXT);
    }

    #[test]
    fn a_text_without_anything_to_take_out_is_kept_and_another_tidied() {
        assert_eq!(
            &*why("", "2.0.0 ok: queued as 4F1A2B", "jan@example.nl").text,
            "2.0.0 ok: queued as 4F1A2B"
        );
        for text in [
            " 2.0.0 ok",
            "2.0.0  ok",
            "2.0.0 ok ",
            "2.0.0\tok",
            "2.0.0\u{a0}ok",
        ] {
            assert_eq!(
                &*why("", text, "jan@example.nl").text,
                "2.0.0 ok",
                "{text:?}"
            );
        }
        assert_eq!(
            &*why("", "ok 31612345678", "31612345678").text,
            "ok (address)",
            "a number may be anywhere"
        );
        assert_eq!(why("", &"x".repeat(5000), "").text.len(), Why::MAX_TEXT);
    }
}
