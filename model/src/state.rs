//! Owns a tenant's state: the profile, what facts told, and the notifications that are open.
//! Compact, because millions are open at once; the bodies stay in the journal. Refuses to change
//! itself: `evolve` does.

mod asked;
mod declared;
mod open;
mod plan;

use std::collections::VecDeque;

use bincode::{Decode, Encode};

use crate::addressed::PartOf;
use crate::channel::Channel;
use crate::codec::Version;
use crate::flow::{Dated, Flow, Person, Value};
use crate::group::Grouped;
use crate::history::{Contact, Fate, History};
use crate::household::Household;
use crate::ids::NotificationId;
use crate::notification::Subject;
use crate::opens::Opens;
use crate::point::{Known, Point};
use crate::profile::Profile;
use crate::rounds::{Round, Rounds};
use crate::time::Timestamp;

pub use asked::Asked;
pub use declared::{Declared, Saying};
pub use open::{Open, Phase, PhaseKind, SentTo, Tried, Tries};
pub use plan::Plan;

/// Facts whose ids are remembered per tenant, to take each once.
pub(crate) const REMEMBERED_FACTS: usize = 128;
/// Subjects whose open amount is remembered per tenant.
pub(crate) const REMEMBERED_SUBJECTS: usize = 64;
/// Payments remembered one by one per subject.
pub(crate) const REMEMBERED_PAYMENTS: usize = 16;

/// The language of whoever names none.
const DUTCH: &str = "nl";

/// Everything decisions about one tenant look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub struct Tenant {
    /// Sequence of the tenant's newest record, 0 for none.
    pub last: u64,
    /// The profile, once a source gave one.
    pub profile: Option<Box<Profile>>,
    /// What facts told, once there was one.
    pub told: Option<Box<Told>>,
    /// Open notifications.
    pub open: Opens,
}

/// What facts told of one tenant. How it is read from older records is in `before`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode)]
pub struct Told {
    /// What the tenant owes in all, from the newest balance fact.
    pub balance: Option<Dated>,
    /// Whether that fact came dated ahead of our clock, and so stands at its arrival.
    pub balance_ahead: bool,
    /// Money per subject, oldest first, at most `REMEMBERED_SUBJECTS` and those of open
    /// notifications.
    pub subjects: VecDeque<SubjectMoney>,
    /// Id hash and body hash of facts taken, oldest first, at most `REMEMBERED_FACTS`.
    pub facts: VecDeque<(u64, u64)>,
    /// What facts of declared types told, in the order of types and subjects. At most
    /// [`Declared::MOST`], and [`Declared::MOST_BYTES`] in all.
    pub declared: Vec<Declared>,
    /// Messages that left, or may have, where a rule counts them.
    pub history: Option<Box<History>>,
    /// What is known of households: of one, who is in it and its groups; of a tenant, his parts.
    pub grouped: Option<Box<Grouped>>,
    /// What ended, where its flow asks whether it ran for the same subject before. Since record version 6.
    pub rounds: Option<Box<Rounds>>,
}

/// What facts told of one subject.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SubjectMoney {
    /// The subject.
    pub subject: Subject,
    /// The open amount, absolute, when a fact told it.
    pub open: Option<Dated>,
    /// Whether that fact came dated ahead of our clock, and so stands at its arrival.
    pub open_ahead: bool,
    /// Paid since `open` was told (or ever, when it was not).
    pub paid_cents: i64,
    /// When the newest payment happened.
    pub paid_at: Timestamp,
    /// The newest payments in `paid_cents`, at most `REMEMBERED_PAYMENTS`: an open amount that
    /// comes late, but was told before them, must not make them forgotten.
    pub payments: Vec<Dated>,
}

impl Tenant {
    /// The open notification with this id.
    #[must_use]
    pub fn find(&self, id: NotificationId) -> Option<&Open> {
        self.open.get(id)
    }

    pub(crate) fn find_mut(&mut self, id: NotificationId) -> Option<&mut Open> {
        self.open.get_mut(id)
    }

    /// Where the tenant is reached over `channel`.
    #[must_use]
    pub fn point(&self, channel: Channel) -> Option<&Point> {
        self.profile.as_deref()?.point(channel)
    }

    /// What is known, on `channel`, of the contact point that it uses with that value.
    #[must_use]
    pub fn known(&self, channel: Channel, value: &str) -> Option<&Known> {
        let points = self
            .profile
            .as_deref()
            .map_or(&[][..], |profile| &profile.points);
        // Of most points nothing is known: then no values need be compared.
        let mut points = points.iter().filter(|point| point.known.is_some());
        let kind = channel.contact_kind()?;
        points.find(|point| point.is(kind, value))?.on(channel)
    }

    /// What the tenant owes in all.
    #[must_use]
    pub fn balance(&self) -> Option<Dated> {
        self.told.as_deref().and_then(|told| told.balance)
    }

    /// Messages of counted flows that the provider got within `within_ms`, or may have got.
    pub fn contacts(&self, now: Timestamp, within_ms: i64) -> impl Iterator<Item = &Contact> {
        let history = self.history().into_iter();
        let contacts = history.flat_map(move |history| history.after(now.plus(-within_ms)));
        contacts.filter(|contact| contact.counted && contact.fate != Fate::UnderWay)
    }

    /// Messages that left, or may have, where a rule counts them.
    #[must_use]
    pub fn history(&self) -> Option<&History> {
        self.told.as_deref()?.history.as_deref()
    }

    /// What facts told, to be added to.
    pub(crate) fn told_mut(&mut self) -> &mut Told {
        self.told.get_or_insert_default()
    }

    /// What is known of households.
    #[must_use]
    pub fn grouped(&self) -> Option<&Grouped> {
        self.told.as_deref()?.grouped.as_deref()
    }

    pub(crate) fn grouped_mut(&mut self) -> &mut Grouped {
        self.told_mut().grouped.get_or_insert_default()
    }

    /// Who is in it, if it is a household.
    #[must_use]
    pub fn household(&self) -> Option<&Household> {
        self.grouped()?.household.as_ref()
    }

    /// What the open notification with this id is a part of.
    #[must_use]
    pub fn part(&self, id: NotificationId) -> Option<&PartOf> {
        self.grouped()?.part(id)
    }

    /// The round of the same flow for the same subject that an open notification follows, if there was one
    /// not too long before it was accepted.
    #[must_use]
    pub fn followed(&self, open: &Open, flow: &Flow) -> Option<&Round> {
        let within = flow.follows_ms?;
        let rounds = self.told.as_deref()?.rounds.as_deref()?;
        let round = rounds.last(&flow.name, open.subject.as_deref()?)?;
        round.leads_to(open.accepted_at, within).then_some(round)
    }

    /// What is known of the tenant himself, for messages of a category. Nothing is while nobody has supplied
    /// a profile.
    #[must_use]
    pub fn person(&self, what: Person, category: &str) -> Value {
        let Some(profile) = self.profile.as_deref() else {
            return Value::Missing;
        };
        match what {
            Person::Language if profile.language.is_empty() => Value::Text(DUTCH.into()),
            Person::Language => Value::Text(profile.language.clone()),
            Person::Prefers => {
                let preferred = profile.preferred(category);
                preferred.map_or(Value::Missing, |preferred| {
                    Value::Text(preferred.channel.name().into())
                })
            }
            Person::ReachedBy(channel) => Value::Boolean(profile.point(channel).is_some()),
        }
    }

    /// What facts of the type `kind` told of the tenant, or of `subject`.
    fn declared(&self, kind: &str, subject: Option<&Subject>) -> Option<&Declared> {
        let told = self.told.as_deref()?;
        let mut declared = told.declared.iter();
        declared.find(|one| *one.kind == *kind && one.subject.as_deref() == subject)
    }

    /// What a field of the type `kind` says at `now`, and when that was true at its source. None: no
    /// fact of the type holds.
    #[must_use]
    pub fn said(
        &self,
        (kind, field): (&str, &str),
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Option<(Value, Timestamp)> {
        self.declared(kind, subject)?.field(field, now)
    }

    /// What is still open on `subject`, given the amount the notification was accepted with: a told
    /// open amount minus payments since, else the notification's amount minus every payment known.
    #[must_use]
    pub fn open_amount(&self, subject: &Subject, accepted: Option<Dated>) -> Option<Dated> {
        let known = self
            .told
            .as_deref()
            .and_then(|told| told.subjects.iter().find(|s| s.subject == *subject));
        let (start, at) = known.and_then(|s| s.open).or(accepted)?;
        match known {
            Some(money) => Some((
                start.saturating_sub(money.paid_cents),
                at.max(money.paid_at),
            )),
            None => Some((start, at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten million may be open: a field more is 80 MB or, over the allocator's next size, 320 MB.
    #[test]
    fn an_open_notification_stays_small() {
        let sizes = (
            size_of::<Open>(),
            size_of::<Phase>(),
            size_of::<Tried>(),
            size_of::<Tenant>(),
        );
        assert_eq!(sizes, (160, 40, 64, 48));
    }
}
