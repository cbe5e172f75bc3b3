//! Owns the questions about what rules can mean: classes that no table gives, bounds that exclude each
//! other, stop rules that no fact changes. Refuses to evaluate a rule.

use sluis_model::Flow;
use sluis_model::flow::{
    ClassTable, Compare, Comparison, Condition, Expression, Operand, Test, Value,
};
use sluis_model::reading::nearest;

use super::compared;
use super::paths::{Rule, awaited, cases, guards, stops};
use super::report::Report;
use crate::config::flows::Found;

/// Reports rules that cannot mean what they say.
pub(super) fn check(found: &Found, flow: &Flow, report: &mut Report) {
    let rules = guards(flow).chain(stops(flow)).chain(cases(flow));
    for rule in rules.chain(awaited(flow)) {
        for comparison in rule.when.says.comparisons() {
            classes(found, flow, &rule, comparison, report);
            compared::check(found, flow, &rule, comparison, report);
        }
        if excludes_itself(&rule.when.says) {
            let message = "its bounds exclude each other, so it never holds: expected a value that fits all of them";
            report.mistake(found, &rule.path, message);
        }
    }
    for rule in stops(flow).filter(|rule| !reads_facts(rule.when)) {
        let message = "no fact changes what it reads: expected facts., subject. or the like; what is known from the start is a guard";
        report.mistake(found, &rule.path, message);
    }
    for rule in awaited(flow).filter(|rule| !reads_facts(rule.when)) {
        let message = "no fact changes what it reads, so it is true from the start or never: expected facts., subject. or the like";
        report.mistake(found, &rule.path, message);
    }
}

/// Reports a class that the table gives to no code.
fn classes(
    found: &Found,
    flow: &Flow,
    rule: &Rule<'_>,
    comparison: &Comparison,
    report: &mut Report,
) {
    let (table, asked) = match (&comparison.left, &comparison.test) {
        (Operand::Class(table, _), Test::To(_, Operand::Literal(value))) => (table, vec![value]),
        (Operand::Literal(value), Test::To(_, Operand::Class(table, _))) => (table, vec![value]),
        (Operand::Class(table, _), Test::In(values)) => (table, values.iter().collect()),
        (_, Test::To(..) | Test::In(_) | Test::Known) => return,
    };
    let Some(table) = flow.classes.get(*table) else {
        return;
    };
    let known = given_by(table);
    for value in asked {
        let Value::Text(class) = value else {
            continue;
        };
        if known.contains(&&**class) {
            continue;
        }
        let hint = match nearest(class, known.iter().copied()) {
            Some(near) => format!(": did you mean '{near}'?"),
            None => String::new(),
        };
        let (name, list) = (&table.name, known.join(", "));
        let message =
            format!("{name} gives the class '{class}' to no code: expected one of {list}{hint}");
        report.mistake(found, &rule.path, &message);
    }
}

/// The classes that a table gives.
fn given_by(table: &ClassTable) -> Vec<&str> {
    let mut classes: Vec<&str> = table.codes.values().map(|class| &**class).collect();
    classes.push(&table.default);
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// Whether facts may change what a condition says. What is known from the start stays as it is.
fn reads_facts(condition: &Condition) -> bool {
    let comparisons = condition.says.comparisons().into_iter();
    let mut changing = comparisons.filter(|comparison| {
        let right = match &comparison.test {
            Test::To(_, right) => right.changes(),
            Test::In(_) | Test::Known => false,
        };
        right || comparison.left.changes()
    });
    changing.next().is_some()
}

/// Whether a value would have to be above one bound and below another at once.
fn excludes_itself(says: &Expression) -> bool {
    let parts = match says {
        Expression::All(parts) => parts,
        Expression::Any(parts) => return parts.iter().all(excludes_itself),
        Expression::One(_) | Expression::Not(_) => return false,
    };
    let mut bounds: Vec<(&Operand, i64, i64)> = Vec::new();
    for (operand, least, most) in parts.iter().flat_map(bounds_of) {
        match bounds.iter_mut().find(|(known, ..)| *known == operand) {
            Some((_, low, high)) => {
                *low = least.max(*low);
                *high = most.min(*high);
            }
            None => bounds.push((operand, least, most)),
        }
    }
    bounds.iter().any(|(_, least, most)| least > most) || parts.iter().any(excludes_itself)
}

/// What comparisons with whole numbers say of a value: at least, at most.
fn bounds_of(says: &Expression) -> Vec<(&Operand, i64, i64)> {
    let comparison = match says {
        Expression::One(comparison) => comparison,
        Expression::All(parts) => return parts.iter().flat_map(bounds_of).collect(),
        Expression::Any(_) | Expression::Not(_) => return Vec::new(),
    };
    let Test::To(compare, Operand::Literal(Value::Integer(number))) = &comparison.test else {
        return Vec::new();
    };
    let (least, most) = match compare {
        Compare::Equal => (*number, *number),
        Compare::NotEqual => return Vec::new(),
        Compare::Less => (i64::MIN, number.saturating_sub(1)),
        Compare::LessOrEqual => (i64::MIN, *number),
        Compare::Greater => (number.saturating_add(1), i64::MAX),
        Compare::GreaterOrEqual => (*number, i64::MAX),
    };
    vec![(&comparison.left, least, most)]
}
