//! Owns making the entries that an archive is measured with: mails and text messages with the records
//! around them, as an engine hands them over. Refuses chance: the same number gives the same entries.

use bytes::Bytes;
use sluis_archive::{Attempted, Batch, Entry, Hash, Kept};
use sluis_model::{
    AttemptRef, Channel, Choice, CorporationId, Environment, Event, FlowRef, Idempotency, Input,
    Lane, Left, Notification, NotificationId, OnDoubt, Permit, ReferenceKey, ShardId, Subject,
    TenantKey, TenantRecord, Timestamp, Verdict,
};

use crate::words::{letter, word};

pub(super) const HOUR_MS: u64 = 3_600_000;
/// When the first mail is accepted, in milliseconds since 1970.
const BEGIN_MS: u64 = 1_790_000_000_000;

/// One of the tenants.
pub(super) fn tenant(number: u64) -> TenantKey {
    TenantKey::new(CorporationId(7), format!("H-{number:06}"))
}

/// Makes what an engine would hand over.
pub(super) struct Maker {
    pub(super) key: ReferenceKey,
    pub(super) single: bool,
    pub(super) sms: bool,
    pub(super) mails: u64,
    pub(super) days: u64,
    pub(super) tenants: u64,
    pub(super) waiting: bool,
}

impl Maker {
    /// When a mail is accepted.
    pub(super) fn at(&self, mail: u64) -> i64 {
        let span = u128::from(self.days * 24 * HOUR_MS);
        let passed = u128::from(mail) * span / u128::from(self.mails);
        (u128::from(BEGIN_MS) + passed) as i64
    }

    pub(super) fn id(&self, mail: u64) -> NotificationId {
        let random = mail
            .wrapping_add(1)
            .wrapping_mul(0xd134_2543_de82_ef95)
            .rotate_left(29);
        NotificationId::new(ShardId(0), self.at(mail), random)
    }

    pub(super) fn batch(&self, mails: std::ops::Range<u64>) -> Batch {
        let upto = 3 * mails.end;
        let mut entries: Vec<Entry> = Vec::new();
        for mail in mails.clone() {
            let sequences = self.sequences(&mails, mail);
            entries.extend(self.entries(mail, sequences));
        }
        // What left stands behind the record of its outcome.
        entries.sort_by_key(|entry| (entry.head.sequence, entry.head.kind));
        Batch {
            shard: 0,
            upto,
            entries: entries
                .into_iter()
                .map(|entry| ("collection".into(), entry))
                .collect(),
        }
    }

    /// The sequences of a mail's three records.
    fn sequences(&self, batch: &std::ops::Range<u64>, mail: u64) -> [u64; 3] {
        if !self.waiting {
            return [1, 2, 3].map(|at| 3 * mail + at);
        }
        let (first, number) = (3 * batch.start + 1, mail - batch.start);
        let sent = first + (batch.end - batch.start) + 2 * number;
        [first + number, sent, sent + 1]
    }

    /// Three records and the message.
    fn entries(&self, mail: u64, sequences: [u64; 3]) -> [Entry; 4] {
        let attempt = AttemptRef {
            id: self.id(mail),
            step: 0,
            attempt: 1,
        };
        let body = self.message(mail, attempt);
        let record = |at: usize, input, events| TenantRecord {
            at: Timestamp(self.at(mail) + 40 * at as i64),
            tenant: tenant(mail % self.tenants),
            previous: if at == 0 { 0 } else { sequences[at - 1] },
            input,
            events,
        };
        let records = [
            record(0, self.notify(mail), self.accepted(attempt.id)),
            record(1, self.permit(attempt.id), self.started(mail, attempt.id)),
            record(2, self.sent(attempt, &body), self.taken(attempt.id, mail)),
        ];
        let attempted = Attempted {
            attempt: 1,
            step: 0,
            channel: self.channel().name().into(),
            provider: "relay".into(),
            media_type: "message/rfc822".into(),
            hash: Hash::of(&body),
            kept: Kept::AsSent,
        };
        let output = Entry::of_output(0, sequences[2], &records[2], attempt.id, attempted, body);
        let [first, second, third] = [0, 1, 2].map(|at| {
            let mut bytes = Vec::new();
            // A record of this size always fits.
            let _ = records[at].encode(&mut bytes);
            Entry::of_record(0, sequences[at], &records[at], bytes.into())
        });
        [first, second, third, output]
    }

    fn channel(&self) -> Channel {
        if self.sms {
            Channel::Sms
        } else {
            Channel::Email
        }
    }

    fn notify(&self, mail: u64) -> Input {
        let amount = 40_000 + mail.wrapping_mul(7_919) % 90_000;
        let data = format!(
            "{{\"invoice_id\":\"F-2026-{mail:06}\",\"amount_cents\":{amount},\"reason_code\":\"AM04\",\"payment_url\":\"https://betaal.example.nl/F-2026-{mail:06}\"}}"
        );
        Input::Notify(Box::new(Notification {
            id: self.id(mail),
            flow: FlowRef([5; 16]),
            category: "collection".into(),
            subject: Some(Subject {
                kind: "invoice".into(),
                id: format!("F-2026-{mail:06}").into(),
            }),
            data: data.into(),
            fields: Box::default(),
            lane: Lane::Bulk,
            send_after: None,
            expires_at: None,
            environment: Environment::Production,
            idempotency: Idempotency {
                key: u128::from(mail).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
                body: mail.wrapping_mul(0xd134_2543_de82_ef95),
            },
            addressed: Default::default(),
        }))
    }

    fn accepted(&self, id: NotificationId) -> Vec<Event> {
        vec![
            Event::Accepted { id },
            Event::Ready {
                id,
                channel: self.channel(),
                choice: Choice::Preferred,
                pinned: None,
                not_before: Timestamp(BEGIN_MS as i64),
            },
        ]
    }

    fn permit(&self, id: NotificationId) -> Input {
        Input::Permit(Permit {
            id,
            channel: self.channel(),
            provider: "relay".into(),
            on_doubt: OnDoubt::Resend,
        })
    }

    fn started(&self, mail: u64, id: NotificationId) -> Vec<Event> {
        vec![Event::AttemptStarted {
            id,
            attempt: 1,
            channel: self.channel(),
            provider: "relay".into(),
            address: self.address(mail).into(),
            on_doubt: OnDoubt::Resend,
            choice: Choice::Preferred,
            passed: Vec::new(),
            resend: false,
        }]
    }

    fn sent(&self, attempt: AttemptRef, body: &Bytes) -> Input {
        Input::Sent {
            attempt,
            verdict: Verdict::Accepted {
                provider_id: format!("2.0.0 queued as {:08X}", attempt.token().0[0]).into(),
            },
            left: Left {
                hash: Hash::of(body).0,
                length: body.len() as u32,
            },
        }
    }

    fn taken(&self, id: NotificationId, mail: u64) -> Vec<Event> {
        vec![Event::AttemptAccepted {
            id,
            attempt: 1,
            provider_id: format!("2.0.0 queued as {mail:08X}").into(),
        }]
    }

    fn address(&self, mail: u64) -> String {
        if self.sms {
            return format!("+316{:08}", mail.wrapping_mul(7_919) % 100_000_000);
        }
        let (first, last) = (word(mail), word(mail / 97));
        format!("{first}.{last}{}@huurder.example", mail % 1_000)
    }

    /// What leaves, as the providers make it.
    fn message(&self, mail: u64, attempt: AttemptRef) -> Bytes {
        let reference = self.key.attempt(CorporationId(7), attempt);
        let link = self.key.link(CorporationId(7), attempt.id);
        let (to, name) = (self.address(mail), word(mail / 97));
        let euros = 400 + mail.wrapping_mul(7_919) % 900;
        let own = if self.single {
            letter(mail, 120)
        } else {
            String::new()
        };
        if self.sms {
            let own = if self.single {
                letter(mail, 12)
            } else {
                String::new()
            };
            return format!(
                "{{\"originator\":\"Waterpoort\",\"recipients\":[\"{}\"],\"body\":\"Beste {name}, uw incasso van {euros} euro is niet gelukt. {own}Betaal via https://post.example.nl/b/{link}\",\
                 \"reference\":\"{reference}\",\"type\":\"sms\",\"datacoding\":\"plain\",\"reportUrl\":\"https://post.example.nl/v1/receipts/bird\"}}",
                &to[1..]
            )
            .into();
        }
        format!(
            "Message-ID: <{reference}@bounce.example.nl>\r\nDate: Mon, 02 Feb 2026 08:00:00 +0000\r\nFrom: Waterpoort <woning@example.nl>\r\nTo: {to}\r\n\
             Subject: Uw incasso is niet gelukt\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"sluis-{reference}\"\r\n\r\n\
             --sluis-{reference}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nBeste {name},\r\n\r\nDe incasso van {euros} euro voor factuur F-2026-{mail:06}\r\n\
             is niet gelukt: er stond te weinig op uw rekening. {own}\r\nBetaalt u alstublieft binnen veertien dagen:\r\nhttps://post.example.nl/b/{link}\r\n\r\nLukt dat niet? Bel ons, wij denken met u mee.\r\n\r\n\
             Met vriendelijke groet,\r\nWoningstichting Waterpoort\r\n\r\n--sluis-{reference}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n<html><body><p>Beste {name},</p>\r\n\
             <p>De incasso van <b>{euros} euro</b> voor factuur F-2026-{mail:06}\r\nis niet gelukt. {own}</p><p><a href=\"https://post.example.nl/b/{link}\">Betaal nu</a></p>\r\n</body></html>\r\n--sluis-{reference}--\r\n"
        )
        .into()
    }
}
