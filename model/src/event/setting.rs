//! Owns what events tell of facts that flows set: what was set, by what, and why one was not. Refuses to set
//! any: `decide` does.

use bincode::{Decode, Encode};

use crate::fact::DeclaredFact;

/// A fact that a step of a flow told, with its source by name: whoever reads the record needs no flow.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FactSet {
    /// Index of the step.
    pub step: u8,
    /// The step, by its name.
    pub by: Box<str>,
    /// The name of the flow.
    pub flow: Box<str>,
    /// Its version.
    pub version: u32,
    /// The fact. Its id names the notification, the step and the record.
    pub fact: DeclaredFact,
}

/// Why a step told no fact.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum NotSet {
    /// These fields are not known, or hold nothing that the type takes.
    Unknown(Box<[Box<str>]>),
    /// The step told its fact with the same input already: facts that lead to each other in a circle end
    /// with people.
    Again,
    /// The input has set as many facts as one may.
    TooMany,
    /// The notification comes from another world than the engine's. A source is refused for that, too.
    OtherWorld,
}
