//! Owns the step from bytes to text: which encoding a list has, by its byte order mark, by what its
//! sender says, or by what fits. Refuses letters that may be others: where nothing is said and
//! nothing fits, the file is refused as a whole, before its first row, because half a list is worse
//! than none.

use std::borrow::Cow;

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

use super::kinds;
use super::notes::Notes;
use super::rejected::Rejected;
use super::split::breaks;
use super::western;
use crate::intake::node::{place, utf8};
use crate::intake::problem::{FieldProblem, ProblemCode};

/// How far into a file UTF-16 without a mark is looked for, in bytes.
const LOOKED_AT: usize = 4_096;
/// What stands behind every refusal.
const NOTHING: &str = "nothing of it was loaded";

/// The encoding that a sender says a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset {
    encoding: &'static Encoding,
    /// `utf-16` does not say which byte of two comes first.
    is_of_any_order: bool,
}

impl Charset {
    /// Names that are good to say.
    pub const EXAMPLES: &str =
        "utf-8, utf-16, windows-1252, or another name of the WHATWG Encoding Standard";

    /// By its name in the WHATWG Encoding Standard, in any letter case. As there, `iso-8859-1` and
    /// `us-ascii` are names of Windows-1252.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let encoding = Encoding::for_label(name.as_bytes())?;
        if [REPLACEMENT, X_USER_DEFINED].contains(&encoding) {
            return None;
        }
        let is_of_any_order = name.trim().eq_ignore_ascii_case("utf-16");
        Some(Self {
            encoding,
            is_of_any_order,
        })
    }
}

/// The file as text, without its byte order mark: at most three bytes for one of the file's.
pub(super) fn text<'a>(
    bytes: &'a [u8],
    said: Option<Charset>,
    notes: &mut Notes,
) -> Result<Cow<'a, str>, Rejected> {
    if let Some(problem) = kinds::no_text(bytes) {
        return Err(Rejected::whole(1, problem));
    }
    if let Some((marked, length)) = Encoding::for_bom(bytes) {
        if said.is_some_and(|said| said.encoding != marked && !said.is_of_any_order) {
            notes.encoded(
                marked.name(),
                "as its byte order mark says, not as Content-Type says",
            );
        }
        return decoded(marked, bytes, length, "the file has its byte order mark");
    }
    match said {
        Some(said) => as_said(bytes, said),
        None => by_sight(bytes, notes),
    }
}

/// In the encoding that the sender names, unless it certainly is another.
fn as_said<'a>(bytes: &'a [u8], said: Charset) -> Result<Cow<'a, str>, Rejected> {
    let encoding = match order(bytes) {
        Some(seen) if said.is_of_any_order => seen,
        _ => said.encoding,
    };
    let is_utf16 = [UTF_16LE, UTF_16BE].contains(&encoding);
    let speaks_otherwise = if is_utf16 {
        !bytes.contains(&0)
    } else {
        encoding != UTF_8 && !bytes.is_ascii()
    };
    if speaks_otherwise && std::str::from_utf8(bytes).is_ok() {
        let problem = problem(encoding.name(), "UTF-8");
        let hint = format!(
            "Content-Type says {}, and these bytes are UTF-8: say charset=utf-8, or say none; {NOTHING}",
            encoding.name()
        );
        return Err(Rejected::whole(1, problem.hint(hint)));
    }
    let why = format!(
        "Content-Type says {}: say the right charset, or say none",
        encoding.name()
    );
    decoded(encoding, bytes, 0, &why)
}

/// In the encoding that fits.
fn by_sight<'a>(bytes: &'a [u8], notes: &mut Notes) -> Result<Cow<'a, str>, Rejected> {
    if let Some(seen) = order(bytes) {
        let text = decoded(seen, bytes, 0, "it looks like UTF-16 without a mark")?;
        notes.encoded(
            seen.name(),
            "by what it looks like: it has no byte order mark",
        );
        return Ok(text);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    let Some(at) = western::misfit(&text) else {
        notes.encoded(
            WINDOWS_1252.name(),
            "by what fits: it is no UTF-8, and Content-Type says no charset",
        );
        return Ok(text);
    };
    // Each byte is one character here.
    let at = text[..at].chars().count();
    let (line, column) = place(bytes, at);
    let byte = bytes.get(at).copied().unwrap_or_default();
    let problem = problem(
        "UTF-8, UTF-16, or Windows-1252",
        &format!("byte 0x{byte:02x} at line {line}, column {column}"),
    );
    let hint = format!(
        "of another encoding: name it, as in Content-Type: text/csv; charset=macintosh (or windows-1252, if it is that after all), or save the list as CSV UTF-8; {NOTHING}"
    );
    Err(Rejected::whole(
        1 + breaks(&bytes[..at]),
        problem.hint(hint),
    ))
}

/// All of the bytes behind the first `mark` in one encoding.
fn decoded<'a>(
    encoding: &'static Encoding,
    bytes: &'a [u8],
    mark: usize,
    why: &str,
) -> Result<Cow<'a, str>, Rejected> {
    let hint = format!("{why}; {NOTHING}");
    if encoding == UTF_8 {
        return match utf8(bytes, "file") {
            Ok(text) => Ok(Cow::Borrowed(&text[mark..])),
            Err(problem) => {
                let at = std::str::from_utf8(bytes)
                    .err()
                    .map_or(0, |error| error.valid_up_to());
                Err(Rejected::whole(
                    1 + breaks(&bytes[..at]),
                    problem.hint(hint),
                ))
            }
        };
    }
    let (text, has_errors) = encoding.decode_without_bom_handling(&bytes[mark..]);
    let strange = |c: char| {
        has_errors && c == char::REPLACEMENT_CHARACTER
            || encoding.is_single_byte() && matches!(c, '\u{80}'..='\u{9f}')
    };
    match text.find(strange) {
        None => Ok(text),
        Some(at) => {
            let line = 1 + breaks(&text.as_bytes()[..at]);
            let problem = problem(encoding.name(), &format!("other bytes on line {line}"));
            Err(Rejected::whole(line, problem.hint(hint)))
        }
    }
}

/// UTF-16 by the zeros beside most letters.
fn order(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    let zeros = |start: usize| {
        let every_second = head.iter().skip(start).step_by(2);
        every_second.filter(|byte| **byte == 0).count()
    };
    let most = head.len() / 4;
    match head.len() {
        0..4 => None,
        _ if zeros(1) > most => Some(UTF_16LE),
        _ if zeros(0) > most => Some(UTF_16BE),
        _ => None,
    }
}

fn problem(expected: &str, got: &str) -> FieldProblem {
    FieldProblem::new("file", ProblemCode::NotUtf8, expected).value(got)
}
