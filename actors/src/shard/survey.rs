//! Owns the count of what is open, by corporation and state, for operators. In pieces, so that a
//! shard of a million is not held up. Refuses to name tenants: an operator sees numbers.

use std::collections::BTreeMap;

use sluis_model::{CorporationId, Flow, NotificationId, Open, Phase, Timestamp};

use super::core::ShardCore;
use super::figures::Counted;
use super::place::Slot;
use super::request::ShardAnswer;

/// Most open notifications looked at in one piece: about a millisecond of the shard's time.
const MOST_SURVEYED: usize = 8_192;

/// Whose, in which state, and where within it.
type Place = (CorporationId, &'static str, Option<Box<str>>);

impl ShardCore {
    pub(super) fn survey(&self, after: Option<NotificationId>) -> ShardAnswer {
        let mut found: BTreeMap<Place, (u64, Timestamp)> = BTreeMap::new();
        let mut last = None;
        let mut scanned_to = None;
        for (scanned, (id, slot)) in self.tenants.iter_open(after).enumerate() {
            if scanned == MOST_SURVEYED {
                scanned_to = last;
                break;
            }
            last = Some(id);
            if let Some((place, since)) = self.surveyed(id, slot) {
                let (count, oldest) = found.entry(place).or_insert((0, Timestamp::NEVER));
                *count += 1;
                *oldest = since.min(*oldest);
            }
        }
        ShardAnswer::Survey {
            counted: found.into_iter().map(counted).collect(),
            scanned_to,
        }
    }

    /// Where an open notification is counted, and since when it is there.
    fn surveyed(&self, id: NotificationId, slot: Slot) -> Option<(Place, Timestamp)> {
        let open = self.tenants.tenant(slot).find(id)?;
        let flow = self.settings.flows.flow(open.flow);
        let corporation = self.tenants.key(slot).corporation;
        let place = (corporation, open.phase.name(), place(open, flow));
        Some((place, since(open, flow)))
    }
}

fn counted(((corporation, state, at), (count, oldest)): (Place, (u64, Timestamp))) -> Counted {
    Counted {
        corporation,
        state,
        at,
        count,
        oldest,
    }
}

fn place(open: &Open, flow: Option<&Flow>) -> Option<Box<str>> {
    match &open.phase {
        Phase::Task { list, .. } => Some(list.clone()),
        Phase::Held { guard, .. } => flow
            .and_then(|flow| flow.guards.get(usize::from(*guard)))
            .map(|guard| guard.name.clone()),
        Phase::Waiting { .. }
        | Phase::Ready { .. }
        | Phase::Started { .. }
        | Phase::InDoubt { .. }
        | Phase::Sent { .. } => None,
    }
}

/// When it came into its state. For a wait: when it was accepted.
fn since(open: &Open, flow: Option<&Flow>) -> Timestamp {
    match &open.phase {
        Phase::Waiting { .. } => open.accepted_at,
        Phase::Ready { not_before, .. } => *not_before,
        Phase::Started { at, .. } => *at,
        Phase::Sent { accepted_at, .. } => *accepted_at,
        Phase::Task { since, .. } => *since,
        // Both end a flow's `hold_for` after they began.
        Phase::InDoubt { until, .. } | Phase::Held { until, .. } => {
            flow.map_or(open.accepted_at, |flow| until.plus(-flow.hold_for_ms))
        }
    }
}
