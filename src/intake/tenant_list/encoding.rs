//! Owns the step from bytes to text: UTF-8, with or without a byte order mark. Refuses everything
//! else as a whole and by name, before the first row: half a list is worse than none.

use crate::intake::node::{place, utf8};
use crate::intake::problem::{FieldProblem, ProblemCode};

use super::format::Format;
use super::rejected::Rejected;

/// First bytes by which files are known that are no text, with what to do instead.
const KINDS: [(&[u8], &str, &str); 13] = [
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (XLS)", SAVE_AS),
    (b"\x1f\x8b", "a gzip file", UNPACK),
    (b"BZh", "a bzip2 file", UNPACK),
    (b"\xfd7zXZ\0", "an xz file", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd file", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!", "a RAR archive", UNPACK),
    (b"%PDF", "a PDF", SAVE_AS),
    (b"{\\rtf", "an RTF document", SAVE_AS),
    (b"SQLite format 3", "an SQLite database", SAVE_AS),
    (b"PAR1", "a Parquet file", SAVE_AS),
    (b"\xff\xfe\0\0", "UTF-32", SAVE_AS),
    (b"\0\0\xfe\xff", "UTF-32", SAVE_AS),
];
const SAVE_AS: &str = "save the list as CSV UTF-8 (in Excel: Save as, CSV UTF-8)";
const UNPACK: &str = "unpack it first, and send the list itself";
/// How far into a file its kind is looked for, in bytes.
const LOOKED_AT: usize = 4_096;

/// The file as text, without its byte order mark.
pub(super) fn text(bytes: &[u8], format: Format) -> Result<&str, Rejected> {
    if let Some((what, hint)) = kind(bytes, format) {
        let code = if what.starts_with("UTF-") {
            ProblemCode::NotUtf8
        } else {
            ProblemCode::NotAList
        };
        let expected = match format {
            Format::Csv => "CSV in UTF-8",
            Format::Ndjson => "a JSON object a line, in UTF-8",
        };
        return Err(reject(
            1,
            FieldProblem::new("file", code, expected)
                .value(what)
                .hint(hint),
        ));
    }
    let text = utf8(bytes, "file").map_err(|problem| {
        let valid = std::str::from_utf8(bytes)
            .err()
            .map_or(0, |error| error.valid_up_to());
        let hint = "Windows-1252 perhaps: export the list as CSV UTF-8; nothing of it was loaded";
        reject(place(bytes, valid).0, problem.hint(hint))
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn reject(line: usize, problem: FieldProblem) -> Rejected {
    Rejected {
        line: line as u64,
        tenant_id: None,
        reasons: vec![problem],
    }
}

/// What the bytes are, when they are no list.
fn kind(bytes: &[u8], format: Format) -> Option<(&'static str, &'static str)> {
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    if let Some((_, what, hint)) = KINDS.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Some((what, hint));
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Some(zipped(head));
    }
    utf16(head).or_else(|| markup(head, format))
}

/// A ZIP archive by its first entries.
fn zipped(head: &[u8]) -> (&'static str, &'static str) {
    let holds = |name: &[u8]| head.windows(name.len()).any(|part| part == name);
    if holds(b"application/vnd.oasis.opendocument") {
        ("an OpenDocument sheet (ODS)", SAVE_AS)
    } else if holds(b"[Content_Types].xml") || holds(b"xl/") || holds(b"_rels/") {
        ("an Excel workbook (XLSX)", SAVE_AS)
    } else {
        ("a ZIP archive", UNPACK)
    }
}

/// UTF-16, by its mark, or by zeros beside most letters.
fn utf16(head: &[u8]) -> Option<(&'static str, &'static str)> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Some(("UTF-16", SAVE_AS));
    }
    let zeros = |start: usize| {
        head.iter()
            .skip(start)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let most = head.len() / 4;
    (head.len() >= 4 && (zeros(0) > most || zeros(1) > most))
        .then_some(("UTF-16 without a mark", SAVE_AS))
}

/// Pages and documents that programs write under the name of a sheet, and JSON where it is not
/// meant.
fn markup(head: &[u8], format: Format) -> Option<(&'static str, &'static str)> {
    let start = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii_start();
    let begins = |text: &[u8]| {
        start
            .get(..text.len())
            .is_some_and(|bytes| bytes.eq_ignore_ascii_case(text))
    };
    match format {
        _ if begins(b"<!doctype html") || begins(b"<html") || begins(b"<table") => {
            Some(("a web page (HTML)", SAVE_AS))
        }
        _ if begins(b"<?xml") || begins(b"<Workbook") => Some(("an XML document", SAVE_AS)),
        Format::Csv if begins(b"{\"") || begins(b"[{") => {
            Some(("JSON", "post JSON with Content-Type: application/x-ndjson"))
        }
        Format::Ndjson if begins(b"[") => Some((
            "a JSON array",
            "one object a line, without brackets and commas around them",
        )),
        Format::Csv | Format::Ndjson => None,
    }
}
