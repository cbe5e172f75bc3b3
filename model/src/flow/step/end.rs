//! Owns the step that ends the flow: `end = "welcomed"`. Several ways may lead to it, and it has a place
//! in drawings. Refuses to let time pass.

use std::sync::Arc;

use super::branches::Branches;
use super::kind::{Begin, StepKind, WaitsFor};
use super::message::Message;
use super::question::Question;
use super::syntax::{Syntax, Written};
use super::until::{Awaited, Until};
use super::way_out::WayOut;
use crate::flow::reader::Reader;
use crate::flow::rule::Go;
use crate::time::Timestamp;

pub(super) const SYNTAX: Syntax = Syntax {
    key: "end",
    compile,
};

/// Ends the flow.
#[derive(Debug)]
struct End {
    end: Go,
}

fn compile(reader: &mut Reader, written: &Written) -> Option<Arc<dyn StepKind>> {
    written.hears_nothing(reader);
    let path = format!("{}.end", written.path);
    let name: String = reader.read(&path, &written.body)?;
    let name = name.trim();
    if name.is_empty() {
        reader.problem(path, "expected the name of the end, such as \"welcomed\"");
        return None;
    }
    let end = Go::End(name.into());
    Some(Arc::new(End { end }))
}

impl StepKind for End {
    fn enter(&self, _: Timestamp) -> Begin<'_> {
        Begin::GoOn(&self.end)
    }

    fn waited(&self) -> Option<&Go> {
        None
    }

    fn until(&self) -> Option<&Until> {
        None
    }

    fn awaited(&self) -> Option<&Awaited> {
        None
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
        vec![WayOut::at_once("at once", &self.end)]
    }

    fn waits_for(&self) -> Option<WaitsFor<'_>> {
        None
    }
}
