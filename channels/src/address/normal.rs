//! Owns the words for what reading an address comes to: its normal form, what was put right on the
//! way, why it is not taken. Refuses to repeat the address in a message.

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
    /// A number at which nobody is called: paid, a pager, an emergency number.
    #[error("not a number of a person: expected a mobile or a fixed one")]
    NotCallable,
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
            AddressProblem::NotCallable => "not_callable",
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
