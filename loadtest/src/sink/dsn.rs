//! Builds bounce messages (RFC 3464, `multipart/report`) as a mail relay sends them. Owns the
//! bytes; refuses to decide who bounces (see `verdict`) and to read a DSN (the engine does that).

use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Everything a bounce says.
#[derive(Debug, Clone, Copy)]
pub struct Bounce<'a> {
    /// The relay that reports, a host name.
    pub reporting_mta: &'a str,
    /// Whom the DSN is addressed to: the envelope sender of the original.
    pub envelope_from: &'a str,
    /// ENVID of the original's MAIL command, still xtext-encoded.
    pub envelope_id: Option<&'a str>,
    /// ORCPT of the original's RCPT command, with its `rfc822;`.
    pub original_recipient: Option<&'a str>,
    /// The address that did not work.
    pub final_recipient: &'a str,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub action: &'a str,
    /// RFC 3463 status, such as `5.1.1`.
    pub status: &'a str,
    /// What the last server said, such as `550 5.1.1 user unknown`.
    pub diagnostic: &'a str,
    /// The header section of the original, CRLF lines, without the empty line.
    pub original_headers: &'a [u8],
    /// When the original arrived at the relay, milliseconds since the epoch.
    pub arrival_ms: i64,
    /// When the relay reports, milliseconds since the epoch.
    pub now_ms: i64,
}

impl Bounce<'_> {
    /// The whole message with CRLF lines. The same input gives the same bytes.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let boundary = self.boundary();
        let mut text = self.head(&boundary);
        let part = |text: &mut String, content_type: &str| {
            let _ = write!(text, "--{boundary}\r\nContent-Type: {content_type}\r\n\r\n");
        };
        part(&mut text, "text/plain; charset=utf-8");
        let _ = write!(
            text,
            "This is the mail system at host {}.\r\n\r\nYour message could not be delivered to one or more recipients.\r\n\r\n<{}>: {}\r\n\r\n",
            self.reporting_mta, self.final_recipient, self.diagnostic
        );
        part(&mut text, "message/delivery-status");
        text.push_str(&self.delivery_status());
        part(&mut text, "text/rfc822-headers");
        let mut raw = text.into_bytes();
        raw.extend_from_slice(self.original_headers);
        if !self.original_headers.ends_with(b"\r\n") {
            raw.extend_from_slice(b"\r\n");
        }
        raw.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        raw
    }

    fn head(&self, boundary: &str) -> String {
        format!(
            "Return-Path: <>\r\nDate: {date}\r\nFrom: Mail Delivery System <MAILER-DAEMON@{mta}>\r\n\
             To: <{to}>\r\nSubject: Undelivered Mail Returned to Sender\r\nMessage-ID: <{boundary}@{mta}>\r\n\
             Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"{boundary}\"\r\n\r\n\
             This is a MIME-encapsulated message.\r\n\r\n",
            date = rfc5322(self.now_ms),
            mta = self.reporting_mta,
            to = self.envelope_from,
        )
    }

    fn delivery_status(&self) -> String {
        let mut text = format!("Reporting-MTA: dns; {}\r\n", self.reporting_mta);
        if let Some(id) = self.envelope_id {
            let _ = write!(text, "Original-Envelope-Id: {id}\r\n");
        }
        let _ = write!(text, "Arrival-Date: {}\r\n\r\n", rfc5322(self.arrival_ms));
        if let Some(recipient) = self.original_recipient {
            let _ = write!(text, "Original-Recipient: {recipient}\r\n");
        }
        let _ = write!(
            text,
            "Final-Recipient: rfc822; {}\r\nAction: {}\r\nStatus: {}\r\nRemote-MTA: dns; mx.example.nl\r\n\
             Diagnostic-Code: smtp; {}\r\nLast-Attempt-Date: {}\r\n\r\n",
            self.final_recipient,
            self.action,
            self.status,
            self.diagnostic,
            rfc5322(self.now_ms)
        );
        text
    }

    fn boundary(&self) -> String {
        let mut hash = Sha256::new();
        for part in [
            self.envelope_from.as_bytes(),
            self.final_recipient.as_bytes(),
            self.original_headers,
        ] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.update(self.now_ms.to_le_bytes());
        data_encoding::HEXLOWER.encode(&hash.finalize()[..12])
    }
}

fn rfc5322(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::{MessageParser, MimeHeaders};

    fn bounce() -> Bounce<'static> {
        Bounce {
            reporting_mta: "relay.example.nl",
            envelope_from: "b+abc.def@bounce.example.nl",
            envelope_id: Some("abc"),
            original_recipient: Some("rfc822;jan@example.nl"),
            final_recipient: "jan@example.nl",
            action: "failed",
            status: "5.1.1",
            diagnostic: "550 5.1.1 <jan@example.nl>: user unknown",
            original_headers: b"Message-ID: <m1@sluis.example.nl>\r\nSubject: Uw huur\r\n",
            arrival_ms: 1_767_225_600_000,
            now_ms: 1_767_229_200_000,
        }
    }

    #[test]
    fn a_mail_parser_reads_the_three_parts() {
        let raw = bounce().build();
        let message = MessageParser::default().parse(&raw).unwrap();
        let report = message.content_type().unwrap();
        assert_eq!(
            (report.ctype(), report.subtype()),
            ("multipart", Some("report"))
        );
        assert_eq!(report.attribute("report-type"), Some("delivery-status"));
        let kinds: Vec<_> = message.parts[1..]
            .iter()
            .map(|p| {
                p.content_type()
                    .map(|c| format!("{}/{}", c.ctype(), c.subtype().unwrap_or("")))
                    .unwrap()
            })
            .collect();
        assert_eq!(
            kinds,
            [
                "text/plain",
                "message/delivery-status",
                "text/rfc822-headers"
            ]
        );
        let text =
            |part: usize| String::from_utf8_lossy(message.parts[part].contents()).into_owned();
        let (status, original) = (text(2), text(3));
        assert!(status.contains(
            "Final-Recipient: rfc822; jan@example.nl\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        ));
        assert!(status.contains(
            "Original-Envelope-Id: abc\r\nArrival-Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n"
        ));
        assert!(original.starts_with("Message-ID: <m1@sluis.example.nl>\r\n"));
        assert_eq!(
            message.to().unwrap().first().unwrap().address(),
            Some("b+abc.def@bounce.example.nl")
        );
    }

    #[test]
    fn the_same_bounce_has_the_same_bytes_and_clean_lines() {
        let raw = bounce().build();
        assert_eq!(raw, bounce().build());
        let text = String::from_utf8(raw).unwrap();
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
        assert!(text.split("\r\n").all(|line| line.len() <= 998));
    }
}
