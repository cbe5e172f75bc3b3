//! Owns the questions about the words that people and reports see: purposes, lists, ends, answers; and
//! whether what a rule counts is counted at all. Refuses to judge what a word says.

use sluis_model::Flow;
use sluis_model::flow::{Go, Operand, Question, Reply, Test};

use super::paths::{cases, guards, stops};
use super::report::Report;
use crate::config::flows::Found;

/// The answer of every task that is the engine's own.
const CLOSE: &str = "close";

/// Reports names that nobody could read, and an answer that would hide one of the engine's.
pub(super) fn check(found: &Found, flow: &Flow, report: &mut Report) {
    let mut named = |path: &str, name: &str, expected: &str| {
        if name.trim().is_empty() {
            report.mistake(
                found,
                path,
                &format!("{name:?} is blank: expected {expected}"),
            );
        }
    };
    named(
        "purpose",
        &flow.purpose,
        "what the flow is for, such as \"information\"",
    );
    named(
        "fallback_list",
        &flow.fallback_list,
        "the name of a list, such as \"delivery\"",
    );
    for (number, guard) in flow.guards.iter().enumerate() {
        let path = format!("guard[{number}] {:?}.name", guard.name);
        named(
            &path,
            &guard.name,
            "a name: explanations call the guard by it",
        );
    }
    for (number, stop) in flow.stops.iter().enumerate() {
        let path = format!("stop[{number}] {:?}", stop.name);
        named(
            &format!("{path}.name"),
            &stop.name,
            "a name: explanations call the rule by it",
        );
        if let Go::End(end) = &stop.go {
            let expected = "the name of an end, such as \"paid\"";
            named(&format!("{path}.end"), end, expected);
        }
    }
    for step in &flow.steps {
        let Some(question) = step.kind.question() else {
            continue;
        };
        let path = format!("step.{}.{}", step.id, word(question));
        if question.page.is_none() {
            named(
                &format!("{path}.list"),
                &question.list,
                "the name of a list, such as \"desk\"",
            );
        }
        for Reply { name, .. } in &question.replies {
            let path = format!("{path}.answers.{name}");
            named(&path, name, "an answer that people can choose");
        }
    }
    for step in &flow.steps {
        let question = step.kind.question();
        let replies = question.iter().flat_map(|question| &question.replies);
        if replies.into_iter().any(|reply| &*reply.name == CLOSE) {
            let word = question.map_or("task", word);
            let path = format!("step.{}.{word}.answers.{CLOSE}", step.id);
            let message = "every task has this answer, which ends the flow and closes the link: expected another word";
            report.mistake(found, &path, message);
        }
    }
}

/// The key of the step that asks it.
fn word(question: &Question) -> &'static str {
    match question.page {
        None => "task",
        Some(_) => "ask",
    }
}

/// Warns of counts of messages that nothing is counted for: a word of a purpose that no flow has, or one
/// whose flows are not counted.
pub(super) fn counted(all: &[(&Found, Flow)], report: &mut Report) {
    for (found, flow) in all {
        for rule in guards(flow).chain(stops(flow)).chain(cases(flow)) {
            for comparison in rule.when.says.comparisons() {
                let right = match &comparison.test {
                    Test::To(_, right) => Some(right),
                    Test::In(_) | Test::Known => None,
                };
                for purpose in [Some(&comparison.left), right]
                    .into_iter()
                    .flatten()
                    .filter_map(purpose)
                {
                    if let Some(message) = uncounted(all, purpose) {
                        report.warning(found, &rule.path, &message);
                    }
                }
            }
        }
    }
}

fn purpose(operand: &Operand) -> Option<&str> {
    match operand {
        Operand::Contacted(by) => by.purpose.as_deref(),
        Operand::Literal(_)
        | Operand::Field(_)
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
        | Operand::Told(_)
        | Operand::Follows
        | Operand::Round
        | Operand::Person(_)
        | Operand::Answered(_) => None,
    }
}

/// Why no message of flows with this purpose is counted, as far as these flows say.
fn uncounted(all: &[(&Found, Flow)], purpose: &str) -> Option<String> {
    let of: Vec<&Flow> = all
        .iter()
        .map(|(_, flow)| flow)
        .filter(|flow| &*flow.purpose == purpose)
        .collect();
    if of.iter().any(|flow| flow.counted) {
        return None;
    }
    Some(match of.first() {
        None => format!("none of these flows has the purpose '{purpose}', so nothing is counted"),
        Some(_) => format!(
            "no flow with the purpose '{purpose}' says counted = true, so nothing is counted"
        ),
    })
}
