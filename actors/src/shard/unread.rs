//! Owns the messages of a shard that are certainly about a message of ours, that nobody can read, and
//! that no task asks people about: the flow has gone on, or it has ended, or its status is one that
//! nobody has mapped. Made from the records, in their order, so a restart knows the same. Refuses to
//! grow: of each corporation the newest are kept, up to a bound; and to ask twice about one attempt.

use std::collections::BTreeMap;

use sluis_model::{
    CarriedMessage, CarriedUnread, Control, CorporationId, Event, Input, NotificationId,
    TenantRecord, Timestamp,
};

use super::figures::Unread;

/// Most messages kept of one corporation in one shard; the oldest leave first.
const MOST_MESSAGES: usize = 1_024;
/// How long a message that nobody has looked at is kept, in milliseconds: 90 days.
const KEPT_MS: i64 = 90 * sluis_model::DAY;

/// What a message is about: the notification, where it is known, and the number of the attempt; 0
/// where nobody knows it.
type About = (Option<NotificationId>, u16);

/// One message.
#[derive(Clone, Copy, Debug)]
struct Message {
    at: Timestamp,
    about: About,
    /// Somebody looked at it. Kept, so that nobody is asked again about the same attempt.
    dismissed: bool,
}

/// What one corporation has of them.
#[derive(Debug, Default)]
struct House {
    /// By the sequence of the record that holds it.
    messages: BTreeMap<u64, Message>,
    /// How many there ever were.
    ever: u64,
}

/// Messages that wait for people beside the tasks, by corporation.
#[derive(Debug, Default)]
pub(super) struct UnreadMessages(BTreeMap<CorporationId, House>);

impl UnreadMessages {
    /// A record of a tenant was written, or is read again.
    pub(super) fn heard(&mut self, sequence: u64, record: &TenantRecord) {
        if !matches!(record.input, Input::Receipt(_) | Input::LateReceipt(_)) {
            return;
        }
        let asks = |event: &Event| matches!(event, Event::TaskOpened { .. });
        if record.events.iter().any(asks) {
            return;
        }
        for event in &record.events {
            if let Event::Unexplained { id, attempt, .. } = event {
                let about = (Some(*id), *attempt);
                self.keep(record.tenant.corporation, (sequence, record.at), about);
            }
        }
    }

    /// A control was written, or is read again.
    pub(super) fn told(&mut self, (sequence, at): (u64, Timestamp), control: &Control) {
        if let Control::Unexplained {
            corporation: Some(corporation),
            id,
            ..
        } = control
        {
            self.keep(*corporation, (sequence, at), (*id, 0));
        }
    }

    fn keep(&mut self, of: CorporationId, (sequence, at): (u64, Timestamp), about: About) {
        let house = self.0.entry(of).or_default();
        house.ever += 1;
        house.drop_old(at);
        if house.messages.values().any(|known| known.about == about) {
            return;
        }
        let message = Message {
            at,
            about,
            dismissed: false,
        };
        house.messages.insert(sequence, message);
        if house.messages.len() > MOST_MESSAGES {
            house.messages.pop_first();
        }
    }

    /// Whose notifications these were is erased: what was said of them is not listed any more.
    pub(super) fn forget(&mut self, of: CorporationId, notifications: &[NotificationId]) {
        let house = self.0.get_mut(&of).into_iter();
        let is_his = |id: NotificationId| notifications.contains(&id);
        house.for_each(|house| {
            let messages = &mut house.messages;
            messages.retain(|_, message| !message.about.0.is_some_and(is_his));
        });
    }

    /// Somebody looked at the message of this record. Says whether it stood in the list until now.
    pub(super) fn dismiss(&mut self, corporation: CorporationId, sequence: u64) -> bool {
        let house = self.0.get_mut(&corporation);
        let message = house.and_then(|house| house.messages.get_mut(&sequence));
        message.is_some_and(|message| !std::mem::replace(&mut message.dismissed, true))
    }

    /// Those of a corporation, oldest first, by the sequences of their records.
    pub(super) fn list(&self, of: CorporationId) -> impl Iterator<Item = u64> {
        let messages = self.0.get(&of).into_iter().flat_map(House::waiting);
        messages.map(|(sequence, _)| sequence)
    }

    /// The figures of each corporation.
    pub(super) fn counts(&self) -> impl Iterator<Item = Unread> {
        self.0.iter().map(|(corporation, house)| Unread {
            corporation: *corporation,
            messages: house.waiting().count() as u64,
            oldest: house.waiting().next().map(|(_, message)| message.at),
            ever: house.ever,
        })
    }

    /// Everything that is known, without the messages of records before `horizon`, which leave the
    /// list: nobody could say any more what they told.
    pub(super) fn carry(&mut self, horizon: u64) -> Vec<CarriedUnread> {
        let houses = self.0.iter_mut();
        houses
            .map(|(corporation, house)| house.carry(*corporation, horizon))
            .collect()
    }

    /// Takes over what was carried: it replaces what is known.
    pub(super) fn put_carried(&mut self, carried: CarriedUnread) {
        let message = |message: CarriedMessage| {
            let known = Message {
                at: message.at,
                about: (message.id, message.attempt),
                dismissed: message.dismissed,
            };
            (message.sequence, known)
        };
        let house = House {
            messages: carried.messages.into_iter().map(message).collect(),
            ever: carried.ever,
        };
        self.0.insert(carried.corporation, house);
    }
}

impl House {
    fn waiting(&self) -> impl Iterator<Item = (u64, &Message)> {
        let messages = self.messages.iter();
        messages
            .filter(|(_, message)| !message.dismissed)
            .map(|(sequence, message)| (*sequence, message))
    }

    fn drop_old(&mut self, now: Timestamp) {
        self.messages
            .retain(|_, message| now.since(message.at) <= KEPT_MS);
    }

    fn carry(&mut self, corporation: CorporationId, horizon: u64) -> CarriedUnread {
        self.messages = self.messages.split_off(&horizon);
        let message = |(sequence, message): (&u64, &Message)| CarriedMessage {
            sequence: *sequence,
            at: message.at,
            id: message.about.0,
            attempt: message.about.1,
            dismissed: message.dismissed,
        };
        CarriedUnread {
            corporation,
            messages: self.messages.iter().map(message).collect(),
            ever: self.ever,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluis_model::{DAY, ShardId};

    const NOORD: CorporationId = CorporationId(1);

    fn id(n: u16) -> Option<NotificationId> {
        Some(NotificationId::new(ShardId(0), 0, u64::from(n)))
    }

    fn listed(unread: &UnreadMessages) -> Vec<u64> {
        unread.list(NOORD).collect()
    }

    #[test]
    fn the_newest_are_kept_up_to_a_bound_and_old_ones_leave() {
        let mut unread = UnreadMessages::default();
        for n in 0..MOST_MESSAGES as u16 + 3 {
            unread.keep(NOORD, (u64::from(n) + 1, Timestamp(0)), (id(n), 1));
        }
        let kept = listed(&unread);
        assert_eq!((kept.len(), kept[0]), (MOST_MESSAGES, 4));
        unread.keep(NOORD, (5_000, Timestamp(91 * DAY)), (id(1), 2));
        assert_eq!(listed(&unread), [5_000]);
        let counted = unread.counts().next().expect("one");
        assert_eq!((counted.messages, counted.ever), (1, 1_028));
    }

    #[test]
    fn nobody_is_asked_twice_about_one_attempt() {
        let mut unread = UnreadMessages::default();
        let mut keep = |sequence, about| unread.keep(NOORD, (sequence, Timestamp(0)), about);
        keep(1, (id(7), 1));
        keep(2, (id(7), 1));
        keep(3, (id(7), 2));
        assert_eq!(listed(&unread), [1, 3]);
        assert!(unread.dismiss(NOORD, 1) && !unread.dismiss(NOORD, 1));
        assert!(!unread.dismiss(CorporationId(2), 3), "another's");
        unread.keep(NOORD, (4, Timestamp(0)), (id(7), 1));
        assert_eq!(listed(&unread), [3]);
    }

    #[test]
    fn what_is_carried_is_what_is_known_without_what_goes() {
        let mut unread = UnreadMessages::default();
        for n in 1..5 {
            unread.keep(NOORD, (u64::from(n), Timestamp(0)), (id(n), 1));
        }
        unread.dismiss(NOORD, 3);
        let mut again = UnreadMessages::default();
        // Records that are not forgotten yet are read before it.
        again.keep(NOORD, (1, Timestamp(0)), (id(1), 1));
        for carried in unread.carry(2) {
            again.put_carried(carried);
        }
        assert_eq!((listed(&again), listed(&unread)), (vec![2, 4], vec![2, 4]));
        again.keep(NOORD, (9, Timestamp(0)), (id(3), 1));
        assert_eq!(listed(&again), [2, 4], "what was dismissed stays so");
        let ever = again.counts().map(|counted| counted.ever);
        assert_eq!(ever.collect::<Vec<_>>(), [5]);
    }
}
