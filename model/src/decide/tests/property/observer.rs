//! Owns what must hold after every input, as somebody sees it from outside.

use std::collections::{BTreeMap, BTreeSet};

use super::super::world::World;
use crate::{Event, FactKind, MINUTE, NotificationId, Open, Phase, Timestamp};

/// A fact that was taken: when it stands, whether it came dated ahead, and as the how-manieth it
/// came.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) kind: FactKind,
    pub(super) invoice: u32,
    pub(super) cents: i64,
    pub(super) at: Timestamp,
    pub(super) ahead: bool,
    pub(super) arrival: usize,
}

/// What an observer who sees only inputs and events knows.
#[derive(Default)]
pub(super) struct Observer {
    pub(super) ids: Vec<NotificationId>,
    pub(super) ended: BTreeSet<NotificationId>,
    pub(super) under_way: BTreeSet<NotificationId>,
    /// Facts taken, by number.
    pub(super) facts: BTreeMap<u8, Seen>,
    /// Numbers of the attempts that may have reached a provider, to the provider they went through.
    pub(super) providers: BTreeMap<(NotificationId, u16), Box<str>>,
    pub(super) amounts: BTreeMap<NotificationId, (u32, i64)>,
}

impl Observer {
    pub(super) fn picked(&self, pick: usize) -> Option<NotificationId> {
        // The newest are picked most, so that a run gets somewhere.
        self.ids
            .iter()
            .rev()
            .nth(pick % self.ids.len().max(1))
            .copied()
    }

    /// What is open on an invoice, told anew from all facts.
    pub(super) fn open_amount(&self, invoice: u32, accepted: i64) -> i64 {
        let mut facts: Vec<&Seen> = self
            .facts
            .values()
            .filter(|seen| seen.invoice == invoice)
            .collect();
        facts.sort_by_key(|seen| seen.arrival);
        let yields = |told: &Seen| Timestamp(told.at.0 - if told.ahead { 5 * MINUTE } else { 0 });
        let (mut told, mut paid) = (None::<&Seen>, Vec::new());
        for fact in facts {
            match fact.kind {
                FactKind::OpenAmount if told.is_none_or(|told| yields(told) <= fact.at) => {
                    told = Some(fact);
                    paid.retain(|paid: &&Seen| paid.at > fact.at);
                }
                FactKind::Payment
                    if told
                        .is_none_or(|told| yields(told) < fact.at.plus(i64::from(fact.ahead))) =>
                {
                    paid.push(fact)
                }
                _ => {}
            }
        }
        told.map_or(accepted, |told| told.cents) - paid.iter().map(|paid| paid.cents).sum::<i64>()
    }

    pub(super) fn see(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::AttemptStarted {
                    id,
                    attempt,
                    provider,
                    resend,
                    ..
                } => {
                    assert!(!self.ended.contains(id), "an attempt started after the end");
                    assert!(self.under_way.insert(*id), "two attempts at a time");
                    if let Some((invoice, accepted)) = self.amounts.get(id) {
                        assert!(
                            self.open_amount(*invoice, *accepted) > 0,
                            "an attempt started for what was paid"
                        );
                    }
                    let before = self.providers.insert((*id, *attempt), provider.clone());
                    assert_eq!(
                        before.is_some(),
                        *resend,
                        "a number is used again only for the same attempt"
                    );
                    assert!(
                        before.is_none_or(|before| before == *provider),
                        "a doubt went through another provider"
                    );
                }
                Event::AttemptWithdrawn { id, .. }
                | Event::AttemptDeferred { id, .. }
                | Event::AttemptInDoubt { id, .. } => {
                    assert!(self.under_way.remove(id));
                }
                Event::AttemptAccepted { id, .. }
                | Event::AttemptDelivered { id, .. }
                | Event::AttemptFailed { id, .. } => {
                    self.under_way.remove(id);
                }
                Event::Ended { id, .. } => {
                    assert!(self.ended.insert(*id), "two ends");
                    self.under_way.remove(id);
                }
                _ => {}
            }
        }
    }

    pub(super) fn check(&self, world: &World) {
        let open: BTreeSet<_> = world.tenant.open.iter().map(|open| open.id).collect();
        assert_eq!(open.len(), world.tenant.open.len(), "an id is open twice");
        for id in &self.ids {
            assert!(
                open.contains(id) != self.ended.contains(id),
                "{id} must be open or ended, and not both"
            );
        }
        for open in &world.tenant.open {
            assert_eq!(
                self.under_way.contains(&open.id),
                matches!(open.phase, Phase::Started { .. })
            );
            consistent(world, open);
            seen_by_someone(open);
        }
    }
}

/// What the parts of an open notification say about each other.
fn consistent(world: &World, open: &Open) {
    let step = &world.flow_of(open).steps[usize::from(open.step)];
    let numbers: Vec<u16> = open.sent().iter().map(|sent| sent.attempt).collect();
    assert!(
        numbers.is_sorted_by(|a, b| a < b)
            && numbers.last().is_none_or(|last| *last <= open.attempts())
    );
    let last = open.sent().last();
    match &open.phase {
        Phase::Started {
            attempt, channel, ..
        } => {
            assert_eq!(
                last.map(|s| (s.attempt, s.channel, s.step)),
                Some((*attempt, *channel, open.step))
            );
        }
        Phase::Sent { attempt, .. } | Phase::InDoubt { attempt, .. } => {
            assert_eq!(
                last.map(|s| (s.attempt, s.step)),
                Some((*attempt, open.step))
            );
        }
        Phase::Ready {
            channel, pinned, ..
        } => {
            assert!(
                world.flow_of(open).template(open.step, *channel).is_some(),
                "in line for a channel without a template"
            );
            assert_eq!(
                pinned.as_deref(),
                open.doubt(),
                "an attempt in doubt goes through its own provider only"
            );
        }
        Phase::Waiting { .. } => {
            assert!(!open.entered || step.kind.waited().is_some())
        }
        Phase::Task { task, .. } => assert_eq!(*task, open.tasks),
        Phase::Held { guard, .. } => {
            assert!(usize::from(*guard) < world.flow_of(open).guards.len())
        }
    }
    if let Some(provider) = open.doubt() {
        assert!(!provider.is_empty() && last.is_some_and(|sent| sent.step == open.step));
    }
}

/// Nothing may wait for ever unseen: it has a timer, an attempt under way whose end is an input, or
/// a person.
fn seen_by_someone(open: &Open) {
    match open.phase {
        Phase::Started { .. } => assert_eq!(
            open.due(),
            None,
            "its outcome, or the next start's interruption, moves it"
        ),
        Phase::Task { .. } => {}
        _ => assert!(open.due().is_some(), "nothing will wake {:?}", open.phase),
    }
}
