//! Owns what left for one tenant lately, as far as rules count it. Bounded in number and
//! age. Kept only where a rule counts it: `decide` says so with an event, so that a replay needs no
//! settings. Refuses texts and addresses: a category and a subject are kept as hashes.

use std::collections::VecDeque;

use bincode::{Decode, Encode};

use crate::channel::Channel;
use crate::ids::NotificationId;
use crate::notification::Subject;
use crate::time::{DAY, Timestamp};

/// Messages of one category that are remembered per tenant, so that those of others never hide them;
/// the oldest is forgotten first. No rule can count more.
pub(crate) const REMEMBERED_OF_A_CATEGORY: usize = 32;
/// Messages that are remembered per tenant in all: more than a tenant gets of what is counted.
const REMEMBERED: usize = 128;
/// How long a message is remembered, in milliseconds.
pub(crate) const LONGEST_SPAN_MS: i64 = 92 * DAY;

/// What left lately, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Lately(VecDeque<Departure>);

/// A message that left, or may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Departure {
    /// When.
    pub at: Timestamp,
    /// The random half of the notification's id.
    notification: u64,
    /// What it was about, as a hash; 0: nothing.
    subject: u64,
    /// Its category, as a hash.
    category: u32,
    /// Number of the attempt within its notification.
    attempt: u16,
    /// Over which channel.
    pub channel: Channel,
}

impl Departure {
    /// The attempt with that number of a notification, which left at `at`.
    pub(crate) fn new(
        at: Timestamp,
        (id, attempt): (NotificationId, u16),
        (category, subject): (&str, Option<&Subject>),
        channel: Channel,
    ) -> Self {
        Self {
            at,
            notification: short(id),
            subject: subject.map_or(0, subject_hash),
            category: category_hash(category),
            attempt,
            channel,
        }
    }

    /// Whether it was of that category.
    #[must_use]
    pub fn is_of(&self, category: &str) -> bool {
        self.category == category_hash(category)
    }

    /// Whether it was about that.
    #[must_use]
    pub fn is_about(&self, subject: &Subject) -> bool {
        self.subject == subject_hash(subject)
    }

    /// Whether it belongs to that notification.
    #[must_use]
    pub const fn is_part_of(&self, id: NotificationId) -> bool {
        self.notification == short(id)
    }
}

impl Lately {
    /// What left after `since`, oldest first.
    pub fn after(&self, since: Timestamp) -> impl Iterator<Item = &Departure> {
        self.0.iter().filter(move |contact| contact.at > since)
    }

    /// Takes one in. The same attempt again, after doubt, is the same message.
    pub(crate) fn add(&mut self, new: Departure) {
        self.remove(new.notification, new.attempt);
        let oldest = new.at.plus(-LONGEST_SPAN_MS);
        self.0.retain(|contact| contact.at > oldest);
        let of_it = self
            .0
            .iter()
            .filter(|contact| contact.category == new.category);
        if of_it.count() >= REMEMBERED_OF_A_CATEGORY {
            let oldest = self
                .0
                .iter()
                .position(|contact| contact.category == new.category);
            oldest.map(|oldest| self.0.remove(oldest));
        }
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(new);
    }

    /// Forgets an attempt that reached nobody.
    pub(crate) fn forget(&mut self, id: NotificationId, attempt: u16) {
        self.remove(short(id), attempt);
    }

    /// Whether nothing is remembered.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn remove(&mut self, notification: u64, attempt: u16) {
        let is_it = |contact: &Departure| {
            contact.notification == notification && contact.attempt == attempt
        };
        self.0.retain(|contact| !is_it(contact));
    }
}

const fn short(id: NotificationId) -> u64 {
    id.0 as u64
}

fn category_hash(category: &str) -> u32 {
    crc32c::crc32c(category.as_bytes())
}

fn subject_hash(subject: &Subject) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(subject.kind.len() as u64).to_be_bytes());
    hasher.update(subject.kind.as_bytes());
    hasher.update(subject.id.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(number: u64, at: Timestamp) -> Departure {
        Departure {
            at,
            notification: number,
            subject: 0,
            category: category_hash("rent"),
            attempt: 1,
            channel: Channel::Sms,
        }
    }

    #[test]
    fn a_history_is_bounded_in_number_and_age() {
        let mut history = Lately::default();
        for number in 0..100 {
            history.add(contact(number, Timestamp(number as i64)));
        }
        assert_eq!(history.0.len(), REMEMBERED_OF_A_CATEGORY);
        assert_eq!(history.0.front().map(|c| c.notification), Some(68));
        for number in 0..1_000_u64 {
            let category = category_hash(&number.to_string());
            let other = Departure {
                category,
                ..contact(number + 1_000, Timestamp(99))
            };
            history.add(other);
        }
        assert_eq!(history.0.len(), REMEMBERED);
        history.add(contact(100, Timestamp(LONGEST_SPAN_MS + 98)));
        assert!(history.0.iter().all(|c| c.at >= Timestamp(99)));
        assert_eq!(size_of::<Departure>(), 32);
    }

    #[test]
    fn the_same_attempt_again_is_one_message() {
        let mut history = Lately::default();
        history.add(contact(1, Timestamp(1)));
        history.add(contact(1, Timestamp(2)));
        assert_eq!(history.after(Timestamp(0)).count(), 1);
        assert_eq!(
            history.after(Timestamp(2)).count(),
            0,
            "at that instant no more"
        );
    }

    #[test]
    fn subjects_and_categories_are_told_apart() {
        let subject = |kind: &str, id: &str| Subject {
            kind: kind.into(),
            id: id.into(),
        };
        let about = Departure {
            subject: subject_hash(&subject("invoice", "F-1")),
            ..contact(1, Timestamp(1))
        };
        assert!(about.is_about(&subject("invoice", "F-1")));
        assert!(!about.is_about(&subject("invoiceF", "-1")));
        assert!(about.is_of("rent") && !about.is_of("repairs"));
    }
}
