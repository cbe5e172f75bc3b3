//! Owns the step that waits: `wait = { for = "48h", then = "sms" }`, or for `2 working days`. Refuses to listen meanwhile.

use std::sync::Arc;

use serde::Deserialize;

use super::branches::Branches;
use super::kind::{Begin, Names, StepKind};
use super::message::Message;
use super::question::Question;
use super::syntax::{Syntax, Written};
use super::way_out::WayOut;
use crate::flow::duration::Span;
use crate::flow::reader::Reader;
use crate::flow::rule::Go;
use crate::time::Timestamp;

pub(super) const SYNTAX: Syntax = Syntax {
    key: "wait",
    compile,
};

/// Waits for a time, then goes on.
#[derive(Debug)]
struct Wait {
    /// How long.
    span: Span,
    /// Where to.
    then: Go,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { for = \"48h\", then = \"sms\" }"
)]
struct Source {
    #[serde(rename = "for")]
    duration: String,
    then: String,
}

fn compile(reader: &mut Reader, written: &Written) -> Option<Arc<dyn StepKind>> {
    written.hears_nothing(reader);
    let path = format!("{}.wait", written.path);
    let source: Source = reader.read(&path, &written.body)?;
    let span = reader.span(&format!("{path}.for"), &source.duration);
    let then = reader.go(&format!("{path}.then"), &source.then)?;
    Some(Arc::new(Wait { span, then }))
}

impl StepKind for Wait {
    fn enter(&self, now: Timestamp) -> Begin<'_> {
        Begin::Wait(self.span.after(now))
    }

    fn waited(&self) -> Option<&Go> {
        Some(&self.then)
    }

    fn message(&self) -> Option<&Message> {
        None
    }

    fn question(&self) -> Option<&Question> {
        None
    }

    fn branches(&self) -> Option<&Branches> {
        None
    }

    fn ways_out(&self) -> Vec<WayOut<'_>> {
        let when = format!("after {}", self.span);
        vec![WayOut {
            at_once: self.span.is_nothing(),
            ..WayOut::later(when, &self.then)
        }]
    }

    fn waits_for(&self, names: &dyn Names) -> Option<String> {
        let (step, then) = (names.step(), names.go(&self.then));
        Some(format!("the wait of {step} ends, and it goes {then}"))
    }
}
