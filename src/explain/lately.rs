//! Owns what is told of the messages that went to a tenant lately, as far as they are remembered: when,
//! over which channel, what became of them, about what. Names are kept as hashes; what is known by its
//! name beside is named. Refuses to be the timeline, which has everything.

use serde::Serialize;
use sluis_model::{Channel, Contact, Fate, FlowBook, NotificationId, Subject, Tenant, Timestamp};

use super::words::rfc3339;

/// A message that went to the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContactedRow {
    /// When it left.
    pub at: String,
    /// Its notification; absent: it left before that was remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<NotificationId>,
    /// Over which channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// `under_way`, `left` or `came_back`.
    pub state: &'static str,
    /// The purpose of its flow, where a flow of today has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Its category, where something open has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What it was about, where something open is about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
}

impl ContactedRow {
    /// Every message that is remembered, the newest first. `purposes`: those of the flows of today.
    #[must_use]
    pub fn of(tenant: &Tenant, book: &dyn FlowBook, purposes: &[&str]) -> Vec<Self> {
        let history = tenant.history().into_iter();
        let all = history.flat_map(|history| history.after(Timestamp(i64::MIN)).rev());
        all.map(|contact| Self::read(contact, tenant, book, purposes))
            .collect()
    }

    /// Those about a subject, of other notifications.
    pub(super) fn about(
        (subject, id): (&Subject, NotificationId),
        tenant: &Tenant,
        book: &dyn FlowBook,
        purposes: &[&str],
    ) -> Vec<Self> {
        let history = tenant.history().into_iter();
        let all = history.flat_map(|history| history.after(Timestamp(i64::MIN)).rev());
        let about = all.filter(|contact| contact.is_about(subject) && contact.id != id);
        about
            .map(|contact| Self {
                subject: Some(subject.clone()),
                ..Self::read(contact, tenant, book, purposes)
            })
            .collect()
    }

    fn read(contact: &Contact, tenant: &Tenant, book: &dyn FlowBook, purposes: &[&str]) -> Self {
        let open = || tenant.open.iter();
        let of_open = open().filter_map(|open| Some(&*book.flow(open.flow)?.purpose));
        let mut purposes = purposes.iter().copied().chain(of_open);
        let purpose = purposes.find(|purpose| contact.purpose == Contact::purpose_hash(purpose));
        let category = open().find(|open| contact.is_of(&open.category));
        let subjects = open().filter_map(|open| open.subject.as_deref());
        let subject = subjects
            .into_iter()
            .find(|subject| contact.is_about(subject));
        Self {
            at: rfc3339(contact.at),
            id: contact.notification(),
            channel: contact.channel,
            state: match contact.fate {
                Fate::UnderWay => "under_way",
                Fate::Left => "left",
                Fate::CameBack => "came_back",
            },
            purpose: purpose.map(str::to_owned),
            category: category.map(|open| open.category.to_string()),
            subject: subject.cloned(),
        }
    }
}
