//! Owns one entry: a line that says what it is, and a body. The body of a record is the record as the
//! journal has it; the body of an output is what left, byte for byte. Refuses to decide what is kept.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sluis_model::{CancelTarget, Input, Subject, TenantRecord};

use crate::flows::{self, FlowDay};
use crate::hash::Hash;
use crate::words;

/// Longest body of one entry, in bytes: the journal's longest record, and more than a mail may have.
pub const MAX_BODY_BYTES: usize = 32 << 20;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One input of a tenant with what was decided from it.
    Record,
    /// What left with one attempt.
    Output,
}

/// What an entry or a notification is about, in the corporation's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// The kind: `invoice`.
    pub kind: Box<str>,
    /// The corporation's number for it.
    pub id: Box<str>,
}

impl From<&Subject> for Topic {
    fn from(subject: &Subject) -> Self {
        let Subject { kind, id } = subject.trimmed();
        Self { kind, id }
    }
}

/// How the bytes of an output came into the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// They are those that left: their hash is the one that the journal has.
    AsSent,
    /// Made again from the definition that was pinned; their hash is the one that the journal has.
    MadeAgain,
    /// Made again, and the journal has no hash: the process ended while the attempt was under way.
    Unproven,
    /// Made again, with another hash than the journal has: what left was not this.
    Differs,
    /// They could not be made again: there is no body.
    Missing,
}

impl Kept {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsSent => "as_sent",
            Self::MadeAgain => "made_again",
            Self::Unproven => "unproven",
            Self::Differs => "differs",
            Self::Missing => "missing",
        }
    }
}

/// The attempt that an output left with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempted {
    /// Its number within the notification.
    pub attempt: u16,
    /// Index of the step.
    pub step: u8,
    /// Name of the channel.
    pub channel: Box<str>,
    /// Name of the provider in the configuration.
    pub provider: Box<str>,
    /// What the bytes are: `message/rfc822`.
    pub media_type: Box<str>,
    /// Hash of what left, as the journal has it; of the body when the journal has none.
    #[serde(default, skip_serializing_if = "Hash::is_none")]
    pub hash: Hash,
    /// How the bytes came here.
    pub kept: Kept,
}

/// The line of an entry: one JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// What it is.
    pub kind: Kind,
    /// Shard of the record it comes from.
    pub shard: u16,
    /// Sequence of that record.
    pub sequence: u64,
    /// When that was decided, in milliseconds since 1970.
    pub at: i64,
    /// Number of the corporation.
    pub corporation: u16,
    /// The corporation's number for the tenant. Empty when the entry is sealed and was not opened, as
    /// all that follows up to `key`.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub tenant: Box<str>,
    /// Notifications it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<Box<str>>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Topic>,
    /// Of a record: what came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Box<str>>,
    /// Of a record: what was decided, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Box<str>>,
    /// Of an output: its attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Attempted>,
    /// Number of the key that it is sealed with, while it is not opened; else 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub key: u32,
    /// Bytes of its body.
    pub length: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference to it"
)]
pub(crate) const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub head: Head,
    /// Its bytes.
    pub body: Bytes,
    /// What it says of the notifications that it is about; not stored with it.
    pub flows: Vec<FlowDay>,
}

impl Entry {
    /// The entry of a record that the journal has as `bytes`.
    #[must_use]
    pub fn of_record(shard: u16, sequence: u64, record: &TenantRecord, bytes: Bytes) -> Self {
        let head = Head {
            kind: Kind::Record,
            shard,
            sequence,
            at: record.at.0,
            corporation: record.tenant.corporation.0,
            tenant: record.tenant.tenant.clone(),
            ids: ids(record),
            subject: subject(&record.input).map(Topic::from),
            input: Some(words::input(&record.input).into()),
            events: record
                .events
                .iter()
                .map(|event| event.name().into())
                .collect(),
            output: None,
            key: 0,
            length: length(&bytes),
        };
        Self {
            head,
            body: bytes,
            flows: flows::of_record(record),
        }
    }

    /// The entry of what left with an attempt whose outcome is `record`.
    #[must_use]
    pub fn of_output(
        shard: u16,
        sequence: u64,
        record: &TenantRecord,
        id: sluis_model::NotificationId,
        attempted: Attempted,
        body: Bytes,
    ) -> Self {
        let head = Head {
            kind: Kind::Output,
            shard,
            sequence,
            at: record.at.0,
            corporation: record.tenant.corporation.0,
            tenant: record.tenant.tenant.clone(),
            ids: vec![id.to_string().into()],
            subject: None,
            input: None,
            events: Vec::new(),
            output: Some(attempted),
            key: 0,
            length: length(&body),
        };
        // The record of its outcome stands in the same object and says the rest.
        Self {
            head,
            body,
            flows: Vec::new(),
        }
    }
}

fn length(body: &Bytes) -> u32 {
    u32::try_from(body.len()).unwrap_or(u32::MAX)
}

/// The notifications that a record is about, each once.
fn ids(record: &TenantRecord) -> Vec<Box<str>> {
    let events = record.events.iter();
    let mut ids: Vec<_> = events
        .filter_map(sluis_model::Event::notification)
        .chain(words::about(&record.input))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| id.to_string().into()).collect()
}

fn subject(input: &Input) -> Option<&Subject> {
    match input {
        Input::Notify(notification) => notification.subject.as_ref(),
        Input::Fact(fact) => fact.subject.as_ref(),
        Input::Declared(fact) => fact.subject.as_ref(),
        Input::Cancel {
            target: CancelTarget::Subject(subject),
            ..
        } => Some(subject),
        Input::Cancel {
            target: CancelTarget::Notification(_),
            ..
        }
        | Input::PutProfile(_)
        | Input::Receipt(_)
        | Input::Timer { .. }
        | Input::Permit(_)
        | Input::Outcome { .. }
        | Input::Sent { .. }
        | Input::Interrupted { .. }
        | Input::Answer { .. }
        | Input::TaskAnswered(_)
        | Input::TenantAnswered(_)
        | Input::Link { .. }
        | Input::LateReceipt(_)
        | Input::NoWay(_)
        | Input::PutHousehold(_)
        | Input::InHousehold { .. }
        | Input::PartNews(_)
        | Input::GroupTold { .. }
        | Input::StopPart(_)
        | Input::Migrate(_) => None,
    }
}
