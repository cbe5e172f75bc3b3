//! Owns rows of a JSON object each: `{tenant_id, name, email, email_confirmed_at?, mobile,
//! mobile_confirmed_at?, language, preferred_channel, contact_points?, preferences?}`. Keys nobody knows
//! are noted once. Refuses a row whose types are wrong: a program wrote it, and does not mean what
//! it says.

use std::borrow::Cow;

use sluis_model::PointSource;

use super::bounds::MAX_LINE;
use super::draft::Draft;
use super::notes::Notes;
use crate::intake::node::Node;
use crate::intake::points::{self, points};
use crate::intake::problem::{FieldProblem, ProblemCode};
use crate::intake::profile::preferences;
use crate::intake::reader::{Problems, Reader};

const KEYS: [&str; 11] = [
    "tenant_id",
    "name",
    "email",
    "email_confirmed_at",
    "mobile",
    "mobile_confirmed_at",
    "language",
    "preferred_channel",
    points::KEYS[0],
    points::KEYS[1],
    "preferences",
];

/// Rows, a line each.
#[derive(Debug)]
pub(super) struct NdjsonRows<'a> {
    lines: std::str::Split<'a, char>,
    line: u64,
}

impl<'a> NdjsonRows<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            lines: text.split('\n'),
            line: 0,
        }
    }

    /// The next row that is not blank.
    pub(super) fn next(
        &mut self,
        notes: &mut Notes,
    ) -> Option<(u64, Result<Draft<'static>, Vec<FieldProblem>>)> {
        loop {
            // One file behind another has its byte order mark in the middle.
            let text = self.lines.next()?.trim_start_matches('\u{feff}');
            self.line += 1;
            if text.len() > MAX_LINE {
                let problem = FieldProblem::new(
                    "row",
                    ProblemCode::TooLong,
                    format!("at most {MAX_LINE} bytes"),
                );
                return Some((self.line, Err(vec![problem])));
            }
            if !text.trim().is_empty() {
                return Some((self.line, draft(text, notes)));
            }
        }
    }
}

fn draft(text: &str, notes: &mut Notes) -> Result<Draft<'static>, Vec<FieldProblem>> {
    let node = Node::parse_text(text, "row").map_err(|problem| vec![problem])?;
    let mut problems = Problems::new();
    let Some(reader) = Reader::open(&node, "", &KEYS, &mut problems) else {
        return Err(problems);
    };
    let mut draft = Draft::default();
    texts(&reader, &mut draft, &mut problems);
    let read = points(&reader, PointSource::List, &mut problems);
    (draft.points, draft.cleaned) = (read.points, read.cleaned);
    draft.preferences = preferences(&reader, PointSource::List, &mut problems);
    for problem in problems {
        match problem.code {
            ProblemCode::UnknownKey if !problem.path.contains(['.', '[']) => {
                notes.ignored(&problem.path)
            }
            ProblemCode::BadAddress => draft.warnings.push(problem),
            ProblemCode::Twice if is_entry(&problem.path) => draft.warnings.push(problem),
            _ => draft.reasons.push(problem),
        }
    }
    Ok(draft)
}

/// Whether it is about one contact point: one that is there twice is taken once.
fn is_entry(path: &str) -> bool {
    let mut keys = points::KEYS.into_iter();
    keys.any(|key| {
        path.strip_prefix(key)
            .is_some_and(|rest| rest.starts_with('['))
    })
}

/// The keys that hold a text.
fn texts(reader: &Reader<'_>, draft: &mut Draft<'static>, problems: &mut Problems) {
    let [email, mobile, ..] = &mut draft.contacts;
    for (place, key) in [
        (&mut draft.tenant_id, "tenant_id"),
        (&mut draft.name, "name"),
        (&mut email.value, "email"),
        (&mut email.confirmed, "email_confirmed_at"),
        (&mut mobile.value, "mobile"),
        (&mut mobile.confirmed, "mobile_confirmed_at"),
        (&mut draft.language, "language"),
        (&mut draft.preferred, "preferred_channel"),
    ] {
        match reader.get(key) {
            None => {}
            Some(Node::Text(text)) => *place = Cow::Owned(text.clone().into_owned()),
            // What stands there may be an address: it is not repeated.
            Some(other) => {
                let problem = FieldProblem::new(key, ProblemCode::WrongType, "a text");
                problems.push(problem.hint(format!("this is {}", other.kind())));
            }
        }
    }
}
