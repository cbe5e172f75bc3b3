//! Owns what senders ask of drawn flows, and the facts of declared types that sources tell. Refuses what
//! admission would not let in.

use sluis_actors::ShardRequest;
use sluis_model::flow::Value;
use sluis_model::{Counts, DeclaredFact, Environment, HOUR, Input, SECOND, Timestamp};

use super::{CODES, COMPLAINT_HOLDS, KINDS, NAMES, sight};
use crate::acts::{Asked, OWED};
use crate::senders::What;
use crate::world::World;

/// What the fields of a fact say, by name.
pub(crate) type Says = Box<[(Box<str>, Value)]>;

impl World {
    /// What is asked of one of the drawn flows. In the middle of a run newer versions are loaded.
    pub(crate) fn asked_of_drawn(&mut self) -> Asked {
        let name = self.chance.senders.pick(&NAMES);
        let version = 1 + u32::from(self.step > self.plan.steps / 2);
        let invoice = self.invoice();
        let today = sight::day_of(self.clock.peek());
        let flows = self.flows.clone();
        let (flow, drawn) = flows.version(name, version);
        let rng = &mut self.chance.senders;
        let due = today
            .checked_sub(jiff::Span::new().days(rng.within(-3, 5)))
            .expect("a day");
        let data = [
            ("amount_cents", Value::Integer(OWED)),
            (
                "number",
                match rng.chance(70) {
                    true => Value::Integer(rng.within(-1, 2)),
                    false => Value::Missing,
                },
            ),
            (
                "urgent",
                match rng.chance(70) {
                    true => Value::Boolean(rng.chance(50)),
                    false => Value::Missing,
                },
            ),
            ("code", Value::Text(CODES[rng.below(CODES.len())].0.into())),
            (
                "due",
                match rng.chance(70) {
                    true => Value::Text(due.to_string().into()),
                    false => Value::Missing,
                },
            ),
        ];
        let value = |field: &str| {
            let known = data.iter().find(|(name, _)| *name == field);
            known.map_or(Value::Missing, |(_, value)| value.clone())
        };
        Asked {
            flow: flow.reference,
            category: rng.pick(&["collection", "rent"]),
            subject: drawn.has_subject.then_some(invoice),
            fields: flow.fields.iter().map(|field| value(field)).collect(),
            says: data.into(),
        }
    }

    /// What people say with their answer.
    pub(crate) fn drawn_says(&mut self) -> Says {
        let rng = &mut self.chance.senders;
        let count = ("count".into(), Value::Integer(rng.within(0, 3)));
        let sure = rng
            .chance(60)
            .then(|| ("sure".into(), Value::Boolean(rng.chance(50))));
        [count].into_iter().chain(sure).collect()
    }

    /// A source tells a fact of a declared type.
    pub(crate) fn say(&mut self) {
        let tenant = self.tenant();
        let number = self.senders.requests.len() as u64;
        let now = self.clock.peek();
        let today = sight::day_of(now);
        let rng = &mut self.chance.senders;
        let ago = 2 * SECOND + rng.below(2) as i64 * rng.within(0, 30 * HOUR);
        let at = now.0 - ago;
        // Times at the source are distinct.
        let occurred_at = Timestamp(at - at.rem_euclid(1_024) + number as i64 % 1_024);
        let is_exception = rng.chance(50);
        let (says, holds_until): (Says, Timestamp) = if is_exception {
            let ends = jiff::Span::new().days(rng.within(-1, 9));
            let ends_on = today.checked_add(ends).expect("a day");
            let mut says = Vec::new();
            let mut until = Timestamp::NEVER;
            if rng.chance(60) {
                says.push(("ends_on".into(), Value::Text(ends_on.to_string().into())));
                until = sight::end_of(ends_on);
            }
            if rng.chance(80) {
                says.push(("kind".into(), Value::Text(rng.pick(&KINDS).into())));
            }
            (says.into(), until)
        } else {
            let count = Value::Integer(rng.within(1, 3));
            let says = Box::new([("count".into(), count)]);
            (says, occurred_at.plus(COMPLAINT_HOLDS))
        };
        let fact = DeclaredFact {
            fact_id: format!("said-{number}").into(),
            body: number,
            kind: if is_exception {
                "exception"
            } else {
                "complaint"
            }
            .into(),
            subject: None,
            says,
            counts: if is_exception {
                Counts::Newest
            } else {
                Counts::Sum
            },
            occurred_at,
            holds_until,
            environment: Environment::Production,
        };
        debug_assert!(fact.occurred_at <= now, "no source's clock is ahead here");
        self.note(|| format!("{tenant:?} is told of: {fact:?}"));
        let shard = tenant.shard(self.plan.shards);
        let input = Input::Declared(Box::new(fact));
        self.hand_in(What::Profile, shard, |reply| ShardRequest::Input {
            tenant,
            input,
            reply,
            claim: None,
        });
    }
}
