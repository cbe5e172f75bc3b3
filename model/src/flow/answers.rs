//! Owns the questions about what a flow keeps of the answers of people: what is known of them, and at
//! which steps it certainly is. Refuses to take an answer: `decide` does.

use std::collections::BTreeSet;

use super::compiled::Flow;
use super::input::Value;
use super::kept::{Kept, Said};
use super::rule::Go;

impl Flow {
    /// What is kept of the answers to a step.
    pub fn kept_of(&self, step: u8) -> impl Iterator<Item = &Kept> {
        self.kept.iter().filter(move |kept| kept.step == step)
    }

    /// What is known of the answers so far, of the values that a notification holds.
    #[must_use]
    pub fn said(&self, fields: &[Value]) -> Box<[Said]> {
        let known = self.kept.iter().filter_map(|kept| {
            let value = fields.get(kept.place).cloned();
            let value = value.filter(|value| *value != Value::Missing)?;
            let name = kept.name.clone();
            let step = kept.step;
            Some(Said { step, name, value })
        });
        known.collect()
    }

    /// What an answer holds of a step's places, in their order. What it leaves out is missing.
    pub(crate) fn keeps<'a>(
        &'a self,
        step: u8,
        answer: &'a str,
        says: &'a [(Box<str>, Value)],
    ) -> impl Iterator<Item = (usize, Value)> {
        self.kept_of(step).map(move |kept| {
            let value = if *kept.name == *Kept::ANSWER {
                Value::Text(answer.into())
            } else {
                let said = says.iter().find(|(name, _)| *name == kept.name);
                said.map_or(Value::Missing, |(_, value)| value.clone())
            };
            (kept.place, value)
        })
    }

    /// What is certainly known at a step, whichever way led there: every way passes an answer that
    /// must say it.
    #[must_use]
    pub fn known_at(&self, step: u8) -> Vec<&Kept> {
        let kept = self.kept.iter();
        kept.filter(|kept| !self.reached_without(kept).contains(&usize::from(step)))
            .collect()
    }

    /// The steps that may be reached while a value is unknown.
    fn reached_without(&self, kept: &Kept) -> BTreeSet<usize> {
        let mut next: Vec<usize> = self
            .guards
            .iter()
            .filter_map(|g| to(&g.otherwise))
            .collect();
        next.push(0);
        // Whatever ends the flow leads there.
        next.extend(self.close.map(|close| usize::from(close.step)));
        let mut reached = BTreeSet::new();
        while let Some(index) = next.pop() {
            let Some(step) = self.steps.get(index).filter(|_| reached.insert(index)) else {
                continue;
            };
            let asks = step.kind.question();
            let asks = asks.filter(|of| of.kept_by(index as u8) == kept.step);
            match asks {
                None => next.extend(step.kind.ways_out().iter().filter_map(|way| to(way.go))),
                Some(question) => {
                    let without = question.replies.iter().filter(|reply| {
                        *kept.name != *Kept::ANSWER
                            && !reply
                                .fields
                                .iter()
                                .any(|known| known.field.name == kept.name && !known.field.optional)
                    });
                    next.extend(without.filter_map(|reply| to(&reply.go)));
                    next.extend(question.deadline.as_ref().and_then(|by| to(&by.go)));
                    next.extend(step.on().ways_out().filter_map(|way| to(way.go)));
                }
            }
        }
        reached
    }
}

const fn to(go: &Go) -> Option<usize> {
    match go {
        Go::Step(step) => Some(*step as usize),
        Go::End(_) | Go::Human(_) => None,
    }
}
