//! Owns the look at a template before it is compiled: how long the texts can become that it puts
//! together. Each is made of leaves, of which none is longer than the data of a notification; a
//! template whose leaves are too many, or grow with every turn of a loop, is refused at load, with
//! its line. Refuses to run it, and what cannot be weighed: `*`, blocks that catch their output,
//! macros, inheritance.

use std::collections::{BTreeMap, HashMap};

use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Stmt};
use minijinja::machinery::{Span, parse};

use super::bounds::{FILTERS, LISTS, MAX_VALUE};

/// Longest text that a template may put together, in bytes.
const MAX_TEXT: u64 = 1024 * 1024;
/// A leaf: a field of the data, or what a filter made.
const LEAF: u64 = MAX_VALUE as u64;
/// A list of a filter, printed.
const PRINTED_LIST: u64 = 8 * LEAF;
/// What a number, a truth or a sign between two entries takes.
const SMALL: u64 = 64;
/// Most parts of a template that are looked at, with those of the files it includes.
const MAX_PARTS: usize = 100_000;
/// Most files that include each other.
const MAX_DEPTH: usize = 8;

/// What is wrong, and in which line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooHeavy {
    pub(super) line: usize,
    pub(super) why: String,
}

/// Weighs the file `name` of `files`. One that cannot be parsed weighs nothing: the compiler says
/// what is wrong with it.
pub(super) fn weigh(files: &BTreeMap<String, String>, name: &str) -> Result<(), TooHeavy> {
    let Some(source) = files.get(name) else {
        return Ok(());
    };
    let Ok(template) = parse(source, name, Default::default()) else {
        return Ok(());
    };
    let mut scale = Scale {
        files,
        known: HashMap::new(),
        parts: 0,
        depth: 0,
    };
    scale.statement(&template)
}

struct Scale<'a> {
    files: &'a BTreeMap<String, String>,
    /// Variables that were set, and how long they are at most.
    known: HashMap<String, u64>,
    parts: usize,
    depth: usize,
}

fn heavy<T>(span: Span, why: impl Into<String>) -> Result<T, TooHeavy> {
    Err(TooHeavy {
        line: span.start_line as usize,
        why: why.into(),
    })
}

impl Scale<'_> {
    fn count(&mut self, span: Span) -> Result<(), TooHeavy> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            heavy(span, "the template has too many parts")
        } else {
            Ok(())
        }
    }

    fn all(&mut self, statements: &[Stmt<'_>]) -> Result<(), TooHeavy> {
        statements
            .iter()
            .try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &Stmt<'_>) -> Result<(), TooHeavy> {
        match statement {
            Stmt::Template(template) => self.all(&template.children),
            Stmt::EmitRaw(raw) => self.count(raw.span()),
            Stmt::EmitExpr(emit) => self.weight(&emit.expr).map(drop),
            Stmt::ForLoop(each) => {
                if each.recursive {
                    return heavy(each.span(), "a recursive loop is not offered");
                }
                let entry = self.weight(&each.iter)?;
                self.set(&each.target, entry)?;
                self.turn(&each.filter_expr, &each.body)?;
                let before = self.known.clone();
                self.turn(&each.filter_expr, &each.body)?;
                if let Some((name, _)) = self
                    .known
                    .iter()
                    .find(|(name, weight)| before.get(*name) != Some(weight))
                {
                    return heavy(
                        each.span(),
                        format!("{name:?} grows with every turn of the loop"),
                    );
                }
                self.all(&each.else_body)
            }
            Stmt::IfCond(either) => {
                self.weight(&either.expr)?;
                self.all(&either.true_body)?;
                self.all(&either.false_body)
            }
            Stmt::WithBlock(with) => {
                for (target, value) in &with.assignments {
                    let weight = self.weight(value)?;
                    self.set(target, weight)?;
                }
                self.all(&with.body)
            }
            Stmt::Set(set) => {
                let weight = self.weight(&set.expr)?;
                self.set(&set.target, weight)
            }
            Stmt::AutoEscape(block) => {
                self.weight(&block.enabled)?;
                self.all(&block.body)
            }
            Stmt::Include(include) => self.include(include.span(), &include.name),
            Stmt::SetBlock(block) => heavy(
                block.span(),
                "a block that catches its output is not offered: set a value",
            ),
            Stmt::FilterBlock(block) => heavy(
                block.span(),
                "a filter around a block is not offered: use it on a value",
            ),
            Stmt::Macro(found) => heavy(found.span(), "macros are not offered"),
            Stmt::CallBlock(found) => heavy(found.span(), "macros are not offered"),
            Stmt::Do(found) => heavy(found.span(), "do is not offered"),
            Stmt::Block(found) => heavy(
                found.span(),
                "blocks of inheritance are not offered: include a file",
            ),
            Stmt::Extends(found) => {
                heavy(found.span(), "inheritance is not offered: include a file")
            }
            Stmt::Import(found) => heavy(found.span(), "imports are not offered: include a file"),
            Stmt::FromImport(found) => {
                heavy(found.span(), "imports are not offered: include a file")
            }
        }
    }

    fn turn(&mut self, filter: &Option<Expr<'_>>, body: &[Stmt<'_>]) -> Result<(), TooHeavy> {
        if let Some(filter) = filter {
            self.weight(filter)?;
        }
        self.all(body)
    }

    fn include(&mut self, span: Span, name: &Expr<'_>) -> Result<(), TooHeavy> {
        self.count(span)?;
        let Expr::Const(name) = name else {
            return heavy(span, "an included file is named by a text");
        };
        let Some(name) = name.value.as_str() else {
            return heavy(span, "an included file is named by a text");
        };
        if self.depth == MAX_DEPTH {
            return heavy(
                span,
                format!("more than {MAX_DEPTH} files include each other"),
            );
        }
        let files = self.files;
        let Some(source) = files.get(name) else {
            return heavy(span, format!("{name:?} is not among the templates"));
        };
        let Ok(template) = parse(source, name, Default::default()) else {
            return Ok(());
        };
        self.depth += 1;
        let weighed = self.statement(&template);
        self.depth -= 1;
        weighed
    }

    /// Remembers a variable by the longest that it was ever set to.
    fn set(&mut self, target: &Expr<'_>, weight: u64) -> Result<(), TooHeavy> {
        self.count(target.span())?;
        match target {
            Expr::Var(variable) => {
                let known = self.known.entry(variable.id.to_owned()).or_default();
                *known = (*known).max(weight);
                Ok(())
            }
            Expr::Tuple(targets) => targets
                .items
                .iter()
                .try_for_each(|target| self.set(target, weight)),
            Expr::List(targets) => targets
                .items
                .iter()
                .try_for_each(|target| self.set(target, weight)),
            other => heavy(other.span(), "only variables can be set"),
        }
    }

    /// How long the value can be, printed.
    fn weight(&mut self, expression: &Expr<'_>) -> Result<u64, TooHeavy> {
        let span = expression.span();
        self.count(span)?;
        let weight = match expression {
            Expr::Var(variable) => self.known.get(variable.id).copied().unwrap_or(LEAF),
            Expr::Const(constant) => constant
                .value
                .as_str()
                .map_or(SMALL, |text| text.len() as u64 + 2),
            Expr::Slice(slice) => {
                for part in [&slice.start, &slice.stop, &slice.step]
                    .into_iter()
                    .flatten()
                {
                    self.weight(part)?;
                }
                self.weight(&slice.expr)?
            }
            Expr::UnaryOp(operation) => self.weight(&operation.expr)?,
            Expr::BinOp(operation) => {
                let (left, right) = (
                    self.weight(&operation.left)?,
                    self.weight(&operation.right)?,
                );
                match operation.op {
                    BinOpKind::Mul => return heavy(span, "* is not offered: it repeats texts"),
                    BinOpKind::Add | BinOpKind::Concat => left.saturating_add(right),
                    BinOpKind::ScAnd | BinOpKind::ScOr => left.max(right),
                    _ => SMALL,
                }
            }
            Expr::Compare(compare) => {
                self.weight(&compare.expr)?;
                compare
                    .ops
                    .iter()
                    .try_for_each(|other| self.weight(&other.expr).map(drop))?;
                SMALL
            }
            Expr::IfExpr(either) => {
                self.weight(&either.test_expr)?;
                let otherwise = either
                    .false_expr
                    .as_ref()
                    .map_or(Ok(0), |other| self.weight(other))?;
                self.weight(&either.true_expr)?.max(otherwise)
            }
            Expr::Filter(filter) => {
                if !FILTERS.contains(&filter.name) {
                    return heavy(
                        span,
                        format!(
                            "the filter {:?} is not offered: expected one of {}",
                            filter.name,
                            FILTERS.join(", ")
                        ),
                    );
                }
                filter
                    .expr
                    .as_ref()
                    .map_or(Ok(0), |value| self.weight(value))?;
                self.sum(&filter.args)?;
                if LISTS.contains(&filter.name) {
                    PRINTED_LIST
                } else {
                    LEAF
                }
            }
            Expr::Test(test) => {
                self.weight(&test.expr)?;
                self.sum(&test.args)?;
                SMALL
            }
            Expr::GetAttr(attribute) => self.weight(&attribute.expr)?,
            Expr::GetItem(item) => {
                self.weight(&item.subscript_expr)?;
                self.weight(&item.expr)?
            }
            Expr::Call(call) => {
                let of_loop = |expression: &Expr<'_>| {
                    matches!(expression, Expr::GetAttr(attribute)
                    if matches!(&attribute.expr, Expr::Var(variable) if variable.id == "loop"))
                };
                let arguments = self.sum(&call.args)?;
                match &call.expr {
                    Expr::Var(variable) if variable.id == "range" => PRINTED_LIST,
                    other if of_loop(other) => arguments,
                    _ => return heavy(span, "the only function that is offered is range"),
                }
            }
            Expr::List(list) => self.together(&list.items)?,
            Expr::Tuple(tuple) => self.together(&tuple.items)?,
            Expr::Map(map) => self
                .together(&map.keys)?
                .saturating_add(self.together(&map.values)?),
        };
        if weight > MAX_TEXT {
            return heavy(
                span,
                format!("it can put together more than {} KiB", MAX_TEXT / 1024),
            );
        }
        Ok(weight)
    }

    fn together(&mut self, entries: &[Expr<'_>]) -> Result<u64, TooHeavy> {
        entries.iter().try_fold(SMALL, |sum: u64, entry| {
            Ok(sum
                .saturating_add(self.weight(entry)?)
                .saturating_add(SMALL))
        })
    }

    fn sum(&mut self, arguments: &[CallArg<'_>]) -> Result<u64, TooHeavy> {
        arguments.iter().try_fold(0, |sum: u64, argument| {
            let (CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value)) = argument;
            Ok(sum.saturating_add(self.weight(value)?))
        })
    }
}
