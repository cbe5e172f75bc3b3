//! Owns the limits of single fields and how instants are written. The same rules serve JSON and the
//! binary port. Refuses to know which field belongs to which call.

use sluis_channels::address::visible;
use sluis_model::{TenantKey, Timestamp};

use super::problem::{FieldProblem, ProblemCode};

/// Last millisecond of the year 9998: what is written with the year 9999, the end of RFC 3339,
/// means never.
const LAST_INSTANT: i64 = 253_370_764_799_999;
/// How an instant is asked for.
pub(super) const INSTANT: &str =
    "an RFC 3339 instant such as 2026-02-02T08:00:00Z or 2026-02-02T09:00:00+01:00";

/// Which characters a text may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One line: anything but control characters and separators of lines.
    Plain,
    /// Lower-case letters, digits, hyphens and underscores.
    Word,
    /// A word, or `*`.
    WordOrAll,
}

/// What a text must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextRule {
    pub min: usize,
    pub max: usize,
    pub shape: Shape,
}

const fn plain(min: usize, max: usize) -> TextRule {
    TextRule {
        min,
        max,
        shape: Shape::Plain,
    }
}

const fn word(max: usize) -> TextRule {
    TextRule {
        min: 1,
        max,
        shape: Shape::Word,
    }
}

pub(super) const TENANT_ID: TextRule = plain(1, TenantKey::MAX_BYTES);
pub(super) const HOUSEHOLD_ID: TextRule = plain(1, TenantKey::MAX_HOUSEHOLD_BYTES);
pub(super) const WORD: TextRule = word(64);
pub(super) const CATEGORY_OR_ALL: TextRule = TextRule {
    min: 1,
    max: 64,
    shape: Shape::WordOrAll,
};
pub(super) const SUBJECT_ID: TextRule = plain(1, 128);
pub(super) const KEY: TextRule = plain(1, 128);
pub(super) const FACT_ID: TextRule = plain(1, 128);
pub(super) const NAME: TextRule = plain(0, 200);
/// What people call a mailing, and who does something with it.
pub(super) const WHO: TextRule = plain(1, 200);
/// A condition by which tenants are chosen.
pub(super) const CONDITION: TextRule = plain(1, 4_000);
pub(super) const CHECKSUM: TextRule = plain(1, 128);
pub(super) const NOTE: TextRule = plain(0, 200);
pub(super) const ADDRESS: TextRule = plain(1, 254);
/// What a push service gives an app: some hundred bytes, and some give more.
pub(super) const PUSH_TOKEN: TextRule = plain(1, 4096);

impl TextRule {
    /// What is expected, for people.
    pub(super) fn expected(&self) -> String {
        let shape = match self.shape {
            Shape::Plain => "without control characters",
            Shape::Word => "of lower-case letters, digits, hyphens and underscores",
            Shape::WordOrAll => "of lower-case letters, digits, hyphens and underscores, or *",
        };
        format!("{} to {} bytes {shape}", self.min, self.max)
    }

    /// What is wrong with `text`, if something is.
    pub(super) fn check(&self, path: &str, text: &str) -> Option<FieldProblem> {
        let code = if self.min > 0 && is_blank(text) {
            ProblemCode::Empty
        } else if text.len() < self.min || text.len() > self.max {
            ProblemCode::TooLong
        } else if !self.shape.fits(text) {
            ProblemCode::BadCharacters
        } else {
            return None;
        };
        let problem = FieldProblem::new(path, code, self.expected()).value(text);
        Some(match code {
            ProblemCode::TooLong => problem.hint(format!("it has {} bytes", text.len())),
            ProblemCode::Empty if !text.is_empty() => problem.hint("it is blank"),
            _ => problem,
        })
    }
}

impl Shape {
    fn fits(self, text: &str) -> bool {
        let word = || {
            text.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        };
        match self {
            Shape::Plain => is_line(text),
            Shape::Word => word(),
            Shape::WordOrAll => text == "*" || word(),
        }
    }
}

/// Whether nobody sees anything of `text`: it is empty, or all of it are blanks and characters
/// without a shape.
pub(super) fn is_blank(text: &str) -> bool {
    // Nearly every text begins with something that is seen.
    let is_seen = text.bytes().next().is_some_and(|b| b.is_ascii_graphic());
    !is_seen && visible(text).trim().is_empty()
}

/// Whether a character begins a new line, or is no character to read: U+2028 and U+2029 separate
/// lines and paragraphs.
pub(super) fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether `text` is one line.
pub(super) fn is_line(text: &str) -> bool {
    all_bytes(text, |b| (b' '..=b'~').contains(&b)) || !text.chars().any(breaks)
}

/// Whether `text` has only characters that people read: lines and tabs are fine.
pub(super) fn is_text(text: &str) -> bool {
    all_bytes(text, |b| matches!(b, b' '..=b'~' | b'\n' | b'\r'))
        || !text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Whether every byte is as wanted. Most texts are ASCII: they are looked at many bytes at once,
/// without a branch for each.
fn all_bytes(text: &str, wanted: impl Fn(u8) -> bool) -> bool {
    text.as_bytes()
        .chunks(AT_ONCE)
        .all(|part| part.iter().fold(true, |all, byte| all & wanted(*byte)))
}

/// Bytes that are looked at before the first look at what was found.
const AT_ONCE: usize = 64;

/// What an instant can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Itself.
    At(Timestamp),
    /// Any in the year 9999: how databases and programs write "never" in a column that wants an
    /// instant.
    Never,
    /// The first day of the year 1, or the first second of 1970: how programs write that nobody set
    /// it.
    Unset,
}

/// What is written in `text`, if it is RFC 3339: what other forms of ISO 8601 mean is not guessed.
pub(super) fn moment(text: &str) -> Option<Moment> {
    if !has_rfc3339_shape(text.as_bytes()) {
        return None;
    }
    // Neither is in the range of the library's instants in every offset.
    if text.starts_with("9999") || text.starts_with("0001-01-01") {
        let there = text[..19].parse::<jiff::civil::DateTime>().is_ok();
        return there.then_some(if text.starts_with('9') {
            Moment::Never
        } else {
            Moment::Unset
        });
    }
    instant(text).map(|at| {
        if at == Timestamp(0) {
            Moment::Unset
        } else {
            Moment::At(at)
        }
    })
}

/// What is wrong with a line of `least` to `most` bytes, if something is.
pub(crate) fn line_problem(
    path: &str,
    text: &str,
    least: usize,
    most: usize,
) -> Option<FieldProblem> {
    plain(least, most).check(path, text)
}

/// The instant written in `text`, if it has the shape.
fn instant(text: &str) -> Option<Timestamp> {
    if !has_rfc3339_shape(text.as_bytes()) {
        return None;
    }
    let at = whole_utc(text.as_bytes()).or_else(|| text.parse().ok())?;
    let millis = at.as_millisecond();
    in_range(Timestamp(millis)).then_some(Timestamp(millis))
}

/// The instant of a text such as `2026-02-02T08:00:00Z`, as most are written; a leap second and
/// every other way is for the library's parser. `text` has the shape.
fn whole_utc(text: &[u8]) -> Option<jiff::Timestamp> {
    let text: &[u8; 20] = text
        .try_into()
        .ok()
        .filter(|text: &&[u8; 20]| text[19].eq_ignore_ascii_case(&b'Z'))?;
    let two = |at: usize| (text[at] - b'0') as i8 * 10 + (text[at + 1] - b'0') as i8;
    let year = i16::from(two(0)) * 100 + i16::from(two(2));
    let date = jiff::civil::Date::new(year, two(5), two(8)).ok()?;
    let time = jiff::civil::Time::new(two(11), two(14), two(17), 0).ok()?;
    jiff::tz::Offset::UTC
        .to_timestamp(date.to_datetime(time))
        .ok()
}

/// From 1970 up to and with the year 9998.
pub(super) fn in_range(at: Timestamp) -> bool {
    (0..=LAST_INSTANT).contains(&at.0)
}

/// `2026-02-02T08:00:00`, perhaps a fraction, then `Z` or an offset with a colon.
fn has_rfc3339_shape(text: &[u8]) -> bool {
    const PATTERN: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let Some((head, tail)) = text.split_at_checked(PATTERN.len()) else {
        return false;
    };
    let offset = match tail {
        [b'.', digits @ ..] => {
            let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
            if count == 0 || count > 9 {
                return false;
            }
            &digits[count..]
        }
        other => other,
    };
    matches(head, PATTERN)
        && (matches!(offset, b"Z" | b"z")
            || matches(offset, b"+dd:dd")
            || matches(offset, b"-dd:dd"))
}

/// `d` stands for a digit, everything else for itself.
fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let fits = |(byte, wanted): (&u8, &u8)| match wanted {
        b'd' => byte.is_ascii_digit(),
        other => byte.eq_ignore_ascii_case(other),
    };
    text.len() == pattern.len() && text.iter().zip(pattern).all(fits)
}

/// Whether `text` is a day of the calendar, `YYYY-MM-DD`.
pub(super) fn is_date(text: &str) -> bool {
    matches(text.as_bytes(), b"dddd-dd-dd") && text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_usual_way_of_writing_means_what_the_parser_says(
            year in 0..9_999u16, month in 0..14u8, day in 0..33u8, hour in 0..26u8, minute in 0..62u8, second in 0..62u8,
            end in "Z|z|\\.0Z|\\+00:00|-00:00|\\+01:00",
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{end}");
            let parsed = text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp(at.as_millisecond()));
            prop_assert_eq!(instant(&text), parsed.filter(|at| in_range(*at)), "{}", text);
        }
    }

    #[test]
    fn never_and_nobody_set_it_are_told_from_instants() {
        for text in [
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59.9999999Z",
            "9999-01-01T00:00:00+01:00",
            "9999-12-31t00:00:00-23:59",
        ] {
            assert_eq!(moment(text), Some(Moment::Never), "{text}");
        }
        for text in [
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "1970-01-01T00:00:00Z",
            "1970-01-01T01:00:00+01:00",
        ] {
            assert_eq!(moment(text), Some(Moment::Unset), "{text}");
        }
        for text in [
            "9999-12-32T00:00:00Z",
            "9999-12-31",
            "0001-01-01T24:00:00Z",
            "0001-01-02T00:00:00Z",
            "9998-12-31T23:59:59-05:00",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
        assert_eq!(
            moment("1970-01-01T00:00:01Z"),
            Some(Moment::At(Timestamp(1_000)))
        );
        assert_eq!(
            moment("9998-12-31T23:59:59.999Z"),
            Some(Moment::At(Timestamp(LAST_INSTANT)))
        );
    }

    #[test]
    fn a_leap_second_is_taken() {
        assert_eq!(
            instant("2016-12-31T23:59:60Z"),
            instant("2016-12-31T23:59:59Z")
        );
    }

    #[test]
    fn instants_are_rfc_3339_and_nothing_else() {
        let day = Timestamp(1_770_019_200_000);
        for text in [
            "2026-02-02T08:00:00Z",
            "2026-02-02t08:00:00.000z",
            "2026-02-02T09:00:00+01:00",
            "2026-02-02T07:30:00-00:30",
        ] {
            assert_eq!(instant(text), Some(day), "{text}");
        }
        let wrong = [
            "",
            "2026-02-02",
            "2026-02-02T08:00Z",
            "2026-02-02T08:00:00",
            "2026-02-02 08:00:00Z",
            "20260202T080000Z",
            "2026-02-30T08:00:00Z",
            "2026-02-02T25:00:00Z",
            "2026-02-02T08:00:00.Z",
            "2026-02-02T08:00:00+01:00[Europe/Amsterdam]",
            "1969-12-31T23:59:59Z",
            "2026-02-02T08:00:0é",
        ];
        for text in wrong {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn dates_exist() {
        assert!(is_date("2028-02-29"));
        for text in [
            "2026-02-29",
            "2026-2-1",
            "20260201",
            "02-02-2026",
            "2026-02-02T00:00:00Z",
            "",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }

    #[test]
    fn texts_have_a_length_and_an_alphabet() {
        let code = |rule: TextRule, text: &str| rule.check("x", text).map(|p| p.code);
        assert_eq!(code(WORD, "storno-flow_2"), None);
        assert_eq!(code(WORD, ""), Some(ProblemCode::Empty));
        for blank in ["", " ", "  ", "\u{a0}", "\u{200b}\u{feff}", "\u{3000} "] {
            assert_eq!(
                code(TENANT_ID, blank),
                Some(ProblemCode::Empty),
                "{blank:?}"
            );
            assert_eq!(code(NAME, blank), None, "{blank:?}");
        }
        assert_eq!(code(TENANT_ID, " H-1"), None);
        assert_eq!(code(WORD, "Storno"), Some(ProblemCode::BadCharacters));
        assert_eq!(code(WORD, &"a".repeat(65)), Some(ProblemCode::TooLong));
        assert_eq!(code(TENANT_ID, "H\n1"), Some(ProblemCode::BadCharacters));
        assert_eq!(code(CATEGORY_OR_ALL, "*"), None);
        assert_eq!(code(NAME, ""), None);
    }
}
