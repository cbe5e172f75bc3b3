//! Owns what a file is that is no list, by how it begins: workbooks, archives, pages, databases. Each
//! is refused by its name, with what to do instead. Refuses to look into one.

use super::format::Format;
use crate::intake::problem::{FieldProblem, ProblemCode};

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
/// How far into a ZIP archive its kind is looked for, in bytes.
const LOOKED_AT: usize = 4_096;

/// What the bytes are, when they are no text.
pub(super) fn no_text(bytes: &[u8]) -> Option<FieldProblem> {
    let known = KINDS.iter().find(|(magic, ..)| bytes.starts_with(magic));
    let (what, hint) = match known {
        Some((_, what, hint)) => (*what, *hint),
        None if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") => {
            zipped(&bytes[..bytes.len().min(LOOKED_AT)])
        }
        None => return None,
    };
    let code = if what.starts_with("UTF-") {
        ProblemCode::NotUtf8
    } else {
        ProblemCode::NotAList
    };
    let expected = "a list: CSV, or a JSON object a line";
    Some(problem(code, expected, what, hint))
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

/// What the text is, when it is no list: pages and documents that programs write under the name of
/// a sheet, and JSON where it is not meant.
pub(super) fn no_list(text: &str, format: Format) -> Option<FieldProblem> {
    let start = text.trim_ascii_start().as_bytes();
    let begins = |wanted: &[u8]| {
        let head = start.get(..wanted.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(wanted))
    };
    let (what, hint) = match format {
        _ if begins(b"<!doctype html") || begins(b"<html") || begins(b"<table") => {
            ("a web page (HTML)", SAVE_AS)
        }
        _ if begins(b"<?xml") || begins(b"<Workbook") => ("an XML document", SAVE_AS),
        Format::Csv if begins(b"{\"") || begins(b"[{") => {
            ("JSON", "post JSON with Content-Type: application/x-ndjson")
        }
        Format::Ndjson if begins(b"[") => (
            "a JSON array",
            "one object a line, without brackets and commas around them",
        ),
        Format::Csv | Format::Ndjson => return None,
    };
    let expected = match format {
        Format::Csv => "CSV",
        Format::Ndjson => "a JSON object a line",
    };
    Some(problem(ProblemCode::NotAList, expected, what, hint))
}

fn problem(code: ProblemCode, expected: &str, what: &str, hint: &str) -> FieldProblem {
    let problem = FieldProblem::new("file", code, expected);
    problem.value(what).hint(hint)
}
