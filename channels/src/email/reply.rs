//! Owns an answer of the relay, the stage of the dialogue that it belongs to, and how a dialogue
//! broke off: what a session hands to `classify`. Refuses to judge it.

use sluis_model::Why;

/// The stage of the dialogue that an answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The relay's first words.
    Greeting,
    /// `EHLO`, `STARTTLS`.
    Hello,
    /// `AUTH`.
    Auth,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Rcpt,
    /// `DATA`.
    Data,
    /// The message, after its final dot.
    Body,
}

/// An answer of the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What it answers.
    pub stage: Stage,
    /// The basic code.
    pub code: u16,
    /// The text, all lines.
    pub text: String,
}

/// How a step of the dialogue went wrong.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The relay answered no.
    Answer(Reply),
    /// The connection is gone and the message cannot have been taken.
    Lost(Why),
    /// The connection is gone, and the message may have been taken.
    Doubt(Why),
}
