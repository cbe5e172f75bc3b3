//! Owns the flow as compiled data: guards, stop rules, steps, and where each answer leads.
//! Refuses to act: `decide` walks a flow for one tenant. No flow is code; a new one is a file.

mod answers;
mod asking;
mod class;
mod compile;
mod compiled;
mod condition;
mod declare;
mod declare_answers;
mod definition;
mod duration;
mod holding;
mod input;
mod kept;
mod passing;
mod reader;
mod rule;
mod selection;
mod setting;
mod source;
mod step;
#[cfg(test)]
mod tests;
mod words;

pub use class::ClassTable;
pub use compiled::{Close, Flow, Grouping};
pub use condition::{
    Asked, Compare, Comparison, Condition, ContactedBy, Dated, Day, Expression, Finding, Observed,
    Operand, Person, Scope, Seen, Shift, Shifted, Test, ToldBy, Unit,
};
pub use definition::{Definition, FlowRef, Problem};
pub use duration::{DurationProblem, Span, parse_duration};
pub use holding::{Holding, HoldingKind};
pub use input::{FieldKind, InputField, Value};
pub use kept::{Kept, Said};
pub use rule::{Go, Guard, Stop};
pub use selection::{Chosen, Selection};
pub use setting::{SetField, Setting};
pub use step::{
    After, Awaited, Begin, Branches, Case, Deadline, Except, Handlers, Message, Page, Question,
    Reply, Step, StepKind, Team, Until, Via, WaitsFor, WayOut,
};
