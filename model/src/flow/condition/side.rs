//! Owns the reading of one side of a comparison: a literal, what a path names, a class, a day or an
//! instant so much later. Refuses to compare.

use super::compared::Side;
use super::hint;
use super::kind::Kind;
use super::lexer::Token;
use super::operand::{Asked, Operand, Shifted, ToldBy};
use super::parser::Parser;
use super::person::Person;
use super::scope::ContactedBy;
use super::time::{self, MOST_SHIFTED, Shift, Unit};
use crate::fact::FactKind;
use crate::fact_type::{About, FactType};
use crate::flow::input::{FieldKind, Value};
use crate::history::Contact;
use crate::reading::nearest;
use crate::time::{DAY, HOUR, MINUTE};

/// How a unit is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    WorkingDays,
}

impl Parser<'_> {
    /// One side, with what is added to it.
    pub(super) fn side(&mut self) -> Result<Side, String> {
        let side = self.unshifted()?;
        match self.amount(&side)? {
            Some(amount) => self.later(side, amount),
            None => Ok(side),
        }
    }

    fn unshifted(&mut self) -> Result<Side, String> {
        let Some(token) = self.peek().cloned() else {
            return Err(self.unexpected("a value"));
        };
        let shown = token.shown();
        let literal = |value: Value| {
            let kind = Kind::of_value(&value);
            Side::new(Operand::Literal(value), kind, shown.clone())
        };
        let side = match token {
            Token::Text(text) => literal(Value::Text(text.into())),
            Token::Number(number) => literal(Value::Integer(number)),
            Token::Word(word) if word == "true" || word == "false" => {
                literal(Value::Boolean(word == "true"))
            }
            Token::Word(word) => {
                self.at += 1;
                return self.named(word);
            }
            Token::Compare(_)
            | Token::And
            | Token::Or
            | Token::Not
            | Token::Open
            | Token::Close
            | Token::OpenList
            | Token::CloseList
            | Token::Comma
            | Token::Plus
            | Token::Minus => return Err(self.unexpected("a value")),
        };
        self.at += 1;
        Ok(side)
    }

    /// What a word names, which has just been taken.
    fn named(&mut self, word: String) -> Result<Side, String> {
        if self.take(&Token::Open) {
            return self.called(word);
        }
        if let Some((operand, kind)) = Operand::by_path(&word) {
            return Ok(Side::new(operand, kind, word));
        }
        if let Some(path) = word.strip_prefix("facts.") {
            return self.fact(path);
        }
        if is_answered(&word) {
            return self.answered(&word);
        }
        // A selection of tenants has them among its fields.
        if let Some(name) = word.strip_prefix(Person::ROOT)
            && self.declared.root() == "data"
        {
            return person(name);
        }
        let (index, kind) = self.field(&word)?;
        Ok(Side::new(Operand::Field(index), Kind::of_field(kind), word))
    }

    /// `exception.kind`, `exception.told_at` or `exception`, behind `facts.`.
    fn fact(&self, path: &str) -> Result<Side, String> {
        let (name, field) = match path.split_once('.') {
            Some((name, field)) => (name, Some(field)),
            None => (path, None),
        };
        let Some(known) = self.declared.fact(name) else {
            return Err(no_fact(name));
        };
        if let Some(kind) = known.own_kind() {
            return Err(reckoned(kind));
        }
        if known.about == About::Subject && !self.declared.has_subject() {
            return Err(format!(
                "facts.{name} is told about a subject: expected `subject` to be declared at the top of the flow"
            ));
        }
        let (what, kind, words) = match field {
            None => (Asked::Whether, Kind::Fact, Box::default()),
            Some("told_at") => (Asked::At, Kind::Moment, Box::default()),
            Some(field) => {
                let declared = known.field(field).ok_or_else(|| no_field(known, field))?;
                let kind = Kind::of_field(declared.field.kind);
                (Asked::Field(field.into()), kind, declared.one_of.clone())
            }
        };
        let told = ToldBy {
            kind: name.into(),
            about: known.about,
            what,
        };
        Ok(Side {
            words,
            ..Side::new(Operand::Told(Box::new(told)), kind, format!("facts.{path}"))
        })
    }

    /// `task.call.pay_on`, or `ask.survey.score`.
    fn answered(&mut self, word: &str) -> Result<Side, String> {
        let read = self.declared.answered(word)?;
        let kind = Kind::of_field(read.kind);
        Ok(Side {
            words: read.words,
            ..Side::new(Operand::Answered(read.place), kind, word.to_owned())
        })
    }

    /// What stands behind `name(`.
    fn called(&mut self, name: String) -> Result<Side, String> {
        // A class table of the same name was there first.
        if self.declared.class(&name).is_none() && name == "days_between" {
            return self.days_between();
        }
        if self.declared.class(&name).is_none()
            && matches!(&*name, "contacted" | "contacted_about_subject")
        {
            return self.contacted(&name);
        }
        self.class_of(name)
    }

    /// `days_between(data.due_date, today)`, behind the opening parenthesis.
    fn days_between(&mut self) -> Result<Side, String> {
        let from = self.day()?;
        self.expect(&Token::Comma)?;
        let to = self.day()?;
        self.expect(&Token::Close)?;
        let shown = format!("days_between({}, {})", from.shown, to.shown);
        let days = Operand::DaysBetween(Box::new([from.operand, to.operand]));
        Ok(Side::new(days, Kind::Number, shown))
    }

    /// `contacted('collection', 7 days)`, behind the opening parenthesis.
    fn contacted(&mut self, name: &str) -> Result<Side, String> {
        let about_subject = name == "contacted_about_subject";
        if about_subject && !self.declared.has_subject() {
            return Err(format!(
                "{name} needs a subject: expected `subject` to be declared at the top of the flow"
            ));
        }
        let purpose = match self.peek().cloned() {
            Some(Token::Text(purpose)) => {
                self.at += 1;
                self.expect(&Token::Comma)?;
                Some(purpose.into())
            }
            Some(Token::Number(_)) => None,
            Some(_) | None => {
                return Err(self.unexpected("a purpose in quotes, or a time such as 7 days"));
            }
        };
        let (within_ms, within) = self.within()?;
        self.expect(&Token::Close)?;
        let by = ContactedBy {
            purpose,
            about_subject,
            within_ms,
            within: within.into(),
        };
        let shown = by.to_string();
        Ok(Side::new(
            Operand::Contacted(Box::new(by)),
            Kind::Number,
            shown,
        ))
    }

    /// `7 days`: in milliseconds, and as it is written.
    fn within(&mut self) -> Result<(i64, String), String> {
        let Some(Token::Number(number)) = self.peek().cloned() else {
            return Err(self.unexpected("a time such as 7 days"));
        };
        self.at += 1;
        let (unit, word) = match self.counted()? {
            Counted::Minutes => (MINUTE, "minute"),
            Counted::Hours => (HOUR, "hour"),
            Counted::Days => (DAY, "day"),
            Counted::Weeks => (7 * DAY, "week"),
            Counted::Months | Counted::WorkingDays => {
                return Err("messages are counted in minutes, hours, days or weeks".to_owned());
            }
        };
        let within = number.saturating_mul(unit);
        if !(1..=Contact::LONGEST_MS).contains(&within) {
            let most = Contact::LONGEST_MS / DAY;
            return Err(format!(
                "messages are counted over at most {most} days, and over some time"
            ));
        }
        let plural = if number == 1 { "" } else { "s" };
        Ok((within, format!("{number} {word}{plural}")))
    }

    /// A day.
    pub(super) fn day(&mut self) -> Result<Side, String> {
        let side = self.side()?;
        match (&side.operand, side.kind) {
            (_, Kind::Day) => Ok(side),
            (Operand::Literal(Value::Text(text)), _) if time::day(text).is_some() => Ok(side),
            (_, kind) => {
                let (shown, kind) = (&side.shown, kind.shown());
                Err(format!(
                    "{shown:?} is {kind}: expected a day, such as today, '2026-12-01' or a field of kind date"
                ))
            }
        }
    }

    /// `storno_class(data.reason_code)`, behind the opening parenthesis.
    fn class_of(&mut self, table: String) -> Result<Side, String> {
        let Some(index) = self.declared.class(&table) else {
            let hint = hint::of_call(&table);
            return Err(format!(
                "{table:?} is not a class table: declare it under [classes]{hint}"
            ));
        };
        let Some(Token::Word(argument)) = self.peek().cloned() else {
            return Err(self.unexpected("data.<field>"));
        };
        self.at += 1;
        let code = self.code(&argument)?;
        self.expect(&Token::Close)?;
        let shown = format!("{table}({argument})");
        Ok(Side::new(
            Operand::Class(index, Box::new(code)),
            Kind::Text,
            shown,
        ))
    }

    /// What a class table gives a class to.
    fn code(&mut self, argument: &str) -> Result<Operand, String> {
        if argument.starts_with("data.") {
            return Ok(Operand::Field(self.field(argument)?.0));
        }
        let told = argument.strip_prefix("facts.");
        let side = match told {
            Some(path) => Some(self.fact(path)?),
            None if is_answered(argument) => Some(self.answered(argument)?),
            None => None,
        };
        if let Some(side) = side.filter(|side| side.kind == Kind::Text) {
            return Ok(side.operand);
        }
        Err(format!(
            "{argument:?} cannot be classed: expected data.<field>, or a text of facts.<type>.<field>, task.<step>.<field> or ask.<step>.<field>"
        ))
    }

    fn field(&mut self, word: &str) -> Result<(usize, FieldKind), String> {
        let root = self.declared.root();
        let name = word.strip_prefix(root);
        let Some(name) = name.and_then(|name| name.strip_prefix('.')) else {
            return Err(no_value(word, root));
        };
        if let Some(known) = self.declared.field(name) {
            return Ok(known);
        }
        let hint = hint::of_word(word);
        let near = self.declared.near(name).filter(|_| hint.is_empty());
        let near = near.map_or_else(String::new, |near| format!(": did you mean {root}.{near}?"));
        Err(match root {
            "data" => format!("data.{name} is not declared under [input]{hint}{near}"),
            _ => format!("{root}.{name} is not known{hint}{near}"),
        })
    }

    /// The number behind `+` or `-`, if a unit follows it.
    fn amount(&mut self, side: &Side) -> Result<Option<i64>, String> {
        let sign = match self.peek() {
            Some(Token::Plus) => 1,
            Some(Token::Minus) => -1,
            // `today -3 days`: the sign was read with the number.
            Some(Token::Number(number)) if *number < 0 && is_of_time(side) => {
                let number = *number;
                self.at += 1;
                return Ok(Some(number));
            }
            Some(_) | None => return Ok(None),
        };
        self.at += 1;
        match self.peek() {
            Some(Token::Number(number)) if *number >= 0 => {
                let number = *number;
                self.at += 1;
                Ok(Some(sign * number))
            }
            Some(_) | None => Err(self.unexpected("a time such as 14 days")),
        }
    }

    /// A day or an instant, so much later.
    fn later(&mut self, side: Side, amount: i64) -> Result<Side, String> {
        if !is_of_time(&side) {
            let (shown, kind) = (&side.shown, side.kind.shown());
            return Err(format!(
                "{shown:?} is {kind}: expected a day or an instant before + and -, for nothing else is reckoned with"
            ));
        }
        let kind = if side.kind == Kind::Moment {
            Kind::Moment
        } else {
            Kind::Day
        };
        let counted = self.counted()?;
        let by = Shift {
            amount: within_bounds(amount)?,
            unit: self.unit(counted, kind, &side.shown)?,
        };
        let shown = format!("{} {by}", side.shown);
        let of = side.operand;
        let operand = Operand::Shifted(Box::new(Shifted { of, by }));
        Ok(Side::new(operand, kind, shown))
    }

    /// A unit: `days`, `working days`.
    fn counted(&mut self) -> Result<Counted, String> {
        let expected = "minutes, hours, days, working days, weeks or months";
        let counted = match self.word() {
            Some("minute" | "minutes") => Counted::Minutes,
            Some("hour" | "hours") => Counted::Hours,
            Some("day" | "days") => Counted::Days,
            Some("week" | "weeks") => Counted::Weeks,
            Some("month" | "months") => Counted::Months,
            Some("working") => {
                self.at += 1;
                match self.word() {
                    Some("day" | "days") => Counted::WorkingDays,
                    Some(_) | None => return Err(self.unexpected("days behind working")),
                }
            }
            Some(_) | None => return Err(self.unexpected(expected)),
        };
        self.at += 1;
        Ok(counted)
    }

    fn word(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) => Some(word),
            Some(_) | None => None,
        }
    }

    fn unit(&self, counted: Counted, kind: Kind, shown: &str) -> Result<Unit, String> {
        let is_instant = kind == Kind::Moment;
        match (counted, is_instant) {
            (Counted::Days, _) => Ok(Unit::Days),
            (Counted::Weeks, _) => Ok(Unit::Weeks),
            (Counted::Minutes, true) => Ok(Unit::Minutes),
            (Counted::Hours, true) => Ok(Unit::Hours),
            (Counted::Minutes | Counted::Hours, false) => Err(format!(
                "{shown:?} is a day, which has no hours: expected days, working days, weeks or months; the instant is now"
            )),
            (Counted::Months, false) => Ok(Unit::Months),
            (Counted::Months | Counted::WorkingDays, true) => Err(format!(
                "{shown:?} is an instant: expected minutes, hours, days or weeks; the day is today"
            )),
            (Counted::WorkingDays, false) => {
                let calendar = self.declared.calendar().map(Unit::WorkingDays);
                calendar.ok_or_else(|| {
                    "working days need a calendar: expected one at the top of the flow, such as calendar = \"nl\"".to_owned()
                })
            }
        }
    }
}

/// `reached_by_email`, behind `tenant.`.
fn person(name: &str) -> Result<Side, String> {
    let found = Person::all().find(|(known, _)| known == name);
    let Some((_, person)) = found else {
        let names: Vec<String> = Person::all().map(|(known, _)| known).collect();
        let near = nearest(name, names.iter().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("; did you mean tenant.{near}?"));
        let names = names.join(", ");
        return Err(format!(
            "tenant.{name} is not known: expected tenant. with one of {names}{near}"
        ));
    };
    Ok(Side {
        words: person.words(),
        ..Side::new(
            Operand::Person(person),
            Kind::of_field(person.kind()),
            person.to_string(),
        )
    })
}

/// Whether time can be added to it.
fn is_of_time(side: &Side) -> bool {
    match (&side.operand, side.kind) {
        (_, Kind::Day | Kind::Moment) => true,
        (Operand::Literal(Value::Text(text)), _) => time::day(text).is_some(),
        (_, Kind::Text | Kind::Number | Kind::Truth | Kind::Fact) => false,
    }
}

fn within_bounds(amount: i64) -> Result<i32, String> {
    let fits = amount.abs() <= MOST_SHIFTED;
    let amount = i32::try_from(amount).ok().filter(|_| fits);
    amount.ok_or_else(|| format!("expected at most {MOST_SHIFTED} of a unit"))
}

/// What the engine reckons with, by names that rules read otherwise.
const RECKONED: [&str; 2] = ["balance_cents", "open_amount_cents"];

fn no_fact(name: &str) -> String {
    let near = nearest(name, FactType::BUILT_IN.into_iter().chain(RECKONED));
    let hint = match near.filter(|near| RECKONED.contains(near)).unwrap_or(name) {
        "balance_cents" | "saldo" => "; what the tenant owes is facts.balance_cents".to_owned(),
        "open_amount_cents" => {
            "; what is open on the subject is subject.open_amount_cents".to_owned()
        }
        _ => near.map_or_else(String::new, |near| format!("; did you mean {near:?}?")),
    };
    format!(
        "{name:?} is no type of fact: expected a file facts/{name}.toml beside the flow, or one that is built in{hint}"
    )
}

/// What the engine reckons with by rules of its own is read by a path of its own.
fn reckoned(kind: FactKind) -> String {
    let path = match kind {
        FactKind::Payment | FactKind::OpenAmount => "subject.open_amount_cents",
        FactKind::Balance | FactKind::Exception | FactKind::Appointment => "facts.balance_cents",
    };
    let name = kind.name();
    format!("facts.{name} is reckoned with by the engine: expected {path}, which counts it")
}

fn no_field(known: &FactType, field: &str) -> String {
    let fields: Vec<&str> = known.field_names().chain(["told_at"]).collect();
    let near =
        nearest(field, fields.iter().copied()).map(|near| format!("; did you mean {near:?}?"));
    let (name, near) = (&known.name, near.unwrap_or_default());
    let fields = fields.join(", ");
    format!("facts.{name} has no field {field:?}: expected one of {fields}{near}")
}

fn no_value(word: &str, root: &str) -> String {
    let paths = Operand::paths();
    let hint = hint::of_word(word);
    if root != "data" {
        return format!(
            "{word:?} is not a value: expected 'text', a whole number, true, false, {root}.<field>, facts.<type>.<field>, facts.balance_cents, contacted(7 days), today or now{hint}"
        );
    }
    format!(
        "{word:?} is not a value: expected 'text', a whole number, true, false, data.<field>, <class>(data.<field>), facts.<type>.<field>, task.<step>.<field>, {paths}{hint}"
    )
}

/// Whether it names what was answered to a step.
fn is_answered(word: &str) -> bool {
    word.starts_with("task.") || word.starts_with("ask.")
}
