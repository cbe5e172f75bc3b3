//! Owns the move of an open notification from one definition of its flow to another: whether its place there
//! exists, what of it is carried along, and why it stays. Refuses to guess: a step that is not there by its name, or is of
//! another kind, keeps what stands at it.

use std::fmt;

use bincode::{Decode, Encode};

use crate::channel::Channel;
use crate::flow::{Flow, FlowRef, HoldingKind, Step, Value};
use crate::ids::NotificationId;
use crate::state::{Open, Phase};

/// An open notification is to go on under another definition of its flow.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Migrate {
    /// Which.
    pub id: NotificationId,
    /// The definition that it ran by when somebody looked.
    pub from: FlowRef,
    /// The one that it is to go on under.
    pub to: FlowRef,
    /// Who asked for it, for the explanation; at most 200 bytes.
    pub by: Box<str>,
    /// Values of its data that rules of the new definition read and those of the old one did not, by name.
    pub values: Box<[(Box<str>, Value)]>,
}

/// The move of an open notification.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Moved {
    /// The definition that it ran by.
    pub from: FlowRef,
    /// The version that says, for people.
    pub from_version: u32,
    /// The one that it goes on under.
    pub to: FlowRef,
    /// The version that says.
    pub to_version: u32,
    /// Index, there, of the step that it stands at.
    pub step: u8,
}

/// What an order to move came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moving {
    /// It goes on under the new definition.
    Moved,
    /// It ran by the new one already.
    Already,
    /// It is not open any more, or runs by another definition than the one that was seen.
    NotThere,
    /// An attempt is under way: it can move when its outcome is known.
    UnderWay,
    /// It stays.
    Stays(Stay),
}

/// Why an open notification stays with the definition that it began with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stay {
    /// The new definition has no step of the name.
    NoStep,
    /// Its step of the name is of another kind.
    OtherKind,
    /// An attempt is in doubt: it may only go again as it was.
    InDoubt,
    /// The new definition does not close what this one has opened at a machine.
    NoClosing,
    /// The new definition wants data that the old one did not ask for, under these names.
    Lacks(Vec<Box<str>>),
}

impl Stay {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Stay::NoStep => "no_such_step",
            Stay::OtherKind => "other_kind_of_step",
            Stay::InDoubt => "in_doubt",
            Stay::NoClosing => "no_closing",
            Stay::Lacks(_) => "lacks_data",
        }
    }
}

impl fmt::Display for Stay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stay::NoStep => f.write_str("the new version has no step of this name"),
            Stay::OtherKind => {
                f.write_str("the step of this name is of another kind in the new version")
            }
            Stay::InDoubt => f.write_str("an attempt is in doubt, and may only go again as it was"),
            Stay::NoClosing => {
                f.write_str("the new version does not close what this one has opened at a machine")
            }
            Stay::Lacks(names) => write!(
                f,
                "the new version wants data that the old one did not ask for: {}",
                names.join(", ")
            ),
        }
    }
}

/// Where an open notification would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It moves, to the step with this index.
    Moves(u8),
    /// It moves when the outcome of its attempt is known.
    UnderWay,
    /// It stays.
    Stays(Stay),
}

/// Whether `open`, which runs by `old`, may go on under `new`.
#[must_use]
pub fn fit(old: &Flow, new: &Flow, open: &Open) -> Fit {
    let lacks = lacks(old, new);
    if !lacks.is_empty() {
        return Fit::Stays(Stay::Lacks(lacks));
    }
    let step = match place(old, new, open) {
        Ok(step) => step,
        Err(stay) => return Fit::Stays(stay),
    };
    if loses_a_close(old, new, open, step) {
        return Fit::Stays(Stay::NoClosing);
    }
    match open.phase {
        Phase::Started { .. } => Fit::UnderWay,
        Phase::InDoubt { .. } => Fit::Stays(Stay::InDoubt),
        _ if open.doubt().is_some() => Fit::Stays(Stay::InDoubt),
        Phase::Waiting { .. }
        | Phase::Ready { .. }
        | Phase::Sent { .. }
        | Phase::Held { .. }
        | Phase::Task { .. } => Fit::Moves(step),
    }
}

/// Whether something that `open` has opened at a machine, or is just closing there, would stay open.
fn loses_a_close(old: &Flow, new: &Flow, open: &Open, step: u8) -> bool {
    if old.close.is_none() {
        return false;
    }
    if old.waiting_end(&open.fields).is_some() {
        return !new.is_closing_step(step);
    }
    let mut sent = open.sent().iter();
    new.close.is_none() && sent.any(|sent| sent.channel == Channel::Machine)
}

/// The step of `new` at which `open` would stand.
fn place(old: &Flow, new: &Flow, open: &Open) -> Result<u8, Stay> {
    if !open.entered {
        // Its flow has not begun: it begins with the first step, whatever that is.
        return Ok(0);
    }
    #[cfg(feature = "simulation")]
    if crate::slip::slips(crate::slip::Slip::MovedByNumber) {
        return Ok(open.step);
    }
    let here = old.step(open.step).ok_or(Stay::NoStep)?;
    let there = step_named(new, &here.id).ok_or(Stay::NoStep)?;
    let is_alike = new.step(there).is_some_and(|step| kind(step) == kind(here));
    if is_alike {
        Ok(there)
    } else {
        Err(Stay::OtherKind)
    }
}

fn step_named(flow: &Flow, id: &str) -> Option<u8> {
    let at = flow.steps.iter().position(|step| *step.id == *id)?;
    u8::try_from(at).ok()
}

/// What a notification can be doing at a step.
#[derive(PartialEq, Eq)]
enum Kind {
    Sends,
    Asks,
    Waits,
    Chooses,
    Tells,
    GoesOn,
}

fn kind(step: &Step) -> Kind {
    let kind = &step.kind;
    if kind.message().is_some() {
        Kind::Sends
    } else if kind.question().is_some() {
        Kind::Asks
    } else if kind.waited().is_some() || kind.until().is_some() {
        Kind::Waits
    } else if kind.branches().is_some() {
        Kind::Chooses
    } else if step.sets().is_some() {
        Kind::Tells
    } else {
        Kind::GoesOn
    }
}

/// Data that `new` counts on, and that a notification of `old` need not have.
fn lacks(old: &Flow, new: &Flow) -> Vec<Box<str>> {
    let is_sure = |wanted: &&crate::flow::InputField| {
        let known = old.input.iter().find(|field| field.name == wanted.name);
        match known {
            Some(known) => known.kind == wanted.kind && (wanted.optional || !known.optional),
            None => wanted.optional,
        }
    };
    let lacking = new.input.iter().filter(|wanted| !is_sure(wanted));
    lacking.map(|wanted| wanted.name.clone()).collect()
}

/// The names of data that rules of `new` read and those of `old` do not: an open notification of `old` does not
/// have it at hand.
pub fn unread<'a>(old: &'a Flow, new: &'a Flow) -> impl Iterator<Item = &'a str> {
    let fields = new.fields.iter().map(|name| &**name);
    let is_data = |name: &&str| new.input.iter().any(|field| *field.name == **name);
    let is_new = |name: &&str| !old.fields.iter().any(|known| **known == **name);
    fields.filter(is_data).filter(is_new)
}

/// The number, in `new`, of the rule that has this number in `old`: the guard of the same name, or the same case of the
/// step of the same name.
pub(crate) fn holding(old: &Flow, new: &Flow, number: u8) -> Option<u8> {
    let rule = old.holds(number)?;
    let same = |flow: &Flow, of: HoldingKind, name: &str| {
        let all = flow.holding().enumerate();
        let same = all.filter(|(_, rule)| rule.kind == of && rule.name == name);
        same.map(|(at, _)| at).collect::<Vec<usize>>()
    };
    let here = same(old, rule.kind, rule.name);
    let case = here.iter().position(|at| *at == usize::from(number))?;
    let there = same(new, rule.kind, rule.name);
    u8::try_from(*there.get(case)?).ok()
}

/// `open` goes on under `new`: its values, its steps and the rule that holds it get their places there. Waits keep their
/// time, tasks and attempts stay as they are.
pub(crate) fn carry(
    old: &Flow,
    new: &Flow,
    open: &mut Open,
    step: u8,
    values: &[(Box<str>, Value)],
) {
    let value = |name: &str| {
        let known = old.fields.iter().position(|known| **known == *name);
        let known = known.and_then(|place| open.fields.get(place).cloned());
        let given = || values.iter().find(|(given, _)| **given == *name);
        known
            .or_else(|| given().map(|(_, value)| value.clone()))
            .unwrap_or(Value::Missing)
    };
    open.fields = new.fields.iter().map(|name| value(name)).collect();
    open.flow = new.reference;
    open.step = step;
    if let Phase::Held { guard, .. } = &mut open.phase {
        *guard = holding(old, new, *guard).unwrap_or(u8::MAX);
    }
    keep_plan(new, open);
    #[cfg(feature = "simulation")]
    if let Phase::Waiting { until } = &mut open.phase
        && crate::slip::slips(crate::slip::Slip::WaitBegunAnew)
    {
        *until = until.plus(crate::HOUR);
    }
    for sent in open.tried.iter_mut().flat_map(|tried| &mut tried.sent_to) {
        let named = old
            .step(sent.step)
            .and_then(|step| step_named(new, &step.id));
        // A step that is there no more has no number.
        sent.step = named.unwrap_or(u8::MAX);
    }
}

/// A task keeps its team, its reminder and its deadline. Not a deadline that leads nowhere any more.
fn keep_plan(new: &Flow, open: &mut Open) {
    let question = new.step(open.step).and_then(|step| step.kind.question());
    let leads = question.is_some_and(|question| question.deadline.is_some());
    if let Phase::Task { asked, .. } = &mut open.phase
        && let Some(plan) = &mut asked.plan
        && !leads
    {
        plan.due = None;
    }
}
