//! The end of an SMTP transaction: the message goes into the book, is answered or left in doubt,
//! and its later bounce is planned. Refuses to read commands.

use std::io;

use tokio::io::AsyncWrite;

use super::super::dsn::Bounce;
use super::super::{Channel, Kept, Kind, LaterEvent, Row, Verdict, attempt_of_sender};
use super::data::{fields, header_section};
use super::envelope::{Envelope, Recipient};
use super::session::{Session, flush};

/// The address does not exist.
const GONE: (&str, &str) = ("5.1.1", "user unknown");
/// The mailbox took nothing for as long as the relay tried.
const EXPIRED: (&str, &str) = ("4.4.7", "delivery time expired");

impl Session {
    /// Ends a transaction. False when the connection is to be closed without an answer.
    pub(super) async fn message<S>(
        &mut self,
        stream: &mut S,
        message: Result<Vec<u8>, &'static str>,
    ) -> io::Result<bool>
    where
        S: AsyncWrite + Unpin,
    {
        let envelope = self.envelope.take().unwrap_or_default();
        let raw = match message {
            Ok(raw) => raw,
            Err(refusal) => {
                self.core.book().count(Channel::Email, "rejected_data");
                self.reply(refusal);
                return Ok(true);
            }
        };
        self.messages = self.messages.saturating_add(1);
        let has = |verdict| {
            envelope
                .recipients
                .iter()
                .any(|r| r.decision.verdict == verdict)
        };
        if has(Verdict::InDoubtLost) {
            self.core.book().count(Channel::Email, "lost");
            return Ok(false);
        }
        let slowest = envelope
            .recipients
            .iter()
            .map(|r| r.decision.latency_ms)
            .max()
            .unwrap_or(0);
        let hold = self.core.hold(Channel::Email, slowest);
        if !hold.is_zero() {
            flush(stream, &mut self.out).await?;
            tokio::time::sleep(hold).await;
        }
        let in_doubt = has(Verdict::InDoubt);
        self.take(
            &envelope,
            raw,
            if in_doubt {
                Kind::InDoubt
            } else {
                Kind::Accepted
            },
        );
        if in_doubt {
            return Ok(false);
        }
        self.reply("250 2.0.0 ok: queued");
        Ok(true)
    }

    fn take(&self, envelope: &Envelope, raw: Vec<u8>, kind: Kind) {
        let section = header_section(&raw);
        let mut wanted: Vec<&str> = self
            .core
            .options
            .headers
            .iter()
            .map(String::as_str)
            .collect();
        wanted.push("message-id");
        let mut headers = fields(section, &wanted);
        let id = headers.get("message-id").cloned().unwrap_or_default();
        if !self
            .core
            .options
            .headers
            .iter()
            .any(|name| name == "message-id")
        {
            headers.remove("message-id");
        }
        let id = id.trim_start_matches('<').trim_end_matches('>');
        for recipient in &envelope.recipients {
            let row = envelope.row(&self.core, &recipient.to);
            let size = u32::try_from(raw.len()).unwrap_or(u32::MAX);
            self.core.book().enter(Row {
                kind,
                id: id.into(),
                headers: headers.clone(),
                size,
                ..row
            });
            match recipient.decision.verdict {
                Verdict::LateFail => self.bounce_later(envelope, recipient, section, GONE),
                Verdict::Expire => self.bounce_later(envelope, recipient, section, EXPIRED),
                Verdict::Accept
                | Verdict::Refuse
                | Verdict::TempFail
                | Verdict::Throttled
                | Verdict::InDoubt
                | Verdict::InDoubtLost
                | Verdict::Silent
                | Verdict::Scrambled => {}
            }
            if recipient.decision.reads.is_some() {
                let attempt = attempt_of_sender(&envelope.from);
                let text = String::from_utf8_lossy(&raw);
                self.core.read_later(&recipient.decision, attempt, &text);
            }
            if self.core.options.keep_bodies {
                let kept = Kept {
                    channel: Channel::Email,
                    to: recipient.to.clone(),
                    raw: raw.clone(),
                };
                self.core.book().keep(kept);
            }
        }
    }

    /// A bounce never answers the null sender, nor a client that asked for none (RFC 3461).
    fn bounce_later(
        &self,
        envelope: &Envelope,
        recipient: &Recipient,
        section: &[u8],
        (status, words): (&str, &str),
    ) {
        if envelope.from.is_empty() || recipient.never_notify {
            return;
        }
        let now_ms = self.core.world.now_ms();
        let at_ms = now_ms + recipient.decision.later_ms;
        let raw = Bounce {
            reporting_mta: &self.options.hostname,
            envelope_from: &envelope.from,
            envelope_id: envelope.envid.as_deref(),
            original_recipient: recipient.orcpt.as_deref(),
            final_recipient: &recipient.to,
            action: "failed",
            status,
            diagnostic: &format!("550 {status} <{}>: {words}", recipient.to),
            original_headers: section,
            arrival_ms: now_ms,
            now_ms: at_ms,
        }
        .build();
        self.core.book().count(Channel::Email, "late_bounces");
        self.core.world.later(
            at_ms,
            LaterEvent::Dsn {
                raw,
                envelope_from: envelope.from.clone(),
            },
        );
    }
}
