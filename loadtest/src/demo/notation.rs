//! Owns how a dirty list writes a mail address, a number, a postcode: in how many ways, how often,
//! and what each kind of dirt is called. Refuses to know a household.

use super::dice::Dice;

/// How a mail address is written.
#[derive(Clone, Copy)]
enum MailForm {
    Plain,
    MixedCase,
    SpacesAround,
    LoudDomain,
    WithoutAt,
    TwoAts,
    WithoutDomain,
    SpaceInside,
}

const MAIL_FORMS: [(MailForm, u64); 8] = [
    (MailForm::Plain, 880),
    (MailForm::MixedCase, 60),
    (MailForm::SpacesAround, 35),
    (MailForm::LoudDomain, 12),
    (MailForm::WithoutAt, 3),
    (MailForm::TwoAts, 3),
    (MailForm::WithoutDomain, 3),
    (MailForm::SpaceInside, 4),
];

/// Words that the sink understands, as the local part begins with them.
const MAIL_FATES: [(&str, &str); 5] = [
    ("bounce.", "e-mail: bounce. (refused at once)"),
    ("late-bounce.", "e-mail: late-bounce. (comes back later)"),
    ("tempfail-once.", "e-mail: tempfail-once. (throttled once)"),
    (
        "indoubt.",
        "e-mail: indoubt. (connection breaks before the answer)",
    ),
    ("tempfail.", "e-mail: tempfail. (always refused for now)"),
];

impl MailForm {
    /// What the dirt is called; none where it is clean.
    const fn dirt(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::MixedCase => Some("e-mail: mixed case"),
            Self::SpacesAround => Some("e-mail: spaces around"),
            Self::LoudDomain => Some("e-mail: domain in upper case"),
            Self::WithoutAt | Self::TwoAts | Self::WithoutDomain => Some("e-mail: illegal"),
            Self::SpaceInside => Some("e-mail: space inside"),
        }
    }

    fn written(self, mail: &str) -> String {
        let (local, domain) = mail.split_once('@').unwrap_or((mail, ""));
        match self {
            Self::Plain => mail.to_owned(),
            Self::MixedCase => format!("{}@{domain}", mixed(local)),
            Self::SpacesAround => format!(" {mail} "),
            Self::LoudDomain => format!("{local}@{}", domain.to_uppercase()),
            Self::WithoutAt => format!("{local}{domain}"),
            Self::TwoAts => format!("{local}@@{domain}"),
            Self::WithoutDomain => format!("{local}@"),
            Self::SpaceInside => format!("{}@{domain}", local.replacen('.', ". ", 1)),
        }
    }
}

/// Every other letter a capital.
fn mixed(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    letters
        .iter_mut()
        .step_by(2)
        .for_each(|c| c.make_ascii_uppercase());
    String::from_iter(letters)
}

pub(super) fn mail(
    mail: Option<&str>,
    dice: &mut Dice,
    count: &mut impl FnMut(&'static str),
) -> String {
    let Some(mail) = mail else {
        count("e-mail: missing");
        return String::new();
    };
    let fates = MAIL_FATES.iter().filter(|(word, _)| mail.starts_with(word));
    fates.for_each(|(_, what)| count(what));
    let form = dice.weighted(&MAIL_FORMS);
    form.dirt().into_iter().for_each(count);
    form.written(mail)
}

/// How a mobile number is written.
#[derive(Clone, Copy)]
enum MobileForm {
    Plain,
    Dashed,
    Pairs,
    International,
    Zeros,
    NationalZero,
    Brackets,
    FixedLine,
    Word,
    DigitShort,
    SameDigit,
}

const MOBILE_FORMS: [(MobileForm, u64); 11] = [
    (MobileForm::Plain, 520),
    (MobileForm::Dashed, 150),
    (MobileForm::Pairs, 90),
    (MobileForm::International, 70),
    (MobileForm::Zeros, 50),
    (MobileForm::NationalZero, 45),
    (MobileForm::Brackets, 25),
    (MobileForm::FixedLine, 30),
    (MobileForm::Word, 8),
    (MobileForm::DigitShort, 5),
    (MobileForm::SameDigit, 4),
];

impl MobileForm {
    /// What the dirt is called; none where it is one of the usual notations.
    const fn dirt(self) -> Option<&'static str> {
        match self {
            Self::Plain | Self::Dashed | Self::Pairs | Self::International | Self::Brackets => None,
            Self::Zeros => Some("mobile: with 0031"),
            Self::NationalZero => Some("mobile: with (0)"),
            Self::FixedLine => Some("mobile: a fixed line"),
            Self::Word => Some("mobile: a word instead of a number"),
            Self::DigitShort => Some("mobile: a digit short"),
            Self::SameDigit => Some("mobile: not a mobile range, all the same digit"),
        }
    }

    /// `tail`: the number behind its `06`.
    fn written(self, tail: &str) -> String {
        match self {
            Self::Plain => format!("06{tail}"),
            Self::Dashed => format!("06-{tail}"),
            Self::Pairs => {
                let (one, two, three) = (&tail[..2], &tail[2..4], &tail[4..6]);
                format!("06 {one} {two} {three} {}", &tail[6..])
            }
            Self::International => format!("+316{tail}"),
            Self::Zeros => format!("00316{tail}"),
            Self::NationalZero => format!("+31 (0)6 {tail}"),
            Self::Brackets => format!("(06) {tail}"),
            Self::FixedLine => {
                let rotterdam = tail.starts_with(['1', '3']);
                let area = if rotterdam { "010" } else { "020" };
                format!("{area}-{}", &tail[..7])
            }
            Self::Word => ["onbekend", "geen"][usize::from(tail.starts_with('1'))].into(),
            Self::DigitShort => format!("06{}", &tail[1..]),
            Self::SameDigit => "0666666666".into(),
        }
    }
}

/// What the sink does with a number that ends so.
fn fate(mobile: &str) -> Option<&'static str> {
    let suffix = &mobile[mobile.len() - 4..];
    let what = match suffix {
        "9001" => "mobile: …9001 (refused)",
        "9002" => "mobile: …9002 (throttled once)",
        "9004" => "mobile: …9004 (never reported)",
        "9005" => "mobile: …9005 (reported as failed)",
        "9006" => "mobile: …9006 (connection breaks before the answer)",
        "9008" => "mobile: …9008 (reported as expired)",
        _ => "mobile: …9009 (reports doubled and out of order)",
    };
    suffix.starts_with("900").then_some(what)
}

pub(super) fn mobile(
    mobile: Option<&str>,
    dice: &mut Dice,
    count: &mut impl FnMut(&'static str),
) -> String {
    let Some(mobile) = mobile else {
        count("mobile: missing");
        return String::new();
    };
    let form = dice.weighted(&MOBILE_FORMS);
    fate(mobile).into_iter().chain(form.dirt()).for_each(count);
    form.written(&mobile[2..])
}

/// How a postcode is written.
#[derive(Clone, Copy)]
enum PostcodeForm {
    Plain,
    Spaced,
    LowerCase,
    LeadingZero,
    NoSuchLetters,
    DigitsOnly,
    Missing,
}

const POSTCODE_FORMS: [(PostcodeForm, u64); 7] = [
    (PostcodeForm::Plain, 560),
    (PostcodeForm::Spaced, 330),
    (PostcodeForm::LowerCase, 90),
    (PostcodeForm::LeadingZero, 6),
    (PostcodeForm::NoSuchLetters, 4),
    (PostcodeForm::DigitsOnly, 4),
    (PostcodeForm::Missing, 6),
];

impl PostcodeForm {
    const fn dirt(self) -> Option<&'static str> {
        match self {
            Self::Plain | Self::Spaced | Self::LowerCase => None,
            Self::LeadingZero | Self::NoSuchLetters | Self::DigitsOnly => Some("postcode: invalid"),
            Self::Missing => Some("postcode: missing"),
        }
    }

    fn written(self, postcode: &str) -> String {
        let (digits, letters) = postcode.split_at(4);
        match self {
            Self::Plain => postcode.to_owned(),
            Self::Spaced => format!("{digits} {letters}"),
            Self::LowerCase => format!("{digits}{}", letters.to_lowercase()),
            Self::LeadingZero => format!("0{}{letters}", &digits[1..]),
            Self::NoSuchLetters => format!("{digits}SS"),
            Self::DigitsOnly => digits.to_owned(),
            Self::Missing => String::new(),
        }
    }
}

pub(super) fn postcode(
    postcode: &str,
    dice: &mut Dice,
    count: &mut impl FnMut(&'static str),
) -> String {
    let form = dice.weighted(&POSTCODE_FORMS);
    form.dirt().into_iter().for_each(count);
    form.written(postcode)
}
