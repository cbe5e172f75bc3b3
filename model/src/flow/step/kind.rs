//! Owns what every kind of step says of itself. Refuses to know the kinds: whoever walks, checks or
//! explains a flow asks these questions and never which kind it has before it.

use std::fmt;
use std::sync::Arc;

use super::branches::Branches;
use super::message::{Handlers, Message};
use super::question::Question;
use super::until::{Awaited, Until};
use super::way_out::WayOut;
use crate::flow::rule::Go;
use crate::flow::setting::Setting;
use crate::time::Timestamp;

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name, quoted in explanations.
    pub id: Box<str>,
    /// What it does.
    pub kind: Arc<dyn StepKind>,
}

impl Step {
    /// What it listens to once its message is on its way; nothing when it sends none.
    #[must_use]
    pub fn on(&self) -> &Handlers {
        static NOTHING: Handlers = Handlers::NOTHING;
        self.kind.message().map_or(&NOTHING, |message| &message.on)
    }

    /// The fact that it tells, if it tells one.
    #[must_use]
    pub fn sets(&self) -> Option<&Setting> {
        if let Begin::Set(setting) = self.kind.enter(Timestamp(0)) {
            Some(setting)
        } else {
            None
        }
    }
}

/// A kind of step. No method has a default, so that a new kind answers each question.
pub trait StepKind: fmt::Debug + Send + Sync {
    /// What begins when the step is entered at `now`.
    fn enter(&self, now: Timestamp) -> Begin<'_>;

    /// Where it leads when the instant of its [`Begin::Wait`] has come. `None`: it waits for none.
    fn waited(&self) -> Option<&Go>;

    /// The day until which it waits, if it waits for one.
    fn until(&self) -> Option<&Until>;

    /// What ends its wait before its time, if something does.
    fn awaited(&self) -> Option<&Awaited>;

    /// The message it sends, if it sends one.
    fn message(&self) -> Option<&Message>;

    /// What it asks people, if it asks them.
    fn question(&self) -> Option<&Question>;

    /// Where it leads by what is known now, if it chooses.
    fn branches(&self) -> Option<&Branches>;

    /// Every way out that its part of the file names. Of a step that sends, the engine knows some
    /// more: without a handler, the flow ends.
    fn ways_out(&self) -> Vec<WayOut<'_>>;

    /// What a notification waits for here once the step has begun and nothing else keeps it. `None`: it
    /// never waits for anything but people.
    fn waits_for(&self) -> Option<WaitsFor<'_>>;
}

/// What begins with a step. `decide` does each of these, and makes the events of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin<'a> {
    /// Its message wants a permit.
    Send,
    /// It waits until this instant, then goes to [`StepKind::waited`].
    Wait(Timestamp),
    /// It waits until a day, then goes to [`StepKind::waited`].
    WaitUntil(&'a Until),
    /// It goes on at once, and what led to it is why.
    GoOn(&'a Go),
    /// People are asked.
    Ask(&'a Question),
    /// The first case that is true leads on, see [`StepKind::branches`].
    Choose,
    /// A fact is told.
    Set(&'a Setting),
}

/// What a notification waits for at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor<'a> {
    /// A trusted sign of life; without one it goes there.
    Answer(&'a Go),
    /// A receipt; if nothing comes back it goes there.
    NoBounce(&'a Go),
    /// A receipt.
    Receipt,
    /// The tenant's answer to what the step asks him.
    Reply {
        /// What it asks.
        asks: &'a str,
        /// Whether a machine answers for him.
        by_machine: bool,
        /// Where it goes without an answer.
        without: Option<&'a Go>,
    },
    /// The end of its wait.
    Wait {
        /// The day of it; none: a length of time.
        until: Option<&'a Until>,
        /// Where it goes then.
        then: &'a Go,
        /// What ends it before its time.
        awaited: Option<&'a Awaited>,
    },
}
