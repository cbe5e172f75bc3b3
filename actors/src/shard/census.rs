//! Owns what a shard tells whoever watches it: how long the oldest waits in each line, what stands
//! still and needs somebody, which facts fitted nothing. From counts and the front of each line: it
//! walks nothing that grows with what is open. Refuses names of tenants in figures; the list of
//! facts names them to their own corporation alone.

use sluis_model::{
    Channel, CorporationId, FlowBook, Lane, NotificationId, Phase, Subject, Timestamp, is_known,
};

use super::core::ShardCore;
use super::letter::ShardAnswer;
use super::standing::Kind;
use super::tenants::Tenants;

/// Most entries of a line looked at to find one that still waits: those before it ended meanwhile.
const MOST_LOOKED_AT: usize = 64;

/// What a shard is asked for its metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Per channel and lane with something ready: since when the oldest at the front of a line
    /// waits.
    pub ready: Vec<(Channel, Lane, Timestamp)>,
    /// When the timer fell due that has waited longest, if one is overdue.
    pub overdue: Option<Timestamp>,
    /// What stands still and needs somebody.
    pub standing: Vec<Standstill>,
    /// Per corporation: what came in and fitted nothing.
    pub strays: Vec<Strays>,
}

/// What stands still for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// Whose.
    pub corporation: CorporationId,
    /// Why.
    pub why: Standing,
    /// How many.
    pub count: u64,
    /// Since when the oldest; known of tasks.
    pub oldest: Option<Timestamp>,
}

/// Why something stands still.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// People are asked.
    Task {
        /// The list.
        list: Box<str>,
    },
    /// A guard wants facts.
    Held {
        /// Name of the flow.
        flow: Box<str>,
        /// Name of the guard.
        guard: Box<str>,
    },
    /// An attempt's outcome is not known.
    InDoubt,
}

/// What came in for one corporation and fitted nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strays {
    /// Whose.
    pub corporation: CorporationId,
    /// Facts that fit nothing now.
    pub facts: u64,
    /// Facts that fitted nothing when they came, since the start of the records.
    pub facts_ever: u64,
    /// Since when the oldest of the facts waits.
    pub oldest: Option<Timestamp>,
    /// Notifications for tenants of whom no profile was there, since the start of the records.
    pub notifications_ever: u64,
}

/// A fact that fits nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmatchedFact {
    /// The corporation's number for the tenant.
    pub tenant: Box<str>,
    /// The record that holds it, in its shard.
    pub sequence: u64,
    /// When it was taken.
    pub at: Timestamp,
    /// Nothing is known of the tenant.
    pub unknown_tenant: bool,
    /// Nothing is known of its subject.
    pub unknown_subject: bool,
    /// A subject of the tenant that it nearly fits.
    pub near: Option<Subject>,
}

impl ShardCore {
    pub(super) fn census(&mut self) -> ShardAnswer {
        let now = self.settings.clock.now();
        let tenants = &self.tenants;
        let flows = &*self.settings.flows;
        let standing = self
            .standing
            .all(|since, id| is_task(tenants, since, id))
            .into_iter()
            .map(|(group, oldest)| Standstill {
                corporation: group.corporation,
                why: why(&group.kind, flows),
                count: group.count,
                oldest,
            });
        let standing = standing.collect();
        let strays = self.tenants.unmatched.counts().collect();
        let overdue = Some(self.wheel.next_due()).filter(|due| *due <= now);
        ShardAnswer::Census(Box::new(Census {
            ready: self.oldest_ready(),
            overdue,
            standing,
            strays,
        }))
    }

    fn oldest_ready(&self) -> Vec<(Channel, Lane, Timestamp)> {
        let mut oldest: Vec<(Channel, Lane, Timestamp)> = Vec::new();
        for (key, front) in self.ready.fronts(MOST_LOOKED_AT) {
            let since = |id: NotificationId| match self.tenants.open(id)?.phase {
                Phase::Ready { not_before, .. } => Some(not_before),
                _ => None,
            };
            let Some(since) = front.into_iter().find_map(since) else {
                continue;
            };
            match oldest
                .iter_mut()
                .find(|(channel, lane, _)| (*channel, *lane) == (key.channel, key.lane))
            {
                Some((.., known)) => *known = since.min(*known),
                None => oldest.push((key.channel, key.lane, since)),
            }
        }
        oldest
    }

    pub(super) fn unmatched_facts(
        &self,
        corporation: CorporationId,
        after: u64,
        limit: usize,
    ) -> ShardAnswer {
        let mut rows = Vec::new();
        for (sequence, fact) in self.tenants.unmatched.list(corporation, after) {
            if rows.len() >= limit {
                return ShardAnswer::Unmatched { rows, more: true };
            }
            rows.push(UnmatchedFact {
                tenant: self.tenants.key(fact.slot).tenant.clone(),
                sequence,
                at: fact.at,
                unknown_tenant: !is_known(self.tenants.tenant(fact.slot)),
                unknown_subject: fact.misses_subject(),
                near: fact.near.as_deref().cloned(),
            });
        }
        ShardAnswer::Unmatched { rows, more: false }
    }
}

/// Whether the notification is a task since then.
pub(super) fn is_task(tenants: &Tenants, since: Timestamp, id: NotificationId) -> bool {
    matches!(tenants.open(id).map(|open| &open.phase), Some(Phase::Task { since: known, .. }) if *known == since)
}

fn why(kind: &Kind, flows: &dyn FlowBook) -> Standing {
    match kind {
        Kind::Task(list) => Standing::Task { list: list.clone() },
        Kind::Held(reference, guard) => {
            let flow = flows.flow(*reference);
            let guard = flow
                .and_then(|flow| flow.guards.get(usize::from(*guard)))
                .map(|guard| guard.name.clone());
            Standing::Held {
                flow: flow.map(|flow| flow.name.clone()).unwrap_or_default(),
                guard: guard.unwrap_or_default(),
            }
        }
        Kind::InDoubt => Standing::InDoubt,
    }
}
