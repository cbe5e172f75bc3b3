//! Owns some of the tenants: their state, their lines, what is to happen to them. Every decision is the
//! engine's own; a tenant's state is dropped as soon as nothing of him is open or to come. Refuses to
//! grant a permit: the routers do.

mod follow;
mod group;
mod happening;

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use sluis_actors::{Grant, Outbox, QueueKey, Settled};
use sluis_model::outside::{Answer, Fate};
use sluis_model::{
    Channel, Flow, FlowBook, FlowRef, Input, NotificationId, OnDoubt, Open, Permit, Phase, ShardId,
    Situation, Tenant, Timestamp, Verdict, decide,
};

use crate::agenda::{Agenda, Tried, What};
use crate::homes::Homes;
use crate::post::Sending;
use crate::stage::{Audience, Stage};
use crate::tally::{Outcome, Results, Via};

/// The only flow there is.
struct Only<'a>(&'a Flow);

impl FlowBook for Only<'_> {
    fn flow(&self, reference: FlowRef) -> Option<&Flow> {
        (self.0.reference == reference).then_some(self.0)
    }
}

/// A fact that is told again and again.
struct Feed {
    fact: u32,
    every: i64,
    next: Timestamp,
    told: u64,
}

/// One tenant.
#[derive(Default)]
struct Slot {
    tenant: Option<Box<Tenant>>,
    feeds: Vec<Feed>,
    sequence: u64,
    /// Rows that are not handed over yet.
    rows: u32,
    /// What was paid in this rehearsal, in cents.
    paid: i64,
    /// Whether something was handed over.
    is_told: bool,
}

/// Some of the tenants.
pub(crate) struct Shard<'a> {
    stage: &'a Stage,
    audience: &'a Audience,
    agenda: Agenda,
    slots: FxHashMap<u32, Slot>,
    lines: FxHashMap<QueueKey, VecDeque<u32>>,
    changed: Vec<QueueKey>,
    /// By the place of a channel among those that have a router.
    outboxes: Vec<(Channel, Arc<Outbox>)>,
    courses: FxHashMap<u32, Course>,
    results: Results,
    /// What the decision at hand expects the message to cost.
    cost: Option<u64>,
    /// Whether the decision at hand took a press of the button.
    pressed: bool,
    /// Orders of the decision at hand to stop the rest of a group: by which row, under which end.
    stops: Vec<(u32, Box<str>)>,
    /// Groups whose rest was stopped.
    stopped: FxHashSet<u32>,
    /// How many parts of a group were handed over, until all were.
    handed: FxHashMap<u32, usize>,
}

/// How a row goes.
#[derive(Clone, Copy, Debug, Default)]
struct Course {
    outcome: Outcome,
    /// Whether what it is about was paid in this rehearsal: nobody pays the same twice.
    is_paid: bool,
    /// The step that it came to last.
    step: u8,
    /// The rule that held it last, if one did.
    held: Option<u8>,
}

impl Stage {
    /// The id that the notification of a row must have.
    #[must_use]
    pub const fn id(&self, row: u32) -> NotificationId {
        NotificationId::new(ShardId(0), self.starts.0, row as u64 + 1)
    }

    const fn row(id: NotificationId) -> u32 {
        (id.0 as u64 as u32).wrapping_sub(1)
    }
}

impl<'a> Shard<'a> {
    /// The tenants whose home leaves `rest` when it is divided by `of`.
    pub(crate) fn new(
        stage: &'a Stage,
        audience: &'a Audience,
        homes: &Homes,
        (rest, of): (u32, u32),
        outboxes: Vec<Arc<Outbox>>,
    ) -> Self {
        let mut channels: Vec<Channel> = stage.carriers.iter().map(|one| one.channel).collect();
        channels.sort_unstable();
        channels.dedup();
        let mut shard = Self {
            stage,
            audience,
            agenda: Agenda::default(),
            slots: FxHashMap::default(),
            lines: FxHashMap::default(),
            changed: Vec::new(),
            outboxes: channels.into_iter().zip(outboxes).collect(),
            courses: FxHashMap::default(),
            results: Results::default(),
            cost: None,
            pressed: false,
            stops: Vec::new(),
            stopped: FxHashSet::default(),
            handed: FxHashMap::default(),
        };
        for (place, row) in (0_u32..).zip(&audience.rows) {
            if homes.of(row.person) % of == rest {
                shard.slots.entry(row.person).or_default().rows += 1;
                shard.agenda.note(row.at, row.person, What::Notify(place));
            }
        }
        for (place, fact) in (0_u32..).zip(&audience.facts) {
            // Of a tenant for whom nothing is handed over nothing needs be known.
            if shard.slots.contains_key(&fact.person) {
                let at = fact.at.max(stage.starts);
                shard.agenda.note(at, fact.person, What::Fact(place));
            }
        }
        shard.agenda.begin();
        shard
    }

    /// When something happens next.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.agenda.next()
    }

    /// Lets happen what happens until then, at most so much. True: there is more.
    pub(crate) fn advance(&mut self, until: Timestamp, most: usize) -> bool {
        for _ in 0..most {
            let Some((at, person, what)) = self.agenda.take(until) else {
                return false;
            };
            self.happen(at, person, what);
        }
        self.agenda.next().is_some_and(|next| next <= until)
    }

    /// Tells the routers how much stands in line. True: something new does.
    pub(crate) fn report(&mut self) -> bool {
        let changed = std::mem::take(&mut self.changed);
        let any = !changed.is_empty();
        for key in changed {
            let waiting = self.lines.get(&key).map_or(0, VecDeque::len);
            let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
            if let Some(outbox) = self.outbox(key.channel) {
                outbox.post(|report| {
                    report.waiting.insert(key, waiting);
                });
            }
        }
        any
    }

    fn outbox(&self, channel: Channel) -> Option<Arc<Outbox>> {
        let found = self.outboxes.iter().find(|(known, _)| *known == channel);
        found.map(|(_, outbox)| outbox.clone())
    }

    /// Uses a grant of a channel's router.
    pub(crate) fn use_grant(&mut self, now: Timestamp, grant: &Grant, carrier: u8) {
        let mut used = 0;
        while used < grant.count {
            let line = self.lines.get_mut(&grant.queue);
            let Some(row) = line.and_then(VecDeque::pop_front) else {
                break;
            };
            if self.permit(now, row, grant, carrier) {
                used += 1;
            }
        }
        let waiting = self.lines.get(&grant.queue).map_or(0, VecDeque::len);
        let settled = Settled {
            queue: grant.queue.clone(),
            provider: grant.provider,
            used,
            returned: grant.count - used,
        };
        if let Some(outbox) = self.outbox(grant.queue.channel) {
            outbox.post(|report| {
                report.settled.push(settled);
                let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
                report.waiting.insert(grant.queue.clone(), waiting);
            });
        }
    }

    /// Gives a permit to a row. True: an attempt began with it.
    fn permit(&mut self, now: Timestamp, row: u32, grant: &Grant, carrier: u8) -> bool {
        let person = self.audience.rows[row as usize].person;
        let id = self.stage.id(row);
        let channel = grant.queue.channel;
        let stands = self.open(person, id).is_some_and(|open| {
            matches!(&open.phase, Phase::Ready { channel: wanted, not_before, .. }
                if *wanted == channel && *not_before <= now)
        });
        if !stands {
            return false;
        }
        let Some(provider) = self.stage.carriers.get(usize::from(carrier)) else {
            return false;
        };
        self.feed(now, person);
        let permit = Input::Permit(Permit {
            id,
            channel,
            provider: provider.name.clone(),
            on_doubt: OnDoubt::Hold,
        });
        let started = self.give(now, person, &permit);
        if let Some((attempt, address)) = started {
            self.attempted(now, (person, row), (channel, carrier), (attempt, &address));
            return true;
        }
        false
    }

    /// What becomes of an attempt that began.
    fn attempted(
        &mut self,
        now: Timestamp,
        (person, row): (u32, u32),
        (channel, carrier): (Channel, u8),
        (attempt, address): (u16, &str),
    ) {
        let id = self.stage.id(row);
        let Some((step, answers)) = self
            .open(person, id)
            .map(|open| (open.step, self.stage.flow.said(&open.fields)))
        else {
            return;
        };
        let via = Via {
            step,
            channel,
            carrier,
        };
        let tried = Tried {
            row,
            step,
            attempt,
            carrier,
        };
        let tenant = self
            .slots
            .get(&person)
            .and_then(|slot| slot.tenant.as_deref());
        let sending = Sending {
            stage: self.stage,
            number: &self.audience.people[person as usize].number,
            profile: tenant.and_then(|tenant| tenant.profile.as_deref()),
            data: &self.audience.rows[row as usize].body.data,
            answers: &answers,
            via,
        };
        let made = sending.make();
        let cost = self.cost.take();
        let counts = self.results.via(via);
        counts.started += 1;
        let segments = match made {
            Ok(segments) => segments,
            Err((trouble, why)) => {
                counts.unsendable += 1;
                self.trouble(row, step, trouble, Some(channel), &why.text);
                let verdict = Verdict::Refused {
                    class: sluis_model::Refusal::Unsendable,
                    why,
                };
                return self.outcome(now, person, tried, verdict);
            }
        };
        let fate = Sending::fate(self.stage, tried, channel, address);
        // What is put off did not leave: it costs when it does.
        if fate.answer != Answer::Later {
            counts.segments += segments as u64;
            match cost {
                Some(cost) => counts.millicents += cost,
                None => counts.unpriced += 1,
            }
            self.left(now, row, channel);
        }
        self.plan(now, person, tried, (channel, address), &fate);
    }

    /// A message leaves.
    fn left(&mut self, now: Timestamp, row: u32, channel: Channel) {
        let hour = Results::hour(self.stage.starts, now);
        *self
            .results
            .sent_by_hour
            .entry((hour, channel))
            .or_default() += 1;
        let span = self.results.span.entry(channel).or_insert((now, now));
        *span = (span.0.min(now), span.1.max(now));
        let outcome = &mut self.courses.entry(row).or_default().outcome;
        outcome.first = outcome.first.or(Some(channel));
        outcome.sent = outcome.sent.saturating_add(1);
    }

    /// Notes what the outside will do about an attempt.
    fn plan(
        &mut self,
        now: Timestamp,
        person: u32,
        tried: Tried,
        (channel, address): (Channel, &str),
        fate: &Fate,
    ) {
        let at = now.plus(fate.takes_ms);
        let agenda = &mut self.agenda;
        agenda.add(at, person, What::Answered(tried, fate.answer.into()));
        if let Some((after, ms)) = fate.after {
            agenda.add(at.plus(ms), person, What::Reported(tried, after.into()));
        }
        let has_link = self.stage.flow.message(tried.step);
        let has_link = has_link.is_some_and(|message| message.link);
        if let Some(ms) = fate.pressed_ms.filter(|_| has_link) {
            let pressed = at.plus(ms);
            agenda.add(pressed, person, What::Pressed(tried));
            if let Some(ms) = fate.pays_ms {
                agenda.add(pressed.plus(ms), person, What::Paid(tried.row));
            }
        }
        if let Some(ms) = fate.calls_ms {
            let part = Sending::part(self.stage, tried, channel, address);
            let taken = crate::calls::taken(&self.stage.desk, at.plus(ms), part);
            let hour = Results::hour(self.stage.starts, taken);
            *self.results.calls_by_hour.entry(hour).or_default() += 1;
        }
    }

    /// The tenant's state, made when it is first needed.
    fn tenant(&mut self, at: Timestamp, person: u32) {
        let slot = self.slots.entry(person).or_default();
        if slot.tenant.is_some() {
            return;
        }
        slot.tenant = Some(Box::default());
        let audience = self.audience;
        if let Some(profile) = &audience.people[person as usize].profile {
            self.give(at, person, &Input::PutProfile(profile.clone()));
        }
    }

    /// Gives one input to the rules and follows what was decided. Gives the attempt that began, and
    /// where it goes.
    fn give(&mut self, now: Timestamp, person: u32, input: &Input) -> Option<(u16, Box<str>)> {
        self.tenant(now, person);
        let audience = self.audience;
        let slot = self.slots.get_mut(&person)?;
        slot.sequence += 1;
        let situation = Situation {
            now,
            sequence: slot.sequence,
            corporation: self.stage.corporation,
            tenant: &audience.people[person as usize].number,
            flows: &Only(&self.stage.flow),
            policy: &self.stage.policy,
        };
        let decision = decide(slot.tenant.as_deref_mut()?, input, situation);
        self.results.decided += 1;
        let started = self.follow(now, person, input, decision);
        self.stop_others(now);
        started
    }

    fn open(&self, person: u32, id: NotificationId) -> Option<&Open> {
        self.slots.get(&person)?.tenant.as_deref()?.find(id)
    }

    /// Whether anything of a tenant is open or to be handed over.
    fn is_needed(&self, person: u32) -> bool {
        self.slots.get(&person).is_some_and(|slot| {
            let open = slot.tenant.as_deref().map_or(0, |tenant| tenant.open.len());
            slot.rows > 0 || open > 0
        })
    }

    /// Drops the state of a tenant for whom nothing more is to come.
    fn forget(&mut self, person: u32) {
        if self.is_needed(person) {
            return;
        }
        if let Some(slot) = self.slots.get_mut(&person) {
            slot.tenant = None;
            slot.feeds = Vec::new();
        }
    }

    /// What was counted, and what became of each row.
    pub(crate) fn done(self) -> (Results, impl Iterator<Item = (u32, Outcome)>) {
        let courses = self.courses.into_iter();
        (
            self.results,
            courses.map(|(row, course)| (row, course.outcome)),
        )
    }
}
