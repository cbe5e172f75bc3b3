//! Owns the driver of migrations: the test's own copy of the order in which the engine moves what is open. A window of
//! what is open is looked at, what runs by another definition is written down and ordered to move, and the next window
//! comes when all have answered. After a crash the window is looked at again, or what was written down is ordered again
//! without a look: an order may come twice. It orders what does not fit, too: a shard must refuse that by itself.
//! Refuses files: what was written down survives a crash, and an answer that nobody has read does not.

use std::collections::{BTreeMap, BTreeSet};

use sluis_actors::{Listed, Query, ShardRequest, StateFilter};
use sluis_model::flow::Value;
use sluis_model::{
    CorporationId, FlowBook as _, FlowRef, Input, Migrate, Moving, NotificationId, ShardId,
    TenantKey, unread,
};

use crate::drawn::NAMES;
use crate::planted::Bug;
use crate::safety::{Check, moved};
use crate::senders::What;
use crate::world::World;

/// Migrations of a run.
const MIGRATIONS: usize = 8;
/// What is looked at together.
const WINDOW: usize = 3;
/// Passes after which what has an attempt under way is left alone.
const MOST_PASSES: usize = 6;

/// One migration: a flow of a corporation, to its newer version.
#[derive(Debug)]
pub(crate) struct Migration {
    corporation: CorporationId,
    name: &'static str,
    to: FlowRef,
    is_over: bool,
    /// Up to where everything was looked at, durable.
    cursor: (u16, Option<NotificationId>),
    /// What is ordered to move, with the definition that it ran by, durable.
    pending: Vec<(NotificationId, FlowRef)>,
    /// What was open by another definition when the pass began.
    begun: BTreeSet<NotificationId>,
    /// Who has answered in this pass.
    answered: BTreeSet<NotificationId>,
    /// Who had an attempt under way in it.
    under_way: usize,
    passes: usize,
    /// Requests that wait for their answers.
    window: Vec<usize>,
    /// Where the window ends that is looked at.
    next: Option<(u16, Option<NotificationId>)>,
    /// What a look has shown.
    pub(crate) seen: Option<(Vec<Listed>, Option<NotificationId>)>,
    /// How many events there were about each when it was ordered to move.
    ordered: BTreeMap<NotificationId, usize>,
}

impl Migration {
    /// Whether there is more to do.
    pub(crate) const fn goes_on(&self) -> bool {
        !self.is_over
    }

    /// Whether it has asked something and goes on when that is answered.
    pub(crate) const fn waits_for_answers(&self) -> bool {
        !self.is_over && !self.window.is_empty()
    }
}

impl World {
    /// A migration begins, or goes on.
    pub(crate) fn turn_of_migrations(&mut self) {
        let is_there = self.step > self.plan.steps / 2;
        if is_there && self.migrations.len() < MIGRATIONS && self.chance.migrations.chance(50) {
            return self.migrate();
        }
        let under_way = (0..self.migrations.len()).filter(|at| !self.migrations[*at].is_over);
        let under_way: Vec<usize> = under_way.collect();
        if !under_way.is_empty() {
            let at = self.chance.migrations.pick(&under_way);
            self.go_on_moving(at);
        }
    }

    /// The faults are over: every migration comes to its end.
    pub(crate) fn go_on_with_migrations(&mut self) {
        for at in 0..self.migrations.len() {
            if !self.migrations[at].is_over {
                self.go_on_moving(at);
            }
        }
    }

    fn migrate(&mut self) {
        let rng = &mut self.chance.migrations;
        let corporation = CorporationId(1 + rng.below(usize::from(self.plan.corporations)) as u16);
        let name = rng.pick(&NAMES);
        let is_it = |one: &Migration| one.corporation == corporation && one.name == name;
        if self.migrations.iter().any(|one| !one.is_over && is_it(one)) {
            return;
        }
        let to = self.flows.version(name, crate::drawn::VERSIONS).0.reference;
        self.migrations.push(Migration {
            corporation,
            name,
            to,
            is_over: false,
            cursor: (0, None),
            pending: Vec::new(),
            begun: BTreeSet::new(),
            answered: BTreeSet::new(),
            under_way: 0,
            passes: 0,
            window: Vec::new(),
            next: None,
            seen: None,
            ordered: BTreeMap::new(),
        });
        let at = self.migrations.len() - 1;
        self.note(|| format!("migration {at} of {name} of {corporation} begins"));
        self.begin_pass(at);
    }

    fn begin_pass(&mut self, at: usize) {
        let (corporation, name, to) = {
            let one = &self.migrations[at];
            (one.corporation, one.name, one.to)
        };
        let is_old = |flow: FlowRef| {
            let drawn = self.flows.drawn(flow);
            flow != to && drawn.is_some_and(|drawn| drawn.name() == name)
        };
        let open = self.shadow.all_open().filter(|(key, open)| {
            key.corporation == corporation && key.as_household().is_none() && is_old(open.flow)
        });
        let begun = open.map(|(_, open)| open.id).collect();
        let one = &mut self.migrations[at];
        one.begun = begun;
        one.cursor = (0, None);
        one.answered.clear();
        one.under_way = 0;
        one.passes += 1;
    }

    /// One turn: what was asked is heard, or the next window is looked at.
    fn go_on_moving(&mut self, at: usize) {
        let waits = |request: &usize| self.senders.requests[*request].waits;
        if self.migrations[at].window.iter().any(waits) {
            return;
        }
        let one = &mut self.migrations[at];
        let has_asked = !std::mem::take(&mut one.window).is_empty();
        let seen = one.seen.take();
        if let Some((rows, scanned_to)) = seen {
            return self.looked(at, rows, scanned_to);
        }
        if has_asked {
            return self.heard(at);
        }
        if one.cursor.0 >= self.plan.shards {
            return self.end_pass(at);
        }
        // What was written down may have been ordered, and it may have moved.
        if !one.pending.is_empty() && self.chance.migrations.chance(50) {
            return self.order_to_move(at);
        }
        self.look(at);
    }

    fn look(&mut self, at: usize) {
        let one = &self.migrations[at];
        let (shard, after) = one.cursor;
        let query = Query::List {
            corporation: Some(one.corporation),
            filter: StateFilter::Any,
            after,
            limit: WINDOW,
        };
        let request = self.senders.requests.len();
        let what = What::Look { migration: at };
        self.hand_in(what, ShardId(shard), |reply| ShardRequest::Query {
            query,
            reply,
        });
        self.migrations[at].window.push(request);
    }

    /// What a look has shown: whatever runs by another definition of the flow is ordered to move.
    fn looked(&mut self, at: usize, rows: Vec<Listed>, scanned_to: Option<NotificationId>) {
        let flows = self.flows.clone();
        let one = &mut self.migrations[at];
        one.next = Some(match scanned_to {
            Some(id) => (one.cursor.0, Some(id)),
            None => (one.cursor.0 + 1, None),
        });
        let is_old = |listed: &Listed| {
            let key = TenantKey::new(listed.corporation, listed.tenant.clone());
            let drawn = flows.drawn(listed.open.flow);
            let is_of_it = drawn.is_some_and(|drawn| drawn.name() == one.name);
            listed.open.flow != one.to && is_of_it && key.as_household().is_none()
        };
        let old = rows.into_iter().filter(is_old);
        let pending: Vec<_> = old.map(|row| (row.open.id, row.open.flow)).collect();
        one.pending = pending;
        if one.pending.is_empty() {
            self.heard(at);
        } else {
            self.order_to_move(at);
        }
    }

    fn order_to_move(&mut self, at: usize) {
        let (corporation, to) = (self.migrations[at].corporation, self.migrations[at].to);
        self.migrations[at].ordered.clear();
        for (id, from) in self.migrations[at].pending.clone() {
            let order = Migrate {
                id,
                from,
                to,
                by: "desk".into(),
                values: self.values_for(id, from, to),
            };
            let events = self.shadow.known.events.get(&id).copied();
            let input = Input::Migrate(Box::new(order));
            let request = self.senders.requests.len();
            let what = What::Move { migration: at, id };
            self.hand_in(what, id.shard(), |reply| ShardRequest::ById {
                corporation,
                id,
                input,
                reply,
            });
            let one = &mut self.migrations[at];
            one.ordered.insert(id, events.unwrap_or_default());
            one.window.push(request);
        }
        let pending = self.migrations[at].pending.len();
        self.note(|| format!("migration {at} orders {pending} to move"));
    }

    /// What the newer definition reads of the data, and the older one did not.
    fn values_for(
        &self,
        id: NotificationId,
        from: FlowRef,
        to: FlowRef,
    ) -> Box<[(Box<str>, Value)]> {
        let (old, new) = (self.flows.flow(from), self.flows.flow(to));
        let (Some(old), Some(new)) = (old, new) else {
            return Box::default();
        };
        let says = self.written.said(id, &self.senders);
        let value = |name: &str| {
            let said = says.iter().find(|(known, _)| *known == name);
            let said = said.filter(|(_, value)| *value != Value::Missing);
            said.map(|(_, value)| (name.into(), value.clone()))
        };
        unread(old, new).filter_map(value).collect()
    }

    /// A shard has answered an order to move.
    pub(crate) fn was_ordered(&mut self, at: usize, id: NotificationId, moving: &Moving) {
        self.note(|| format!("    {id} is {moving:?}"));
        let events = self.shadow.known.events.get(&id).copied();
        let one = &mut self.migrations[at];
        one.answered.insert(id);
        one.under_way += usize::from(*moving == Moving::UnderWay);
        one.pending.retain(|(pending, _)| *pending != id);
        // What has happened to it meanwhile may have let it fit.
        let is_as_it_was = one.ordered.get(&id).copied() == events;
        if *moving != Moving::Moved && is_as_it_was {
            let to = one.to;
            let open = self.shadow.open(id);
            let reached = moved::refused(open, to, moving, &self.shadow, &mut self.findings);
            self.written.reached.extend(reached);
        }
    }

    /// Every order of the window has its answer, or never will. Whoever has not answered is ordered again, or looked at
    /// again: a line may have been full.
    fn heard(&mut self, at: usize) {
        let one = &mut self.migrations[at];
        if one.pending.is_empty()
            && let Some(next) = one.next.take()
        {
            one.cursor = next;
        }
    }

    /// Everything was looked at: who was there, and fits, has been asked.
    fn end_pass(&mut self, at: usize) {
        let one = &self.migrations[at];
        for id in &one.begun {
            let open = self.shadow.open(*id);
            let is_old = open.is_some_and(|open| open.flow != one.to);
            let is_right = !is_old || one.answered.contains(id);
            self.findings.expect(is_right, Check::NobodyLeftBehind, || {
                format!("migration {at} went past {id}, which is {open:?}")
            });
        }
        let one = &mut self.migrations[at];
        if one.under_way > 0 && one.passes < MOST_PASSES {
            self.begin_pass(at);
        } else {
            one.is_over = true;
            self.note(|| format!("migration {at} is over"));
        }
    }

    /// The process is about to die. What has ended by then need not be asked for: it may come back behind the cursor,
    /// and is as it was.
    pub(crate) fn forget_what_has_ended(&mut self) {
        for one in &mut self.migrations {
            one.begun.retain(|id| self.shadow.open(*id).is_some());
        }
    }

    /// The process died: what was asked has no answer.
    pub(crate) fn restart_migrations(&mut self) {
        let skips = self.bug == Some(Bug::WindowSkipped);
        for one in &mut self.migrations {
            // What was not durable is gone. A row of a mailing comes again under the same id, perhaps behind the cursor.
            one.begun.retain(|id| self.shadow.open(*id).is_some());
            let next = one.next.take();
            if let (true, Some(next)) = (skips && !one.pending.is_empty(), next) {
                one.cursor = next;
                one.pending.clear();
            }
            one.window.clear();
            one.seen = None;
        }
    }
}
