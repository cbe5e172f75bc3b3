//! Owns what stands in a cell when nothing does: error values of spreadsheets, `NULL`, `n.v.t.`;
//! and numbers that a spreadsheet has rewritten. Refuses to take a family name for one: `Null` is a
//! name, `NULL` is none.

/// Error values of Excel and LibreOffice: English, Dutch, German, French.
const ERRORS: [&str; 24] = [
    "#N/A", "#N/B", "#NV", "#REF!", "#VERW!", "#VALUE!", "#WAARDE!", "#WERT!", "#NAME?", "#NAAM?",
    "#DIV/0!", "#DEEL/0!", "#NUM!", "#GETAL!", "#ZAHL!", "#NULL!", "#LEEG!", "#SPILL!", "#CALC!",
    "#BEZUG!", "#VALEUR!", "#NOM?", "#NOMBRE!", "ERR:502",
];
/// What a query leaves of an empty field. In these letters only.
const EMPTY: [&str; 22] = [
    "NULL",
    "null",
    "(null)",
    "(NULL)",
    "<null>",
    "<NULL>",
    "[NULL]",
    "\\N",
    "N/A",
    "n/a",
    "NaN",
    "nan",
    "undefined",
    "n.v.t.",
    "n.v.t",
    "N.V.T.",
    "nvt",
    "NVT",
    "(leeg)",
    "(blank)",
    "-",
    "--",
];
/// What people write for a number they do not have, and what ends a list.
const NO_NUMBER: [&str; 10] = [
    "onbekend",
    "unknown",
    "geen",
    "none",
    "leeg",
    "totaal",
    "total",
    "eindtotaal",
    "subtotaal",
    "aantal",
];

/// What people write for a family name they do not know. No family is called so.
const NOBODY: [&str; 2] = ["onbekend", "unknown"];

/// Whether a cell holds a word that stands for nothing.
pub(super) fn stands_for_nothing(text: &str) -> bool {
    EMPTY.contains(&text) || is_error(text)
}

/// Whether a cell holds what a spreadsheet shows when it has no value to show.
pub(in crate::intake) fn is_error(text: &str) -> bool {
    let hashes = text.len() > 2 && text.bytes().all(|b| b == b'#');
    let is_named = || ERRORS.iter().any(|error| error.eq_ignore_ascii_case(text));
    hashes || text.starts_with(['#', 'E']) && is_named()
}

/// Whether a cell holds what a query leaves of an empty field.
pub(in crate::intake) fn is_empty(text: &str) -> bool {
    text.is_empty() || EMPTY.contains(&text)
}

/// Whether the column of family names holds a word, or a mail address, instead of a name.
pub(super) fn is_nobody(text: &str) -> bool {
    let address = text
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    address || NOBODY.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether the column of tenant numbers holds a word instead of a number.
pub(super) fn is_no_number(text: &str) -> bool {
    let word = text.trim_end_matches([':', '.', ' ']).to_lowercase();
    NO_NUMBER.contains(&&*word)
}

/// `1,00123E+11`: what a spreadsheet leaves of a long number. Its last digits are gone.
pub(in crate::intake) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or_default();
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    plain(digits)
        && mantissa.split([',', '.']).count() <= 2
        && mantissa.split([',', '.']).all(plain)
}

/// A number that a program has rewritten: `1001.0`, `1.001.234`, `3-dec`. It may be as it should;
/// somebody must look.
pub(super) fn looks_rewritten(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let decimal = |(whole, rest): (&str, &str)| {
        digits(whole) && digits(rest) && rest.bytes().all(|b| b == b'0')
    };
    let parts: Vec<&str> = text.split('.').collect();
    let thousands = parts.len() > 2
        && parts[0].len() <= 3
        && parts.iter().all(|p| digits(p))
        && parts[1..].iter().all(|p| p.len() == 3);
    text.split_once(['.', ',']).is_some_and(decimal) || thousands || is_month(text)
}

fn is_month(text: &str) -> bool {
    const MONTHS: [&str; 16] = [
        "jan", "feb", "mrt", "mar", "apr", "mei", "may", "jun", "jul", "aug", "sep", "okt", "oct",
        "nov", "dec", "mär",
    ];
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower.split('-').collect();
    (2..=3).contains(&parts.len())
        && parts.iter().filter(|part| MONTHS.contains(part)).count() == 1
        && parts.iter().all(|part| {
            MONTHS.contains(part) || part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit())
        })
}

/// What was meant by a text that is UTF-8 read as Windows-1252 and encoded again: `RenÃ©` is `René`.
/// None: it is no such text. Letters as they are meant never make UTF-8 that way.
pub(in crate::intake) fn encoded_once(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let (bytes, _, is_lossy) = encoding_rs::WINDOWS_1252.encode(text);
    let once = String::from_utf8(bytes.into_owned()).ok();
    once.filter(|once| !is_lossy && !once.chars().any(char::is_control))
}

/// Text that was encoded twice (`RenÃ©`), or lost letters on its way (`Ren\u{fffd}`, `Ren?`).
pub(super) fn is_garbled(text: &str) -> bool {
    if text.is_ascii() {
        return text
            .as_bytes()
            .windows(2)
            .any(|pair| pair[0].is_ascii_alphabetic() && pair[1] == b'?');
    }
    let mut before = ' ';
    let mut garbled = false;
    for c in text.chars() {
        let twice = matches!(before, 'Ã' | 'Â' | 'Ä' | 'Å')
            && matches!(
                c,
                '\u{80}'..='\u{bf}' | '€' | '‚' | '„' | '…' | '‡' | '‰' | '‹' | 'Œ'
            );
        garbled |= twice
            || c == '\u{fffd}'
            || before == 'â' && c == '€'
            || before.is_alphabetic() && c == '?';
        before = c;
    }
    garbled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_values_and_empty_words_stand_for_nothing_and_names_do_not() {
        for text in [
            "#N/B", "#n/a", "#REF!", "########", "NULL", "null", "\\N", "n.v.t.", "-", "#WAARDE!",
        ] {
            assert!(stands_for_nothing(text), "{text}");
        }
        for text in ["Null", "Na", "Nan", "#12", "E", "Van", "", "#", "H1", "nul"] {
            assert!(!stands_for_nothing(text), "{text}");
        }
        assert!(
            is_nobody("Onbekend")
                && is_nobody("UNKNOWN")
                && is_nobody("x@b.nl")
                && !is_nobody("@Boer")
        );
        assert!(is_no_number("ONBEKEND") && is_no_number("Totaal:") && !is_no_number("H-1"));
    }

    #[test]
    fn what_a_spreadsheet_made_of_a_number_is_seen() {
        for text in ["1,00123E+11", "1.00123e+11", "1E+05", "-1,2E-3"] {
            assert!(is_scientific(text), "{text}");
        }
        for text in ["1E5", "H1E+1", "E+11", "1,2,3E+4", "E1", "", "12"] {
            assert!(!is_scientific(text), "{text}");
        }
        for text in [
            "1001.0",
            "1001,00",
            "1.001.234",
            "3-dec",
            "03-mrt-26",
            "dec-26",
        ] {
            assert!(looks_rewritten(text), "{text}");
        }
        for text in [
            "1001",
            "1001.5",
            "H-1001",
            "12.345.6",
            "2026-01",
            "1.2",
            "jan-jansen",
            "0",
        ] {
            assert!(!looks_rewritten(text), "{text}");
        }
    }

    #[test]
    fn what_was_encoded_twice_is_read_once_and_nothing_else_is() {
        for (text, meant) in [
            ("RenÃ©", "René"),
            ("Dâ€™Ancona", "D’Ancona"),
            ("GÃ¼lÅŸen", "Gülşen"),
        ] {
            assert_eq!(encoded_once(text).as_deref(), Some(meant));
        }
        for text in [
            "René",
            "Âge",
            "Doğan",
            "Ren\u{fffd}",
            "RenÃ©, Doğan",
            "Kok",
            "Ã",
        ] {
            assert_eq!(encoded_once(text), None, "{text}");
        }
    }

    #[test]
    fn garbled_letters_are_seen() {
        for text in [
            "RenÃ©",
            "BjÃ¶rn",
            "Dâ€™Ancona",
            "Ren\u{fffd}",
            "M?ller",
            "Çelik?",
        ] {
            assert!(is_garbled(text), "{text}");
        }
        for text in ["René", "Björn", "Âge", "D’Ancona", "Doğan", "", "?"] {
            assert!(!is_garbled(text), "{text}");
        }
    }
}
