//! Owns what is remembered of the messages that went to one tenant, so that rules can count them:
//! caps, conditions of flows, rules between flows. Bounded in number and age. A tenant for whom nothing
//! counts has none. Refuses texts and addresses (names are kept as hashes), and to be a log: the
//! journal is.

use std::collections::VecDeque;

use bincode::{Decode, Encode};

use crate::channel::Channel;
use crate::ids::NotificationId;
use crate::notification::Subject;
use crate::time::{DAY, Timestamp};

/// What left lately, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct History(VecDeque<Contact>);

/// A message that left, or may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Contact {
    /// Its notification. Of what a record before version 6 remembered, it is a hash or a half of the id:
    /// see [`Contact::notification`].
    pub id: NotificationId,
    /// When it left, or that was first known.
    pub at: Timestamp,
    /// The hash of what it was about; 0: nothing.
    pub about: u64,
    /// The hash of the purpose of its flow; 0: not known.
    pub purpose: u32,
    /// The hash of its category; 0: not known.
    pub category: u32,
    /// Number of the attempt within its notification; 0: not known.
    pub attempt: u16,
    /// Over which channel; none: not known.
    pub channel: Option<Channel>,
    /// What became of it.
    pub fate: Fate,
    /// Whether its flow is counted, so that conditions of flows see it.
    pub counted: bool,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Fate {
    /// It is on its way to the provider.
    UnderWay,
    /// The provider has it, or may have it.
    Left,
    /// It left, and came back.
    CameBack,
}

impl Contact {
    /// Messages of one category and purpose that are remembered of one tenant, so that others never
    /// hide them; the oldest is forgotten first. No rule can count more of them.
    pub const MOST: usize = 32;
    /// Messages that are remembered of one tenant in all.
    pub const MOST_IN_ALL: usize = 128;
    /// The longest time that is looked back, in milliseconds.
    pub const LONGEST_MS: i64 = 366 * DAY;

    /// Its notification, where the whole id is known.
    #[must_use]
    pub const fn notification(&self) -> Option<NotificationId> {
        match self.id.0 >> 64 {
            0 => None,
            _ => Some(self.id),
        }
    }

    /// Whether the provider has it or may have it, and it did not come back.
    #[must_use]
    pub const fn may_have_arrived(&self) -> bool {
        matches!(self.fate, Fate::UnderWay | Fate::Left)
    }

    /// Whether it was of that category.
    #[must_use]
    pub fn is_of(&self, category: &str) -> bool {
        self.category == Self::category_hash(category)
    }

    /// Whether it was about that.
    #[must_use]
    pub fn is_about(&self, subject: &Subject) -> bool {
        self.about == Self::subject_hash(Some(subject))
    }

    /// Hash of a purpose.
    #[must_use]
    pub fn purpose_hash(purpose: &str) -> u32 {
        (hash(&[purpose.as_bytes()]) as u32).max(1)
    }

    /// Hash of a category.
    #[must_use]
    pub fn category_hash(category: &str) -> u32 {
        crc32c::crc32c(category.as_bytes())
    }

    /// Hash of a subject.
    #[must_use]
    pub fn subject_hash(subject: Option<&Subject>) -> u64 {
        subject.map_or(0, |subject| {
            hash(&[subject.kind.as_bytes(), subject.id.as_bytes()])
        })
    }

    /// Whether it is that attempt.
    fn is(&self, (id, attempt): (NotificationId, u16)) -> bool {
        if self.notification().is_some() {
            return self.id == id && self.attempt == attempt;
        }
        let known = self.id.0 as u64;
        match self.attempt {
            0 => known == attempt_hash(id, attempt),
            number => known == id.0 as u64 && number == attempt,
        }
    }
}

impl History {
    /// What left after `since`, oldest first.
    pub fn after(&self, since: Timestamp) -> impl DoubleEndedIterator<Item = &Contact> {
        self.0.iter().filter(move |contact| contact.at > since)
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes one in. The same attempt again, after doubt, is the same message, from then on: it may be
    /// the second try that arrives.
    pub(crate) fn add(&mut self, new: Contact) {
        let is_it = |known: &Contact| known.is((new.id, new.attempt));
        if let Some(at) = self.0.iter().rposition(is_it)
            && let Some(known) = self.0.remove(at)
        {
            let counted = known.counted || new.counted;
            let at = new.at;
            return self.0.push_back(Contact {
                at,
                counted,
                ..known
            });
        }
        self.0
            .retain(|known| new.at.since(known.at) < Contact::LONGEST_MS);
        let is_alike =
            |known: &Contact| (known.category, known.purpose) == (new.category, new.purpose);
        if self.0.iter().filter(|known| is_alike(known)).count() >= Contact::MOST {
            let oldest = self.0.iter().position(is_alike);
            oldest.map(|oldest| self.0.remove(oldest));
        }
        if self.0.len() >= Contact::MOST_IN_ALL {
            self.0.pop_front();
        }
        self.0.push_back(new);
    }

    /// The provider has an attempt, or may have it. Whether it is remembered.
    pub(crate) fn left(&mut self, id: NotificationId, attempt: u16) -> bool {
        let found = self.find(id, attempt);
        found.map(|contact| contact.fate = Fate::Left).is_some()
    }

    /// An attempt reached nobody: one that never left is forgotten. `came_back`: it was refused.
    pub(crate) fn reached_nobody(&mut self, id: NotificationId, attempt: u16, came_back: bool) {
        let Some(contact) = self.find(id, attempt) else {
            return;
        };
        match contact.fate {
            Fate::UnderWay => self.0.retain(|contact| !contact.is((id, attempt))),
            // An earlier try of the same attempt may have arrived.
            Fate::Left if came_back => contact.fate = Fate::CameBack,
            Fate::Left | Fate::CameBack => {}
        }
    }

    fn find(&mut self, id: NotificationId, attempt: u16) -> Option<&mut Contact> {
        let mut newest = self.0.iter_mut().rev();
        newest.find(|contact| contact.is((id, attempt)))
    }
}

impl FromIterator<Contact> for History {
    /// In the order of time.
    fn from_iter<I: IntoIterator<Item = Contact>>(all: I) -> Self {
        let mut all: Vec<Contact> = all.into_iter().collect();
        all.sort_by_key(|contact| contact.at);
        Self(all.into())
    }
}

/// Hash of an attempt, as records before version 6 name it.
fn attempt_hash(id: NotificationId, attempt: u16) -> u64 {
    let mut bytes = [0; 18];
    bytes[..16].copy_from_slice(&id.0.to_be_bytes());
    bytes[16..].copy_from_slice(&attempt.to_be_bytes());
    hash(&[&bytes])
}

/// The first 64 bits of BLAKE3 over parts with their lengths; never 0.
fn hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_be_bytes(first).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ShardId;

    fn id(number: u64) -> NotificationId {
        NotificationId::new(ShardId(3), 1_795_000_000_000, number)
    }

    fn contact(number: u64, at: i64) -> Contact {
        Contact {
            id: id(number),
            at: Timestamp(at),
            about: 0,
            purpose: 1,
            category: Contact::category_hash("rent"),
            attempt: 1,
            channel: Some(Channel::Sms),
            fate: Fate::UnderWay,
            counted: false,
        }
    }

    #[test]
    fn a_history_is_bounded_in_number_and_age() {
        let mut history = History::default();
        for number in 0..100 {
            history.add(contact(number, number as i64));
        }
        assert_eq!(history.0.len(), Contact::MOST);
        assert_eq!(history.0.front().map(|c| c.id), Some(id(68)));
        for number in 0..1_000_u64 {
            let category = Contact::category_hash(&number.to_string());
            let other = contact(number + 1_000, 99);
            history.add(Contact { category, ..other });
        }
        assert_eq!(history.0.len(), Contact::MOST_IN_ALL);
        history.add(contact(100, Contact::LONGEST_MS + 98));
        assert!(history.0.iter().all(|c| c.at >= Timestamp(99)));
        assert_eq!(size_of::<Contact>(), 48);
    }

    #[test]
    fn the_same_attempt_again_is_one_message_from_then_on() {
        let mut history = History::default();
        history.add(contact(1, 1));
        assert!(history.left(id(1), 1));
        history.add(contact(1, 2));
        assert_eq!(history.after(Timestamp(1)).count(), 1);
        assert_eq!(history.after(Timestamp(2)).count(), 0);
        // The second try was put off, and the first may have arrived.
        history.reached_nobody(id(1), 1, false);
        assert!(history.0[0].may_have_arrived());
        history.reached_nobody(id(1), 1, true);
        assert_eq!(history.0[0].fate, Fate::CameBack);
    }

    #[test]
    fn what_never_left_is_forgotten() {
        let mut history = History::default();
        history.add(contact(1, 1));
        history.reached_nobody(id(1), 1, true);
        assert!(history.is_empty());
        assert!(!history.left(id(1), 1));
    }

    #[test]
    fn what_older_records_remember_is_known_again() {
        let half = NotificationId(u128::from(id(7).0 as u64));
        let hashed = NotificationId(u128::from(attempt_hash(id(8), 2)));
        let of_half = Contact {
            id: half,
            ..contact(0, 1)
        };
        let of_hash = Contact {
            id: hashed,
            attempt: 0,
            ..contact(0, 2)
        };
        let mut history: History = [of_hash, of_half].into_iter().collect();
        assert_eq!(history.0[0].notification(), None);
        assert!(history.left(id(7), 1) && !history.left(id(7), 2));
        assert!(history.left(id(8), 2) && !history.left(id(8), 1));
    }

    #[test]
    fn subjects_and_categories_are_told_apart() {
        let subject = |kind: &str, id: &str| Subject {
            kind: kind.into(),
            id: id.into(),
        };
        let about = Contact {
            about: Contact::subject_hash(Some(&subject("invoice", "F-1"))),
            ..contact(1, 1)
        };
        assert!(about.is_about(&subject("invoice", "F-1")));
        assert!(!about.is_about(&subject("invoiceF", "-1")));
        assert!(about.is_of("rent") && !about.is_of("repairs"));
    }
}
