//! Owns what is told of the course of one notification: taken in, its steps, holds, tasks, its link,
//! its end.

use serde_json::{Value, json};
use sluis_model::flow::{HoldingKind, Seen};
use sluis_model::{Cause, Channel, Choice, Flow, Input, Moved, Notification, Plan, Timestamp};

use super::super::causes;
use super::super::words::{guard, rfc3339, scrub, step, wanting};
use super::told::Told;

/// What was taken in.
pub(super) fn accepted(input: &Input, flow: Option<&Flow>) -> Told {
    let Input::Notify(body) = input else {
        return Told::new("accepted", "Aangenomen", "accepted", Value::Null);
    };
    let name = flow.map_or_else(
        || body.flow.to_string(),
        |flow| format!("'{}' version {}", flow.name, flow.version),
    );
    let subject = body.subject.as_ref().map(|s| format!(" about {s}"));
    let text = format!(
        "accepted for flow {name}, category '{}'{}",
        body.category,
        subject.unwrap_or_default()
    );
    Told::new("accepted", "Geaccepteerd", text, as_accepted(body, flow))
}

fn as_accepted(body: &Notification, flow: Option<&Flow>) -> Value {
    json!({
        "flow": flow.map(|flow| &flow.name), "version": flow.map(|flow| flow.version), "category": body.category,
        "subject": body.subject, "priority": body.lane, "environment": body.environment,
        "send_after": body.send_after.map(rfc3339), "expires_at": body.expires_at.map(rfc3339),
    })
}

/// It waits for its `send_after`, or for the wait of its step.
pub(super) fn waiting(until: Timestamp) -> Told {
    let until = rfc3339(until);
    let text = format!("waits until {until}");
    Told::new("scheduled", "Ingepland", text, json!({ "until": until }))
}

/// A step began.
pub(super) fn step_entered(index: u8, cause: &Cause, flow: Option<&Flow>) -> Told {
    let because = causes::words(cause, flow);
    let text = format!("{} began, because {because}", step(flow, index));
    let details = json!({ "step": step_id(flow, index), "reason": causes::cause_code(cause) });
    Told::new("step", "Stap", text, details)
}

/// It wants to be sent.
pub(super) fn ready(
    channel: Channel,
    choice: Choice,
    pinned: Option<&str>,
    not_before: Timestamp,
) -> Told {
    let again = pinned.map(|p| format!(", again through {p}"));
    let not_before = rfc3339(not_before);
    let text = format!(
        "wants to go over {channel}{}, not before {not_before}",
        again.unwrap_or_default()
    );
    let details = json!({ "channel": channel, "choice": choice_code(choice), "provider": pinned, "not_before": not_before });
    Told::new("ready", "Staat klaar", text, details)
}

/// What a guard waits for, or a step that chooses.
pub(super) fn held(number: u8, observed: &Seen, until: Timestamp, flow: Option<&Flow>) -> Told {
    let until = rfc3339(until);
    let known = flow.and_then(|flow| Some((flow, flow.holds(number)?)));
    let why = match known {
        Some((flow, rule)) => format!("{rule}: {}", wanting(flow, &rule.as_guard(), observed)),
        None => guard(flow, number, "cannot be judged", observed),
    };
    let named = |kind| {
        known
            .filter(|(_, rule)| rule.kind == kind)
            .map(|(_, rule)| rule.name)
    };
    let (guard, step) = (named(HoldingKind::Guard), named(HoldingKind::Step));
    let details = json!({ "guard": guard, "step": step, "until": until, "as_of": observed.as_of().map(rfc3339) });
    let text = format!("held until {until} at the latest: {why}");
    Told::new("held", "Aangehouden", text, details)
}

/// People are asked.
pub(super) fn task_opened(task: u16, list: &str, cause: &Cause, flow: Option<&Flow>) -> Told {
    let because = causes::words(cause, flow);
    let text = format!("people are asked, list '{list}', because {because}");
    let details = json!({ "task": task, "list": list, "reason": causes::cause_code(cause) });
    Told::new("task_opened", "Taak", text, details)
}

/// Whose the task is, and by when.
pub(super) fn task_planned(plan: &Plan) -> Told {
    let team = plan
        .team
        .as_ref()
        .map(|team| format!("it is for team '{team}'"));
    let remind_at = plan.remind_at.map(rfc3339);
    let remind = remind_at
        .as_ref()
        .map(|at| format!("somebody is reminded at {at}"));
    let due = plan.due.map(rfc3339);
    let by = due
        .as_ref()
        .map(|at| format!("without an answer by {at} the flow goes on"));
    let says: Vec<String> = [team, remind, by].into_iter().flatten().collect();
    let details = json!({ "team": plan.team, "remind_at": remind_at, "due": due });
    Told::new("task_planned", "Taak gepland", says.join("; "), details)
}

/// It waits for longer than its flow likes.
pub(super) fn task_reminded(task: u16) -> Told {
    let text = format!("task {task} still waits for an answer: somebody is reminded");
    Told::new(
        "task_reminded",
        "Herinnering taak",
        text,
        json!({ "task": task }),
    )
}

/// What a person answered is known to the rules from now on.
pub(super) fn answer_kept(index: u8, flow: Option<&Flow>) -> Told {
    let names = flow.into_iter().flat_map(|flow| flow.kept_of(index));
    let names: Vec<&str> = names.map(|kept| &*kept.name).collect();
    let (step, known) = (step(flow, index), names.join(", "));
    let text = format!("what was answered at {step} is known to the rules of the flow: {known}");
    let details = json!({ "step": step_id(flow, index), "fields": names });
    Told::new("answer_kept", "Antwoord onthouden", text, details)
}

/// It goes on under another definition.
pub(super) fn migrated(moved: &Moved, input: &Input, flow: Option<&Flow>) -> Told {
    let by = match input {
        Input::Migrate(order) => format!(", as {} asked", scrub(&order.by)),
        _ => String::new(),
    };
    let (from, to, at) = (moved.from_version, moved.to_version, step(flow, moved.step));
    let text =
        format!("goes on under version {to} of its flow instead of version {from}, at {at}{by}");
    let details =
        json!({ "from_version": from, "to_version": to, "step": step_id(flow, moved.step) });
    Told::new("migrated", "Verder onder andere versie", text, details)
}

/// Its link leads nowhere any more.
pub(super) fn link_closed(end: &str) -> Told {
    let text = format!("the link was closed: {end}");
    Told::new("link_closed", "Link gesloten", text, json!({ "end": end }))
}

/// Somebody, or a machine, was at its link.
pub(super) fn link_used(pressed: bool) -> Told {
    let text = if pressed {
        "the tenant answered: pressed the button, or replied"
    } else {
        "the link's page was fetched: weak evidence"
    };
    let details = json!({ "pressed": pressed });
    Told::new("link_used", "Link gebruikt", text, details)
}

/// It is to end, and closes first what it opened.
pub(super) fn closing(end: &str, cause: &Cause, flow: Option<&Flow>) -> Told {
    let words = causes::words(cause, flow);
    let text = format!(
        "it is to end '{end}', because {words}; what it opened at machines is closed first"
    );
    let details = json!({ "end": end, "cause": causes::cause_code(cause) });
    Told::new("closing", "Sluit af", text, details)
}

/// It ended.
pub(super) fn ended(end: &str, cause: &Cause, flow: Option<&Flow>) -> Told {
    let text = format!("ended '{end}', because {}", causes::words(cause, flow));
    let details = json!({ "end": end, "reason": causes::cause_code(cause) });
    Told::new("ended", "Afgerond", text, details)
}

fn step_id(flow: Option<&Flow>, index: u8) -> Value {
    flow.and_then(|flow| flow.step(index))
        .map_or_else(|| index.into(), |step| json!(step.id))
}

/// Stable code of a choice.
pub(super) const fn choice_code(choice: Choice) -> &'static str {
    match choice {
        Choice::Preferred => "preferred",
        Choice::FlowOrder => "flow_order",
        Choice::Primary => "primary",
        Choice::LastResort => "last_resort",
        Choice::Legal => "legal",
        Choice::Cheapest => "cheapest",
    }
}
