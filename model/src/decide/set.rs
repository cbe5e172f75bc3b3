//! Owns the step that tells a fact, and what follows from it: everything open of the tenant sees the fact
//! as if a source had told it, with the same input and in the same record. So a crash loses both or
//! neither. A step tells at most one fact with one input: facts that lead to each other in a circle end
//! with people. Refuses to guess a value: what is not known is not told.

use super::Turn;
use super::fact::touches;
use crate::answer::Answer;
use crate::event::{Cause, Event, FactSet, NotSet};
use crate::fact::DeclaredFact;
use crate::flow::{Go, Setting, Value};
use crate::ids::NotificationId;
use crate::notification::Subject;

/// Most facts that one input may have flows set, all notifications together: each is seen by everything
/// open, and stands in the record of the input.
const MOST_SET: usize = 64;

impl Turn<'_> {
    /// Tells the fact of the step at hand, and goes on.
    pub(super) fn set(&mut self, id: NotificationId, setting: &Setting) {
        let Some((open, flow, at)) = self.at_step(id) else {
            return;
        };
        let step = open.step;
        let (by, name, version) = (at.id.clone(), flow.name.clone(), flow.version);
        let people = || Go::Human(flow.fallback_list.clone());
        match self.what_to_set(id, setting) {
            Ok(fact) => {
                let set = Box::new(FactSet {
                    step,
                    by,
                    flow: name,
                    version,
                    fact,
                });
                self.emit(Event::FactSet { id, set });
                self.sets += 1;
                self.go(id, &setting.then, Cause::FactSet { step });
            }
            Err(why) => {
                let unknown = setting.unknown.as_ref();
                let way = unknown.filter(|_| matches!(why, NotSet::Unknown(_)));
                let go = way.cloned().unwrap_or_else(people);
                self.go(id, &go, Cause::NotSet { step, why });
            }
        }
    }

    fn what_to_set(&self, id: NotificationId, setting: &Setting) -> Result<DeclaredFact, NotSet> {
        let Some((open, flow)) = self.running(id) else {
            return Err(NotSet::Unknown(Box::default()));
        };
        if open.environment != self.situation.policy.environment {
            return Err(NotSet::OtherWorld);
        }
        if self.has_set(id, open.step) {
            return Err(NotSet::Again);
        }
        if self.sets >= MOST_SET {
            return Err(NotSet::TooMany);
        }
        let subject = self.subject_of(id, setting)?;
        let (view, now) = (self.view(open, flow), self.now());
        let says = setting
            .says(&view, &flow.classes, now)
            .map_err(NotSet::Unknown)?;
        let kind = &setting.fact;
        // Two records never have one sequence: a step that tells its fact again tells another one.
        let fact_id = format!("{id}.{}.{}", open.step, self.situation.sequence);
        Ok(DeclaredFact {
            fact_id: fact_id.into(),
            body: DeclaredFact::SET_HERE,
            kind: kind.name.clone(),
            subject,
            counts: kind.counts,
            holds_until: kind.holds_until(now, &says),
            says,
            occurred_at: now,
            environment: open.environment,
        })
    }

    fn subject_of(&self, id: NotificationId, setting: &Setting) -> Result<Option<Subject>, NotSet> {
        if !setting.is_about_subject() {
            return Ok(None);
        }
        let subject = self.open(id).and_then(|open| open.subject.as_deref());
        let unknown = || NotSet::Unknown([Box::from("subject")].into());
        subject.cloned().map(Some).ok_or_else(unknown)
    }

    /// Whether this input has had the step tell its fact already.
    fn has_set(&self, id: NotificationId, step: u8) -> bool {
        // Most inputs set nothing.
        self.sets > 0
            && self.events.iter().any(|event| {
                matches!(event, Event::FactSet { id: of, set } if *of == id && set.step == step)
            })
    }

    /// Has everything open see the facts that were set with this input, and those that are set because
    /// of them.
    pub(super) fn tell_what_was_set(&mut self) {
        while self.seen < self.sets {
            let unseen: Vec<DeclaredFact> = self.facts_set().skip(self.seen).cloned().collect();
            self.seen = self.sets;
            self.reconsider_all(|open| unseen.iter().any(|fact| touches(fact, open)));
        }
    }

    fn facts_set(&self) -> impl Iterator<Item = &DeclaredFact> {
        self.events.iter().filter_map(|event| {
            if let Event::FactSet { set, .. } = event {
                Some(&set.fact)
            } else {
                None
            }
        })
    }

    /// An answer to who told a fact, with what ended by the facts that were set because of it.
    pub(super) fn with_what_ended(&self, answer: Answer) -> Answer {
        match answer {
            Answer::Fact {
                duplicate,
                unmatched,
                ..
            } if self.sets > 0 => {
                let ended = self.events.iter().filter_map(|event| match event {
                    Event::Ended { id, .. } => Some(*id),
                    _ => None,
                });
                Answer::Fact {
                    duplicate,
                    ended: ended.collect(),
                    unmatched,
                }
            }
            other => other,
        }
    }
}

impl DeclaredFact {
    /// The hash of a fact that a flow set. Whatever comes back under its id is the same fact: a source
    /// that takes it over may tell it again.
    pub const SET_HERE: u64 = 0;

    /// What a field says.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        let said = self.says.iter().find(|(known, _)| **known == *name);
        said.map(|(_, value)| value)
    }
}
