//! Owns the count of what is open, by corporation and state, for operators. In pieces, so that a
//! shard of a million is not held up. Refuses to name tenants: an operator sees numbers.

use std::collections::BTreeMap;

use sluis_model::{CorporationId, Flow, NotificationId, Open, Phase, Timestamp};

use super::core::ShardCore;
use super::figures::Counted;
use super::letter::ShardAnswer;

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
            let Some(open) = self.tenants.tenant(slot).find(id) else {
                continue;
            };
            let flow = self.settings.flows.flow(open.flow);
            let key = (
                self.tenants.key(slot).corporation,
                open.phase.name(),
                place(open, flow),
            );
            let entry = found.entry(key).or_insert((0, Timestamp::NEVER));
            *entry = (entry.0 + 1, entry.1.min(since(open, flow)));
        }
        let counted = found
            .into_iter()
            .map(|((corporation, state, at), (count, oldest))| Counted {
                corporation,
                state,
                at,
                count,
                oldest,
            })
            .collect();
        ShardAnswer::Survey {
            counted,
            scanned_to,
        }
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
