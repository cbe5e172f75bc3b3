//! Owns the compiled flow and the questions about it as a whole. Refuses to walk it: `decide` does.

use super::class::ClassTable;
use super::definition::FlowRef;
use super::input::{InputField, Value};
use super::kept::Kept;
use super::rule::{Go, Guard, Stop};
use super::step::{Message, Step};
use crate::channel::Channel;
use crate::household::Role;

/// What a flow says of households.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// Whose roles are told.
    pub roles: Box<[Role]>,
    /// Whether what one answers is the answer of all, if it says.
    pub answers_for_all: Option<bool>,
}

/// What a flow does at machines before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// The step with which that begins.
    pub step: u8,
    /// Where the end that waits for it stands in [`Flow::fields`].
    pub place: usize,
}

/// A compiled flow, ready to be walked.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Content hash of its definition.
    pub reference: FlowRef,
    /// Its name, as senders give it.
    pub name: Box<str>,
    /// Its version, for people.
    pub version: u32,
    /// Which legal rules and preferences apply, for reports.
    pub purpose: Box<str>,
    /// The kind of subject; one live instance per subject. `None`: notifications need no subject.
    pub subject: Option<Box<str>>,
    /// Whether its messages are remembered with the tenant, for conditions that count them.
    pub counted: bool,
    /// How long ago the same flow may have ended for the same subject for a notification to follow it, in
    /// milliseconds. None: nothing is remembered of it.
    pub follows_ms: Option<i64>,
    /// Whether a condition reads what is known of the tenant himself, so that a profile may change it.
    pub reads_person: bool,
    /// Index in `fields` of the money field that gives the subject's open amount at acceptance.
    pub amount: Option<usize>,
    /// Who is told where it goes to a household.
    pub group: Grouping,
    /// Process step of the CORA reference process, for reports.
    pub process: Box<str>,
    /// A hold or a doubt older than this goes to people, in milliseconds.
    pub hold_for_ms: i64,
    /// Declared input.
    pub input: Vec<InputField>,
    /// Names of the values that rules read: data fields, copied into the state at acceptance, and what
    /// is kept of answers, as `task.<step>.<field>`.
    pub fields: Vec<Box<str>>,
    /// Those of them that are no data: what is kept of the answers of people.
    pub kept: Vec<Kept>,
    /// Class tables by name: code to class, with a default for unknown codes.
    pub classes: Vec<ClassTable>,
    /// Guards, in order.
    pub guards: Vec<Guard>,
    /// Stop rules, in order.
    pub stops: Vec<Stop>,
    /// Steps; the first one starts.
    pub steps: Vec<Step>,
    /// Where tasks that the engine itself opens are put: holds that lasted too long, doubt,
    /// refusals that are ours.
    pub fallback_list: Box<str>,
    /// What it does before it ends, once it has asked a machine for something.
    pub close: Option<Close>,
}

impl Flow {
    /// Most steps a flow may have; a step's index is a byte.
    pub const MOST_STEPS: usize = 64;

    /// Whether what one of a household answers is the answer of all: a debt is settled once, and what is
    /// told to each is answered by each.
    #[must_use]
    pub fn answers_for_all(&self) -> bool {
        let said = self.group.answers_for_all;
        said.unwrap_or(&*self.purpose == "collection")
    }
    /// The name of the value in which the end waits while something is closed.
    pub const CLOSING: &str = "closing.end";

    /// The step with this index.
    #[must_use]
    pub fn step(&self, index: u8) -> Option<&Step> {
        self.steps.get(usize::from(index))
    }

    /// The message of the step with this index, if it sends one.
    #[must_use]
    pub fn message(&self, step: u8) -> Option<&Message> {
        self.step(step)?.kind.message()
    }

    /// Every message the flow may send, in the order of its steps.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.steps.iter().filter_map(|step| step.kind.message())
    }

    /// Every template name the flow may ask for, with its channel.
    pub fn templates(&self) -> impl Iterator<Item = (Channel, &str)> {
        self.messages().flat_map(Message::all_templates)
    }

    /// The template of `step` for `channel`.
    #[must_use]
    pub fn template(&self, step: u8, channel: Channel) -> Option<&str> {
        self.message(step)?.template(channel, 0)
    }

    /// The end that waits in these values until everything is closed.
    #[must_use]
    pub fn waiting_end<'a>(&self, values: &'a [Value]) -> Option<&'a str> {
        match values.get(self.close?.place)? {
            Value::Text(end) => Some(end),
            Value::Missing | Value::Integer(_) | Value::Boolean(_) => None,
        }
    }

    /// Whether a step belongs to the closing of what was opened.
    #[must_use]
    pub fn is_closing_step(&self, step: u8) -> bool {
        let Some(close) = self.close else {
            return false;
        };
        let (mut next, mut seen) = (vec![close.step], Vec::new());
        while let Some(index) = next.pop() {
            if index == step {
                return true;
            }
            if seen.contains(&index) {
                continue;
            }
            seen.push(index);
            let ways = self.step(index).map(|step| step.kind.ways_out());
            let ways = ways.into_iter().flatten();
            next.extend(ways.filter_map(|way| match way.go {
                Go::Step(step) => Some(*step),
                Go::End(_) | Go::Human(_) => None,
            }));
        }
        false
    }

    /// Whether it asks the tenant something.
    #[must_use]
    pub fn asks_tenant(&self) -> bool {
        let questions = self.steps.iter().filter_map(|step| step.kind.question());
        let mut pages = questions.filter_map(|question| question.page.as_deref());
        pages.any(|page| !page.by_machine)
    }

    /// Everywhere its rules and steps lead.
    pub fn leads(&self) -> impl Iterator<Item = &Go> {
        let guards = self.guards.iter().map(|guard| &guard.otherwise);
        let steps = self.steps.iter().flat_map(|step| step.kind.ways_out());
        let stops = self.stops.iter().map(|stop| &stop.go);
        guards.chain(steps.map(|way| way.go)).chain(stops)
    }

    /// Every end that its own rules name. The engine knows some more.
    pub fn ends(&self) -> impl Iterator<Item = &str> {
        self.leads().filter_map(|go| match go {
            Go::End(end) => Some(&**end),
            Go::Step(_) | Go::Human(_) => None,
        })
    }

    /// Every list of people that its notifications may stand on; some more than once.
    pub fn lists(&self) -> impl Iterator<Item = &str> {
        let asked = self.steps.iter().filter_map(|step| step.kind.question());
        let asked = asked.filter(|question| question.page.is_none());
        let asked = asked.map(|question| &*question.list);
        let led_to = self.leads().filter_map(|go| match go {
            Go::Human(list) => Some(&**list),
            Go::Step(_) | Go::End(_) => None,
        });
        [&*self.fallback_list]
            .into_iter()
            .chain(asked)
            .chain(led_to)
    }
}
