//! Owns the questions about times: waits in which none passes, and those that nobody lives to see.
//! Refuses to count days: a calendar does.

use sluis_model::Flow;
use sluis_model::Timestamp;
use sluis_model::flow::{Begin, Question, Span, Step};

use super::report::Report;
use crate::config::flows::Found;

/// The longest time that a flow may name, in milliseconds: two years.
const LONGEST_MS: i64 = 2 * 366 * 24 * 3_600 * 1_000;

/// Reports times that cannot be meant.
pub(super) fn check(found: &Found, flow: &Flow, report: &mut Report) {
    told(found, "hold_for", flow.hold_for_ms, report);
    for (number, guard) in flow.guards.iter().enumerate() {
        let path = format!("guard[{number}] {:?}.fresh_within", guard.name);
        if let Some(fresh_within) = guard.fresh_within_ms {
            told(found, &path, fresh_within, report);
        }
    }
    for step in &flow.steps {
        of_step(found, step, report);
    }
}

fn of_step(found: &Found, step: &Step, report: &mut Report) {
    let path = format!("step.{}", step.id);
    if let Begin::Wait(until) = step.kind.enter(Timestamp(0)) {
        told(found, &format!("{path}.wait.for"), until.0, report);
    }
    let cases = step.kind.branches().into_iter().flat_map(|of| &of.cases);
    for (number, case) in cases.enumerate() {
        if let Some(fresh_within) = case.fresh_within_ms {
            let path = format!("{path}.branch.cases[{number}].fresh_within");
            told(found, &path, fresh_within, report);
        }
    }
    if let Some(question) = step.kind.question() {
        of_task(found, &format!("{path}.task"), question, report);
    }
    let Some(message) = step.kind.message() else {
        return;
    };
    let on = [
        ("unanswered", &message.on.unanswered),
        ("settled", &message.on.settled),
    ];
    for (name, after) in on {
        let Some(Span::Milliseconds(millis)) = after.as_ref().map(|after| &after.span) else {
            continue;
        };
        told(found, &format!("{path}.on.{name}.after"), *millis, report);
    }
}

/// The times of a task: a reminder comes before the deadline.
fn of_task(found: &Found, path: &str, question: &Question, report: &mut Report) {
    let remind = question.remind.as_ref();
    let deadline = question.deadline.as_ref().map(|by| &by.span);
    for (name, span) in [("remind", remind), ("deadline", deadline)] {
        if let Some(Span::Milliseconds(millis)) = span {
            told(found, &format!("{path}.{name}.after"), *millis, report);
        }
    }
    let begin = Timestamp(0);
    if let (Some(remind), Some(deadline)) = (remind, deadline)
        && remind.after(begin) >= deadline.after(begin)
    {
        let message = format!(
            "after {remind} nobody is asked any more: expected less than the {deadline} of the deadline"
        );
        report.mistake(found, &format!("{path}.remind.after"), &message);
    }
}

/// Reports a time of no length, and one beyond two years.
fn told(found: &Found, path: &str, millis: i64, report: &mut Report) {
    if millis <= 0 {
        let message = "no time passes: expected a time above zero, such as 48h";
        report.mistake(found, path, message);
    } else if millis > LONGEST_MS {
        let days = millis / (24 * 3_600 * 1_000);
        let message = format!("{days} days: expected at most two years");
        report.mistake(found, path, &message);
    }
}
