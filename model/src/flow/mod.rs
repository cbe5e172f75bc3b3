//! Owns the flow as compiled data: guards, stop rules, steps, and where each answer leads.
//! Refuses to act: `decide` walks a flow for one tenant. No flow is code; a new one is a file.

mod compile;
mod condition;
mod definition;
mod duration;
mod source;
#[cfg(test)]
mod tests;

pub use condition::{Compare, Condition, Dated, Finding, Observed, Operand, Scope};
pub use definition::{Definition, FlowRef, Problem};
pub use duration::{DurationProblem, parse_duration};

use std::collections::BTreeMap;

use bincode::{Decode, Encode};

use crate::attempt::Channel;

/// A value a guard can compare: a field of the notification's data, copied at acceptance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Value {
    /// The field was not given.
    Missing,
    /// Text.
    Text(Box<str>),
    /// A whole number: euro cents for money.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Missing => f.write_str("unknown"),
            Value::Text(text) => write!(f, "'{text}'"),
            Value::Integer(number) => number.fmt(f),
            Value::Boolean(truth) => truth.fmt(f),
        }
    }
}

/// The kind of an input field, checked at admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A JSON string of one line: fit for a subject, a heading, a number.
    Line,
    /// A JSON string of any number of lines.
    Text,
    /// A JSON integer: euro cents.
    Money,
    /// A JSON integer.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A JSON string, `YYYY-MM-DD`.
    Date,
    /// A JSON string, an absolute `https` URL (`http` outside production).
    Url,
}

impl FieldKind {
    /// The name used in flow files and error messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            FieldKind::Line => "line",
            FieldKind::Text => "text",
            FieldKind::Money => "money",
            FieldKind::Integer => "integer",
            FieldKind::Boolean => "boolean",
            FieldKind::Date => "date",
            FieldKind::Url => "url",
        }
    }

    /// Every kind.
    pub const ALL: [FieldKind; 7] = [
        FieldKind::Line,
        FieldKind::Text,
        FieldKind::Money,
        FieldKind::Integer,
        FieldKind::Boolean,
        FieldKind::Date,
        FieldKind::Url,
    ];

    /// Whether a field of this kind may say how long it may be at most.
    #[must_use]
    pub const fn has_length(self) -> bool {
        match self {
            FieldKind::Line | FieldKind::Text | FieldKind::Url => true,
            FieldKind::Money | FieldKind::Integer | FieldKind::Boolean | FieldKind::Date => false,
        }
    }
}

/// One declared input field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputField {
    /// Its name within `data`.
    pub name: Box<str>,
    /// What it must hold.
    pub kind: FieldKind,
    /// Whether it may be left out.
    pub optional: bool,
    /// Longest it may be, in bytes of UTF-8: [`InputField::USUAL_LENGTH`] unless the flow says
    /// otherwise.
    pub most: usize,
}

impl InputField {
    /// Longest that a text, a line or a URL may be where the flow does not say, in bytes.
    pub const USUAL_LENGTH: usize = 2_000;
    /// The most a flow may allow one field, in bytes: all of `data` has 64 KiB.
    pub const MOST_LENGTH: usize = 50_000;
}

/// Where a rule leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Go {
    /// To the step with this index.
    Step(u8),
    /// To an end state with this name.
    End(Box<str>),
    /// To the human queue, on this list.
    Human(Box<str>),
}

/// A condition that must hold at the moment of every send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Its name, quoted in explanations.
    pub name: Box<str>,
    /// What must hold.
    pub when: Condition,
    /// The facts it reads may be at most this old, in milliseconds; older counts as unknown.
    pub fresh_within_ms: Option<i64>,
    /// Where it leads when it does not hold. Unknown always holds the message.
    pub otherwise: Go,
}

/// A condition that ends the flow as soon as it is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its name, quoted in explanations.
    pub name: Box<str>,
    /// What ends it.
    pub when: Condition,
    /// Whether the payment link closes with it.
    pub close_link: bool,
    /// Name of the end state.
    pub end: Box<str>,
}

/// One way a send may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The tenant's preferred channel for the category.
    Preferred,
    /// This channel.
    Channel(Channel),
}

/// Channels that a send leaves out, whichever way names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Except {
    /// None.
    #[default]
    Nothing,
    /// Those that failed for this notification.
    Failed,
    /// Those over which anything went for this notification, or could not.
    Tried,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Sends one message by the first way that can reach the tenant.
    Send {
        /// Template per channel.
        templates: BTreeMap<Channel, Box<str>>,
        /// Ways, in order.
        via: Vec<Via>,
        /// Channels left out.
        except: Except,
        /// Whether the message carries the `/b/{token}` link.
        link: bool,
    },
    /// Waits this many milliseconds, then goes on.
    Wait {
        /// How long.
        for_ms: i64,
        /// Where to.
        then: Go,
    },
    /// Asks people.
    Task {
        /// The list it stands on.
        list: Box<str>,
        /// Each answer and where it leads.
        answers: Vec<(Box<str>, Go)>,
    },
}

/// A wait that begins at the relay's acceptance or, if known, at delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// How long, in milliseconds.
    pub after_ms: i64,
    /// Where it leads.
    pub go: Go,
}

/// What a send step listens to. Absent handlers: see [`Handlers`] fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handlers {
    /// It bounced, was refused, or nobody could be reached this way. Absent: the flow ends
    /// `undeliverable`.
    pub bounced: Option<Go>,
    /// No trusted sign of life (click, portal read, reply, payment) within the time.
    pub unanswered: Option<After>,
    /// No bounce within the time: taken as arrived.
    pub settled: Option<After>,
    /// It was delivered.
    pub delivered: Option<Go>,
    /// The tenant pressed the button behind our link, or replied. Absent: the flow goes on
    /// listening.
    pub answered: Option<Go>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name, quoted in explanations.
    pub id: Box<str>,
    /// What it does.
    pub kind: StepKind,
    /// What it listens to (send steps).
    pub on: Handlers,
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
    /// Index in `fields` of the money field that gives the subject's open amount at acceptance.
    pub amount: Option<usize>,
    /// Process step of the CORA reference process, for reports.
    pub process: Box<str>,
    /// A hold or a doubt older than this goes to people, in milliseconds.
    pub hold_for_ms: i64,
    /// Declared input.
    pub input: Vec<InputField>,
    /// Names of the data fields copied into the state at acceptance.
    pub fields: Vec<Box<str>>,
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
}

/// A table from codes to classes, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassTable {
    /// Name of the function in conditions.
    pub name: Box<str>,
    /// Class of a code that is not in the table.
    pub default: Box<str>,
    /// Class per code.
    pub codes: BTreeMap<Box<str>, Box<str>>,
}

impl ClassTable {
    /// The class of `code`: unknown codes get the default, never a guess.
    #[must_use]
    pub fn class_of(&self, code: &str) -> &str {
        self.codes.get(code).unwrap_or(&self.default)
    }
}

impl Flow {
    /// Every template name the flow may ask for, with its channel.
    pub fn templates(&self) -> impl Iterator<Item = (Channel, &str)> {
        self.steps.iter().flat_map(|step| match &step.kind {
            StepKind::Send { templates, .. } => templates
                .iter()
                .map(|(c, t)| (*c, &**t))
                .collect::<Vec<_>>(),
            _ => Vec::new(),
        })
    }

    /// The template of `step` for `channel`.
    #[must_use]
    pub fn template(&self, step: u8, channel: Channel) -> Option<&str> {
        match &self.steps.get(usize::from(step))?.kind {
            StepKind::Send { templates, .. } => templates.get(&channel).map(|name| &**name),
            _ => None,
        }
    }
}
