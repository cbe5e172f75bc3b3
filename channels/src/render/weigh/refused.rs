//! Owns what a template is refused for, and in which line.

use minijinja::machinery::Span;
use minijinja::machinery::ast::Stmt;

/// What is wrong, and in which line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooHeavy {
    /// From 1.
    pub(crate) line: usize,
    /// For whoever wrote the template.
    pub(crate) why: String,
}

/// Refuses it, for this part.
pub(super) fn heavy<T>(span: Span, why: impl Into<String>) -> Result<T, TooHeavy> {
    Err(TooHeavy {
        line: span.start_line as usize,
        why: why.into(),
    })
}

/// Refuses what templates may not do, with what to do instead.
pub(super) fn not_offered(statement: &Stmt<'_>) -> Result<(), TooHeavy> {
    let catches = "a block that catches its output is not offered: set a value";
    let filters = "a filter around a block is not offered: use it on a value";
    let blocks = "blocks of inheritance are not offered: include a file";
    let inherits = "inheritance is not offered: include a file";
    let imports = "imports are not offered: include a file";
    match statement {
        Stmt::SetBlock(found) => heavy(found.span(), catches),
        Stmt::FilterBlock(found) => heavy(found.span(), filters),
        Stmt::Macro(found) => heavy(found.span(), "macros are not offered"),
        Stmt::CallBlock(found) => heavy(found.span(), "macros are not offered"),
        Stmt::Do(found) => heavy(found.span(), "do is not offered"),
        Stmt::Block(found) => heavy(found.span(), blocks),
        Stmt::Extends(found) => heavy(found.span(), inherits),
        Stmt::Import(found) => heavy(found.span(), imports),
        Stmt::FromImport(found) => heavy(found.span(), imports),
        Stmt::Template(_)
        | Stmt::EmitExpr(_)
        | Stmt::EmitRaw(_)
        | Stmt::ForLoop(_)
        | Stmt::IfCond(_)
        | Stmt::WithBlock(_)
        | Stmt::Set(_)
        | Stmt::AutoEscape(_)
        | Stmt::Include(_) => Ok(()),
    }
}
