//! Owns how addresses as people and spreadsheets write them become addresses that are stored: pure
//! functions, no look-ups. What is taken off on the way is named ([`Cleaned`]), so that a list's
//! report can say it. Refuses to guess: what is not plainly an address is a problem with a stable
//! code, and the message never repeats the address.

mod clean;
mod email;
mod phone;

pub use clean::{unwrapped, visible};
pub use email::{email, mailbox};
pub use phone::mobile;

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
    #[error(
        "not one mailbox: expected name@domain with a single @, without spaces, quotes or control characters"
    )]
    NotAMailbox,
    /// Characters outside ASCII before the `@`.
    #[error(
        "not ASCII: expected plain letters before the @; mailbox names outside ASCII are not supported by most relays"
    )]
    NotAscii,
    /// The part after the `@` is no public domain name.
    #[error(
        "no domain: expected labels of letters, digits and hyphens with at least one dot after the @"
    )]
    NoDomain,
    /// Not the digits of one phone number.
    #[error("not a phone number: expected one number such as 06 12345678 or +31612345678")]
    NotANumber,
    /// Digits that no number of that country has.
    #[error(
        "no number of that country: expected one that its numbering plan has, such as +31612345678"
    )]
    NoSuchNumber,
    /// A number of another kind: fixed, paid, a pager.
    #[error("not mobile: expected a mobile number; a Dutch one begins with 061 to 065, 068 or 097")]
    NotMobile,
    /// Made to fill a field.
    #[error("a placeholder: expected a real address; this one was made to fill a field")]
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
            AddressProblem::NoSuchNumber => "no_such_number",
            AddressProblem::NotMobile => "not_mobile",
            AddressProblem::Placeholder => "placeholder",
        }
    }
}

/// What was taken off, or put right, on the way to the normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cleaned {
    /// Characters that nobody sees: U+200B, U+FEFF, U+202A, a no-break space, a soft hyphen.
    Invisible,
    /// What a spreadsheet puts around a text: `'06…`, `="06…"`.
    Wrapping,
    /// `tel:`, `mailto:`.
    Scheme,
    /// The name before `<a@example.nl>`, or a comma behind the address.
    Name,
    /// The zero of a national number behind a country code: `+32 0470…`.
    TrunkPrefix,
    /// A domain in its own letters, now in its `xn--` form.
    Idn,
}

impl Cleaned {
    /// What was done, in words for a report.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Cleaned::Invisible => "invisible characters were taken out",
            Cleaned::Wrapping => "the apostrophe or =\"…\" of a spreadsheet was taken off",
            Cleaned::Scheme => "tel: or mailto: was taken off",
            Cleaned::Name => "the address was taken out of the text around it",
            Cleaned::TrunkPrefix => "the zero behind the country code was taken out",
            Cleaned::Idn => "the domain was put into its xn-- form",
        }
    }
}

/// An address in its normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normal {
    /// The address.
    pub value: String,
    /// What was put right, each once.
    pub cleaned: Vec<Cleaned>,
}

/// [`email`], without what was put right.
///
/// # Errors
/// [`AddressProblem`].
pub fn normalize_email(text: &str) -> Result<String, AddressProblem> {
    email(text).map(|normal| normal.value)
}

/// [`mobile`], without what was put right.
///
/// # Errors
/// [`AddressProblem`].
pub fn normalize_mobile(text: &str) -> Result<String, AddressProblem> {
    mobile(text).map(|normal| normal.value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_normalised_stays_as_it_is(text in "\\PC{0,40}", digits in "[+0-9 ()-]{0,20}", mail in "[a-z.<>@ü:' \u{200b}]{0,30}") {
            for text in [text, digits, mail] {
                if let Ok(address) = email(&text) {
                    prop_assert_eq!(email(&address.value), Ok(Normal { value: address.value.clone(), cleaned: vec![] }));
                }
                if let Ok(number) = mobile(&text) {
                    prop_assert_eq!(mobile(&number.value), Ok(Normal { value: number.value.clone(), cleaned: vec![] }));
                }
            }
        }
    }
}
