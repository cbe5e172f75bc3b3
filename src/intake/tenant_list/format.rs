//! Owns how a list is written, and which media types say so.

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header and rows, fields separated by `;` or `,`.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

/// What says that each line is a JSON value, wherever such bodies are taken.
pub const JSON_LINES: [&str; 6] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/jsonlines",
    "application/x-jsonl",
];
/// What says that it is CSV. Windows names a file so whose name ends in `.csv` where Excel is
/// installed: what is an Excel workbook indeed is known by its first bytes.
const CSV: [&str; 6] = [
    "text/csv",
    "application/csv",
    "text/x-csv",
    "text/comma-separated-values",
    "text/tab-separated-values",
    "application/vnd.ms-excel",
];

impl Format {
    /// The format that a media type names, in lower case and without parameters.
    #[must_use]
    pub fn of_media_type(media: &str) -> Option<Self> {
        let all = [Format::Csv, Format::Ndjson];
        all.into_iter()
            .find(|format| format.media_types().contains(&media))
    }

    /// The media types that mean it.
    pub(super) const fn media_types(self) -> &'static [&'static str] {
        match self {
            Format::Csv => &CSV,
            Format::Ndjson => &JSON_LINES,
        }
    }

    /// The format that a text has by how it begins.
    pub(super) fn of_text(text: &str) -> Self {
        if text.trim_ascii_start().starts_with('{') {
            Format::Ndjson
        } else {
            Format::Csv
        }
    }
}
