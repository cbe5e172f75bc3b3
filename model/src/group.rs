//! Owns the group: one notification to a household that became one for each addressee. What the
//! household remembers of its open groups, and what an addressee remembers of his part. Refuses to
//! name the others to an addressee: what is known of several stands with the household alone.

use std::collections::VecDeque;

use bincode::{Decode, Encode};

use crate::addressed::{Addressed, PartOf};
use crate::codec::Version;
use crate::household::{Addressee, Household};
use crate::ids::{NotificationId, TenantKey};
use crate::notification::Notification;
use crate::time::{SECOND, Timestamp};

/// How long after a try the parts of a group are handed over again, where not all were taken.
pub(crate) const AGAIN_MS: i64 = 30 * SECOND;
/// Until when a part waits for the others at most: then it begins, whatever became of its household.
pub(crate) fn gate(accepted_at: Timestamp) -> Timestamp {
    accepted_at.plus(AGAIN_MS)
}

/// Parts of one tenant that ended and are remembered, so that a repeat is known as one.
const REMEMBERED_PARTS: usize = 64;

/// What an addressee's part tells its household.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PartNews {
    /// The part.
    pub id: NotificationId,
    /// The group.
    pub group: NotificationId,
    /// How the part ended; none: it goes on.
    pub end: Option<Box<str>>,
    /// The end that this is for the others; none: they go on.
    pub stops: Option<Box<str>>,
}

/// An order to stop a part, because of what one of the others brought about.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StopPart {
    /// The part.
    pub id: NotificationId,
    /// Of which group.
    pub of: PartOf,
    /// Under which end.
    pub end: Box<str>,
    /// Who and why, where somebody cancelled it.
    pub note: Box<str>,
}

/// What is known beside a profile of households: who is in one, and what was sent to several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub struct Grouped {
    /// Of a household: who is in it.
    pub household: Option<Household>,
    /// Of a household: its open groups.
    pub groups: Vec<Group>,
    /// Of a tenant: the households that name him, or did.
    pub households: Vec<NamedIn>,
    /// Of a tenant: his open parts.
    pub parts: Vec<OpenPart>,
    /// Of a tenant: his newest parts that ended.
    pub ended: VecDeque<NotificationId>,
}

/// A household that names a tenant, or did.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct NamedIn {
    /// Its number.
    pub household: Box<str>,
    /// Whether it still does.
    pub is_in: bool,
}

/// An open group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub struct Group {
    /// Its id.
    pub id: NotificationId,
    /// Its addressees, as they were when it was accepted.
    pub parts: Vec<Part>,
    /// The notification, until every addressee has his.
    pub body: Option<Box<Notification>>,
    /// Why the rest is stopped, if it is.
    pub stop: Option<Box<GroupStop>>,
    /// Whether what one answers is the answer of all.
    pub together: bool,
}

/// One addressee of an open group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Part {
    /// The corporation's number for him.
    pub tenant: Box<str>,
    /// How his part ended, if it did.
    pub end: Option<Box<str>>,
}

/// Why a group is stopped.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GroupStop {
    /// Under which end.
    pub end: Box<str>,
    /// Who and why, where somebody cancelled it.
    pub note: Box<str>,
    /// The part that brought it about, by [`part_number`]; none: the group was cancelled.
    pub by: Option<u64>,
    /// Whether every addressee has been told.
    pub is_told: bool,
}

/// The open part of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OpenPart {
    /// Its id.
    pub id: NotificationId,
    /// Of which group.
    pub of: PartOf,
}

/// The number of an addressee's part within its group: it follows from both.
#[must_use]
pub fn part_number(group: NotificationId, tenant: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"sluis part");
    hasher.update(&group.0.to_be_bytes());
    hasher.update(tenant.as_bytes());
    let mut number = [0; 8];
    number.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_be_bytes(number)
}

/// The id of an addressee's part: a repeat and a restart give the same.
#[must_use]
pub fn part_id(group: NotificationId, tenant: &TenantKey, shards: u16) -> NotificationId {
    let (millis, number) = (group.made_at().0, part_number(group, &tenant.tenant));
    NotificationId::new(tenant.shard(shards), millis, number)
}

/// The number of the part with this id.
pub(crate) const fn number_of(part: NotificationId) -> u64 {
    part.0 as u64
}

impl Group {
    /// Most groups that a household may have open.
    pub const MOST: usize = 64;
    /// Most of them whose addressees do not all have theirs yet: their bodies stand in the state.
    pub const MOST_BEGUN: usize = 4;

    pub(crate) fn new(body: &Notification, told: &[Addressee], together: bool) -> Self {
        let part = |told: &Addressee| Part {
            tenant: told.tenant.clone(),
            end: None,
        };
        Self {
            id: body.id,
            parts: told.iter().map(part).collect(),
            body: Some(Box::new(body.clone())),
            stop: None,
            together,
        }
    }

    /// The addressee whose part has this number.
    pub(crate) fn numbered(&mut self, number: u64) -> Option<&mut Part> {
        let id = self.id;
        let mut parts = self.parts.iter_mut();
        parts.find(|part| part_number(id, &part.tenant) == number)
    }

    /// Those whose part has not ended, but for the one that stops the others.
    pub fn left(&self) -> impl Iterator<Item = &Part> {
        let by = self.stop.as_deref().and_then(|stop| stop.by);
        let id = self.id;
        let left = self.parts.iter().filter(move |part| {
            part.end.is_none() && by.is_none_or(|by| part_number(id, &part.tenant) != by)
        });
        #[cfg(feature = "simulation")]
        let left = left.skip(usize::from(crate::slip::slips(
            crate::slip::Slip::PartNotStopped,
        )));
        left
    }

    /// Whether addressees are still to be told something.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.body.is_none() && self.stop.as_deref().is_none_or(|stop| stop.is_told)
    }

    /// When its addressees are told again, from `at` on.
    pub(crate) fn until(&self, at: Timestamp) -> Timestamp {
        match self.is_settled() {
            true => Timestamp::NEVER,
            false => at.plus(AGAIN_MS),
        }
    }

    /// The notification of one addressee.
    #[must_use]
    pub fn part(&self, household: &str, id: NotificationId) -> Option<Notification> {
        let of = self.part_of(household);
        let body = self.body.as_deref()?.clone();
        Some(Notification {
            id,
            addressed: Addressed::Part(Box::new(of)),
            ..body
        })
    }

    /// The order to stop the part of one addressee.
    #[must_use]
    pub fn stop_part(&self, household: &str, id: NotificationId) -> Option<StopPart> {
        let stop = self.stop.as_deref()?;
        Some(StopPart {
            id,
            of: self.part_of(household),
            end: stop.end.clone(),
            note: stop.note.clone(),
        })
    }

    fn part_of(&self, household: &str) -> PartOf {
        PartOf {
            group: self.id,
            household: household.into(),
            together: self.together,
        }
    }
}

impl Grouped {
    /// The open group with this id.
    #[must_use]
    pub fn group(&self, id: NotificationId) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    pub(crate) fn group_mut(&mut self, id: NotificationId) -> Option<&mut Group> {
        self.groups.iter_mut().find(|group| group.id == id)
    }

    /// What the open notification with this id is a part of.
    #[must_use]
    pub fn part(&self, id: NotificationId) -> Option<&PartOf> {
        let mut parts = self.parts.iter();
        parts.find(|part| part.id == id).map(|part| &part.of)
    }

    /// Notes whether a household names the tenant.
    pub(crate) fn note(&mut self, household: &str, is_in: bool) {
        let mut all = self.households.iter_mut();
        match all.find(|known| *known.household == *household) {
            Some(known) => known.is_in = is_in,
            None => self.households.push(NamedIn {
                household: household.into(),
                is_in,
            }),
        }
    }

    /// Takes out a part that ended, and remembers it.
    pub(crate) fn part_ended(&mut self, id: NotificationId) {
        self.parts.retain(|part| part.id != id);
        if !self.ended.contains(&id) {
            self.ended.push_back(id);
        }
        while self.ended.len() > REMEMBERED_PARTS {
            self.ended.pop_front();
        }
    }
}
