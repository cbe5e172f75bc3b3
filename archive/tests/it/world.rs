//! Owns the archives that the tests fill: tenants, notifications, mails.

use std::sync::Arc;

use bytes::Bytes;
use sluis_archive::{
    Archive, Attempted, Batch, Entry, Found, Hash, Head, Kept, Key, Kind, Limits, Store, Topic,
};
use sluis_model::{CorporationId, NotificationId, ShardId, TenantKey};

/// Shards of every archive here.
pub const SHARDS: u16 = 2;
/// Sealed only when a test says so.
pub const NEVER: Limits = Limits {
    bytes: usize::MAX,
    age_ms: i64::MAX,
};

/// An archive in this store.
pub fn open(store: &Store) -> Archive {
    Archive::open(store.clone(), SHARDS, NEVER).unwrap()
}

/// The id of a notification on shard 1.
pub fn id(number: u64) -> NotificationId {
    NotificationId::new(
        ShardId(1),
        1_000,
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
    )
}

/// A tenant of corporation 7.
pub fn tenant(number: u64) -> TenantKey {
    TenantKey::new(CorporationId(7), format!("T-{number}"))
}

/// The bytes of one mail.
pub fn mail(number: u64) -> Bytes {
    let id = id(number);
    format!(
        "Subject: invoice {number}\r\nMessage-ID: <{id}@example.nl>\r\n\r\nPay {number} euro.\r\n"
    )
    .into()
}

/// The line of a record about notification `number`, of its tenant.
pub fn head(sequence: u64, number: u64, length: usize) -> Head {
    Head {
        kind: Kind::Record,
        shard: 1,
        sequence,
        at: 1_000 + sequence as i64,
        corporation: 7,
        tenant: tenant(number).tenant,
        ids: vec![id(number).to_string().into()],
        subject: Some(subject(number)),
        input: Some("notify".into()),
        events: vec!["accepted".into()],
        output: None,
        key: 0,
        length: length as u32,
    }
}

/// What notification `number` is about.
pub fn subject(number: u64) -> Topic {
    Topic {
        kind: "invoice".into(),
        id: format!("F-{number}").into(),
    }
}

/// A record about notification `number`.
pub fn record(sequence: u64, number: u64) -> Entry {
    let body = Bytes::from(format!("record {sequence}"));
    Entry {
        head: head(sequence, number, body.len()),
        body,
        flows: Vec::new(),
    }
}

/// The mail that left with notification `number`.
pub fn output(sequence: u64, number: u64) -> Entry {
    let body = mail(number);
    let attempted = Attempted {
        attempt: 1,
        step: 0,
        channel: "email".into(),
        provider: "relay".into(),
        media_type: "message/rfc822".into(),
        hash: Hash::of(&body),
        kept: Kept::AsSent,
    };
    let head = Head {
        kind: Kind::Output,
        subject: None,
        input: None,
        events: Vec::new(),
        output: Some(attempted),
        ..head(sequence, number, body.len())
    };
    Entry {
        head,
        body,
        flows: Vec::new(),
    }
}

/// These entries of shard 1, in one category.
pub fn batch(entries: Vec<Entry>) -> Batch {
    let category: Arc<str> = "collection".into();
    Batch {
        shard: 1,
        upto: entries
            .iter()
            .map(|entry| entry.head.sequence)
            .max()
            .unwrap_or(0),
        entries: entries
            .into_iter()
            .map(|entry| (category.clone(), entry))
            .collect(),
    }
}

/// An archive in `store` with so many sealed volumes of so many mails each.
pub fn filled(store: &Store, volumes: u64, mails: u64) -> Archive {
    let archive = open(store);
    for volume in 0..volumes {
        fill(&archive, volume * mails..(volume + 1) * mails);
        archive.seal(volume as i64).unwrap().unwrap();
    }
    archive
}

/// Appends a record and a mail for each of these notifications.
pub fn fill(archive: &Archive, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let sequence = 2 * number + 1;
        let (first, second) = (record(sequence, number), record(sequence + 1, number));
        archive.append(&batch(vec![first]), 0).unwrap();
        let entries = vec![second, output(sequence + 1, number)];
        archive.append(&batch(entries), 0).unwrap();
    }
}

/// Everything under the key, in the order in which it comes.
pub fn all(archive: &Archive, key: &Key) -> Vec<Found> {
    let mut all = Vec::new();
    archive
        .find(key, |_| true, &mut |found| {
            all.push(found);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    all
}
