//! Collects the lines between DATA and the final dot. Owns dot-unstuffing, the size and line limits
//! and the reading of header fields; refuses to understand the body.

use std::collections::BTreeMap;

/// RFC 5321 §4.5.3.1.6: 1,000 octets with CRLF.
const MAX_LINE: usize = 998;

/// A message being received.
#[derive(Debug, Default)]
pub(super) struct Collector {
    raw: Vec<u8>,
    fault: Option<&'static str>,
    mid_line: bool,
}

impl Collector {
    /// Takes one line with its LF. True when it was the final dot.
    pub(super) fn line(&mut self, line: &[u8], max_bytes: usize) -> bool {
        if line == b".\r\n" && !self.mid_line {
            return true;
        }
        let mid_line = std::mem::take(&mut self.mid_line);
        let Some(content) = line.strip_suffix(b"\r\n").filter(|c| !c.contains(&b'\r')) else {
            self.fail("550 5.6.11 bare CR or LF in the message");
            return false;
        };
        if content.len() > MAX_LINE + usize::from(content.first() == Some(&b'.')) {
            self.fail("500 5.5.2 line in the message is longer than 998 octets");
        }
        let unstuffed = if mid_line {
            line
        } else {
            line.strip_prefix(b".").unwrap_or(line)
        };
        if self.raw.len() + unstuffed.len() > max_bytes {
            self.fail("552 5.3.4 message is too big");
        }
        if self.fault.is_none() {
            self.raw.extend_from_slice(unstuffed);
        }
        false
    }

    /// Takes a piece of a line that is far too long to wait for its end.
    pub(super) fn piece(&mut self) {
        self.mid_line = true;
        self.fail("500 5.5.2 line in the message is longer than 998 octets");
    }

    fn fail(&mut self, why: &'static str) {
        self.fault.get_or_insert(why);
    }

    /// The message, or the reply that refuses it.
    pub(super) fn finish(self) -> Result<Vec<u8>, &'static str> {
        self.fault.map_or(Ok(self.raw), Err)
    }
}

/// The header section without the empty line that ends it.
pub(super) fn header_section(raw: &[u8]) -> &[u8] {
    if raw.starts_with(b"\r\n") {
        return &[];
    }
    let end = raw
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .map_or(raw.len(), |at| at + 2);
    &raw[..end]
}

/// The values of the `wanted` fields (lower case), unfolded and trimmed; the first of each counts.
pub(super) fn fields(section: &[u8], wanted: &[&str]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(section);
    let mut found = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in text.split("\r\n") {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = current.as_ref().and_then(|name| found.get_mut(name)) {
                let value: &mut String = value;
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        current = line.split_once(':').and_then(|(name, value)| {
            let name = wanted
                .iter()
                .find(|w| w.eq_ignore_ascii_case(name.trim_end()))?;
            if found.contains_key(*name) {
                return None;
            }
            found.insert((*name).to_owned(), value.trim().to_owned());
            Some((*name).to_owned())
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(lines: &[&[u8]], max: usize) -> Result<Vec<u8>, &'static str> {
        let mut collector = Collector::default();
        let dots: Vec<_> = lines.iter().map(|l| collector.line(l, max)).collect();
        assert!(
            dots.last().unwrap() & dots[..dots.len() - 1].iter().all(|d| !d),
            "{dots:?}"
        );
        collector.finish()
    }

    #[test]
    fn dots_are_unstuffed() {
        let raw = collect(
            &[
                b"A: b\r\n",
                b"\r\n",
                b"..\r\n",
                b"..x\r\n",
                b"x.\r\n",
                b".\r\n",
            ],
            100,
        )
        .unwrap();
        assert_eq!(raw, b"A: b\r\n\r\n.\r\n.x\r\nx.\r\n");
    }

    #[test]
    fn limits_are_kept() {
        assert!(
            collect(&[b"1234567890\r\n", b".\r\n"], 11)
                .unwrap_err()
                .starts_with("552")
        );
        assert!(
            collect(&[b"a\n", b".\r\n"], 100)
                .unwrap_err()
                .starts_with("550 5.6.11")
        );
        assert!(
            collect(&[b"a\rb\r\n", b".\r\n"], 100)
                .unwrap_err()
                .starts_with("550 5.6.11")
        );
        let long = [vec![b'x'; 999], b"\r\n".to_vec()].concat();
        assert!(
            collect(&[&long, b".\r\n"], 2_000)
                .unwrap_err()
                .starts_with("500 5.5.2")
        );
        let longest = [vec![b'x'; 998], b"\r\n".to_vec()].concat();
        assert!(collect(&[&longest, b".\r\n"], 2_000).is_ok());
    }

    #[test]
    fn fields_are_unfolded_and_found_in_any_case() {
        let raw = b"Message-Id: <m1@x.nl>\r\nX-Sluis-Id: a\r\n b\r\nx-sluis-id: second\r\n\r\nX-Sluis-Id: body\r\n";
        let found = fields(header_section(raw), &["message-id", "x-sluis-id", "absent"]);
        assert_eq!(found["message-id"], "<m1@x.nl>");
        assert_eq!(found["x-sluis-id"], "a b");
        assert_eq!(found.len(), 2);
        assert_eq!(header_section(b"\r\nbody"), b"");
    }
}
