//! Owns how addresses from a tenant list become addresses that are stored: pure functions, no look-ups.
//! Refuses to guess: what is not plainly an address is a problem with a stable code, and the message never repeats the
//! address.
//!
//! Phone numbers follow the metadata of libphonenumber for the Netherlands (mobile is `6[1-58]` and seven digits after
//! `+31`; 066 and 067 are not mobile), written out by hand: the lists hold Dutch numbers, the full metadata of every
//! country is a large dependency, and for a foreign number the provider knows better than a table whether it takes SMS.

/// Why a text is not taken as an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// Nothing there.
    #[error("empty: expected an address")]
    Empty,
    /// Over the limits of RFC 5321 4.5.3.1 or E.164.
    #[error("too long: expected at most 64 octets before the @, 254 in all, or 15 digits")]
    TooLong,
    /// Not one mailbox.
    #[error("not one mailbox: expected name@domain with a single @, without spaces, quotes or control characters")]
    NotAMailbox,
    /// Characters outside ASCII.
    #[error("not ASCII: expected the domain in its xn-- form; names outside ASCII are not supported by most relays")]
    NotAscii,
    /// The part after the `@` is no public domain name.
    #[error("no domain: expected labels of letters, digits and hyphens with at least one dot after the @")]
    NoDomain,
    /// Not the digits of one phone number.
    #[error("not a phone number: expected one number such as 06 12345678 or +31612345678")]
    NotANumber,
    /// A Dutch number that is not mobile.
    #[error("not mobile: expected a Dutch number beginning with 061 to 065 or 068")]
    NotMobile,
    /// A number made to fill a field.
    #[error("a placeholder: expected a real number, not one digit repeated")]
    Placeholder,
}

impl AddressProblem {
    /// Stable code for reports and metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            AddressProblem::Empty => "empty",
            AddressProblem::TooLong => "too_long",
            AddressProblem::NotAMailbox => "not_a_mailbox",
            AddressProblem::NotAscii => "not_ascii",
            AddressProblem::NoDomain => "no_domain",
            AddressProblem::NotANumber => "not_a_number",
            AddressProblem::NotMobile => "not_mobile",
            AddressProblem::Placeholder => "placeholder",
        }
    }
}

/// A mobile number in E.164 (`+31612345678`). Takes the ways people write it: `06-12 34 56 78`, `0031 6…`,
/// `+31 (0)6…`, and `612345678`, which is what a spreadsheet leaves. A foreign number must begin with `+` or `00`.
///
/// # Errors
/// [`AddressProblem`].
pub fn normalize_mobile(text: &str) -> Result<String, AddressProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AddressProblem::Empty);
    }
    let (international, digits) = phone_digits(text)?;
    let national = match digits.as_str() {
        number if international => match number.strip_prefix("31") {
            Some(rest) => rest.strip_prefix('0').unwrap_or(rest).to_owned(),
            None => return foreign(number),
        },
        number if number.starts_with("316") && number.len() == 11 => number[2..].to_owned(),
        number if number.starts_with('0') && number.len() == 10 => number[1..].to_owned(),
        number if number.starts_with('6') && number.len() == 9 => number.to_owned(),
        _ => return Err(AddressProblem::NotANumber),
    };
    dutch_mobile(&national)
}

/// The digits, and whether they begin with a country code.
fn phone_digits(text: &str) -> Result<(bool, String), AddressProblem> {
    let plain = text.replace("(0)", "");
    let (plus, rest) = match plain.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, plain.as_str()),
    };
    let mut digits = String::with_capacity(16);
    for c in rest.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2013}' => {}
            _ => return Err(AddressProblem::NotANumber),
        }
    }
    match digits.strip_prefix("00") {
        Some(rest) if !plus => Ok((true, rest.to_owned())),
        _ => Ok((plus, digits)),
    }
}

fn dutch_mobile(national: &str) -> Result<String, AddressProblem> {
    if national.len() != 9 || national.starts_with('0') {
        return Err(AddressProblem::NotANumber);
    }
    let bytes = national.as_bytes();
    if bytes[1..].iter().all(|b| *b == bytes[1]) {
        return Err(AddressProblem::Placeholder);
    }
    let mobile = bytes[0] == b'6' && matches!(bytes[1], b'1'..=b'5' | b'8');
    if mobile { Ok(format!("+31{national}")) } else { Err(AddressProblem::NotMobile) }
}

/// E.164: a country code and at most 15 digits in all.
fn foreign(digits: &str) -> Result<String, AddressProblem> {
    match digits.len() {
        0..8 => Err(AddressProblem::NotANumber),
        8..=15 if digits.starts_with('0') => Err(AddressProblem::NotANumber),
        8..=15 => Ok(format!("+{digits}")),
        _ => Err(AddressProblem::TooLong),
    }
}

/// An e-mail address with its domain in lower case; the local part keeps its case, which belongs to the receiver
/// (RFC 5321 2.4). Quoted local parts and address literals are refused.
///
/// # Errors
/// [`AddressProblem`].
pub fn normalize_email(text: &str) -> Result<String, AddressProblem> {
    let text = text.trim_matches([' ', '\t', '\u{a0}']);
    if text.is_empty() {
        return Err(AddressProblem::Empty);
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(AddressProblem::NotAMailbox);
    }
    if !text.is_ascii() {
        return Err(AddressProblem::NotAscii);
    }
    let (local, domain) = text.split_once('@').ok_or(AddressProblem::NotAMailbox)?;
    if local.len() > 64 || text.len() > 254 {
        return Err(AddressProblem::TooLong);
    }
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    if local.is_empty() || dots || domain.contains('@') || !local.bytes().all(|b| b == b'.' || is_atext(b)) {
        return Err(AddressProblem::NotAMailbox);
    }
    let top = domain.rsplit('.').next().unwrap_or_default();
    if !domain.contains('.') || !crate::config::is_domain(domain) || top.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AddressProblem::NoDomain);
    }
    Ok(format!("{local}@{}", domain.to_ascii_lowercase()))
}

/// RFC 5322 3.2.3.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dutch_mobiles_come_out_in_e164() {
        for text in ["0612345678", "06-12345678", " 06 12 34 56 78 ", "+31 6 12345678", "+31 (0)6 12345678", "0031612345678"] {
            assert_eq!(normalize_mobile(text).as_deref(), Ok("+31612345678"), "{text}");
        }
        for text in ["31612345678", "612345678", "+310612345678", "06.12.34.56.78", "(06) 12345678"] {
            assert_eq!(normalize_mobile(text).as_deref(), Ok("+31612345678"), "{text}");
        }
        assert_eq!(normalize_mobile("+49 151 23456789").as_deref(), Ok("+4915123456789"));
    }

    #[test]
    fn what_is_no_mobile_has_its_reason() {
        use AddressProblem::*;
        let cases = [
            ("", Empty),
            ("onbekend", NotANumber),
            ("06-12345678 (werk)", NotANumber),
            ("061234567", NotANumber),
            ("0612345678 / 0687654321", NotANumber),
            ("070-1234567", NotMobile),
            ("0661234567", NotMobile),
            ("0671234567", NotMobile),
            ("+31701234567", NotMobile),
            ("0600000000", Placeholder),
            ("0611111111", Placeholder),
            ("+4912", NotANumber),
            ("+4912345678901234", TooLong),
        ];
        for (text, problem) in cases {
            assert_eq!(normalize_mobile(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn mail_addresses_keep_the_name_and_fold_the_domain() {
        assert_eq!(normalize_email(" J.de-Vries+huur@Example.NL ").as_deref(), Ok("J.de-Vries+huur@example.nl"));
        assert_eq!(normalize_email("o'neil@xn--bcher-kva.example").as_deref(), Ok("o'neil@xn--bcher-kva.example"));
    }

    #[test]
    fn what_is_no_mailbox_has_its_reason() {
        use AddressProblem::*;
        let long = format!("{}@example.nl", "a".repeat(65));
        let cases = [
            ("", Empty),
            ("geen", NotAMailbox),
            ("a b@example.nl", NotAMailbox),
            ("a@b@example.nl", NotAMailbox),
            (".a@example.nl", NotAMailbox),
            ("a..b@example.nl", NotAMailbox),
            ("\"a\"@example.nl", NotAMailbox),
            ("a@example.nl\r\nBcc: x@y.nl", NotAMailbox),
            ("jörg@example.nl", NotAscii),
            ("a@localhost", NoDomain),
            ("a@example..nl", NoDomain),
            ("a@[127.0.0.1]", NoDomain),
            ("a@10.0.0.1", NoDomain),
            (long.as_str(), TooLong),
        ];
        for (text, problem) in cases {
            assert_eq!(normalize_email(text), Err(problem), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_normalised_stays_as_it_is(text in "\\PC{0,40}", digits in "[+0-9 ()-]{0,20}") {
            for text in [text, digits] {
                if let Ok(address) = normalize_email(&text) {
                    prop_assert_eq!(normalize_email(&address), Ok(address.clone()));
                }
                if let Ok(number) = normalize_mobile(&text) {
                    prop_assert_eq!(normalize_mobile(&number), Ok(number.clone()));
                }
            }
        }
    }
}
