//! Owns what a sender asks for: the request as it comes in, and the notification as it was
//! admitted. Refuses to validate a request against a flow or a limit: that is admission's work, in
//! `src`.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::addressed::Addressed;
use crate::flow::{FlowRef, Value};
use crate::ids::NotificationId;
use crate::time::Timestamp;

/// How urgent a message is. Lanes never wait for a lower one longer than the permits in flight
/// take.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Before everything else, with a reserve of its own, outside send windows.
    Urgent,
    /// The usual.
    #[default]
    Normal,
    /// Newsletters and bulk letters.
    Bulk,
}

impl Lane {
    /// Every lane, most urgent first.
    pub const ALL: [Lane; 3] = [Lane::Urgent, Lane::Normal, Lane::Bulk];

    /// The name used in the API (`priority`) and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Lane::Urgent => "urgent",
            Lane::Normal => "normal",
            Lane::Bulk => "bulk",
        }
    }
}

impl FromStr for Lane {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Lane::ALL
            .into_iter()
            .find(|l| l.name() == text)
            .ok_or(UnknownWord("urgent, normal or bulk"))
    }
}

/// Which world a message belongs to. Only `production` data may reach real tenants (row 30).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// The real world.
    Production,
    /// User acceptance.
    Acceptance,
    /// Testing.
    #[default]
    Test,
    /// A developer's machine, and the demo.
    Development,
}

impl Environment {
    /// Every environment.
    pub const ALL: [Environment; 4] = [
        Environment::Production,
        Environment::Acceptance,
        Environment::Test,
        Environment::Development,
    ];

    /// The name used in the API and in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Environment::Production => "production",
            Environment::Acceptance => "acceptance",
            Environment::Test => "test",
            Environment::Development => "development",
        }
    }
}

impl FromStr for Environment {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Environment::ALL
            .into_iter()
            .find(|e| e.name() == text)
            .ok_or(UnknownWord("production, acceptance, test or development"))
    }
}

/// A word outside its list; carries the list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct UnknownWord(pub &'static str);

/// What a notification is about: an invoice, an appointment, a contract.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The kind, a lower-case word: `invoice`.
    pub kind: Box<str>,
    /// The corporation's number for it: `F-2026-00017`.
    pub id: Box<str>,
}

impl Subject {
    /// Without blanks around kind and id, which mean nothing and which feeds are full of. Case is
    /// left: it may mean something.
    #[must_use]
    pub fn trimmed(&self) -> Self {
        let trim = |text: &str| {
            Box::from(
                Some(text.trim())
                    .filter(|trimmed| !trimmed.is_empty())
                    .unwrap_or(text),
            )
        };
        Self {
            kind: trim(&self.kind),
            id: trim(&self.id),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

/// One row of intake before validation, however it came in. `data` is the text of a JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotificationRequest {
    /// The corporation's number for the tenant, or for the household.
    pub tenant_id: String,
    /// Whether it goes to a household.
    pub to_household: bool,
    /// Name of the flow.
    pub flow: String,
    /// Category, which preferences hang on: `collection`, `repairs`, `newsletter`.
    pub category: String,
    /// What it is about, where the flow wants a subject.
    pub subject: Option<Subject>,
    /// The fields for guards and templates: the text of a JSON object.
    pub data: String,
    /// The lane.
    pub priority: Lane,
    /// Not before this instant.
    pub send_after: Option<Timestamp>,
    /// Worthless from this instant on.
    pub expires_at: Option<Timestamp>,
    /// The world it comes from.
    pub environment: Environment,
    /// The sender's key: the same key and body get the same answer.
    pub idempotency_key: String,
}

impl NotificationRequest {
    /// The notification that it becomes, under this definition. `fields` are the values that its flow
    /// reads.
    #[must_use]
    pub fn admitted(
        &self,
        id: NotificationId,
        flow: FlowRef,
        fields: Box<[Value]>,
        idempotency: Idempotency,
    ) -> Notification {
        Notification {
            id,
            flow,
            category: self.category.as_str().into(),
            subject: self.subject.as_ref().map(Subject::trimmed),
            data: self.data.as_str().into(),
            fields,
            lane: self.priority,
            send_after: self.send_after,
            expires_at: self.expires_at,
            environment: self.environment,
            idempotency,
            addressed: match self.to_household {
                false => Addressed::Tenant,
                true => Addressed::Household,
            },
        }
    }
}

/// A notification as admitted and journaled: the input that starts a flow for one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Notification {
    /// Minted at admission; carries its shard.
    pub id: NotificationId,
    /// The definition that was current at admission, by content hash; never changes afterwards.
    pub flow: FlowRef,
    /// See [`NotificationRequest::category`].
    pub category: Box<str>,
    /// See [`NotificationRequest::subject`].
    pub subject: Option<Subject>,
    /// See [`NotificationRequest::data`].
    pub data: Box<str>,
    /// The values of the fields that the flow's guards and stop rules name, in the order of
    /// `Flow::fields`.
    pub fields: Box<[Value]>,
    /// The lane.
    pub lane: Lane,
    /// Not before.
    pub send_after: Option<Timestamp>,
    /// Worthless from.
    pub expires_at: Option<Timestamp>,
    /// The world it comes from.
    pub environment: Environment,
    /// Hash of the sender's idempotency key, and of the whole body. Of a part: that of its group.
    pub idempotency: Idempotency,
    /// To whom it goes. Since record version 6.
    pub addressed: Addressed,
}

impl Notification {
    /// Whether it goes to one of a household, as a part of what the household was sent.
    #[must_use]
    pub fn is_part(&self) -> bool {
        matches!(self.addressed, Addressed::Part(_))
    }
}

/// The two hashes that recognise a repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Idempotency {
    /// First 128 bits of BLAKE3 of the key.
    pub key: u128,
    /// XXH3, 64 bits, of the validated body.
    pub body: u64,
}
