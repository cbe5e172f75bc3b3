//! Owns one decision of a shard: the model decides, the record is written, the indexes are kept
//! true to it, and its effects are lined up behind it.

use sluis_model::{
    Answer, AttemptRef, Decision, Event, Input, NotificationId, Open, Situation, TenantKey,
    TenantRecord, decide,
};

use super::core::ShardCore;
use super::cost::walks_over;
use super::effects::Effect;
use super::place::Slot;
use super::request::{Reply, ShardAnswer};
use super::table::Ended;
use super::tenants::Located;
use crate::dispatch::Dispatch;

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
    pub(super) fn decide_for(&mut self, slot: Slot, input: Input, reply: Reply) {
        let key = self.tenants.key(slot).clone();
        let decided = self.decide_now(slot, key, input);
        self.answer(reply, decided.into());
    }

    /// Decides, writes the record, keeps the indexes true, lines up effects. `key` is that of
    /// `slot`, for the record.
    pub(super) fn decide_now(&mut self, slot: Slot, key: TenantKey, input: Input) -> Decided {
        let (at, position) = (self.now, self.writer.next());
        let situation = Situation {
            now: at,
            sequence: position,
            corporation: key.corporation,
            flows: &*self.settings.flows,
            policy: &self.settings.policy,
        };
        let tenant = self.tenants.tenant_mut(slot);
        let previous = tenant.last;
        self.walked += walks_over(&input, tenant.open.len());
        let decision = decide(tenant, &input, situation);
        let Decision {
            events,
            ended,
            mut answer,
        } = decision;
        if events.is_empty() {
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
            self.tenants.begins_at(slot, position);
        }
        let started = self.line_up(slot, position, &record, ended.into_iter());
        self.note_strays(slot, position, &record, &mut answer);
        self.write(&record);
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
        slot: Slot,
        sequence: u64,
        record: &TenantRecord,
        ended: impl Iterator<Item = Box<Open>>,
    ) -> bool {
        let mut started = false;
        let mut ended = ended.peekable();
        for event in &record.events {
            self.metrics.decided(event);
            let open = ended.next_if(|open| ends(event, open));
            let located = self
                .tenants
                .index(slot, &record.input, event, open.as_deref());
            match event {
                Event::AttemptStarted { .. } => {
                    started = true;
                    if let Some(dispatch) = self.dispatch(slot, record, event) {
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
                Event::ProfileStored { new: true } if self.tenants.has_facts(slot) => {
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
    fn dispatch(&self, slot: Slot, record: &TenantRecord, event: &Event) -> Option<Box<Dispatch>> {
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
        let tenant = self.tenants.tenant(slot);
        let open = tenant.find(*id)?;
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
            body: open.body,
            lease: self.carry.lease(),
            profile: tenant.profile.clone(),
            at: record.at,
        }))
    }

    /// Keeps in mind what came in and fits nothing; the answer says what is missed when ended
    /// notifications count too.
    fn note_strays(
        &mut self,
        slot: Slot,
        sequence: u64,
        record: &TenantRecord,
        answer: &mut Answer,
    ) {
        match (answer, &record.input) {
            (
                Answer::Accepted {
                    unknown_tenant: true,
                    ..
                },
                _,
            ) => self.tenants.unmatched.stranger(record.tenant.corporation),
            (Answer::Fact { unmatched, .. }, Input::Fact(fact)) => {
                if let Some(missed) = unmatched.take() {
                    let known = (sequence, record.at);
                    let missed = self.tenants.stray(slot, known, fact, *missed);
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
        }
    }
}

/// Whether the event is the end of this one.
fn ends(event: &Event, open: &Open) -> bool {
    matches!(event, Event::Ended { id, .. } if open.id == *id)
}
