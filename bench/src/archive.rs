//! The archive by itself: bytes for each mail, how fast it takes, checks and finds. Every mail comes
//! with the records that belong to it. Refuses an engine: it measures what is behind one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hdrhistogram::Histogram;
use rustix::fs::{Advice, fadvise};
use serde_json::json;
use sluis_archive::{
    Archive, Attempted, Batch, Entry, Hash, Kept, Key, Limits, Store, Veil, verify,
};
use sluis_model::{
    AttemptRef, Channel, Choice, CorporationId, Environment, Event, FlowRef, Idempotency, Input,
    Lane, Left, Notification, NotificationId, OnDoubt, Permit, ReferenceKey, ShardId, Subject,
    TenantKey, TenantRecord, Timestamp, Verdict,
};

use crate::words::{letter, word};

mod veil;

/// Mails that one batch has.
const BATCH: u64 = 256;
/// Bytes of a volume in memory, as in the default configuration.
const VOLUME_BYTES: usize = 32 << 20;
const HOUR_MS: u64 = 3_600_000;
/// When the first mail is accepted, in milliseconds since 1970.
const BEGIN_MS: u64 = 1_790_000_000_000;
/// Timelines that are read.
const MOST_TIMELINES: u64 = 50;

#[derive(Debug, clap::Args)]
pub(crate) struct ArchiveArgs {
    /// Where the archive is made; must be new
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Mails
    #[arg(long, default_value_t = 100_000)]
    mails: u64,
    /// Every mail has a text of its own; without it they differ in name, number and amount
    #[arg(long)]
    single: bool,
    /// Text messages instead of mails
    #[arg(long)]
    sms: bool,
    /// Each entry is sealed with the key of its tenant; the keys are in a file beside the archive
    #[arg(long)]
    sealed: bool,
    /// Look-ups
    #[arg(long, default_value_t = 2_000)]
    lookups: u64,
    /// Days over which the mails are spread
    #[arg(long, default_value_t = 1)]
    days: u64,
    /// A volume is sealed at least so often, in hours
    #[arg(long, default_value_t = 6)]
    seal_hours: u64,
    /// Tenants, who get the mails in turn
    #[arg(long, default_value_t = 400_000)]
    tenants: u64,
}

/// Fills an archive, checks it, and finds things in it.
pub(crate) fn run(args: &ArchiveArgs) -> anyhow::Result<()> {
    let limits = Limits {
        bytes: VOLUME_BYTES,
        age_ms: (args.seal_hours * HOUR_MS) as i64,
    };
    let store = Store::directory(&args.dir)?;
    let veil = args.sealed.then(|| veil::of(&args.dir)).transpose()?;
    let archive = veiled(Archive::open(store.clone(), 1, limits)?, veil.as_ref())?;
    let maker = Maker::new(args);
    let began = Instant::now();
    let mut plain = 0;
    let mut from = 0;
    while from < args.mails {
        let upto = (from + BATCH).min(args.mails);
        let batch = maker.batch(from..upto);
        plain += batch
            .entries
            .iter()
            .map(|(_, entry)| entry.body.len())
            .sum::<usize>();
        let now = maker.at(upto);
        archive.append(&batch, now)?;
        if archive.wants_seal(now) {
            archive.seal(now)?;
        }
        from = upto;
    }
    archive.seal(maker.at(args.mails))?;
    let filled = began.elapsed().as_secs_f64();
    let stored = size(&args.dir)?;
    print(&json!({
        "what": "archive fill", "mails": args.mails, "single": args.single, "sms": args.sms, "sealed": args.sealed,
        "volumes": archive.tip().volume, "bytes_each": stored / args.mails, "plain_each": plain as u64 / args.mails,
        "mails_per_second": (args.mails as f64 / filled) as u64,
    }));
    checked(&store, &archive)?;
    for cold in [true, false] {
        looked_up(args, &maker, veil.as_ref(), cold)?;
    }
    for cold in [true, false] {
        timelines(args, veil.as_ref(), cold)?;
    }
    Ok(())
}

/// Everything of one tenant after the other.
fn timelines(args: &ArchiveArgs, veil: Option<&Arc<dyn Veil>>, cold: bool) -> anyhow::Result<()> {
    let archive = veiled(Archive::look(Store::directory(&args.dir)?)?, veil)?;
    let mut times = Histogram::<u64>::new(3)?;
    let mut entries = 0_u64;
    let tenants = args.tenants.min(args.mails);
    for number in 0..MOST_TIMELINES {
        if cold {
            forget(&args.dir)?;
        }
        let tenant = tenant(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % tenants);
        let began = Instant::now();
        archive.find(&Key::Tenant(tenant), |_| true, &mut |_| {
            entries += 1;
            std::ops::ControlFlow::Continue(())
        })?;
        times.record(began.elapsed().as_micros() as u64)?;
    }
    anyhow::ensure!(entries >= 4 * MOST_TIMELINES, "{entries} entries");
    print(&json!({
        "what": "archive timeline of a tenant", "cold": cold, "days": args.days, "volumes": archive.tip().volume,
        "entries_each": entries / MOST_TIMELINES, "p50_us": times.value_at_quantile(0.5),
        "p99_us": times.value_at_quantile(0.99), "max_us": times.max(),
    }));
    Ok(())
}

fn tenant(number: u64) -> TenantKey {
    TenantKey::new(CorporationId(7), format!("H-{number:06}"))
}

fn veiled(archive: Archive, veil: Option<&Arc<dyn Veil>>) -> anyhow::Result<Archive> {
    match veil {
        Some(veil) => Ok(archive.veiled(veil.clone())?),
        None => Ok(archive),
    }
}

fn checked(store: &Store, archive: &Archive) -> anyhow::Result<()> {
    let began = Instant::now();
    let report = verify(store, Some(archive.tip()), &mut |_, _| ())?;
    let seconds = began.elapsed().as_secs_f64();
    print(&json!({
        "what": "archive verify", "faults": report.faults.len(), "entries": report.entries,
        "entries_per_second": (report.entries as f64 / seconds) as u64,
        "stored_mb_per_second": (report.bytes as f64 / seconds / 1e6) as u64,
    }));
    Ok(())
}

/// One notification after the other, anywhere in the archive.
fn looked_up(
    args: &ArchiveArgs,
    maker: &Maker,
    veil: Option<&Arc<dyn Veil>>,
    cold: bool,
) -> anyhow::Result<()> {
    if cold {
        forget(&args.dir)?;
    }
    let archive = veiled(Archive::look(Store::directory(&args.dir)?)?, veil)?;
    let mut times = Histogram::<u64>::new(3)?;
    for number in 0..args.lookups {
        let mail = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % args.mails;
        let began = Instant::now();
        let mut found = 0;
        archive.find(&Key::Notification(maker.id(mail)), |_| true, &mut |_| {
            found += 1;
            std::ops::ControlFlow::Continue(())
        })?;
        times.record(began.elapsed().as_micros() as u64)?;
        anyhow::ensure!(found == 4, "{found} entries of mail {mail}");
    }
    print(&json!({
        "what": "archive lookup by id", "cold": cold, "p50_us": times.value_at_quantile(0.5),
        "p99_us": times.value_at_quantile(0.99), "max_us": times.max(),
    }));
    Ok(())
}

/// Makes what an engine would hand over.
struct Maker {
    key: ReferenceKey,
    single: bool,
    sms: bool,
    mails: u64,
    days: u64,
    tenants: u64,
}

impl Maker {
    fn new(args: &ArchiveArgs) -> Self {
        Self {
            mails: args.mails.max(1),
            days: args.days,
            tenants: args.tenants.max(1),
            key: ReferenceKey::new([7; 32]),
            single: args.single,
            sms: args.sms,
        }
    }

    /// When a mail is accepted.
    fn at(&self, mail: u64) -> i64 {
        let span = u128::from(self.days * 24 * HOUR_MS);
        let passed = u128::from(mail) * span / u128::from(self.mails);
        (u128::from(BEGIN_MS) + passed) as i64
    }

    fn id(&self, mail: u64) -> NotificationId {
        let random = mail
            .wrapping_add(1)
            .wrapping_mul(0xd134_2543_de82_ef95)
            .rotate_left(29);
        NotificationId::new(ShardId(0), self.at(mail), random)
    }

    fn batch(&self, mails: std::ops::Range<u64>) -> Batch {
        let upto = 3 * mails.end;
        let entries = mails.flat_map(|mail| self.entries(mail));
        Batch {
            shard: 0,
            upto,
            entries: entries.map(|entry| ("collection".into(), entry)).collect(),
        }
    }

    /// Three records and the message.
    fn entries(&self, mail: u64) -> [Entry; 4] {
        let attempt = AttemptRef {
            id: self.id(mail),
            step: 0,
            attempt: 1,
        };
        let body = self.message(mail, attempt);
        let sequence = 3 * mail + 1;
        let record = |at: u64, input, events| TenantRecord {
            at: Timestamp(self.at(mail) + 40 * at as i64),
            tenant: tenant(mail % self.tenants),
            previous: if at == 0 { 0 } else { sequence + at - 1 },
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
        let output = Entry::of_output(0, sequence + 2, &records[2], attempt.id, attempted, body);
        let [first, second, third] = [0, 1, 2].map(|at| {
            let mut bytes = Vec::new();
            // A record of this size always fits.
            let _ = records[at].encode(&mut bytes);
            Entry::of_record(0, sequence + at as u64, &records[at], bytes.into())
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

/// Bytes of everything below a directory.
fn size(dir: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for path in files(dir)? {
        bytes += path.metadata()?.len();
    }
    Ok(bytes)
}

/// Takes the archive's files out of the memory of the system.
fn forget(dir: &Path) -> anyhow::Result<()> {
    for path in files(dir)? {
        fadvise(File::open(path)?, 0, None, Advice::DontNeed)?;
    }
    Ok(())
}

fn files(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn print(line: &serde_json::Value) {
    println!("{line}");
}
