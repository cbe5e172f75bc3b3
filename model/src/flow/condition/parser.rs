//! Owns the grammar of conditions, from the loosest to the tightest: `||`, `&&`, `!`, a comparison or
//! parentheses. Refuses comparisons that could never be known, and conditions that nobody could
//! read.

use std::sync::Arc;

use super::compared::{Side, comparable};
use super::comparison::{Compare, Comparison, Test};
use super::expression::Expression;
use super::hint;
use super::kind::Kind;
use super::lexer::{At, Token, tokens};
use super::operand::Operand;
use crate::calendar::Calendar;
use crate::fact_type::FactType;
use crate::flow::input::{FieldKind, Value};

/// Most comparisons in one condition.
const MAX_COMPARISONS: usize = 32;
/// Parentheses and `!` within each other.
const MAX_DEPTH: usize = 16;
/// Most values of a list behind `in`.
const MAX_LIST: usize = 200;

/// What a rule reads of an answer of people.
pub(in crate::flow) struct Answered {
    /// Where its value stands.
    pub place: usize,
    /// What it holds.
    pub kind: FieldKind,
    /// The words that it may be; empty: any.
    pub words: Box<[Box<str>]>,
}

/// What a flow has declared.
pub(in crate::flow) trait Declared {
    /// What stands before the name of a declared field: `data`.
    fn root(&self) -> &'static str {
        "data"
    }
    /// The index of a declared data field, and its kind. `None`: there is no such field.
    fn field(&mut self, name: &str) -> Option<(usize, FieldKind)>;
    /// The declared data field whose name is nearest to one that is none.
    fn near(&self, name: &str) -> Option<&str>;
    /// The index of a class table.
    fn class(&self, name: &str) -> Option<usize>;
    /// A declared type of fact.
    fn fact(&self, name: &str) -> Option<&FactType>;
    /// Whether every notification has a subject.
    fn has_subject(&self) -> bool;
    /// The calendar in which working days are counted.
    fn calendar(&self) -> Option<Arc<Calendar>>;
    /// What `task.<path>` reads of an answer of people.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    fn answered(&mut self, word: &str) -> Result<Answered, String>;
}

/// Reads a condition.
///
/// # Errors
/// A sentence that says what was expected, and where.
pub(super) fn parse(text: &str, declared: &mut dyn Declared) -> Result<Expression, String> {
    let mut parser = Parser::new(text, declared)?;
    let read = parser.any(0)?;
    match parser.peek() {
        None => Ok(read),
        Some(_) => Err(parser.unexpected("&& or || before another comparison")),
    }
}

/// Reads what names a text: a field, a fact, an answer, a class.
///
/// # Errors
/// A sentence that says what was expected, and where.
pub(in crate::flow) fn parse_text(
    text: &str,
    declared: &mut dyn Declared,
) -> Result<Operand, String> {
    let mut parser = Parser::new(text, declared)?;
    let side = parser.side()?;
    if parser.peek().is_some() {
        return Err(parser.unexpected("nothing more"));
    }
    side.is_value()?;
    if side.kind != Kind::Text {
        let (shown, kind) = (&side.shown, side.kind.shown());
        return Err(format!("{shown:?} is {kind}: expected a text"));
    }
    Ok(side.operand)
}

/// A value that stands alone, such as `today + 14 days`.
pub(in crate::flow) struct Valued {
    /// What is read.
    pub operand: Operand,
    /// What it is.
    pub kind: Kind,
    /// The words that it may be; empty: any.
    pub words: Box<[Box<str>]>,
}

/// Reads a value: one side of a comparison, without the other.
///
/// # Errors
/// A sentence that says what was expected, and where.
pub(in crate::flow) fn parse_value(
    text: &str,
    declared: &mut dyn Declared,
) -> Result<Valued, String> {
    let mut parser = Parser::new(text, declared)?;
    let side = parser.side()?;
    if parser.peek().is_some() {
        return Err(parser.unexpected("nothing more"));
    }
    side.is_value()?;
    Ok(Valued {
        operand: side.operand,
        kind: side.kind,
        words: side.words,
    })
}

/// Reads a day: one side of a comparison, without the other.
///
/// # Errors
/// A sentence that says what was expected, and where.
pub(super) fn parse_day(text: &str, declared: &mut dyn Declared) -> Result<Operand, String> {
    let mut parser = Parser::new(text, declared)?;
    let day = parser.day()?;
    match parser.peek() {
        None => Ok(day.operand),
        Some(_) => Err(parser.unexpected("nothing behind the day")),
    }
}

pub(super) struct Parser<'a> {
    tokens: Vec<At>,
    pub(super) at: usize,
    comparisons: usize,
    /// The column behind the text.
    end: usize,
    pub(super) declared: &'a mut dyn Declared,
}

impl<'a> Parser<'a> {
    /// Before the first token of a text.
    ///
    /// # Errors
    /// What stands there is no token.
    fn new(text: &str, declared: &'a mut dyn Declared) -> Result<Self, String> {
        Ok(Self {
            tokens: tokens(text)?,
            at: 0,
            comparisons: 0,
            end: text.chars().count() + 1,
            declared,
        })
    }
}

impl Parser<'_> {
    fn any(&mut self, depth: usize) -> Result<Expression, String> {
        let first = self.all(depth)?;
        self.joined(
            first,
            &Token::Or,
            |parser| parser.all(depth),
            Expression::Any,
        )
    }

    fn all(&mut self, depth: usize) -> Result<Expression, String> {
        let first = self.negated(depth)?;
        self.joined(
            first,
            &Token::And,
            |parser| parser.negated(depth),
            Expression::All,
        )
    }

    fn joined(
        &mut self,
        first: Expression,
        sign: &Token,
        mut next: impl FnMut(&mut Self) -> Result<Expression, String>,
        join: fn(Box<[Expression]>) -> Expression,
    ) -> Result<Expression, String> {
        let mut parts = vec![first];
        while self.take(sign) {
            parts.push(next(self)?);
        }
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        Ok(join(parts.into()))
    }

    fn negated(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > MAX_DEPTH {
            return Err(format!(
                "expected at most {MAX_DEPTH} parentheses and ! within each other"
            ));
        }
        if self.take(&Token::Not) {
            return Ok(Expression::Not(Box::new(self.negated(depth + 1)?)));
        }
        if self.take(&Token::Open) {
            let inner = self.any(depth + 1)?;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expression, String> {
        if self.takes_call("has") {
            let operand = self.side()?.operand;
            self.expect(&Token::Close)?;
            return self.one(operand, Test::Known);
        }
        if self.takes_call("between") {
            return self.between();
        }
        let left = self.side()?;
        left.is_value()?;
        match self.peek().cloned() {
            Some(Token::Compare(compare)) => {
                self.at += 1;
                let right = self.side()?;
                comparable(&left, &right)?;
                self.one(left.operand, Test::To(compare, right.operand))
            }
            Some(Token::Word(word)) if word == "in" => {
                self.at += 1;
                let values = self.list(&left)?;
                self.one(left.operand, Test::In(values))
            }
            Some(_) | None if left.kind == Kind::Truth => {
                let truth = Operand::Literal(Value::Boolean(true));
                self.one(left.operand, Test::To(Compare::Equal, truth))
            }
            Some(_) | None => Err(self.unexpected("==, !=, <, <=, >, >= or in")),
        }
    }

    /// `between(value, least, most)`: both ends belong to it.
    fn between(&mut self) -> Result<Expression, String> {
        let value = self.side()?;
        self.expect(&Token::Comma)?;
        let least = self.side()?;
        self.expect(&Token::Comma)?;
        let most = self.side()?;
        self.expect(&Token::Close)?;
        comparable(&value, &least)?;
        comparable(&value, &most)?;
        let from = Test::To(Compare::GreaterOrEqual, least.operand);
        let to = Test::To(Compare::LessOrEqual, most.operand);
        let both = [
            self.one(value.operand.clone(), from)?,
            self.one(value.operand, to)?,
        ];
        Ok(Expression::All(both.into()))
    }

    fn one(&mut self, left: Operand, test: Test) -> Result<Expression, String> {
        self.comparisons += 1;
        if self.comparisons > MAX_COMPARISONS {
            return Err(format!(
                "expected at most {MAX_COMPARISONS} comparisons in one condition"
            ));
        }
        Ok(Expression::One(Comparison { left, test }))
    }

    /// `['a', 'b']`
    fn list(&mut self, left: &Side) -> Result<Box<[Value]>, String> {
        self.expect(&Token::OpenList)?;
        let mut values = Vec::new();
        loop {
            let side = self.side()?;
            let Operand::Literal(value) = &side.operand else {
                return Err(format!(
                    "{} stands in a list: expected values such as 'text' or 12",
                    side.shown
                ));
            };
            comparable(left, &side)?;
            values.push(value.clone());
            if values.len() > MAX_LIST {
                return Err(format!(
                    "expected at most {MAX_LIST} values in a list; a class table holds more"
                ));
            }
            if !self.take(&Token::Comma) {
                break;
            }
        }
        self.expect(&Token::CloseList)?;
        Ok(values.into())
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    pub(super) fn take(&mut self, token: &Token) -> bool {
        let is_there = self.peek() == Some(token);
        self.at += usize::from(is_there);
        is_there
    }

    /// `name(`, which a class table of that name does not hide.
    pub(super) fn takes_call(&mut self, name: &str) -> bool {
        let is_name = matches!(self.peek(), Some(Token::Word(word)) if word == name);
        let opens = self.tokens.get(self.at + 1).map(|(token, _)| token) == Some(&Token::Open);
        let is_call = is_name && opens && self.declared.class(name).is_none();
        if is_call {
            self.at += 2;
        }
        is_call
    }

    pub(super) fn expect(&mut self, token: &Token) -> Result<(), String> {
        if self.take(token) {
            return Ok(());
        }
        Err(self.unexpected(&token.shown()))
    }

    pub(super) fn unexpected(&self, expected: &str) -> String {
        match self.tokens.get(self.at) {
            None => format!("column {}: it ends here: expected {expected}", self.end),
            Some((token, column)) => {
                let hint = hint::of(token);
                let shown = token.shown();
                format!("column {column}: {shown} stands here: expected {expected}{hint}")
            }
        }
    }
}
