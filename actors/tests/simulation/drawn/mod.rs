//! Owns the flows that a seed draws: what they are, how they are written, and what they are drawn from. A drawn
//! flow is valid, and of the whole language; one that does not compile is a mistake of the generator. Refuses to
//! follow one: the engine does, and `safety/written.rs` judges.

mod acts;
mod condition;
mod draw;
mod kinds;
mod sight;
mod text;

use std::collections::BTreeMap;

use sluis_model::flow::{Definition, Value};
use sluis_model::{DAY, Flow, Role};

pub(crate) use condition::{Condition, Rule};
pub(crate) use kinds::{Day, Kind, Long, Task, Wait};
pub(crate) use sight::{Answered, Answers, Data, Sight, ToldOf};

use crate::planted::Bug;

/// Flows of a world, by name.
pub(crate) const NAMES: [&str; 3] = ["drawn-a", "drawn-b", "drawn-c"];
/// Versions of each: in the middle of a run the newer ones are loaded.
pub(crate) const VERSIONS: u32 = 2;
/// Codes that data may have, with the class that the table gives to each but the last.
const CODES: [(&str, &str); 4] = [
    ("AM04", "chase"),
    ("MD07", "people"),
    ("AC04", "mend"),
    ("ZZ99", DEFAULT_CLASS),
];
const DEFAULT_CLASS: &str = "people";
const TABLE: &str =
    "default = \"people\"\n\n[codes]\nAM04 = \"chase\"\nMD07 = \"people\"\nAC04 = \"mend\"\n";
/// Kinds of exceptions that are told.
const KINDS: [&str; 2] = ["guardian", "wsnp"];
/// How long a complaint holds, in milliseconds.
const COMPLAINT_HOLDS: i64 = 30 * DAY;
const COMPLAINT: &str =
    "about = \"tenant\"\nholds = \"30d\"\ncounts = \"sum\"\n\n[fields]\ncount = \"integer\"\n";
const EXCEPTION: &str = include_str!("../../../../config/flows/facts/exception.toml");
const CALENDAR: &str = include_str!("../../../../config/flows/calendars/nl.toml");

/// Where something leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Goes {
    /// To the step of this name.
    Step(usize),
    End(String),
    People(&'static str),
}

/// A rule that must hold before every send.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) rule: Rule,
    pub(crate) otherwise: Goes,
}

/// A rule that ends the flow.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    pub(crate) when: Condition,
    pub(crate) end: String,
    pub(crate) close_link: bool,
}

/// A flow.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    name: &'static str,
    version: u32,
    /// Whether it is about an invoice.
    pub(crate) has_subject: bool,
    hold_for: &'static str,
    counted: bool,
    /// Whom of a household it tells, where it says so; and whether one answers for all, where it says so.
    group: Option<(Vec<Role>, Option<bool>)>,
    pub(crate) guards: Vec<Guard>,
    pub(crate) stops: Vec<Stop>,
    /// The names of the steps: `s` with each number. In another version the step of a name may stand elsewhere.
    pub(crate) names: Vec<usize>,
    pub(crate) steps: Vec<Kind>,
}

/// The class of a code.
pub(crate) fn class_of(code: &str) -> &'static str {
    let known = CODES.iter().find(|(known, _)| *known == code);
    known.map_or(DEFAULT_CLASS, |(_, class)| class)
}

impl Drawn {
    /// The flows of a seed as they are written, each with what the engine is told: the same, but for what
    /// is planted.
    pub(crate) fn all(seed: u64, bug: Option<Bug>) -> Vec<(Self, Flow)> {
        let mut all = Vec::new();
        for (number, name) in (0..).zip(NAMES) {
            for version in 1..=VERSIONS {
                let label = 100 + number * u64::from(VERSIONS) + u64::from(version);
                let drawn = draw::flow(seed, label, name, version);
                let flow = drawn.with(bug).compile();
                all.push((drawn, flow));
            }
        }
        all
    }

    fn compile(&self) -> Flow {
        let file = |name: &str, text: &str| BTreeMap::from([(name.to_owned(), text.to_owned())]);
        let mut facts = file("exception", EXCEPTION);
        facts.extend(file("complaint", COMPLAINT));
        let definition = Definition {
            flow: self.to_string(),
            classes: file("codes", TABLE),
            calendars: file("nl", CALENDAR),
            facts,
            ..Definition::default()
        };
        Flow::compile(&definition).unwrap_or_else(|mistakes| {
            panic!("a drawn flow does not compile: {mistakes:?}\n{self}")
        })
    }

    /// The same with a mistake in it.
    fn with(&self, bug: Option<Bug>) -> Self {
        let mut changed = self.clone();
        match bug {
            Some(Bug::StopLost) => changed.stops.clear(),
            Some(Bug::UnknownIsFalse) => changed.each_rule(|rule| {
                rule.when = rule.when.as_if_known();
            }),
            Some(Bug::CloseLost) => changed
                .stops
                .iter_mut()
                .for_each(|stop| stop.close_link = false),
            Some(Bug::CasesFromBehind) => {
                for step in &mut changed.steps {
                    if let Kind::Branch { cases, .. } = step {
                        cases.reverse();
                    }
                }
            }
            Some(Bug::FactsNeverOld) => changed.each_rule(|rule| rule.fresh_within = None),
            Some(Bug::EveryDayIsWorked) => {
                for step in &mut changed.steps {
                    if let Kind::Wait {
                        long: Long::For(span),
                        ..
                    } = step
                        && let Wait::WorkingDays(days) = *span
                    {
                        *span = Wait::Milliseconds(i64::from(days) * DAY);
                    }
                }
            }
            Some(Bug::DayOneOff) => changed.each_day(|day| day.add += 1),
            Some(Bug::FactsEndNoWait) => {
                for step in &mut changed.steps {
                    if let Kind::Wait { awaited, .. } = step {
                        *awaited = None;
                    }
                }
            }
            Some(Bug::DeadlineLost) => changed.each_task(|task| task.deadline = None),
            Some(Bug::AnswersMixedUp) => changed.each_task(|task| {
                let ways: Vec<Goes> = task.replies.iter().map(|reply| reply.go.clone()).collect();
                for (reply, go) in task.replies.iter_mut().zip(ways.into_iter().rev()) {
                    reply.go = go;
                }
            }),
            Some(Bug::EndMisnamed) => {
                for step in &mut changed.steps {
                    if let Kind::Wait {
                        then: Goes::End(end),
                        ..
                    }
                    | Kind::Branch {
                        otherwise: Goes::End(end),
                        ..
                    } = step
                    {
                        *end = "nowhere".to_owned();
                    }
                }
            }
            _ => {}
        }
        changed
    }

    fn each_rule(&mut self, change: impl Fn(&mut Rule)) {
        self.guards
            .iter_mut()
            .for_each(|guard| change(&mut guard.rule));
        for step in &mut self.steps {
            match step {
                Kind::Branch { cases, .. } => {
                    cases.iter_mut().for_each(|case| change(&mut case.rule));
                }
                Kind::Wait {
                    awaited: Some((rule, _)),
                    ..
                } => change(rule),
                Kind::Send(_) | Kind::Wait { .. } | Kind::Task(_) | Kind::End(_) => {}
            }
        }
    }

    fn each_day(&mut self, change: impl Fn(&mut Day)) {
        for step in &mut self.steps {
            if let Kind::Wait {
                long: Long::Until(until),
                ..
            } = step
            {
                change(&mut until.day);
            }
        }
    }

    fn each_task(&mut self, change: impl Fn(&mut Task)) {
        for step in &mut self.steps {
            if let Kind::Task(task) = step {
                change(task);
            }
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the other one is a later version of the same flow.
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        self.name == other.name && self.version < other.version
    }

    /// Whom of a household it tells, and whether one answers for all: it is about collection.
    pub(crate) fn grouping(&self) -> (Vec<Role>, bool) {
        match &self.group {
            Some((roles, answered)) => (roles.clone(), answered.unwrap_or(true)),
            None => (vec![Role::Tenant, Role::JointTenant], true),
        }
    }

    /// Every end that it names.
    pub(crate) fn ends(&self) -> impl Iterator<Item = &str> {
        let of_rules = self.guards.iter().map(|guard| &guard.otherwise);
        let of_steps = self.steps.iter().flat_map(Kind::ways);
        let ends = of_rules.chain(of_steps).filter_map(|go| match go {
            Goes::End(end) => Some(&**end),
            Goes::Step(_) | Goes::People(_) => None,
        });
        let own = self.steps.iter().filter_map(|step| match step {
            Kind::End(end) => Some(&**end),
            Kind::Send(_) | Kind::Wait { .. } | Kind::Branch { .. } | Kind::Task(_) => None,
        });
        ends.chain(own)
            .chain(self.stops.iter().map(|stop| &*stop.end))
    }

    /// The rule that has this number where something is held, and the rules that are asked before it.
    pub(crate) fn held_by(&self, number: usize) -> Option<(&Rule, Vec<&Rule>)> {
        let guards: Vec<&Rule> = self.guards.iter().map(|guard| &guard.rule).collect();
        if let Some(rule) = guards.get(number) {
            return Some((rule, guards[..number].to_vec()));
        }
        let mut first = guards.len();
        for step in &self.steps {
            let Kind::Branch { cases, .. } = step else {
                continue;
            };
            let rules: Vec<&Rule> = cases.iter().map(|case| &case.rule).collect();
            if let Some(rule) = rules.get(number - first) {
                return Some((rule, rules[..number - first].to_vec()));
            }
            first += rules.len();
        }
        None
    }

    /// The step, where it asks people.
    pub(crate) fn task(&self, step: usize) -> Option<&Task> {
        match self.steps.get(step)? {
            Kind::Task(task) => Some(task),
            Kind::Send(_) | Kind::Wait { .. } | Kind::Branch { .. } | Kind::End(_) => None,
        }
    }

    /// Whether a step asks people.
    pub(crate) fn asks_people(&self, step: usize) -> bool {
        matches!(self.steps.get(step), Some(Kind::Task(_)))
    }

    /// Whether the rule with this number is a guard.
    pub(crate) fn is_guard(&self, number: usize) -> bool {
        number < self.guards.len()
    }

    /// What its sender says in the data of a notification of a drawn flow.
    pub(crate) fn data(all: &[(&'static str, Value)]) -> Data {
        let field = |name: &str| {
            let mut own = all.iter().filter(|(known, _)| *known == name);
            own.next().map(|(_, value)| value)
        };
        let number = |name| match field(name) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        };
        let text = |name| match field(name) {
            Some(Value::Text(text)) => Some(&**text),
            _ => None,
        };
        let code = text("code").unwrap_or_default();
        let known = CODES.iter().find(|(known, _)| *known == code);
        Data {
            number: number("number"),
            urgent: match field("urgent") {
                Some(Value::Boolean(urgent)) => Some(*urgent),
                _ => None,
            },
            code: known.map_or("", |(code, _)| code),
            due: text("due").map(|day| sight::number(day.parse().expect("a day"))),
            amount: number("amount_cents"),
        }
    }
}
