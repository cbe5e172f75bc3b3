//! Owns the count of what is open, by corporation and state, for operators. In pieces, so that a
//! shard of a million is not held up, and from the index alone. Refuses to name tenants: an operator
//! sees numbers.

use std::collections::BTreeMap;

use sluis_model::{CorporationId, FlowBook, FlowRef, NotificationId, Timestamp};

use super::core::ShardCore;
use super::figures::Counted;
use super::request::ShardAnswer;
use super::standing::{Group, Kind};
use super::tenants::Located;

/// Most open notifications looked at in one piece: about a millisecond of the shard's time.
const MOST_SURVEYED: usize = 8_192;

/// Whose, in which state, and where within it.
type Place = (CorporationId, &'static str, Option<Box<str>>);

impl ShardCore {
    pub(super) fn survey(&self, after: Option<NotificationId>) -> ShardAnswer {
        let mut found: BTreeMap<Place, (u64, Timestamp)> = BTreeMap::new();
        let mut last = None;
        let mut scanned_to = None;
        for (scanned, located) in self.tenants.iter_open(after).enumerate() {
            if scanned == MOST_SURVEYED {
                scanned_to = last;
                break;
            }
            last = Some(located.id());
            let (place, since) = self.surveyed(located);
            let (count, oldest) = found.entry(place).or_insert((0, Timestamp::NEVER));
            *count += 1;
            *oldest = since.min(*oldest);
        }
        ShardAnswer::Survey {
            counted: found.into_iter().map(counted).collect(),
            scanned_to,
        }
    }

    /// Where an open notification is counted, and since when it is there.
    fn surveyed(&self, located: &Located) -> (Place, Timestamp) {
        let flows = &*self.settings.flows;
        let group = self.schedule.group(located);
        let at = group.and_then(|group| place(group, flows));
        let corporation = self.tenants.corporation(located.slot);
        let since = since(located, group, flows);
        ((corporation, located.phase.name(), at), since)
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

/// The list of a task; the guard that holds, or the step that does.
fn place(group: &Group, flows: &dyn FlowBook) -> Option<Box<str>> {
    match &group.kind {
        Kind::Task(list) => Some(list.clone()),
        Kind::Alike(alike) => Some(alike.list.clone()),
        Kind::Held(flow, guard) => {
            let rule = flows.flow(*flow)?.holds(*guard)?;
            Some(rule.name.into())
        }
        Kind::InDoubt(_) => None,
    }
}

/// When it came into its state. For a wait: when it was accepted.
fn since(located: &Located, group: Option<&Group>, flows: &dyn FlowBook) -> Timestamp {
    match group.and_then(|group| holding(&group.kind)) {
        // Both end a flow's `hold_for` after they began.
        Some(flow) => {
            let held_for = flows.flow(flow).map_or(0, |flow| flow.hold_for_ms);
            located.mark.plus(-held_for)
        }
        None => located.mark,
    }
}

/// The flow that says for how long.
const fn holding(kind: &Kind) -> Option<FlowRef> {
    match kind {
        Kind::Held(flow, _) | Kind::InDoubt(flow) => Some(*flow),
        Kind::Task(_) | Kind::Alike(_) => None,
    }
}
