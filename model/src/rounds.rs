//! Owns what is remembered of notifications that ended, where their flow wants to know that it ran for the same
//! subject before: the last one, when it ended, and how many rounds it was. Bounded in number and age. A
//! tenant for whom no such flow ran has none. Refuses to be a log: the journal is.

use bincode::{Decode, Encode};

use crate::history::Contact;
use crate::ids::NotificationId;
use crate::notification::Subject;
use crate::time::{DAY, Timestamp};

/// What ended, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Rounds(Vec<Round>);

/// The last round of one flow for one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Round {
    /// The notification.
    pub last: NotificationId,
    /// The hash of its subject.
    pub about: u64,
    /// When it ended.
    pub ended_at: Timestamp,
    /// The hash of the name of its flow.
    pub flow: u32,
    /// Its number: each began not too long after the end of the one before.
    pub number: u32,
}

impl Round {
    /// Rounds that are remembered of one tenant. Of more, the one that ended first is forgotten.
    pub const MOST: usize = 32;
    /// The longest that one is remembered, in milliseconds.
    pub const LONGEST_MS: i64 = 1_098 * DAY;

    /// Whether it is one of that flow for that subject.
    #[must_use]
    pub fn is_of(&self, flow: &str, subject: &Subject) -> bool {
        self.flow == flow_hash(flow) && self.about == Contact::subject_hash(Some(subject))
    }

    /// Whether what began at an instant follows it, where a flow looks back so far.
    #[must_use]
    pub const fn leads_to(&self, began: Timestamp, within_ms: i64) -> bool {
        began.since(self.ended_at) <= within_ms
    }
}

impl Rounds {
    /// The last round of a flow for a subject.
    #[must_use]
    pub fn last(&self, flow: &str, subject: &Subject) -> Option<&Round> {
        self.0.iter().find(|round| round.is_of(flow, subject))
    }

    /// One more has ended. `is_open`: whether something open is of that round, and reads it.
    pub(crate) fn ended(
        &mut self,
        (flow, subject): (&str, &Subject),
        (last, number): (NotificationId, u32),
        now: Timestamp,
        is_open: impl Fn(&Round) -> bool,
    ) {
        let is_kept = |round: &Round| now.since(round.ended_at) <= Round::LONGEST_MS;
        self.0
            .retain(|round| is_kept(round) && !round.is_of(flow, subject));
        self.0.push(Round {
            last,
            about: Contact::subject_hash(Some(subject)),
            ended_at: now,
            flow: flow_hash(flow),
            number,
        });
        if self.0.len() > Round::MOST {
            let spare = self.0.iter().position(|round| !is_open(round));
            self.0.remove(spare.unwrap_or(0));
        }
    }
}

impl FromIterator<Round> for Rounds {
    fn from_iter<T: IntoIterator<Item = Round>>(rounds: T) -> Self {
        Self(rounds.into_iter().collect())
    }
}

fn flow_hash(name: &str) -> u32 {
    crc32c::crc32c(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(number: u32) -> Subject {
        Subject {
            kind: "invoice".into(),
            id: format!("F-{number}").into(),
        }
    }

    #[test]
    fn of_too_many_the_first_that_nothing_open_reads_is_forgotten() {
        let mut rounds = Rounds::default();
        let id = NotificationId(1 << 64);
        for number in 0..=Round::MOST as u32 {
            let (about, read) = (subject(number), subject(0));
            let now = Timestamp(i64::from(number));
            rounds.ended(("dunning", &about), (id, 1), now, |round| {
                round.is_of("dunning", &read)
            });
        }
        assert_eq!(rounds.0.len(), Round::MOST);
        assert!(rounds.last("dunning", &subject(0)).is_some());
        assert!(rounds.last("dunning", &subject(1)).is_none());
        assert!(rounds.last("storno", &subject(2)).is_none());
        // What is too old goes with the next that ends.
        let later = Timestamp(Round::LONGEST_MS + 100);
        rounds.ended(("dunning", &subject(99)), (id, 1), later, |_| false);
        assert_eq!(rounds.0.len(), 1);
    }
}
