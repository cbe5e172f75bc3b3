//! Owns how a list is written, and which media types say so.

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header and rows, fields separated by `;` or `,`.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

impl Format {
    /// The format a media type names; its parameters do not matter.
    #[must_use]
    pub fn of_media_type(text: &str) -> Option<Self> {
        match text
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
            .as_str()
        {
            "text/csv" => Some(Format::Csv),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
                Some(Format::Ndjson)
            }
            _ => None,
        }
    }
}
