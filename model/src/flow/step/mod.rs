//! Owns the steps of a flow: a file per kind, and the table of kinds. Refuses to walk: `decide`
//! does, by what a kind says of itself.
//!
//! A new kind is a file beside this one, declared here, and a line in [`kinds::KINDS`]. It says in
//! its file how it is written and checked ([`syntax::Syntax`]), what begins with it, where it leads,
//! what it waits for and how that is explained ([`StepKind`]). Only a kind that must do what no kind
//! before it did adds a variant to [`Begin`]; then the compiler points at the one place that does
//! it, in `decide`.

mod ask;
mod branch;
mod branches;
mod compile;
mod deadline;
mod end;
mod kind;
mod kinds;
mod message;
mod page;
mod question;
mod send;
mod set;
mod syntax;
mod task;
mod until;
mod wait;
mod way_out;

pub use branches::{Branches, Case};
pub(super) use compile::compile;
pub use deadline::Deadline;
pub use kind::{Begin, Step, StepKind, WaitsFor};
pub use message::{After, Except, Handlers, Message, Via};
pub use page::Page;
pub use question::{Question, Reply, Team};
pub use until::{Awaited, Until};
pub use way_out::WayOut;
