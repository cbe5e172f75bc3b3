//! Owns the questions about what a comparison is made with: a day that is none, a field that would be
//! blank, a count of messages that always says the same. Refuses to forbid them to a flow that runs: the
//! engine takes such a condition as it stands.

use sluis_model::flow::{Asked, Comparison, FieldKind, Operand, Test, ToldBy, Value};
use sluis_model::{Contact, Flow};

use super::paths::Rule;
use super::report::Report;
use crate::config::flows::Found;

/// Reports a comparison that says the same whatever is known.
pub(super) fn check(
    found: &Found,
    flow: &Flow,
    rule: &Rule<'_>,
    comparison: &Comparison,
    report: &mut Report,
) {
    for (operand, text) in with_texts(comparison) {
        if is_date(flow, operand) && !is_day(text) {
            let message = format!(
                "'{text}' is no day: expected one such as '2026-12-01', for days are compared as YYYY-MM-DD"
            );
            report.mistake(found, &rule.path, &message);
        } else if let Some(name) = field(flow, operand).filter(|_| text.trim().is_empty()) {
            let message = format!(
                "{name} is never blank: a blank value counts as left out; expected has({name}) or !has({name})"
            );
            report.mistake(found, &rule.path, &message);
        }
    }
    if let Some(answer) = always(comparison) {
        let most = Contact::MOST;
        let message = format!(
            "this is always {answer}: at most {most} messages to a tenant are remembered; expected a number that a count can be on both sides of"
        );
        report.mistake(found, &rule.path, &message);
    }
}

/// What is compared with which texts that the rule names.
fn with_texts(comparison: &Comparison) -> Vec<(&Operand, &str)> {
    let left = &comparison.left;
    match (left, &comparison.test) {
        (Operand::Literal(value), Test::To(_, other))
        | (other, Test::To(_, Operand::Literal(value))) => {
            text(value).map(|text| (other, text)).into_iter().collect()
        }
        (_, Test::In(values)) => values
            .iter()
            .filter_map(text)
            .map(|text| (left, text))
            .collect(),
        (_, Test::To(..) | Test::Known) => Vec::new(),
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Missing | Value::Integer(_) | Value::Boolean(_) => None,
    }
}

/// Whether it is a field of the data that holds a day. Days that are computed, and those of facts, are
/// looked at where conditions are read.
fn is_date(flow: &Flow, operand: &Operand) -> bool {
    let Operand::Field(index) = operand else {
        return false;
    };
    let name = &flow.fields[*index];
    let declared = flow.input.iter().find(|field| field.name == *name);
    declared.is_some_and(|field| field.kind == FieldKind::Date)
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// The name of a field that somebody fills in.
fn field(flow: &Flow, operand: &Operand) -> Option<String> {
    match operand {
        Operand::Field(index) => Some(format!("data.{}", flow.fields[*index])),
        Operand::Told(told) => of_fact(told),
        Operand::Answered(index) => flow.fields.get(*index).map(ToString::to_string),
        Operand::Literal(_)
        | Operand::Class(..)
        | Operand::Balance
        | Operand::SubjectOpenAmount
        | Operand::NotificationEnvironment
        | Operand::EngineEnvironment
        | Operand::Category
        | Operand::AcceptedAt
        | Operand::Today
        | Operand::Now
        | Operand::Shifted(_)
        | Operand::DaysBetween(_)
        | Operand::Follows
        | Operand::Round
        | Operand::Person(_)
        | Operand::Contacted(_) => None,
    }
}

fn of_fact(told: &ToldBy) -> Option<String> {
    match &told.what {
        Asked::Field(field) => Some(format!("facts.{}.{field}", told.kind)),
        Asked::Whether | Asked::At => None,
    }
}

/// What a count of messages always says, if it does.
fn always(comparison: &Comparison) -> Option<bool> {
    let Operand::Contacted(_) = &comparison.left else {
        return None;
    };
    let most = i64::try_from(Contact::MOST).unwrap_or(i64::MAX);
    let says = |count: i64| match &comparison.test {
        Test::To(compare, Operand::Literal(Value::Integer(number))) => {
            Some(compare.holds(&count, number))
        }
        Test::To(..) | Test::In(_) | Test::Known => None,
    };
    let first = says(0)?;
    (1..=most)
        .all(|count| says(count) == Some(first))
        .then_some(first)
}
