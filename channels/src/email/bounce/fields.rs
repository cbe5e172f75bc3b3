//! Owns header fields and the field groups of reports (RFC 5322 2.2, RFC 3464 2.1), as they come,
//! not as they should: a line that is no field is passed over. Refuses to keep more of them, or
//! longer ones, than its bounds.

use mail_parser::DateTime;
use sluis_model::Timestamp;

/// The most fields of one block that are kept.
const MAX_FIELDS: usize = 512;
/// The longest value kept, in bytes; further folded lines of it are dropped.
const MAX_VALUE: usize = 8 * 1024;

/// Header fields in their order, names in lower case, values unfolded.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The fields of a header section.
    pub(super) fn read(raw: &[u8]) -> Self {
        let mut fields = Self::default();
        for line in raw.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.iter().all(u8::is_ascii_whitespace) {
                fields.add(&String::from_utf8_lossy(line));
            }
        }
        fields
    }

    /// Adds a line: the rest of the last field when it begins with a blank, else a new field.
    fn add(&mut self, line: &str) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = self
                .0
                .last_mut()
                .filter(|(_, value)| value.len() + line.len() <= MAX_VALUE)
            {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = field(line)
            && self.0.len() < MAX_FIELDS
        {
            self.0.push((name, cut(value, MAX_VALUE).to_owned()));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every field.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(move |(field, _)| *field == name)
            .map(|(_, value)| value)
    }

    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The field as a date (RFC 5322 3.3).
    pub(super) fn date(&self, name: &str) -> Option<Timestamp> {
        let text = self.first(name).filter(|text| text.len() <= 64)?;
        let date = DateTime::parse_rfc822(text)?;
        date.is_valid()
            .then(|| Timestamp(date.to_timestamp().saturating_mul(1000)))
    }
}

/// `Name: value`, the name in lower case and without blanks (RFC 5322 2.2: printable, no colon).
fn field(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim();
    let sound = !name.is_empty()
        && name.len() <= 80
        && name.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
    sound.then(|| (name.to_ascii_lowercase(), value.trim()))
}

/// At most so many bytes, on a character boundary.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The fields of a delivery status (RFC 3464 2.1): those about the message, and one group for each
/// recipient.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Those before the first group.
    pub(super) about: Fields,
    /// One for each recipient, at most as many as were asked for.
    pub(super) recipients: Vec<Fields>,
}

/// Fields that belong to a recipient and may begin its group, whatever the order they come in.
const BEGINS: [&str; 7] = [
    "original-recipient",
    "final-recipient",
    "action",
    "x-actual-recipient",
    "x-original-recipient",
    "status",
    "diagnostic-code",
];

impl Groups {
    /// Reads a delivery status. Groups are divided where a field comes that the group has already,
    /// and by empty lines where the group is complete: some reporters leave empty lines out, others
    /// put one behind each field.
    pub(super) fn read(text: &str, most: usize) -> Self {
        let mut reader = Reader::default();
        for line in text.split('\n') {
            reader.line(line.strip_suffix('\r').unwrap_or(line));
            if reader.groups.recipients.len() >= most {
                return reader.groups;
            }
        }
        reader.close();
        reader.groups
    }
}

/// A delivery status, read line by line.
#[derive(Default)]
struct Reader {
    groups: Groups,
    /// The fields of the group that is read.
    now: Fields,
    /// It is a recipient's.
    in_group: bool,
    /// An empty line stands before the next one.
    gap: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if line.trim().is_empty() {
            self.gap = true;
            return;
        }
        if begins(line).is_some_and(|name| !self.in_group || self.is_anew(&name)) {
            self.close();
            self.in_group = true;
        }
        self.gap = false;
        self.now.add(line);
    }

    /// Whether this field belongs to another recipient than those before it.
    fn is_anew(&self, name: &str) -> bool {
        let has = |field: &str| self.now.first(field).is_some();
        let ended = has("action") && self.gap;
        match name {
            "status" | "diagnostic-code" => has(name) && self.gap,
            "action" => has(name) || ended,
            _ => has(name) || ended || has("action") && has("final-recipient"),
        }
    }

    fn close(&mut self) {
        let fields = std::mem::take(&mut self.now);
        if self.in_group {
            self.groups.recipients.push(fields);
        } else {
            self.groups.about = fields;
        }
    }
}

/// The name of the field, when it is one that may begin a group.
fn begins(line: &str) -> Option<String> {
    let continues = line.starts_with([' ', '\t']);
    let (name, _) = field(line).filter(|_| !continues)?;
    BEGINS.contains(&name.as_str()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(text: &str) -> Vec<(String, String)> {
        let value = |fields: &Fields, name: &str| fields.first(name).unwrap_or_default().to_owned();
        Groups::read(text, 32)
            .recipients
            .iter()
            .map(|group| (value(group, "action"), value(group, "status")))
            .collect()
    }

    #[test]
    fn groups_are_told_apart_with_and_without_empty_lines() {
        let one = "Original-Recipient: rfc822; a\nFinal-Recipient: rfc822; a\nAction: failed\nStatus: 5.1.1\n";
        let two = "Final-Recipient: rfc822; b\nAction: delayed\nStatus: 4.4.1\n";
        let expected = [
            ("failed".to_owned(), "5.1.1".to_owned()),
            ("delayed".to_owned(), "4.4.1".to_owned()),
        ];
        assert_eq!(
            actions(&format!("Reporting-MTA: dns; x\n\n{one}\n{two}")),
            expected
        );
        assert_eq!(
            actions(&format!("Reporting-MTA: dns; x\n{one}{two}")),
            expected
        );
        assert_eq!(
            actions(&format!("{one}{two}").replace('\n', "\n\n")),
            expected,
            "an empty line behind each field"
        );
        assert_eq!(
            actions("Action: failed\nStatus: 5.1.1\nAction: delayed\nStatus: 4.4.1\n"),
            expected
        );
        assert_eq!(
            actions("Action: failed\nStatus: 5.1.1\n\nAction: delayed\nStatus: 4.4.1\n"),
            expected
        );
        let reversed = format!("{two}{one}");
        assert_eq!(actions(&reversed).first(), Some(&expected[1]));
        assert_eq!(actions(&reversed).len(), 2);
        let reordered = "Reporting-MTA: dns; x\n\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550\nFinal-Recipient: rfc822; a\nAction: failed\n\n\
                         Status: 4.4.1\nFinal-Recipient: rfc822; b\nAction: delayed\n";
        assert_eq!(actions(reordered), expected);
        assert_eq!(Groups::read(&one.repeat(100), 32).recipients.len(), 32);
        assert_eq!(
            Groups::read("Reporting-MTA: dns; x\n", 32)
                .about
                .first("reporting-mta"),
            Some("dns; x")
        );
    }
}
