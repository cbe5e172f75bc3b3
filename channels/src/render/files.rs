//! Owns the names of a template's files: which part and which language a name says.

use super::context::is_language;
use super::form::Part;

impl Part {
    /// The name of the file: `storno-mail.subject.en.txt`.
    pub(super) fn file(self, name: &str, language: Option<&str>) -> String {
        let subject = if self == Part::Subject {
            ".subject"
        } else {
            ""
        };
        let ending = if self == Part::Html { "html" } else { "txt" };
        match language {
            Some(language) => format!("{name}{subject}.{language}.{ending}"),
            None => format!("{name}{subject}.{ending}"),
        }
    }
}

/// The template, the kind and the language that a file's name says; none when it is no such name.
pub(super) fn parts_of(file: &str) -> Option<(&str, Part, Option<&str>)> {
    let (rest, html) = match (file.strip_suffix(".txt"), file.strip_suffix(".html")) {
        (Some(rest), _) => (rest, false),
        (None, rest) => (rest?, true),
    };
    let spoken = rest.rsplit_once('.').filter(|(_, last)| is_language(last));
    let (rest, language) = spoken.map_or((rest, None), |(rest, language)| (rest, Some(language)));
    let (name, kind) = match rest.strip_suffix(".subject") {
        _ if html => (rest, Part::Html),
        Some(name) => (name, Part::Subject),
        None => (rest, Part::Text),
    };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (!name.is_empty() && name.bytes().all(plain)).then_some((name, kind, language))
}
