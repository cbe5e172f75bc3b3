//! Owns the messages that wait for a tenant to become active: a line for each, first come first
//! served. Refuses to bound itself by refusing a message: whoever takes messages in looks whether
//! there is room.

use std::collections::{HashMap, VecDeque};

use sluis_model::Timestamp;

use super::Slot;

/// The messages for one tenant.
#[derive(Debug)]
pub(crate) struct Line<M> {
    /// When the first one came.
    pub(crate) since: Timestamp,
    /// Whether one of them is urgent.
    pub(crate) is_urgent: bool,
    /// In the order in which they came.
    pub(crate) messages: VecDeque<M>,
}

/// The messages for the passive tenants of a shard.
#[derive(Debug)]
pub(crate) struct Waiting<M> {
    lines: HashMap<Slot, Line<M>>,
    messages: usize,
}

impl<M> Default for Waiting<M> {
    fn default() -> Self {
        Self {
            lines: HashMap::new(),
            messages: 0,
        }
    }
}

impl<M> Waiting<M> {
    /// Puts a message into the line of its tenant; says whether it is the first one there, or the first
    /// urgent one.
    pub(crate) fn push(&mut self, slot: Slot, message: M, is_urgent: bool, now: Timestamp) -> bool {
        self.messages += 1;
        let line = self.lines.entry(slot).or_insert_with(|| Line {
            since: now,
            is_urgent: false,
            messages: VecDeque::new(),
        });
        line.messages.push_back(message);
        let becomes_urgent = is_urgent && !line.is_urgent;
        line.is_urgent |= is_urgent;
        line.messages.len() == 1 || becomes_urgent
    }

    /// Whether an urgent message waits for the tenant.
    pub(crate) fn is_urgent(&self, slot: Slot) -> bool {
        self.lines.get(&slot).is_some_and(|line| line.is_urgent)
    }

    /// Takes the line of a tenant out.
    pub(crate) fn take(&mut self, slot: Slot) -> Option<Line<M>> {
        let line = self.lines.remove(&slot)?;
        self.messages -= line.messages.len();
        Some(line)
    }

    /// Messages that wait, of all.
    pub(crate) const fn len(&self) -> usize {
        self.messages
    }

    /// The tenant for whom a message like this waits.
    pub(crate) fn find(&self, is: impl Fn(&M) -> bool) -> Option<Slot> {
        let has = |line: &Line<M>| line.messages.iter().any(&is);
        let found = self.lines.iter().find(|(_, line)| has(line));
        found.map(|(slot, _)| *slot)
    }

    /// Takes every message out. Those of one tenant come in their order.
    pub(crate) fn into_messages(self) -> impl Iterator<Item = M> {
        self.lines.into_values().flat_map(|line| line.messages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_keeps_its_order_and_leaves_as_a_whole() {
        let mut waiting = Waiting::default();
        assert!(waiting.push(7, "a", false, Timestamp(1)));
        assert!(waiting.push(3, "b", false, Timestamp(2)));
        assert!(!waiting.push(7, "c", false, Timestamp(3)));
        assert_eq!((waiting.len(), waiting.find(|m| *m == "c")), (3, Some(7)));
        let line = waiting.take(7).expect("its line");
        assert_eq!(
            (line.since, line.messages.into()),
            (Timestamp(1), vec!["a", "c"])
        );
        assert_eq!((waiting.len(), waiting.find(|m| *m == "c")), (1, None));
        assert!(waiting.take(7).is_none());
        let is_first = waiting.push(7, "d", false, Timestamp(4));
        assert!(is_first, "the first one again");
        assert_eq!(waiting.into_messages().count(), 2);
    }

    #[test]
    fn a_line_becomes_urgent_once() {
        let mut waiting = Waiting::default();
        let mut push = |is_urgent| {
            let is_news = waiting.push(7, "a", is_urgent, Timestamp(1));
            (is_news, waiting.is_urgent(7))
        };
        assert_eq!(push(false), (true, false));
        assert_eq!(push(true), (true, true));
        assert_eq!(push(true), (false, true));
        assert_eq!(push(false), (false, true));
        assert!(!waiting.is_urgent(8));
    }
}
