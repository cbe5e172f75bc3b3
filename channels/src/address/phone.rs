//! Owns phone numbers in E.164, by the numbering plans of libphonenumber's metadata. Refuses what
//! no plan has, pagers and paid services; and, where a text message is to go, fixed lines. Nobody's
//! number is stored with the zero of a national number behind its country code: that zero is taken
//! out where the plan says that it is none of the number's digits (not in Italy, whose zero belongs
//! to the number).
//!
//! Of the crate only the metadata is used. Its parser takes letters for digits, and its descriptors
//! accept a number whose beginning fits; here a pattern must fit the whole number, as in
//! libphonenumber.

use std::borrow::Cow;
use std::sync::OnceLock;

use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor};
use regex::{Regex, RegexBuilder};

use super::clean::{unquoted, visible, without_scheme};
use super::normal::{AddressProblem, Cleaned, Normal};

/// The country code of numbers that name none.
const HOME: usize = 31;
/// Country codes have one to three digits (ITU-T E.164 6.2.1).
const CODES: usize = 1_000;
/// Most digits in all (ITU-T E.164 6.1).
const MAX_DIGITS: usize = 15;
/// Longest text looked at, in bytes: a number with blanks, brackets and its scheme stays far below.
const MAX_TEXT: usize = 80;

/// The numbering plans of each country code, made when a number of it is first seen. Several share
/// a code (+1, +7, +44).
static PLANS: [OnceLock<Vec<Plan>>; CODES] = [const { OnceLock::new() }; CODES];

/// One numbering plan.
struct Plan {
    /// What is dialled before a national number, and is none of its digits.
    trunk: Option<Box<str>>,
    general: Regex,
    mobile: Option<Regex>,
    /// Numbers that ring at somebody and are not mobile.
    fixed: Vec<Regex>,
}

/// A phone number, and what it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// The number in E.164.
    pub normal: Normal,
    /// Whether it takes messages.
    pub is_mobile: bool,
}

/// A mobile number in E.164 (`+31612345678`). Takes the ways people and spreadsheets write it:
/// `06-12 34 56 78`, `0031 6…`, `+31 (0)6…`, `tel:`, `'06…`, and `612345678`, which is what a
/// spreadsheet leaves of it. A foreign number must begin with `+` or `00`.
///
/// # Errors
/// [`AddressProblem`].
pub fn mobile(text: &str) -> Result<Normal, AddressProblem> {
    match phone(text) {
        Ok(Phone {
            normal,
            is_mobile: true,
        }) => Ok(normal),
        Ok(_) | Err(AddressProblem::NotCallable) => Err(AddressProblem::NotMobile),
        Err(problem) => Err(problem),
    }
}

/// A mobile or a fixed number in E.164, written as [`mobile`] takes it.
///
/// # Errors
/// [`AddressProblem`].
pub fn phone(text: &str) -> Result<Phone, AddressProblem> {
    let mut cleaned = Vec::new();
    let seen = visible(text);
    let text = seen.trim();
    // Odd blanks are how a number may well be set; only what nobody sees is worth a word.
    if matches!(seen, Cow::Owned(_)) {
        cleaned.push(Cleaned::Invisible);
    }
    let bare = unquoted(text);
    if bare.len() < text.len() {
        cleaned.push(Cleaned::Wrapping);
    }
    let number = without_scheme(bare, "tel:");
    if number.len() < bare.len() {
        cleaned.push(Cleaned::Scheme);
    }
    if number.is_empty() {
        return Err(AddressProblem::Empty);
    }
    let (international, digits) = digits_of(number)?;
    let (code, national) = if international {
        country(&digits)?
    } else {
        (HOME, at_home(&digits)?)
    };
    let Sound {
        national,
        repaired,
        is_mobile,
    } = sound(plans(code), national)?;
    if repaired && international && !number.contains("(0)") {
        cleaned.push(Cleaned::TrunkPrefix);
    }
    let value = format!("+{code}{national}");
    Ok(Phone {
        normal: Normal { value, cleaned },
        is_mobile,
    })
}

/// The digits, and whether they begin with a country code.
fn digits_of(text: &str) -> Result<(bool, String), AddressProblem> {
    if text.len() > MAX_TEXT {
        return Err(AddressProblem::NotANumber);
    }
    let (plus, rest) = match text.strip_prefix(['+', '\u{ff0b}']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut digits = String::with_capacity(MAX_DIGITS + 3);
    for c in rest.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
            _ => return Err(AddressProblem::NotANumber),
        }
    }
    match digits.strip_prefix("00") {
        Some(rest) if !plus => Ok((true, rest.to_owned())),
        _ => Ok((plus, digits)),
    }
}

/// Country code and national number: no code begins with another.
fn country(digits: &str) -> Result<(usize, &str), AddressProblem> {
    if digits.len() > MAX_DIGITS + 2 {
        return Err(AddressProblem::TooLong);
    }
    let known = (1..=3)
        .filter_map(|length| digits.split_at_checked(length))
        .find_map(|(code, national)| {
            let code = code.parse().ok().filter(|_| !code.starts_with('0'))?;
            (!plans(code).is_empty()).then_some((code, national))
        });
    known.ok_or(AddressProblem::NotANumber)
}

/// The Dutch national number in digits without a country code.
fn at_home(digits: &str) -> Result<&str, AddressProblem> {
    match digits.strip_prefix('0') {
        Some(national) => Ok(national),
        None if digits.len() == 11 && digits.starts_with("316") => Ok(&digits[2..]),
        None if digits.len() == 9 && digits.starts_with('6') => Ok(digits),
        None => Err(AddressProblem::NotANumber),
    }
}

/// A national number as one of the plans has it.
struct Sound<'a> {
    national: &'a str,
    /// Whether something was taken off.
    repaired: bool,
    is_mobile: bool,
}

fn sound<'a>(plans: &[Plan], national: &'a str) -> Result<Sound<'a>, AddressProblem> {
    let without = |plan: &Plan| {
        plan.trunk
            .as_deref()
            .and_then(|trunk| national.strip_prefix(trunk))
    };
    let as_written = plans
        .iter()
        .filter(|plan| plan.general.is_match(national))
        .map(|plan| (plan, national, false));
    let repaired = plans
        .iter()
        .filter_map(|plan| Some((plan, without(plan)?, true)));
    let repaired = repaired.filter(|(plan, rest, _)| plan.general.is_match(rest));
    let fits: Vec<(&Plan, &str, bool)> = as_written.chain(repaired).collect();
    let (_, first, _) = fits.first().ok_or_else(|| misfit(plans, national))?;
    if is_filler(first) {
        return Err(AddressProblem::Placeholder);
    }
    let found = |is_mobile: bool, of: fn(&Plan, &str) -> bool| {
        let mut fits = fits.iter();
        let (_, national, repaired) = *fits.find(|(plan, number, _)| of(plan, number))?;
        Some(Sound {
            national,
            repaired,
            is_mobile,
        })
    };
    found(true, Plan::is_mobile)
        .or_else(|| found(false, Plan::is_fixed))
        .ok_or(AddressProblem::NotCallable)
}

impl Plan {
    fn is_mobile(&self, number: &str) -> bool {
        let mobile = self.mobile.as_ref();
        mobile.is_some_and(|mobile| mobile.is_match(number))
    }

    fn is_fixed(&self, number: &str) -> bool {
        self.fixed.iter().any(|fixed| fixed.is_match(number))
    }
}

/// Why no plan has the number: one digit repeated was made to fill a field.
fn misfit(plans: &[Plan], national: &str) -> AddressProblem {
    let trunk = plans
        .first()
        .and_then(|plan| plan.trunk.as_deref())
        .unwrap_or_default();
    match national {
        short if short.len() < 4 => AddressProblem::NotANumber,
        filler if is_filler(filler.strip_prefix(trunk).unwrap_or(filler)) => {
            AddressProblem::Placeholder
        }
        _ => AddressProblem::NoSuchNumber,
    }
}

/// One digit repeated, behind the first.
fn is_filler(digits: &str) -> bool {
    matches!(digits.as_bytes(), [_, first, rest @ ..] if rest.len() >= 5 && rest.iter().all(|digit| digit == first))
}

fn plans(code: usize) -> &'static [Plan] {
    PLANS
        .get(code)
        .map_or(&[], |plans| plans.get_or_init(|| read(code)))
}

fn read(code: usize) -> Vec<Plan> {
    let known = u16::try_from(code)
        .ok()
        .and_then(|code| DATABASE.by_code(&code))
        .unwrap_or_default();
    known.into_iter().filter_map(plan).collect()
}

fn plan(metadata: &Metadata) -> Option<Plan> {
    let of = metadata.descriptors();
    Some(Plan {
        trunk: metadata.national_prefix().map(Box::from),
        general: whole(of.general())?,
        mobile: of.mobile().and_then(whole),
        fixed: [of.fixed_line(), of.voip(), of.uan(), of.personal_number()]
            .into_iter()
            .flatten()
            .filter_map(whole)
            .collect(),
    })
}

/// The descriptor's pattern, for the whole number.
fn whole(descriptor: &Descriptor) -> Option<Regex> {
    let pattern = format!("^(?:{})$", descriptor.national_number().as_str());
    RegexBuilder::new(&pattern)
        .ignore_whitespace(true)
        .unicode(false)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<String, AddressProblem> {
        mobile(text).map(|normal| normal.value)
    }

    #[test]
    fn dutch_mobiles_come_out_in_e164() {
        for text in [
            "0612345678",
            "06-12345678",
            " 06 12 34 56 78 ",
            "+31 6 12345678",
            "+31 (0)6 12345678",
            "0031612345678",
        ] {
            assert_eq!(value(text).as_deref(), Ok("+31612345678"), "{text}");
        }
        for text in [
            "31612345678",
            "612345678",
            "06.12.34.56.78",
            "(06) 12345678",
            "06/12345678",
            "06–12345678",
            "(0)6 12345678",
        ] {
            assert_eq!(value(text).as_deref(), Ok("+31612345678"), "{text}");
        }
        assert_eq!(value("+49 151 23456789").as_deref(), Ok("+4915123456789"));
        assert_eq!(value("0970 12345678").as_deref(), Ok("+3197012345678"));
    }

    #[test]
    fn what_stands_around_a_number_is_taken_off_and_named() {
        use Cleaned::*;
        let cases = [
            ("\u{202a}+31612345678\u{202c}", vec![Invisible]),
            ("06\u{200b}12345678", vec![Invisible]),
            ("\u{feff}0612345678", vec![Invisible]),
            ("'0612345678", vec![Wrapping]),
            ("=\"0612345678\"", vec![Wrapping]),
            ("tel:+31612345678", vec![Scheme]),
            ("TEL: 06-12345678", vec![Scheme]),
            ("+31 06 12345678", vec![TrunkPrefix]),
            ("0031 06 12345678", vec![TrunkPrefix]),
            ("+31 (0)6 12345678", vec![]),
        ];
        for (text, cleaned) in cases {
            assert_eq!(
                mobile(text),
                Ok(Normal {
                    value: "+31612345678".into(),
                    cleaned
                }),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_trunk_zero_behind_a_country_code_is_never_stored() {
        for (text, expected) in [
            ("+32 0470 12 34 56", "+32470123456"),
            ("+32 (0)470 12 34 56", "+32470123456"),
            ("0032 0470/12.34.56", "+32470123456"),
            ("+49 0151 23456789", "+4915123456789"),
            ("+44 07911 123456", "+447911123456"),
            ("+33 06 12 34 56 78", "+33612345678"),
            ("+90 0532 123 45 67", "+905321234567"),
            ("+212 0612345678", "+212612345678"),
            ("+36 06 20 123 4567", "+36201234567"),
            ("+48 601 234 567", "+48601234567"),
            ("+39 347 123 4567", "+393471234567"),
        ] {
            assert_eq!(value(text).as_deref(), Ok(expected), "{text}");
        }
        // Italy has no trunk prefix: a zero belongs to the number, which is a fixed line or none.
        assert_eq!(value("+39 06 6982 1234"), Err(AddressProblem::NotMobile));
        assert_eq!(value("+39 0347 1234567"), Err(AddressProblem::NotMobile));
    }

    #[test]
    fn what_is_no_mobile_has_its_reason() {
        use AddressProblem::*;
        let cases = [
            ("", Empty),
            ("onbekend", NotANumber),
            ("06-12345678 (werk)", NotANumber),
            ("+3161234567a", NotANumber),
            ("061234567", NoSuchNumber),
            ("06123456789", NoSuchNumber),
            ("0612345678 / 0687654321", NoSuchNumber),
            ("6,12E+08", NotANumber),
            ("612345678.0", NotANumber),
            ("070-1234567", NotMobile),
            ("0661234567", NotMobile),
            ("0900-1234", NotMobile),
            ("+31701234567", NotMobile),
            ("+32 2 555 12 12", NotMobile),
            ("0600000000", Placeholder),
            ("0611111111", Placeholder),
            ("+4912", NotANumber),
            ("+999123456789", NotANumber),
            ("+0612345678", NotANumber),
            ("+4912345678901234567", TooLong),
            ("112", NotANumber),
            ("+", NotANumber),
        ];
        for (text, problem) in cases {
            assert_eq!(value(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn a_fixed_line_is_a_phone_number_that_takes_no_messages() {
        for (text, value, is_mobile) in [
            ("070-1234567", "+31701234567", false),
            ("+32 2 555 12 12", "+3225551212", false),
            ("+39 06 6982 1234", "+390669821234", false),
            ("0031 6 12 34 56 78", "+31612345678", true),
        ] {
            let read = phone(text).map(|phone| (phone.normal.value, phone.is_mobile));
            assert_eq!(read, Ok((value.to_owned(), is_mobile)), "{text}");
        }
        for (text, problem) in [
            ("0900-1234", AddressProblem::NotCallable),
            ("070-1234567 tst 12", AddressProblem::NotANumber),
            ("", AddressProblem::Empty),
        ] {
            assert_eq!(phone(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn every_plan_of_the_metadata_can_be_read() {
        for metadata in DATABASE.iter() {
            assert!(plan(metadata).is_some(), "{}", metadata.id());
            let mobile = metadata.descriptors().mobile();
            assert_eq!(
                mobile.is_some(),
                mobile.and_then(whole).is_some(),
                "{}",
                metadata.id()
            );
        }
    }

    #[test]
    fn the_example_of_every_country_is_taken_and_with_its_trunk_prefix_is_never_stored_so() {
        for metadata in DATABASE.iter() {
            let Some(example) = metadata
                .descriptors()
                .mobile()
                .and_then(Descriptor::example)
            else {
                continue;
            };
            let expected = format!("+{}{example}", metadata.country_code());
            assert_eq!(
                value(&expected).as_deref(),
                Ok(&*expected),
                "{}",
                metadata.id()
            );
            if metadata.national_prefix() == Some("0") {
                let text = format!("+{} 0{example}", metadata.country_code());
                let got = value(&text);
                assert!(
                    got.is_err() || got.as_deref() == Ok(&*expected),
                    "{}: {got:?}",
                    metadata.id()
                );
            }
        }
    }
}
