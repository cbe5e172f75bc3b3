//! Owns remarks about a list as a whole: lines and columns that were passed over, and what was put
//! right in many rows, counted. Refuses to grow with the list.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::intake::problem::{FieldProblem, ProblemCode};

/// Most remarks of each kind.
const MAX_NOTES: usize = 50;

/// Remarks, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(in crate::intake) struct Notes {
    list: Vec<FieldProblem>,
    /// Rows in which a field was put right, and the first of their lines.
    cleaned: BTreeMap<(Cow<'static, str>, &'static str), (u64, u64)>,
}

impl Notes {
    /// A column or key that nobody knows: once.
    pub(super) fn ignored(&mut self, path: &str) {
        let name: String = path.chars().take(64).collect();
        if self.list.len() < MAX_NOTES && !self.list.iter().any(|note| note.path == name) {
            let problem = FieldProblem::new(
                name,
                ProblemCode::Ignored,
                "a column or key that is known here",
            );
            self.list.push(problem.hint("nothing is done with it"));
        }
    }

    /// The file is in this encoding, and why that is known.
    pub(super) fn encoded(&mut self, encoding: &str, why: &str) {
        let problem = FieldProblem::new("file", ProblemCode::Cleaned, "UTF-8");
        let hint = format!("read as {encoding}, {why}");
        self.list.push(problem.value(encoding).hint(hint));
    }

    /// A line that is no row.
    pub(super) fn line(&mut self, line: u64, expected: &str, hint: &str) {
        if self.list.len() < MAX_NOTES {
            self.list.push(
                FieldProblem::new(format!("line {line}"), ProblemCode::Ignored, expected)
                    .hint(hint),
            );
        }
    }

    /// A remark that is made already.
    pub(in crate::intake) fn said(&mut self, note: FieldProblem) {
        self.list.push(note);
    }

    /// Something in the field `path` of the row at `line` was put right.
    pub(in crate::intake) fn cleaned(
        &mut self,
        line: u64,
        path: impl Into<Cow<'static, str>>,
        what: &'static str,
    ) {
        let key = (path.into(), what);
        if self.cleaned.len() < MAX_NOTES || self.cleaned.contains_key(&key) {
            self.cleaned.entry(key).or_insert((0, line)).0 += 1;
        }
    }

    /// All of them.
    pub(in crate::intake) fn all(&self) -> Vec<FieldProblem> {
        let cleaned = self.cleaned.iter().map(|((path, what), (rows, first))| {
            let problem = FieldProblem::new(path.as_ref(), ProblemCode::Cleaned, "the value alone");
            problem.hint(format!("{what}: in {rows} row(s), first on line {first}"))
        });
        self.list.iter().cloned().chain(cleaned).collect()
    }
}
