//! Owns the step that chooses: `branch.cases = [{ when = "data.urgent", go = "sms" }]` with
//! `branch.otherwise = "mail"`. Refuses to pass a case that cannot be judged: unknown is never false.

use std::sync::Arc;

use serde::Deserialize;

use super::branches::{Branches, Case};
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
    key: "branch",
    compile,
};

/// Most cases of one step.
const MAX_CASES: usize = 16;

/// Goes to the first case that is true. No time passes in it.
#[derive(Debug)]
struct Branch {
    branches: Branches,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { cases = [{ when = \"data.urgent\", go = \"sms\" }], otherwise = \"mail\" }"
)]
struct Source {
    cases: Vec<CaseSource>,
    otherwise: String,
    unknown: Option<String>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { when = \"data.urgent\", go = \"sms\" }"
)]
struct CaseSource {
    when: String,
    fresh_within: Option<String>,
    go: String,
}

fn compile(reader: &mut Reader, written: &Written) -> Option<Arc<dyn StepKind>> {
    written.hears_nothing(reader);
    let path = format!("{}.branch", written.path);
    let source: Source = reader.read(&path, &written.body)?;
    let count = source.cases.len();
    if !(1..=MAX_CASES).contains(&count) {
        let message = format!("{count} cases: expected 1 to {MAX_CASES}");
        reader.problem(format!("{path}.cases"), message);
    }
    let cases = source.cases.iter().enumerate();
    let cases: Vec<_> = cases
        .map(|(number, source)| case(reader, &format!("{path}.cases[{number}]"), source))
        .collect();
    let otherwise = reader.go(&format!("{path}.otherwise"), &source.otherwise);
    let unknown = source.unknown.as_deref();
    let unknown = unknown.map(|text| reader.go(&format!("{path}.unknown"), text));
    let unknown = match unknown {
        Some(go) => Some(go?),
        None => None,
    };
    let branches = Branches {
        cases: cases.into_iter().collect::<Option<_>>()?,
        otherwise: otherwise?,
        unknown,
    };
    Some(Arc::new(Branch { branches }))
}

fn case(reader: &mut Reader, path: &str, source: &CaseSource) -> Option<Case> {
    let when = reader.condition(&format!("{path}.when"), &source.when);
    let fresh_within = source.fresh_within.as_deref();
    let fresh_within_ms =
        fresh_within.map(|text| reader.duration(&format!("{path}.fresh_within"), text));
    let go = reader.go(&format!("{path}.go"), &source.go);
    Some(Case {
        when: when?,
        fresh_within_ms,
        go: go?,
    })
}

impl StepKind for Branch {
    fn enter(&self, _: Timestamp) -> Begin<'_> {
        Begin::Choose
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
        Some(&self.branches)
    }

    fn ways_out(&self) -> Vec<WayOut<'_>> {
        let Branches {
            cases,
            otherwise,
            unknown,
        } = &self.branches;
        let cases = cases
            .iter()
            .map(|case| WayOut::at_once(format!("when {}", case.when.text), &case.go));
        let unknown = unknown.iter().map(|go| WayOut::at_once("unknown", go));
        let otherwise = [WayOut::at_once("otherwise", otherwise)];
        cases.chain(otherwise).chain(unknown).collect()
    }

    fn waits_for(&self) -> Option<WaitsFor<'_>> {
        None
    }
}
