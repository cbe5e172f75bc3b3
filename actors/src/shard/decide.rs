//! Owns one decision of a shard: the model decides, the record is written, the indexes are kept
//! true to it, and its effects are lined up behind it.

use sluis_model::flow::Said;
use sluis_model::{
    Addressed, Answer, AttemptRef, Decision, Event, Input, NotificationId, Open, ReceiptEffect,
    Situation, Subject, TenantKey, TenantRecord, Where,
};

use super::core::ShardCore;
use super::cost::walks_over;
use super::effects::Effect;
use super::request::{Reply, ShardAnswer};
use super::table::Ended;
use super::tenants::Located;
use crate::dispatch::Dispatch;
use crate::tenant::Awake;

/// What a decision came to.
pub(super) struct Decided {
    /// Whether an attempt started.
    pub started: bool,
    /// What the model says.
    pub answer: Answer,
    /// Sequence of the record; 0: nothing had to be written.
    pub position: u64,
}

impl From<Decided> for ShardAnswer {
    fn from(
        Decided {
            answer, position, ..
        }: Decided,
    ) -> Self {
        Self::Decided { answer, position }
    }
}

/// What an event ended.
struct Gone<'a> {
    id: NotificationId,
    end: &'a str,
    /// As it was, if it was open.
    open: Option<Box<Open>>,
    /// Where it had been found.
    located: Option<Located>,
}

impl ShardCore {
    /// Decides and answers when that is durable.
    pub(super) fn decide_for(&mut self, tenant: Awake, input: Input, reply: Reply) {
        let key = self.tenants.key(tenant).clone();
        let decided = self.decide_now(tenant, key, input);
        self.reply(reply, decided);
    }

    /// Decides, writes the record, keeps the indexes true, lines up effects. `key` is the tenant's,
    /// for the record.
    pub(super) fn decide_now(&mut self, tenant: Awake, key: TenantKey, input: Input) -> Decided {
        let (at, position) = (self.now, self.writer.next());
        let situation = Situation {
            now: at,
            sequence: position,
            corporation: key.corporation,
            tenant: &key.tenant,
            flows: &*self.settings.flows,
            policy: &self.policy,
        };
        let actor = self.tenants.host.actor_mut(tenant);
        let previous = actor.state().last;
        self.walked += walks_over(&input, actor.state().open.len());
        let decision = actor.decide(&input, situation);
        let Decision {
            events,
            ended,
            mut answer,
        } = decision;
        if events.is_empty() {
            self.follow_input(tenant, &key, &input);
            return Decided {
                started: false,
                answer,
                position: 0,
            };
        }
        let record = TenantRecord {
            at,
            tenant: key,
            previous,
            input,
            events,
        };
        if previous == 0 {
            self.tenants.host.actor_mut(tenant).begins_at(position);
        }
        let started = self.line_up(tenant, position, &record, ended.into_iter());
        self.note_strays(tenant, position, &record, &mut answer);
        self.write(&record);
        self.follow(tenant, &record);
        Decided {
            started,
            answer,
            position,
        }
    }

    /// Keeps the indexes true to the events and lines up what follows from them. Says whether an
    /// attempt started.
    fn line_up(
        &mut self,
        tenant: Awake,
        sequence: u64,
        record: &TenantRecord,
        ended: impl Iterator<Item = Box<Open>>,
    ) -> bool {
        let mut started = false;
        let mut ended = ended.peekable();
        for event in &record.events {
            self.metrics.decided(event);
            let open = ended.next_if(|open| ends(event, open));
            self.tenants.count_unknown(tenant, event);
            let located = self
                .tenants
                .index(tenant, &record.input, event, open.as_deref());
            match event {
                Event::AttemptStarted { .. } => {
                    started = true;
                    if let Some(dispatch) = self.dispatch(tenant, record, event) {
                        self.effects.push(sequence, Effect::Dispatch(dispatch));
                    }
                }
                Event::Ended { id, end, .. } => {
                    let gone = Gone {
                        id: *id,
                        end,
                        open,
                        located,
                    };
                    self.line_up_end(sequence, record, gone);
                }
                Event::TaskReminded { .. }
                | Event::PointMarked {
                    on: Where::On(_), ..
                } => self.effects.push(sequence, Effect::News),
                Event::Accepted { .. } if is_part(&record.input) => {
                    // It gave back the place that its group claimed for it. One that is handed out again has
                    // none, and is taken all the same: half a group would be worse.
                    self.settings.quota.add(record.tenant.corporation, 1);
                }
                Event::ProfileStored { new: true } if self.tenants.has_facts(tenant) => {
                    let corporation = record.tenant.corporation;
                    self.settings.quota.add_unknown(corporation, -1);
                }
                _ => {}
            }
        }
        self.place_touched(&record.events);
        started
    }

    /// What ended leaves every place it had, gives its own in the quota back, and is news once
    /// durable.
    fn line_up_end(&mut self, sequence: u64, record: &TenantRecord, gone: Gone<'_>) {
        if let Some(located) = &gone.located {
            self.schedule.forget(gone.id, located);
        }
        if let Some(open) = &gone.open {
            let flows = &*self.settings.flows;
            self.metrics.ends.count(open.flow, gone.end, flows);
        }
        self.settings.quota.release(record.tenant.corporation);
        let ended = Ended {
            tenant: record.tenant.clone(),
            end: gone.end.into(),
            at: record.at,
            sequence,
            accepted: gone.open.as_ref().map_or(0, |open| open.body),
        };
        let tried = gone.open.and_then(|open| open.tried);
        self.effects.push_ended(gone.id, ended, tried);
    }

    /// Places anew what the events touched. Once each, in the order in which they were touched: what
    /// is decided about one stands together.
    fn place_touched(&mut self, events: &[Event]) {
        let mut last = None;
        for id in events.iter().filter_map(Event::notification) {
            if last.replace(id) != Some(id) {
                let flows = &*self.settings.flows;
                self.schedule.place(&mut self.tenants, flows, id, self.now);
            }
        }
    }

    /// The order to send an attempt that started.
    fn dispatch(
        &self,
        tenant: Awake,
        record: &TenantRecord,
        event: &Event,
    ) -> Option<Box<Dispatch>> {
        let Event::AttemptStarted {
            id,
            attempt,
            channel,
            provider,
            address,
            ..
        } = event
        else {
            return None;
        };
        let state = self.tenants.state(tenant);
        let open = state.find(*id)?;
        let attempt = AttemptRef {
            id: *id,
            step: open.step,
            attempt: *attempt,
        };
        Some(Box::new(Dispatch {
            attempt,
            corporation: record.tenant.corporation,
            tenant: record.tenant.tenant.clone(),
            channel: *channel,
            provider: self.settings.links.index_of(*channel, provider)?,
            address: address.clone(),
            flow: open.flow,
            step: open.step,
            variant: open.sent_to(attempt.attempt).map_or(0, |sent| sent.variant),
            body: open.body,
            lease: self.carry.lease(),
            profile: state.profile.clone(),
            answers: self.answers(open),
            at: record.at,
        }))
    }

    /// What people answered so far.
    fn answers(&self, open: &Open) -> Box<[Said]> {
        let flow = self.settings.flows.flow(open.flow);
        flow.map(|flow| flow.said(&open.fields)).unwrap_or_default()
    }

    /// Keeps in mind what came in and fits nothing, or cannot be read; the answer says what is missed when ended
    /// notifications count too.
    fn note_strays(
        &mut self,
        tenant: Awake,
        sequence: u64,
        record: &TenantRecord,
        answer: &mut Answer,
    ) {
        match (answer, &record.input) {
            (Answer::Receipt(ReceiptEffect::Unexplained), _) => {
                self.tenants.unread.heard(sequence, record)
            }
            (
                Answer::Accepted {
                    unknown_tenant: true,
                    ..
                },
                _,
            ) => self.tenants.unmatched.stranger(record.tenant.corporation),
            (Answer::Fact { unmatched, .. }, input) => {
                if let Some(missed) = unmatched.take() {
                    let known = (sequence, record.at);
                    let missed = self.tenants.stray(tenant, known, about(input), *missed);
                    *unmatched = missed.map(Box::new);
                }
            }
            _ => {}
        }
    }

    /// Writes the record and counts its bytes where they are bounded.
    fn write(&mut self, record: &TenantRecord) {
        let bytes = self.writer.write(|buffer| record.encode(buffer));
        let (quota, corporation) = (&self.settings.quota, record.tenant.corporation);
        if quota.counts_bytes(corporation) {
            quota.wrote(corporation, bytes as u64, record.at);
            self.written.add(corporation, bytes as u64, record.at);
        }
    }
}

/// The subject that a fact should find.
fn about(input: &Input) -> Option<&Subject> {
    match input {
        Input::Fact(fact) => fact.about(),
        _ => None,
    }
}

/// Whether it is an addressee's part of a group.
pub(super) fn is_part(input: &Input) -> bool {
    matches!(input, Input::Notify(body) if matches!(body.addressed, Addressed::Part(_)))
}

/// Whether the event is the end of this one.
fn ends(event: &Event, open: &Open) -> bool {
    matches!(event, Event::Ended { id, .. } if open.id == *id)
}
