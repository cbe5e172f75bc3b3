//! Owns the outermost level of a MIME message (RFC 2045, RFC 2046): header fields, the parts of one multipart, their
//! transfer encoding. Refuses to look deeper: a report needs one level, and a parser that follows messages within
//! messages can be made to exhaust the stack.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{DateTime, MessageParser, MimeHeaders};
use sluis_model::Timestamp;

/// The largest header that is read, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// The most fields of a header, and the most parts of a message, that are looked at.
const MAX_FIELDS: usize = 256;
const MAX_PARTS: usize = 16;

/// One entity: a message or a part of it.
#[derive(Debug, Default)]
pub(super) struct Entity<'a> {
    /// Its header fields.
    pub(super) fields: Fields,
    /// `type/subtype` in lower case; empty where there is none.
    pub(super) kind: String,
    boundary: Option<String>,
    encoding: String,
    raw_body: &'a [u8],
}

impl<'a> Entity<'a> {
    /// Reads header and body.
    pub(super) fn read(raw: &'a [u8]) -> Self {
        let (head, raw_body) = split_head(raw);
        let head = &head[..head.len().min(MAX_HEAD)];
        let fields = Fields::read(head);
        let parsed = MessageParser::new().parse_headers(head);
        let content_type = parsed.as_ref().and_then(|message| message.content_type());
        let kind =
            content_type.map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase());
        let boundary = content_type.and_then(|kind| kind.attribute("boundary")).map(str::to_owned);
        let encoding = fields.first("content-transfer-encoding").unwrap_or_default().trim().to_ascii_lowercase();
        Self { fields, kind: kind.unwrap_or_default(), boundary, encoding, raw_body }
    }

    /// The parts of a multipart; of anything else, itself alone.
    pub(super) fn parts(self) -> Vec<Entity<'a>> {
        match &self.boundary {
            Some(boundary) if self.kind.starts_with("multipart/") => split_parts(self.raw_body, boundary),
            _ => vec![self],
        }
    }

    /// The body, decoded.
    pub(super) fn body(&self) -> Cow<'a, [u8]> {
        let decoded = match self.encoding.as_str() {
            "base64" => base64_decode(self.raw_body),
            "quoted-printable" => quoted_printable_decode(self.raw_body),
            _ => None,
        };
        decoded.map_or(Cow::Borrowed(self.raw_body), Cow::Owned)
    }
}

/// Header and body, divided by the first empty line.
fn split_head(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let next = at + line.len();
        if matches!(line, b"\n" | b"\r\n") {
            return (&raw[..at], &raw[next..]);
        }
        at = next;
    }
    (raw, &[])
}

/// RFC 2046 5.1.1: lines of two hyphens and the boundary; two more hyphens end the last part.
fn split_parts<'a>(body: &'a [u8], boundary: &str) -> Vec<Entity<'a>> {
    let mut parts = Vec::new();
    let (mut at, mut open) = (0, None::<usize>);
    for line in body.split_inclusive(|b| *b == b'\n') {
        let after = line.strip_prefix(b"--").and_then(|rest| rest.strip_prefix(boundary.as_bytes()));
        if let Some(after) = after.map(|after| after.trim_ascii_end())
            && (after.is_empty() || after == b"--")
        {
            parts.extend(open.map(|from| Entity::read(&body[from..at])));
            open = after.is_empty().then_some(at + line.len());
            if !after.is_empty() || parts.len() == MAX_PARTS {
                return parts;
            }
        }
        at += line.len();
    }
    // A report that was cut off still has what came before.
    parts.extend(open.map(|from| Entity::read(&body[from..])));
    parts
}

/// Header fields, names in lower case, values unfolded.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The fields up to the first empty line.
    pub(super) fn read(raw: &[u8]) -> Self {
        Self::blocks(raw, 1).into_iter().next().unwrap_or_default()
    }

    /// The first blocks of fields, divided by empty lines.
    pub(super) fn blocks(raw: &[u8], most: usize) -> Vec<Self> {
        let (mut blocks, mut block) = (Vec::new(), Self::default());
        for line in raw.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)) {
            if line.iter().all(u8::is_ascii_whitespace) {
                if !block.is_empty() {
                    blocks.push(std::mem::take(&mut block));
                }
                if blocks.len() >= most {
                    return blocks;
                }
            } else {
                block.add(&String::from_utf8_lossy(line));
            }
        }
        if !block.is_empty() {
            blocks.push(block);
        }
        blocks
    }

    fn add(&mut self, line: &str) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = self.0.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':')
            && self.0.len() < MAX_FIELDS
        {
            self.0.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The field as a date (RFC 5322 3.3).
    pub(super) fn date(&self, name: &str) -> Option<Timestamp> {
        let text = self.first(name).filter(|text| text.len() <= 64)?;
        let date = DateTime::parse_rfc822(text)?;
        date.is_valid().then(|| Timestamp(date.to_timestamp().saturating_mul(1000)))
    }
}
