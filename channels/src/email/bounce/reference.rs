//! Owns the search for our reference in what came back (RFC 3461 4.4, RFC 3464 2.2.1 and the return
//! path itself). Its MAC proves it wherever it stands, so the search goes from where it belongs to
//! where it may have strayed: envelope headers, `Received … for`, `In-Reply-To`, the returned
//! message, the envelope id, and text; within addresses that relays rewrote (SRS, BATV, VERP), too.
//! Refuses fields that name a recipient: a report about mail *to* a return path of ours is not
//! about the mail from it.

use sluis_model::{AttemptRef, CorporationId, ReferenceKey};

use super::structure::{Mail, Message};

/// Characters of a reference: unpadded base32 of 31 bytes.
const LENGTH: usize = 50;
/// The most candidates whose MAC is computed.
const MAX_TRIES: usize = 2_048;
/// Of a run that is longer than a reference, the most places where one may begin.
const MAX_SHIFTS: usize = 16;
/// Where it belongs in the header of the mail itself, best first.
const FIRST: [&str; 14] = [
    "to",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "x-rcpt-to",
    "x-real-to",
    "x-forwarded-to",
    "return-path",
    "received",
    "in-reply-to",
    "references",
    "cc",
];
/// Fields that name a recipient of the reported mail.
const RECIPIENTS: [&str; 6] = [
    "original-recipient",
    "final-recipient",
    "x-actual-recipient",
    "x-original-recipient",
    "x-failed-recipients",
    "original-rcpt-to",
];

/// The attempt that the mail is about, if it carries a genuine reference.
pub(super) fn find(mail: &Mail, key: &ReferenceKey) -> Option<(CorporationId, AttemptRef)> {
    let mut search = Search { key, tries: 0 };
    let (outer, inner) = mail.messages.split_first()?;
    let named = FIRST
        .iter()
        .find_map(|name| outer.head.all(name).find_map(|value| search.scan(value)));
    named
        .or_else(|| inner.iter().find_map(|message| search.head(message)))
        .or_else(|| search.parts(mail))
        .or_else(|| search.head(outer))
}

/// How many [`rank`]s there are.
const RANKS: usize = 3;

/// When a part is looked at. The status says it plainly; headers returned as text come next, then
/// anything that may be a copy of ours.
fn rank(kind: &str) -> usize {
    match kind {
        "message/delivery-status"
        | "message/global-delivery-status"
        | "message/feedback-report" => 0,
        "text/rfc822-headers" | "message/global-headers" | "text/rfc822" => 1,
        _ => 2,
    }
}

struct Search<'a> {
    key: &'a ReferenceKey,
    tries: usize,
}

impl Search<'_> {
    /// In the parts of all messages, in the order of their ranks.
    fn parts(&mut self, mail: &Mail) -> Option<(CorporationId, AttemptRef)> {
        let parts = || mail.messages.iter().flat_map(|message| &message.parts);
        (0..RANKS).find_map(|wanted| {
            let mut ranked = parts().filter(|part| rank(&part.kind) == wanted);
            ranked.find_map(|part| self.lines(&part.text))
        })
    }

    fn head(&mut self, message: &Message) -> Option<(CorporationId, AttemptRef)> {
        let fields = message
            .head
            .iter()
            .filter(|(name, _)| !RECIPIENTS.contains(name));
        fields
            .map(|(_, value)| value)
            .find_map(|value| self.scan(value))
    }

    /// The lines of a text, without fields that name a recipient.
    fn lines(&mut self, text: &str) -> Option<(CorporationId, AttemptRef)> {
        let mut recipient = false;
        for line in text.lines() {
            let name = line.split(':').next().unwrap_or_default().trim();
            recipient = if line.starts_with([' ', '\t']) {
                recipient
            } else {
                RECIPIENTS
                    .iter()
                    .any(|field| field.eq_ignore_ascii_case(name))
            };
            if !recipient && let Some(found) = self.scan(line) {
                return Some(found);
            }
        }
        None
    }

    /// The first genuine reference within a text: a run of its alphabet that is long enough, or a
    /// piece of such a run where a relay has put letters before it (`=2Bref`).
    fn scan(&mut self, text: &str) -> Option<(CorporationId, AttemptRef)> {
        let runs = text.split(|c: char| !(c.is_ascii_alphabetic() || ('2'..='7').contains(&c)));
        for run in runs.filter(|run| run.len() >= LENGTH) {
            let last = run.len() - LENGTH;
            // Behind what was put before it, else at its beginning, else in between.
            let places = std::iter::once(last).chain((0..last).take(MAX_SHIFTS - 1));
            for at in places {
                self.tries += 1;
                if self.tries > MAX_TRIES {
                    return None;
                }
                if let Ok(found) = self.key.open_attempt(&run[at..at + LENGTH]) {
                    return Some(found);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{attempt, key};

    #[test]
    fn a_reference_is_found_within_what_relays_made_of_its_address() {
        let reference = key().attempt(CorporationId(7), attempt());
        let domain = "bounce.woon.example";
        for text in [
            format!("<b+{reference}@{domain}>"),
            format!("B+{}@{domain}", reference.to_uppercase()),
            format!("SRS0=Xy1+=3V={domain}=b+{reference}@doorsturen.example"),
            format!("SRS1=Ab2=eerst.example==Xy1+=3V={domain}=b+{reference}@tweede.example"),
            format!("prvs=1234abcd56=b+{reference}@{domain}"),
            format!("btv1==1234abcd56=b+{reference}@{domain}"),
            format!("lijst-return-12-b+{reference}={domain}@lijst.example"),
            format!("b=2B{reference}@{domain}"),
            format!("from x by y for <b+{reference}@{domain}>; Tue, 3 Nov 2026 10:00:00 +0100"),
        ] {
            let key = key();
            let mut search = Search {
                key: &key,
                tries: 0,
            };
            assert_eq!(
                search.scan(&text),
                Some((CorporationId(7), attempt())),
                "{text}"
            );
        }
        let key = key();
        let mut search = Search {
            key: &key,
            tries: 0,
        };
        assert_eq!(search.scan(&"a".repeat(50)), None);
        assert_eq!(search.scan(&"ab2 ".repeat(100_000)), None);
        assert_eq!(search.tries, 1);
        assert_eq!(
            search.scan(&format!("{} ", "a".repeat(60)).repeat(10_000)),
            None
        );
        assert_eq!(
            search.tries,
            MAX_TRIES + 1,
            "bounded, however many candidates there are"
        );
    }
}
