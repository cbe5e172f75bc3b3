//! Owns the small words of an explanation: instants, masked addresses, conditions with what they saw. Refuses to print an address whole, wherever it stands.

use std::borrow::Cow;

use sluis_model::flow::{Condition, Guard, Observed, Operand, Seen, Value};
use sluis_model::{Flow, Timestamp};

use super::language::Language;

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
pub(super) fn seen(when: &Condition, seen: &Seen, lang: Language) -> String {
    let read: Vec<String> = looked_at(when, seen)
        .into_iter()
        .filter(|(operand, _)| !matches!(operand, Operand::Literal(_)))
        .map(|(_, v)| value(v))
        .collect();
    let values = if read.is_empty() {
        lang.nothing()
    } else {
        lang.all_of(&read)
    };
    match seen.as_of() {
        Some(at) => lang.told_at(values, lang.instant(at)),
        None => values,
    }
}

/// The values that were seen, where the condition itself is not known any more.
pub(super) fn values(seen: &Seen, lang: Language) -> String {
    let sides = |one: &Observed| lang.both(value(&one.left), value(&one.right));
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
pub(super) fn wanting(flow: &Flow, guard: &Guard, saw: &Seen, lang: Language) -> String {
    let missing = missing(flow, guard, saw);
    if !missing.is_empty() {
        return lang.not_known(lang.all_of(&missing));
    }
    match (saw.as_of(), guard.fresh_within_ms) {
        (Some(at), Some(limit)) => {
            let facts = lang.all_of(&dated(flow, guard, saw));
            lang.too_old(facts, lang.instant(at), lang.duration(limit))
        }
        (None, _) | (_, None) => lang.not_comparable(seen(&guard.when, saw, lang)),
    }
}

/// The same in plain words, without what it saw beside.
pub(super) fn lacking(flow: &Flow, guard: &Guard, saw: &Seen, lang: Language) -> String {
    let missing = each_once(unknown(guard, saw).map(|operand| plain_name(flow, operand, lang)));
    if missing.is_empty() {
        return wanting(flow, guard, saw, lang);
    }
    lang.not_known(lang.all_of(&missing))
}

/// What nothing is known of.
fn unknown<'a>(guard: &'a Guard, saw: &'a Seen) -> impl Iterator<Item = &'a Operand> {
    let looked_at = looked_at(&guard.when, saw).into_iter();
    let unknown = looked_at.filter(|(_, v)| **v == Value::Missing);
    unknown.map(|(operand, _)| operand)
}

/// What nothing is known of, each once.
fn missing(flow: &Flow, guard: &Guard, saw: &Seen) -> Vec<String> {
    each_once(unknown(guard, saw).map(|operand| operand_name(flow, operand)))
}

/// What people call it.
fn plain_name(flow: &Flow, operand: &Operand, lang: Language) -> String {
    match operand {
        Operand::Balance => lang.the_balance(),
        Operand::SubjectOpenAmount => lang.the_open_amount(),
        other => operand_name(flow, other),
    }
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
pub(super) fn guard(
    flow: Option<&Flow>,
    number: u8,
    verb: &str,
    saw: &Seen,
    lang: Language,
) -> String {
    match flow.and_then(|flow| flow.holds(number)) {
        Some(rule) => {
            let saw = seen(rule.when, saw, lang);
            let name = lang.rule(rule.kind, rule.name);
            lang.guard_was(name, &rule.when.text, verb, saw)
        }
        None => lang.guard_numbered(u16::from(number) + 1, verb, values(saw, lang)),
    }
}
