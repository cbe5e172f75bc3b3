//! Owns e-mail addresses: taken out of what stands around them, the domain in lower case and its
//! `xn--` form. Refuses quoted local parts, address literals, two addresses in one field, and
//! addresses made to fill a field: one such may belong to a stranger.

use super::clean::{unquoted, visible, without_scheme};
use super::normal::{AddressProblem, Cleaned, Normal};

/// What is written before the `@` when there is no address. Compared without `.`, `-`, `_` and
/// digits at the end.
const PLACEHOLDERS: [&str; 33] = [
    "asdf",
    "donotreply",
    "dummy",
    "fake",
    "geen",
    "geenadres",
    "geenemail",
    "geenemailadres",
    "geenmail",
    "invalid",
    "leeg",
    "nietbekend",
    "nietbeschikbaar",
    "niemand",
    "nobody",
    "noemail",
    "nomail",
    "none",
    "noreply",
    "null",
    "nvt",
    "onbekend",
    "ongeldig",
    "placeholder",
    "test",
    "tester",
    "testtest",
    "unknown",
    "weetniet",
    "x",
    "xx",
    "xxx",
    "xxxx",
];

/// An e-mail address with its domain in lower case; the local part keeps its case, which belongs to
/// the receiver (RFC 5321 2.4). Takes `mailto:`, `Naam <a@example.nl>` and domains in their own
/// letters.
///
/// # Errors
/// [`AddressProblem`].
pub fn email(text: &str) -> Result<Normal, AddressProblem> {
    let mut cleaned = Vec::new();
    let seen = visible(text);
    let text = seen.trim_matches([' ', '\t']);
    note(
        &mut cleaned,
        Cleaned::Invisible,
        matches!(seen, std::borrow::Cow::Owned(_)),
    );
    let bare = unquoted(text);
    note(&mut cleaned, Cleaned::Wrapping, bare.len() < text.len());
    let plain = without_scheme(bare, "mailto:");
    let plain = if plain.len() < bare.len() {
        plain.split('?').next().unwrap_or_default()
    } else {
        plain
    };
    note(&mut cleaned, Cleaned::Scheme, plain.len() < bare.len());
    let address = out_of_text(plain);
    note(&mut cleaned, Cleaned::Name, address.len() < plain.len());
    let value = mailbox(address)?;
    note(&mut cleaned, Cleaned::Idn, !address.is_ascii());
    if is_placeholder(&value) {
        return Err(AddressProblem::Placeholder);
    }
    Ok(Normal { value, cleaned })
}

/// One mailbox as it stands, without anything around it, in its normal form. For addresses that
/// people write into a configuration: there a `noreply@` is meant.
///
/// # Errors
/// [`AddressProblem`].
pub fn mailbox(address: &str) -> Result<String, AddressProblem> {
    if address.is_empty() {
        return Err(AddressProblem::Empty);
    }
    if address.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(AddressProblem::NotAMailbox);
    }
    let (local, domain) = address.split_once('@').ok_or(AddressProblem::NotAMailbox)?;
    if domain.contains('@') {
        return Err(AddressProblem::NotAMailbox);
    }
    if !local.is_ascii() {
        return Err(AddressProblem::NotAscii);
    }
    let domain = ascii_domain(domain)?;
    // RFC 5321 4.5.3.1.
    if local.len() > 64 || local.len() + 1 + domain.len() > 254 {
        return Err(AddressProblem::TooLong);
    }
    if !is_dot_atom(local) {
        return Err(AddressProblem::NotAMailbox);
    }
    if !is_public_domain(&domain) {
        return Err(AddressProblem::NoDomain);
    }
    Ok(format!("{local}@{domain}"))
}

/// RFC 5322 3.2.3: words with single dots between them.
fn is_dot_atom(local: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_atext);
    local.split('.').all(is_word)
}

/// A domain below a top level that is no number.
fn is_public_domain(domain: &str) -> bool {
    let is_number = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    let top = domain.rsplit_once('.').map(|(_, top)| top);
    top.is_some_and(|top| !is_number(top)) && crate::checks::is_domain(domain)
}

fn note(cleaned: &mut Vec<Cleaned>, what: Cleaned, done: bool) {
    if done {
        cleaned.push(what);
    }
}

/// The address in `Naam <a@example.nl>`, and without a separator that was left behind it.
fn out_of_text(text: &str) -> &str {
    let text = text.trim_end_matches([',', ';', ' ']);
    match text
        .strip_suffix('>')
        .and_then(|rest| rest.rsplit_once('<'))
    {
        Some((before, address)) if !before.contains(['<', '>']) => address.trim(),
        _ => text,
    }
}

/// The domain in lower case, labels outside ASCII in their `xn--` form (RFC 5891, by UTS 46).
fn ascii_domain(domain: &str) -> Result<String, AddressProblem> {
    if domain.is_ascii() {
        return Ok(domain.to_ascii_lowercase());
    }
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::STD3);
    ascii
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| AddressProblem::NoDomain)
}

fn is_placeholder(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    let plain: String = local
        .chars()
        .filter(|c| !matches!(c, '.' | '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect();
    let word = plain.trim_end_matches(|c: char| c.is_ascii_digit());
    PLACEHOLDERS.contains(&word)
}

/// RFC 5322 3.2.3.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<String, AddressProblem> {
        email(text).map(|normal| normal.value)
    }

    #[test]
    fn mail_addresses_keep_the_name_and_fold_the_domain() {
        assert_eq!(
            value(" J.de-Vries+huur@Example.NL ").as_deref(),
            Ok("J.de-Vries+huur@example.nl")
        );
        assert_eq!(
            value("o'neil@xn--bcher-kva.example").as_deref(),
            Ok("o'neil@xn--bcher-kva.example")
        );
        assert_eq!(email("a@b.nl").map(|normal| normal.cleaned), Ok(vec![]));
    }

    #[test]
    fn what_stands_around_an_address_is_taken_off_and_named() {
        use Cleaned::*;
        let cases = [
            ("Jan de Vries <a@example.nl>", "a@example.nl", vec![Name]),
            (
                "\"Vries, Jan de\" <a@example.nl>",
                "a@example.nl",
                vec![Name],
            ),
            ("<a@example.nl>", "a@example.nl", vec![Name]),
            ("a@example.nl;", "a@example.nl", vec![Name]),
            (
                "mailto:a@example.nl?subject=huur",
                "a@example.nl",
                vec![Scheme],
            ),
            ("MAILTO: a@example.nl", "a@example.nl", vec![Scheme]),
            ("'a@example.nl'", "a@example.nl", vec![Wrapping]),
            ("=\"a@example.nl\"", "a@example.nl", vec![Wrapping]),
            (
                "\u{feff}a\u{200b}@example.nl\u{a0}",
                "a@example.nl",
                vec![Invisible],
            ),
            ("a@Bücher.example", "a@xn--bcher-kva.example", vec![Idn]),
            ("a@BÜCHER.example", "a@xn--bcher-kva.example", vec![Idn]),
            ("Jan <a@huur。example>", "a@huur.example", vec![Name, Idn]),
        ];
        for (text, expected, cleaned) in cases {
            assert_eq!(
                email(text),
                Ok(Normal {
                    value: expected.into(),
                    cleaned
                }),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_mailbox_has_its_reason() {
        use AddressProblem::*;
        let long = format!("{}@example.nl", "a".repeat(65));
        let cases = [
            ("", Empty),
            ("<>", Empty),
            ("geen", NotAMailbox),
            ("a b@example.nl", NotAMailbox),
            ("a@b@example.nl", NotAMailbox),
            ("a@example.nl; b@example.nl", NotAMailbox),
            ("<a@example.nl> <b@example.nl>", NotAMailbox),
            (".a@example.nl", NotAMailbox),
            ("a..b@example.nl", NotAMailbox),
            ("\"a\"@example.nl", NotAMailbox),
            ("a@example.nl\r\nBcc: x@y.nl", NotAMailbox),
            ("jörg@example.nl", NotAscii),
            ("a@localhost", NoDomain),
            ("a@example..nl", NoDomain),
            ("a@[127.0.0.1]", NoDomain),
            ("a@10.0.0.1", NoDomain),
            ("a@ü", NoDomain),
            ("a@exa mple.nl", NotAMailbox),
            (long.as_str(), TooLong),
        ];
        for (text, problem) in cases {
            assert_eq!(value(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn addresses_made_to_fill_a_field_are_none() {
        for local in [
            "geen",
            "Geen.Email",
            "no-reply",
            "noreply",
            "do_not_reply",
            "onbekend",
            "x",
            "XXX",
            "test",
            "test1",
            "n.v.t",
        ] {
            assert_eq!(
                value(&format!("{local}@example.nl")),
                Err(AddressProblem::Placeholder),
                "{local}"
            );
        }
        for local in [
            "geenhuizen",
            "x.dejong",
            "contest",
            "testa",
            "a",
            "info",
            "vangeenen",
        ] {
            assert!(value(&format!("{local}@example.nl")).is_ok(), "{local}");
        }
    }
}
