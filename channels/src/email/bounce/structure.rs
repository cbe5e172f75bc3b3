//! Owns the walk through a MIME message (RFC 2045, RFC 2046): every message within it, every part,
//! decoded to text. Without recursion, and bounded in depth, parts, bytes of headers, bytes of text
//! and work done: a report needs little of each, and a hostile mail gets no more. Refuses to know
//! what a part means.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::html::html_to_text;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{ContentType, MessageParser, MimeHeaders};

use super::fields::{Fields, cut};

/// The most bytes of a mail that are read. A report says what it has to say at its beginning; what
/// comes behind is the message that is returned.
pub const MAX_REPORT: usize = 512 * 1024;
/// The largest header section that is read, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// How deep parts within parts are followed.
pub(super) const MAX_DEPTH: usize = 8;
/// The most entities that are looked at.
pub(super) const MAX_ENTITIES: usize = 64;
/// The longest text of one part that is kept, in bytes.
const MAX_TEXT: usize = 64 * 1024;
/// The most work of one mail: bytes looked at, each time they are.
pub(super) const MAX_WORK: usize = 24 * MAX_REPORT;

/// A header as the parser reads it.
type Parsed<'a> = mail_parser::Message<'a>;

/// A mail taken apart.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// The mail itself, then the messages within it in their order.
    pub(super) messages: Vec<Message>,
    /// What it cost, in bytes looked at.
    pub(super) work: usize,
}

/// A message.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// Its header.
    pub(super) head: Fields,
    /// `Subject` and `From`, encoded words decoded (RFC 2047).
    pub(super) subject: String,
    pub(super) from: String,
    /// Its own media type, and its `report-type`.
    pub(super) kind: String,
    pub(super) report_type: String,
    /// The parts that are no multiparts, without those of messages within it.
    pub(super) parts: Vec<Part>,
}

/// A part.
#[derive(Debug)]
pub(super) struct Part {
    /// Its media type in lower case; `text/plain` where none is given.
    pub(super) kind: String,
    /// Its content as text; markup is taken out of HTML.
    pub(super) text: String,
}

/// What is still to be looked at. Without a message it is one itself.
struct Item<'a> {
    raw: Cow<'a, [u8]>,
    message: Option<usize>,
    depth: usize,
}

impl Mail {
    /// Takes the first [`MAX_REPORT`] bytes apart.
    pub(super) fn read(raw: &[u8]) -> Self {
        let raw = &raw[..raw.len().min(MAX_REPORT)];
        let mut mail = Self::default();
        let mut stack = vec![Item {
            raw: Cow::Borrowed(raw),
            message: None,
            depth: 0,
        }];
        let mut entities = 0;
        while let Some(item) = stack.pop() {
            if entities == MAX_ENTITIES || mail.work >= MAX_WORK {
                break;
            }
            entities += 1;
            mail.look_at(item, &mut stack);
        }
        mail
    }

    fn look_at<'a>(&mut self, item: Item<'a>, stack: &mut Vec<Item<'a>>) {
        self.work += item.raw.len();
        let entity = Entity::read(&item.raw);
        let message = item.message.unwrap_or_else(|| {
            self.messages.push(entity.message());
            self.messages.len() - 1
        });
        let deeper = item.depth < MAX_DEPTH;
        if deeper && self.take_apart(&item, &entity, message, stack) {
            return;
        }
        if deeper && matches!(entity.kind.as_str(), "message/rfc822" | "message/global") {
            self.open(&item, &entity, stack);
        } else if !entity.is_media() {
            let text = entity.text(&item.raw[entity.body_at..]);
            self.work += text.len();
            let kind = entity.kind;
            self.messages[message].parts.push(Part { kind, text });
        }
    }

    /// Puts the parts of a multipart on the stack. False: it is none, or has none.
    fn take_apart<'a>(
        &mut self,
        item: &Item<'a>,
        entity: &Entity,
        message: usize,
        stack: &mut Vec<Item<'a>>,
    ) -> bool {
        let boundary = entity.boundary.as_ref();
        let Some(boundary) = boundary.filter(|_| entity.kind.starts_with("multipart/")) else {
            return false;
        };
        let body = entity.body_at;
        self.work += item.raw.len() - body;
        let pieces = split(&item.raw[body..], boundary);
        let any = !pieces.is_empty();
        // The stack gives back the last first.
        let child = |(from, to): (usize, usize)| Item {
            raw: within(&item.raw, body + from, body + to),
            message: Some(message),
            depth: item.depth + 1,
        };
        stack.extend(pieces.into_iter().rev().map(child));
        any
    }

    /// Puts a message within it on the stack.
    fn open<'a>(&mut self, item: &Item<'a>, entity: &Entity, stack: &mut Vec<Item<'a>>) {
        let body = entity.body_at;
        let raw = match decode(&item.raw[body..], &entity.encoding) {
            Some(decoded) => Cow::Owned(decoded),
            None => within(&item.raw, body, item.raw.len()),
        };
        self.work += raw.len();
        stack.push(Item {
            raw,
            message: None,
            depth: item.depth + 1,
        });
    }
}

/// A piece of what is borrowed, or a copy of a piece of what is owned.
fn within<'a>(raw: &Cow<'a, [u8]>, from: usize, to: usize) -> Cow<'a, [u8]> {
    match raw {
        Cow::Borrowed(raw) => Cow::Borrowed(&raw[from..to]),
        Cow::Owned(raw) => Cow::Owned(raw[from..to].to_vec()),
    }
}

/// The header of a message or a part.
struct Entity {
    fields: Fields,
    subject: String,
    from: String,
    kind: String,
    report_type: String,
    boundary: Option<String>,
    charset: String,
    encoding: String,
    body_at: usize,
}

impl Entity {
    fn read(raw: &[u8]) -> Self {
        let body_at = body_at(raw);
        let head = &raw[..body_at.min(MAX_HEAD)];
        let fields = Fields::read(head);
        let parsed = MessageParser::new().parse_headers(head);
        let content_type = parsed.as_ref().and_then(|message| message.content_type());
        let attribute = |name: &str| {
            let value = content_type.and_then(|kind| kind.attribute(name));
            value.unwrap_or_default()
        };
        let plain = |name: &str| attribute(name).to_ascii_lowercase();
        let encoding = fields.first("content-transfer-encoding");
        let boundary = attribute("boundary");
        Self {
            subject: subject_of(parsed.as_ref(), &fields),
            from: from_of(parsed.as_ref(), &fields),
            kind: media_type(content_type),
            report_type: plain("report-type"),
            boundary: (!boundary.is_empty()).then(|| boundary.to_owned()),
            charset: plain("charset"),
            encoding: encoding.unwrap_or_default().trim().to_ascii_lowercase(),
            fields,
            body_at,
        }
    }

    /// A picture, a sound: nothing to read.
    fn is_media(&self) -> bool {
        matches!(
            self.kind.split('/').next(),
            Some("image" | "audio" | "video" | "font")
        )
    }

    fn message(&self) -> Message {
        Message {
            head: self.fields.clone(),
            subject: self.subject.clone(),
            from: self.from.clone(),
            kind: self.kind.clone(),
            report_type: self.report_type.clone(),
            parts: Vec::new(),
        }
    }

    /// The content as text.
    fn text(&self, body: &[u8]) -> String {
        // Encoded text is longer than what it says; three lines are always enough for two.
        let body = &body[..body.len().min(MAX_TEXT * 3 / 2)];
        let decoded = decode(body, &self.encoding).map_or(Cow::Borrowed(body), Cow::Owned);
        let text = characters(&decoded[..decoded.len().min(MAX_TEXT)], &self.charset);
        let text = if self.kind == "text/html" {
            html_to_text(&text)
        } else {
            text
        };
        cut(&text, MAX_TEXT).to_owned()
    }
}

/// The media type in lower case; `text/plain` where none is given.
fn media_type(content_type: Option<&ContentType<'_>>) -> String {
    let kind = content_type.map(|kind| match kind.subtype() {
        Some(subtype) => format!("{}/{subtype}", kind.ctype()).to_ascii_lowercase(),
        None => kind.ctype().to_ascii_lowercase(),
    });
    let kind = kind.filter(|kind| !kind.is_empty());
    kind.unwrap_or_else(|| "text/plain".to_owned())
}

/// The subject. Words that the parser cannot place are still there as they came.
fn subject_of(parsed: Option<&Parsed<'_>>, fields: &Fields) -> String {
    let subject = parsed.and_then(|message| message.subject());
    let subject = subject.or(fields.first("subject"));
    cut(subject.unwrap_or_default(), 1_024).to_owned()
}

fn from_of(parsed: Option<&Parsed<'_>>, fields: &Fields) -> String {
    let from = parsed.and_then(|message| message.from());
    match from.and_then(|from| from.first()) {
        Some(sender) => {
            let name = sender.name.as_deref().unwrap_or_default();
            let address = sender.address.as_deref().unwrap_or_default();
            format!("{name} {address}")
        }
        None => fields.first("from").unwrap_or_default().to_owned(),
    }
}

/// Bytes as characters. Text beyond ASCII that is sound UTF-8 is UTF-8, whatever it says: no other
/// encoding of a text is by chance.
fn characters(bytes: &[u8], charset: &str) -> String {
    let encoded_as_ascii = bytes.contains(&0x1b)
        || bytes.contains(&0)
        || charset.contains("utf-7")
        || charset.contains("utf-16");
    if !encoded_as_ascii && let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    match charset_decoder(charset.as_bytes()) {
        Some(decode) if charset != "utf-8" => decode(bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The decoded body (RFC 2045 6); none when it is as it stands. What does not keep to its encoding,
/// such as a footer that a gateway has put below base64, ends it.
fn decode(body: &[u8], encoding: &str) -> Option<Vec<u8>> {
    match encoding {
        "base64" => base64_decode(body).or_else(|| base64_decode(&body[..sound_base64(body)])),
        "quoted-printable" => {
            Some(quoted_printable_decode(body).unwrap_or_else(|| lenient_quoted_printable(body)))
        }
        _ => None,
    }
}

/// How long the part of a body is whose lines are base64.
fn sound_base64(body: &[u8]) -> usize {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=\r\n\t ".contains(byte);
    let lines = body.split_inclusive(|byte| *byte == b'\n');
    lines
        .take_while(|line| line.iter().all(allowed))
        .map(<[u8]>::len)
        .sum()
}

/// Quoted-printable in which an equals sign that begins nothing stands for itself.
fn lenient_quoted_printable(body: &[u8]) -> Vec<u8> {
    let hex = |byte: Option<&u8>| {
        byte.and_then(|byte| char::from(*byte).to_digit(16))
            .and_then(|d| u8::try_from(d).ok())
    };
    let (mut out, mut at) = (Vec::with_capacity(body.len()), 0);
    while let Some(byte) = body.get(at) {
        let rest = &body[at + 1..];
        at += 1;
        match (byte, hex(rest.first()), hex(rest.get(1))) {
            (b'=', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                at += 2;
            }
            (b'=', ..) if rest.starts_with(b"\r\n") => at += 2,
            (b'=', ..) if rest.starts_with(b"\n") => at += 1,
            _ => out.push(*byte),
        }
    }
    out
}

/// Where the body begins: behind the first empty line.
fn body_at(raw: &[u8]) -> usize {
    let mut at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
    }
    at
}

/// The pieces between the boundaries (RFC 2046 5.1.1): lines of two hyphens and the boundary; two
/// more hyphens end the last.
fn split(body: &[u8], boundary: &str) -> Vec<(usize, usize)> {
    let mut pieces = Vec::new();
    let (mut at, mut open) = (0, None::<usize>);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let after = line
            .strip_prefix(b"--")
            .and_then(|rest| rest.strip_prefix(boundary.as_bytes()));
        if let Some(after) = after.map(<[u8]>::trim_ascii_end)
            && (after.is_empty() || after == b"--")
        {
            pieces.extend(open.map(|from| (from, at)));
            open = after.is_empty().then_some(at + line.len());
            if !after.is_empty() || pieces.len() == MAX_ENTITIES {
                return pieces;
            }
        }
        at += line.len();
    }
    // A report that was cut off still has what came before.
    pieces.extend(open.map(|from| (from, body.len())));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_keep_to_its_encoding_is_read_as_far_as_it_does() {
        assert_eq!(decode(b"SGFs\r\nbG8=\r\n", "base64").unwrap(), b"Hallo");
        assert_eq!(
            decode(b"SGFsbG8=\r\n-- \r\nScanned by a gateway.\r\n", "base64").unwrap(),
            b"Hallo"
        );
        assert_eq!(
            decode(b"a=3Db=\r\nc =x d", "quoted-printable").unwrap(),
            b"a=bc =x d"
        );
        assert_eq!(decode(b"a", "8bit"), None);
        assert_eq!(characters(b"caf\xe9", "iso-8859-1"), "caf\u{e9}");
        assert_eq!(
            characters("caf\u{e9}".as_bytes(), "iso-8859-1"),
            "caf\u{e9}"
        );
        assert_eq!(
            characters(b"\x1b$B%a!<%k\x1b(B", "iso-2022-jp"),
            "\u{30e1}\u{30fc}\u{30eb}"
        );
    }

    #[test]
    fn hostile_mails_cost_a_bounded_amount_of_work() {
        let bound = MAX_WORK + 4 * MAX_REPORT;
        let nested = "Content-Type: multipart/mixed; boundary=a\n\n--a\n".repeat(10_000);
        let messages = "Content-Type: message/rfc822\n\n".repeat(10_000);
        let encoded =
            "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n".repeat(10_000);
        let headers = format!("{}\n\nbody\n", "X-Line: of a header\n".repeat(100_000));
        let folded = format!(
            "X-Line: of a header\n{}\n\nbody\n",
            " which goes on\n".repeat(100_000)
        );
        let parts = format!(
            "Content-Type: multipart/mixed; boundary=a\n\n{}",
            "--a\n\nx\n".repeat(100_000)
        );
        let large = format!("Subject: large\n\n{}", "x".repeat(50 * 1024 * 1024));
        let wide = format!(
            "Content-Type: multipart/mixed; boundary=a\n\n--a\n\n{}",
            "y\n".repeat(25 * 1024 * 1024)
        );
        for raw in [
            nested, messages, encoded, headers, folded, parts, large, wide,
        ] {
            let mail = Mail::read(raw.as_bytes());
            assert!(
                mail.work <= bound,
                "{} bytes of work for {:?}",
                mail.work,
                &raw[..40]
            );
            assert!(mail.messages.len() <= MAX_ENTITIES);
            let kept: usize = mail
                .messages
                .iter()
                .flat_map(|message| &message.parts)
                .map(|part| part.text.len())
                .sum();
            let heads: usize = mail
                .messages
                .iter()
                .flat_map(|message| message.head.iter())
                .map(|(name, value)| name.len() + value.len())
                .sum();
            assert!(
                kept <= MAX_ENTITIES * MAX_TEXT && heads <= MAX_ENTITIES * MAX_HEAD,
                "{kept} and {heads} bytes kept"
            );
        }
    }

    #[test]
    fn parts_of_parts_are_found_to_a_small_depth() {
        let level = |inner: &str, boundary: &str| {
            format!(
                "Content-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n{inner}\n--{boundary}--\n"
            )
        };
        let deep = |depth: usize| {
            (0..depth).fold(
                "Content-Type: text/plain\n\nfound".to_owned(),
                |inner, at| level(&inner, &format!("b{at}")),
            )
        };
        let finds = |raw: &str| {
            Mail::read(raw.as_bytes()).messages[0]
                .parts
                .iter()
                .any(|part| part.text.trim() == "found")
        };
        assert!(finds(&deep(0)) && finds(&deep(MAX_DEPTH)));
        assert!(!finds(&deep(MAX_DEPTH + 1)));
    }
}
