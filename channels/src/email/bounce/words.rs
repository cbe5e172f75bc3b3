//! Owns how words are compared: letters alone, in lower case, without accents, addresses and hosts.

use super::fields::cut;

/// The longest text that is compared with phrases, in bytes.
pub(super) const MAX_WORDS: usize = 16 * 1024;

/// Letters in lower case without accents; whatever stands between words is one space, and there is
/// one before and one behind. Words with an `@` or a `://` in them are left out: an address may be
/// called anything.
pub(crate) fn words(text: &str) -> String {
    let text = cut(text, MAX_WORDS);
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for word in text.split_whitespace() {
        if word.contains("://") {
            continue;
        }
        // `weg@huurder.example:quota` and `<weg@huurder.example>...` have words beside the address.
        let mut pieces = word
            .split(['<', '>', '(', ')', '[', ']', ',', ';', ':', '"', '\''])
            .collect::<Vec<_>>();
        if word.contains('@') {
            pieces.retain(|piece| !piece.contains('@'));
        }
        for piece in pieces.into_iter().filter(|piece| !is_host(piece)) {
            for c in piece.chars() {
                push(&mut out, c);
            }
            space(&mut out);
        }
    }
    space(&mut out);
    out
}

/// Lists of bad hosts: their name is a reason.
const LISTS: [&str; 5] = ["spamhaus", "spamcop", "sorbs", "barracudacentral", "bl."];

/// The name of a host may be made of any words: `antispam.huurder.example`. Names of lists are
/// kept.
fn is_host(piece: &str) -> bool {
    let piece = piece.trim_end_matches('.');
    let named = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
    };
    let letters = piece.bytes().any(|byte| byte.is_ascii_lowercase());
    piece.matches('.').count() >= 2
        && letters
        && piece.bytes().all(named)
        && !LISTS.iter().any(|list| piece.contains(list))
}

fn space(out: &mut String) {
    if !out.ends_with(' ') {
        out.push(' ');
    }
}

fn push(out: &mut String, c: char) {
    match c {
        'a'..='z' | '0'..='9' => out.push(c),
        'A'..='Z' => out.push(c.to_ascii_lowercase()),
        c if c.is_ascii() => space(out),
        'ß' => out.push_str("ss"),
        'æ' | 'Æ' => out.push_str("ae"),
        'ø' | 'Ø' => out.push('o'),
        'ł' | 'Ł' => out.push('l'),
        'ı' => out.push('i'),
        c if c.is_alphanumeric() => c.to_lowercase().for_each(|c| out.push(plain(c))),
        // A combining accent belongs to the letter before it.
        '\u{300}'..='\u{36f}' => {}
        _ => space(out),
    }
}

/// The letter without its accent (Latin-1 and Latin Extended-A, as far as the phrases have them).
const fn plain(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ś' | 'š' | 'ş' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        'ğ' => 'g',
        'ř' => 'r',
        'ť' => 't',
        'ď' => 'd',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_what_stands_between_and_above_them() {
        assert_eq!(
            words("User-Unknown,  (user_unknown)\r\nÜberprüfung!"),
            " user unknown user unknown uberprufung "
        );
        assert_eq!(
            words("<quota@full.example>: see https://x.example/full ok"),
            " see ok "
        );
        assert_eq!(words("weg@huurder.example:quota"), " quota ");
        assert_eq!(
            words("host antispam.huurder.example[192.0.2.3] said zen.spamhaus.org"),
            " host 192 0 2 3 said zen spamhaus org "
        );
        assert_eq!(words(""), " ");
        assert_eq!(words("n\u{303}o ł ß"), " no l ss ");
        assert!(words(&"a ".repeat(100_000)).len() <= MAX_WORDS + 2);
    }
}
