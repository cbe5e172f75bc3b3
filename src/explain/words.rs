//! Owns the small words of an explanation: instants, durations, masked addresses, conditions with
//! what they saw. Refuses to print an address whole, wherever it stands.

use std::borrow::Cow;

use sluis_model::flow::{Condition, Go, Guard, Names, Observed, Operand, Seen, Value};
use sluis_model::{Flow, SECOND, Timestamp};

/// Longest value that is quoted, in characters.
const MAX_QUOTED: usize = 80;

/// An instant in RFC 3339, UTC; `never` when it lies outside every calendar.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| "never".to_owned(), |at| at.to_string())
}

/// An address of which only enough is left to recognise it: `j***@example.nl`, `+316****1234`.
#[must_use]
pub fn mask(address: &str) -> String {
    if address == "null" || address.is_empty() {
        return address.to_owned();
    }
    let first = |text: &str, count: usize| text.chars().take(count).collect::<String>();
    if let Some((local, rest)) = address.rsplit_once('@') {
        return format!("{}***@{}", first(local.trim_start(), 1), domain(rest));
    }
    if is_number(address) {
        let length = address.chars().count();
        let last: String = address.chars().skip(length - 4).collect();
        return format!("{}****{last}", first(address, 4));
    }
    format!("{}***", first(address, 1))
}

/// The domain at the beginning. What stands after it may be a name, or another address.
fn domain(text: &str) -> String {
    let text = text.trim_end();
    let is_part = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let domain: String = text.chars().take(MAX_QUOTED).take_while(is_part).collect();
    if domain.len() < text.len() {
        domain + "***"
    } else {
        domain
    }
}

/// Whether it is as long as a phone number, and nothing else stands beside it.
fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 9 && digits * 2 > text.chars().count() && !text.contains(char::is_alphabetic)
}

/// A text as it may be shown that should be something else: one that looks like an address is
/// masked, since fields are easily swapped. An instant has a colon, a number to call has none.
#[must_use]
pub fn discreet(text: &str) -> Cow<'_, str> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if text.contains('@') || digits >= 9 && !text.contains(':') {
        Cow::Owned(mask(text))
    } else {
        Cow::Borrowed(text)
    }
}

/// Free text without addresses: words with an `@`, and words that are long numbers.
pub(super) fn scrub(text: &str) -> String {
    let number = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        digits >= 9
            && word
                .chars()
                .all(|c| c.is_ascii_digit() || "+-().,;:<>/".contains(c))
    };
    let words = text.split_whitespace().map(|word| {
        if word.contains('@') || number(word) {
            "(address)"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A duration in its largest whole unit.
pub(super) fn duration(millis: i64) -> String {
    let units = [
        (86_400 * SECOND, "day"),
        (3_600 * SECOND, "hour"),
        (60 * SECOND, "minute"),
        (SECOND, "second"),
    ];
    let fitting = units
        .into_iter()
        .find(|(unit, _)| millis >= *unit && millis % unit == 0);
    match fitting {
        Some((unit, name)) if millis / unit == 1 => format!("1 {name}"),
        Some((unit, name)) => format!("{} {name}s", millis / unit),
        None => format!("{millis} ms"),
    }
}

/// The name of the step with this index.
pub(super) fn step(flow: Option<&Flow>, index: u8) -> String {
    let known = flow.and_then(|flow| flow.step(index));
    known.map_or_else(
        || format!("step {}", index + 1),
        |step| format!("step '{}'", step.id),
    )
}

/// Where a rule leads, after "goes ".
pub(super) fn go(flow: &Flow, go: &Go) -> String {
    match go {
        Go::Step(index) => format!("on with {}", step(Some(flow), *index)),
        Go::End(end) => format!("to its end '{end}'"),
        Go::Human(list) => format!("to people, list '{list}'"),
    }
}

/// The names that a step's own explanation uses.
pub(super) struct AtStep<'a> {
    pub flow: &'a Flow,
    pub step: u8,
}

impl Names for AtStep<'_> {
    fn step(&self) -> String {
        step(Some(self.flow), self.step)
    }

    fn go(&self, to: &Go) -> String {
        go(self.flow, to)
    }
}

/// A value, cut to a readable length.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Text(text) if text.chars().count() > MAX_QUOTED => {
            format!("'{}…'", text.chars().take(MAX_QUOTED).collect::<String>())
        }
        other => other.to_string(),
    }
}

/// A value as JSON.
pub(super) fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Missing => serde_json::Value::Null,
        Value::Text(text) => text.chars().take(MAX_QUOTED).collect::<String>().into(),
        Value::Integer(number) => (*number).into(),
        Value::Boolean(truth) => (*truth).into(),
    }
}

/// What a condition saw: the values that are not in its own text, and the age of the oldest fact.
pub(super) fn seen(when: &Condition, seen: &Seen) -> String {
    let read: Vec<String> = looked_at(when, seen)
        .into_iter()
        .filter(|(operand, _)| !matches!(operand, Operand::Literal(_)))
        .map(|(_, v)| value(v))
        .collect();
    let values = if read.is_empty() {
        "nothing".to_owned()
    } else {
        read.join(" and ")
    };
    match seen.as_of() {
        Some(at) => format!("{values}, told {}", rfc3339(at)),
        None => values,
    }
}

/// The values that were seen, where the condition itself is not known any more.
pub(super) fn values(seen: &Seen) -> String {
    let sides = |one: &Observed| format!("{} and {}", value(&one.left), value(&one.right));
    let each: Vec<String> = seen.each().map(sides).collect();
    each.join("; ")
}

/// What a condition looked at, with what it saw there.
fn looked_at<'a>(when: &'a Condition, seen: &'a Seen) -> Vec<(&'a Operand, &'a Value)> {
    let each = when.says.comparisons().into_iter().zip(seen.each());
    each.flat_map(|(comparison, one)| comparison.looked_at(one))
        .collect()
}

/// What a guard that holds a message back waits for.
pub(super) fn wanting(flow: &Flow, guard: &Guard, saw: &Seen) -> String {
    let missing = missing(flow, guard, saw);
    if !missing.is_empty() {
        return format!("{} is not known", missing.join(" and "));
    }
    match (saw.as_of(), guard.fresh_within_ms) {
        (Some(at), Some(limit)) => {
            let facts = dated(flow, guard, saw).join(" and ");
            let (at, limit) = (rfc3339(at), duration(limit));
            format!("{facts} was told {at}, and may be at most {limit} old")
        }
        (None, _) | (_, None) => {
            let seen = seen(&guard.when, saw);
            format!("what it compares cannot be compared: {seen}")
        }
    }
}

/// What nothing is known of, each once.
fn missing(flow: &Flow, guard: &Guard, saw: &Seen) -> Vec<String> {
    let looked_at = looked_at(&guard.when, saw).into_iter();
    let unknown = looked_at.filter(|(_, v)| **v == Value::Missing);
    each_once(unknown.map(|(operand, _)| operand_name(flow, operand)))
}

/// What a fact tells, each once.
fn dated(flow: &Flow, guard: &Guard, saw: &Seen) -> Vec<String> {
    let told = |o: &&Operand| o.is_told();
    let looked_at = looked_at(&guard.when, saw).into_iter();
    let facts = looked_at.map(|(operand, _)| operand).filter(told);
    each_once(facts.map(|operand| operand_name(flow, operand)))
}

fn each_once(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut once = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

fn operand_name(flow: &Flow, operand: &Operand) -> String {
    let field = |index: &usize| {
        flow.fields
            .get(*index)
            .map_or_else(|| "data".to_owned(), |name| format!("data.{name}"))
    };
    match operand {
        Operand::Literal(literal) => value(literal),
        Operand::Field(index) => field(index),
        Operand::Answered(index) => {
            let name = flow.fields.get(*index);
            name.map_or_else(|| "task".to_owned(), ToString::to_string)
        }
        Operand::Class(table, code) => {
            let table = flow.classes.get(*table);
            let table = table.map_or("class", |table| &table.name);
            format!("{table}({})", operand_name(flow, code))
        }
        Operand::Told(told) => told.to_string(),
        Operand::Contacted(by) => by.to_string(),
        Operand::Balance => "facts.balance_cents".to_owned(),
        Operand::SubjectOpenAmount => "subject.open_amount_cents".to_owned(),
        Operand::NotificationEnvironment => "notification.environment".to_owned(),
        Operand::EngineEnvironment => "engine.environment".to_owned(),
        Operand::Category => "notification.category".to_owned(),
        Operand::AcceptedAt => "notification.accepted_at".to_owned(),
        Operand::Follows => "notification.follows".to_owned(),
        Operand::Round => "notification.round".to_owned(),
        Operand::Person(person) => person.to_string(),
        Operand::Today => "today".to_owned(),
        Operand::Now => "now".to_owned(),
        Operand::Shifted(shifted) => format!("{} {}", operand_name(flow, &shifted.of), shifted.by),
        Operand::DaysBetween(days) => {
            let [from, to] = [&days[0], &days[1]].map(|day| operand_name(flow, day));
            format!("days_between({from}, {to})")
        }
    }
}

/// `guard 'balance above zero': facts.balance_cents > 0 held with 45000, told …`.
pub(super) fn guard(flow: Option<&Flow>, number: u8, verb: &str, saw: &Seen) -> String {
    match flow.and_then(|flow| flow.holds(number)) {
        Some(rule) => format!(
            "{rule}: {} {verb} with {}",
            rule.when.text,
            seen(rule.when, saw)
        ),
        None => format!(
            "guard {} {verb} with {}",
            u16::from(number) + 1,
            values(saw)
        ),
    }
}
