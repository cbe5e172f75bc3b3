//! Owns the look at a template before it is compiled: how long the texts can become that it puts
//! together. Each is made of leaves, of which none is longer than the data of a notification; a
//! template whose leaves are too many, or grow with every turn of a loop, is refused at load, with
//! its line. Refuses to run it, and what cannot be weighed: `*`, blocks that catch their output,
//! macros, inheritance.

mod refused;

use std::collections::{BTreeMap, HashMap};

use minijinja::machinery::ast::{
    BinOp, BinOpKind, Call, CallArg, Expr, Filter, ForLoop, IfExpr, Slice, Spanned, Stmt,
};
use minijinja::machinery::{Span, parse};

use self::refused::{heavy, not_offered};
use super::bounds::{FILTERS, LISTS, MAX_VALUE};

pub(super) use self::refused::TooHeavy;

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
        within: vec![name.to_owned()],
    };
    scale.statement(&template)
}

struct Scale<'a> {
    files: &'a BTreeMap<String, String>,
    /// Variables that were set, and how long they are at most.
    known: HashMap<String, u64>,
    parts: usize,
    /// The file, then the one it includes, and so on.
    within: Vec<String>,
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
            Stmt::ForLoop(each) => self.each(each),
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
            Stmt::SetBlock(_)
            | Stmt::FilterBlock(_)
            | Stmt::Macro(_)
            | Stmt::CallBlock(_)
            | Stmt::Do(_)
            | Stmt::Block(_)
            | Stmt::Extends(_)
            | Stmt::Import(_)
            | Stmt::FromImport(_) => not_offered(statement),
        }
    }

    /// A loop. Whatever its body sets must not grow with every turn: two turns show it.
    fn each(&mut self, each: &Spanned<ForLoop<'_>>) -> Result<(), TooHeavy> {
        if each.recursive {
            return heavy(each.span(), "a recursive loop is not offered");
        }
        let entry = self.weight(&each.iter)?;
        self.set(&each.target, entry)?;
        self.turn(&each.filter_expr, &each.body)?;
        let before = self.known.clone();
        self.turn(&each.filter_expr, &each.body)?;
        let grows = |(name, weight): &(&String, &u64)| before.get(*name) != Some(*weight);
        if let Some((name, _)) = self.known.iter().find(grows) {
            let why = format!("{name:?} grows with every turn of the loop");
            return heavy(each.span(), why);
        }
        self.all(&each.else_body)
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
        if self.within.iter().any(|file| file == name) {
            return heavy(span, format!("{name:?} includes itself"));
        }
        if self.within.len() > MAX_DEPTH {
            return heavy(
                span,
                format!("more than {MAX_DEPTH} files include each other"),
            );
        }
        let files = self.files;
        let Some(source) = files.get(name) else {
            return heavy(span, format!("there is no file templates/{name}"));
        };
        let Ok(template) = parse(source, name, Default::default()) else {
            return Ok(());
        };
        self.within.push(name.to_owned());
        let weighed = self.statement(&template);
        self.within.pop();
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
            Expr::Slice(slice) => self.slice(slice)?,
            Expr::UnaryOp(operation) => self.weight(&operation.expr)?,
            Expr::BinOp(operation) => self.both(operation)?,
            Expr::Compare(compare) => {
                let others = compare.ops.iter().map(|other| &other.expr);
                self.looked_at([&compare.expr].into_iter().chain(others))?
            }
            Expr::IfExpr(either) => self.either(either)?,
            Expr::Filter(filter) => self.filtered(filter)?,
            Expr::Test(test) => {
                let weight = self.looked_at([&test.expr])?;
                self.sum(&test.args)?;
                weight
            }
            Expr::GetAttr(attribute) => self.weight(&attribute.expr)?,
            Expr::GetItem(item) => {
                self.weight(&item.subscript_expr)?;
                self.weight(&item.expr)?
            }
            Expr::Call(call) => self.called(call)?,
            Expr::List(list) => self.together(&list.items)?,
            Expr::Tuple(tuple) => self.together(&tuple.items)?,
            Expr::Map(map) => self
                .together(&map.keys)?
                .saturating_add(self.together(&map.values)?),
        };
        if weight > MAX_TEXT {
            let why = format!("it can put together more than {} KiB", MAX_TEXT / 1024);
            return heavy(span, why);
        }
        Ok(weight)
    }

    /// Values that are compared, not printed.
    fn looked_at<'e, 's: 'e>(
        &mut self,
        values: impl IntoIterator<Item = &'e Expr<'s>>,
    ) -> Result<u64, TooHeavy> {
        values
            .into_iter()
            .try_for_each(|value| self.weight(value).map(drop))?;
        Ok(SMALL)
    }

    fn slice(&mut self, slice: &Slice<'_>) -> Result<u64, TooHeavy> {
        let ends = [&slice.start, &slice.stop, &slice.step];
        self.looked_at(ends.into_iter().flatten())?;
        self.weight(&slice.expr)
    }

    fn both(&mut self, operation: &Spanned<BinOp<'_>>) -> Result<u64, TooHeavy> {
        let left = self.weight(&operation.left)?;
        let right = self.weight(&operation.right)?;
        match operation.op {
            BinOpKind::Mul => heavy(operation.span(), "* is not offered: it repeats texts"),
            BinOpKind::Add | BinOpKind::Concat => Ok(left.saturating_add(right)),
            BinOpKind::ScAnd | BinOpKind::ScOr => Ok(left.max(right)),
            BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte
            | BinOpKind::Sub
            | BinOpKind::Div
            | BinOpKind::FloorDiv
            | BinOpKind::Rem
            | BinOpKind::Pow
            | BinOpKind::In => Ok(SMALL),
        }
    }

    fn either(&mut self, either: &IfExpr<'_>) -> Result<u64, TooHeavy> {
        self.weight(&either.test_expr)?;
        let otherwise = match &either.false_expr {
            Some(other) => self.weight(other)?,
            None => 0,
        };
        Ok(self.weight(&either.true_expr)?.max(otherwise))
    }

    fn filtered(&mut self, filter: &Spanned<Filter<'_>>) -> Result<u64, TooHeavy> {
        if !FILTERS.contains(&filter.name) {
            let why = format!(
                "the filter {:?} is not offered: expected one of {}",
                filter.name,
                FILTERS.join(", ")
            );
            return heavy(filter.span(), why);
        }
        self.looked_at(&filter.expr)?;
        self.sum(&filter.args)?;
        let list = LISTS.contains(&filter.name);
        Ok(if list { PRINTED_LIST } else { LEAF })
    }

    fn called(&mut self, call: &Spanned<Call<'_>>) -> Result<u64, TooHeavy> {
        let arguments = self.sum(&call.args)?;
        match &call.expr {
            Expr::Var(variable) if variable.id == "range" => Ok(PRINTED_LIST),
            other if is_of_loop(other) => Ok(arguments),
            _ => heavy(call.span(), "the only function that is offered is range"),
        }
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

/// Whether it belongs to the variable `loop`, such as `loop.cycle`.
fn is_of_loop(expression: &Expr<'_>) -> bool {
    let Expr::GetAttr(attribute) = expression else {
        return false;
    };
    matches!(&attribute.expr, Expr::Var(variable) if variable.id == "loop")
}
