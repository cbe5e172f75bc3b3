//! Owns what a shard does with a request that names no tenant: pauses, and work that reaches several
//! tenants, as a whole and in parts.

use std::collections::VecDeque;

use sluis_model::{
    Answer, CancelTarget, Control, ControlRecord, CorporationId, Input, Intent, MOST_AT_ONCE,
    Record, Subject, Timestamp, instant,
};

use super::core::ShardCore;
use super::effects::Effect;
use super::message::{CancelAbout, Message};
use super::place::Slot;
use super::request::{Reply, ShardAnswer};
use crate::tenant::Awake;

impl ShardCore {
    pub(super) fn control(&mut self, control: Control, reply: Reply) {
        match &control {
            Control::Pause(scope) => self.pauses.begin(scope, self.now),
            Control::Resume(scope) => {
                self.pauses.end(scope);
                self.schedule.ready.unpark();
            }
            Control::StrayDismissed {
                corporation, fact, ..
            } => {
                if !self.tenants.dismiss(*corporation, *fact) {
                    // It is gone already: said again, nothing changes and nothing is written.
                    return self.answer_done(reply);
                }
            }
            Control::Unexplained { .. } => {
                let place = (self.writer.next(), self.now);
                self.tenants.unread.told(place, &control);
            }
            Control::IntentOpened { .. }
            | Control::IntentDone { .. }
            | Control::Carried(_)
            | Control::Erased(_) => {}
        }
        self.write_control(control);
        self.answer_done(reply);
    }

    /// Answers once everything written so far is durable.
    fn answer_done(&mut self, reply: Reply) {
        let done = ShardAnswer::Decided {
            answer: Answer::Done,
            position: self.writer.last(),
        };
        self.answer(reply, done);
    }

    pub(super) fn write_control(&mut self, control: Control) {
        let at = self.now;
        let record = Record::Control(ControlRecord { at, control });
        self.writer.write(|buffer| record.encode(buffer));
    }

    /// Journals work for several tenants. It is driven once that is durable.
    pub(super) fn open_intent(&mut self, mut work: Intent, reply: Reply) {
        let intent = self.writer.next();
        // For every tenant it came in now, also where a restart hands it on much later.
        if let Intent::Each { input, .. } = &mut work {
            match input {
                Input::Fact(fact) => place(&mut fact.occurred_at, self.now),
                Input::Declared(fact) => place(&mut fact.occurred_at, self.now),
                _ => {}
            }
        }
        self.write_control(Control::IntentOpened {
            intent,
            work: work.clone(),
        });
        self.intents.insert(intent, work, reply);
        self.effects.push(self.writer.last(), Effect::Drive(intent));
    }

    /// Every part has answered.
    pub(super) fn finish_intent(&mut self, intent: u64, answers: Vec<ShardAnswer>, reply: Reply) {
        // A part that was lost leaves the intent open: the sender asks again, or the next start
        // finishes it.
        let lost = |answer: &ShardAnswer| matches!(answer, ShardAnswer::Dropped);
        let is_lost = answers.iter().any(lost);
        // What a part tells its household nobody tells again.
        if is_lost && let Some(work) = self.intents.news(intent) {
            self.intents.insert(intent, work, reply);
            let last = self.writer.last();
            return self.effects.push(last, Effect::Drive(intent));
        }
        if !is_lost && self.intents.remove(intent) {
            self.write_control(Control::IntentDone { intent });
        }
        self.answer(reply, ShardAnswer::Gathered(answers));
    }

    /// This shard's part of work for several.
    pub(super) fn part(&mut self, work: &Intent, reply: Reply) {
        let answer = match work {
            Intent::CancelSubject {
                corporation,
                subject,
                note,
            } => {
                let left = self.tenants_about(*corporation, subject);
                return self.cancel_about(Box::new(CancelAbout {
                    subject: subject.clone(),
                    note: note.clone(),
                    left,
                    answers: Vec::new(),
                    reply,
                }));
            }
            Intent::Each { .. } | Intent::PartNews { .. } => ShardAnswer::NotFound,
        };
        self.answer(reply, answer);
    }

    /// The tenants of this shard with something open about the subject: the active ones first, who
    /// need not wait.
    fn tenants_about(&self, corporation: CorporationId, subject: &Subject) -> VecDeque<Slot> {
        let mut slots = self.tenants.about(corporation, subject);
        slots.sort_unstable();
        slots.dedup();
        slots.sort_by_key(|slot| self.tenants.awake(*slot).is_none());
        slots.into()
    }

    /// Cancels what the tenants that are left have open about the subject. At a passive one it goes on
    /// once that is active.
    pub(super) fn cancel_about(&mut self, mut cancel: Box<CancelAbout>) {
        while let Some(slot) = cancel.left.front().copied() {
            let Some(tenant) = self.tenants.awake(slot) else {
                return self.wait_for(slot, Message::Cancel(cancel));
            };
            cancel.left.pop_front();
            // What is too much for one record goes in several.
            while self.cancel_some(tenant, &mut cancel) {}
        }
        let CancelAbout { answers, reply, .. } = *cancel;
        self.answer(reply, ShardAnswer::Gathered(answers));
    }

    /// Cancels as much of one tenant as one record takes; says whether there may be more.
    fn cancel_some(&mut self, tenant: Awake, cancel: &mut CancelAbout) -> bool {
        let input = Input::Cancel {
            target: CancelTarget::Subject(cancel.subject.clone()),
            note: cancel.note.clone(),
        };
        let key = self.tenants.key(tenant).clone();
        let decided = self.decide_now(tenant, key, input);
        self.follow_unasked();
        let more = matches!(
            &decided.answer,
            Answer::Cancelled(cancelled) if cancelled.stopped.len() >= MOST_AT_ONCE
        );
        cancel.answers.push(decided.into());
        more
    }
}

/// A fact stands at the latest where it came in.
fn place(occurred_at: &mut Timestamp, now: Timestamp) {
    *occurred_at = instant::placed(*occurred_at, now);
}
