//! Owns what is told of the course of one notification: taken in, its steps, holds, tasks, its link,
//! its end.

use serde_json::{Value, json};
use sluis_model::flow::{HoldingKind, Seen};
use sluis_model::{Cause, Channel, Choice, Flow, Input, Moved, Notification, Plan, Timestamp};

use super::super::causes;
use super::super::language::Language;
use super::super::words::{guard, rfc3339, wanting};
use super::told::Told;

/// What was taken in.
pub(super) fn accepted(input: &Input, flow: Option<&Flow>, lang: Language) -> Told {
    let Input::Notify(body) = input else {
        return Told::new("accepted", "Aangenomen", lang.row_accepted(), Value::Null);
    };
    let name = flow.map_or_else(
        || body.flow.to_string(),
        |flow| lang.named_version(&flow.name, flow.version),
    );
    let subject = body.subject.as_ref().map(|subject| lang.about(subject));
    let text = lang.accepted_for(name, &body.category, subject.unwrap_or_default());
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
pub(super) fn waiting(until: Timestamp, lang: Language) -> Told {
    let text = lang.waits_until(lang.instant(until));
    let until = rfc3339(until);
    Told::new("scheduled", "Ingepland", text, json!({ "until": until }))
}

/// A step began.
pub(super) fn step_entered(index: u8, cause: &Cause, flow: Option<&Flow>, lang: Language) -> Told {
    let because = causes::words(cause, flow, lang);
    let text = lang.began(lang.step(flow, index), because);
    let details = json!({ "step": step_id(flow, index), "reason": causes::cause_code(cause) });
    Told::new("step", "Stap", text, details)
}

/// It wants to be sent.
pub(super) fn ready(
    (channel, choice): (Channel, Choice),
    pinned: Option<&str>,
    not_before: Timestamp,
    lang: Language,
) -> Told {
    let again = pinned.map(|provider| lang.again_through(provider));
    let (again, at) = (again.unwrap_or_default(), lang.instant(not_before));
    let text = lang.wants_to_go(lang.channel(channel), again, at);
    let not_before = rfc3339(not_before);
    let details = json!({ "channel": channel, "choice": choice_code(choice), "provider": pinned, "not_before": not_before });
    Told::new("ready", "Staat klaar", text, details)
}

/// What a guard waits for, or a step that chooses.
pub(super) fn held(
    (number, observed): (u8, &Seen),
    until: Timestamp,
    flow: Option<&Flow>,
    lang: Language,
) -> Told {
    let known = flow.and_then(|flow| Some((flow, flow.holds(number)?)));
    let why = match known {
        Some((flow, rule)) => {
            let wanted = wanting(flow, &rule.as_guard(), observed, lang);
            lang.rule_wants(lang.rule(rule.kind, rule.name), wanted)
        }
        None => guard(flow, number, &lang.cannot_be_judged(), observed, lang),
    };
    let named = |kind| {
        known
            .filter(|(_, rule)| rule.kind == kind)
            .map(|(_, rule)| rule.name)
    };
    let (guard, step) = (named(HoldingKind::Guard), named(HoldingKind::Step));
    let details = json!({
        "guard": guard, "step": step, "until": rfc3339(until), "as_of": observed.as_of().map(rfc3339)
    });
    let text = lang.held_until(lang.instant(until), why);
    Told::new("held", "Aangehouden", text, details)
}

/// People are asked.
pub(super) fn task_opened(
    (task, list): (u16, &str),
    cause: &Cause,
    flow: Option<&Flow>,
    lang: Language,
) -> Told {
    let text = lang.people_are_asked(list, causes::words(cause, flow, lang));
    let details = json!({ "task": task, "list": list, "reason": causes::cause_code(cause) });
    Told::new("task_opened", "Taak", text, details)
}

/// Whose the task is, and by when.
pub(super) fn task_planned(plan: &Plan, lang: Language) -> Told {
    let team = plan.team.as_ref().map(|team| lang.is_for_team(team));
    let remind = plan.remind_at.map(|at| lang.reminded_at(lang.instant(at)));
    let by = plan.due.map(|at| lang.goes_on_at(lang.instant(at)));
    let says: Vec<String> = [team, remind, by].into_iter().flatten().collect();
    let (remind_at, due) = (plan.remind_at.map(rfc3339), plan.due.map(rfc3339));
    let details = json!({ "team": plan.team, "remind_at": remind_at, "due": due });
    Told::new("task_planned", "Taak gepland", says.join("; "), details)
}

/// It waits for longer than its flow likes.
pub(super) fn task_reminded(task: u16, lang: Language) -> Told {
    let text = lang.still_waits(task);
    Told::new(
        "task_reminded",
        "Herinnering taak",
        text,
        json!({ "task": task }),
    )
}

/// What a person answered is known to the rules from now on.
pub(super) fn answer_kept(index: u8, flow: Option<&Flow>, lang: Language) -> Told {
    let names = flow.into_iter().flat_map(|flow| flow.kept_of(index));
    let names: Vec<&str> = names.map(|kept| &*kept.name).collect();
    let text = lang.answer_is_known(lang.step(flow, index), names.join(", "));
    let details = json!({ "step": step_id(flow, index), "fields": names });
    Told::new("answer_kept", "Antwoord onthouden", text, details)
}

/// It goes on under another definition.
pub(super) fn migrated(moved: &Moved, input: &Input, flow: Option<&Flow>, lang: Language) -> Told {
    let by = match input {
        Input::Migrate(order) => lang.as_asked_by(causes::person(&order.by, lang)),
        _ => String::new(),
    };
    let (from, to) = (moved.from_version, moved.to_version);
    let text = lang.goes_on_under(to, from, lang.step(flow, moved.step), by);
    let details =
        json!({ "from_version": from, "to_version": to, "step": step_id(flow, moved.step) });
    Told::new("migrated", "Verder onder andere versie", text, details)
}

/// Its link leads nowhere any more.
pub(super) fn link_closed(end: &str, lang: Language) -> Told {
    let text = lang.link_closed(end);
    Told::new("link_closed", "Link gesloten", text, json!({ "end": end }))
}

/// Somebody, or a machine, was at its link.
pub(super) fn link_used(pressed: bool, lang: Language) -> Told {
    let text = match pressed {
        true => lang.link_pressed(),
        false => lang.link_fetched(),
    };
    let details = json!({ "pressed": pressed });
    Told::new("link_used", "Link gebruikt", text, details)
}

/// It is to end, and closes first what it opened.
pub(super) fn closing(end: &str, cause: &Cause, flow: Option<&Flow>, lang: Language) -> Told {
    let text = lang.row_closing(end, causes::words(cause, flow, lang));
    let details = json!({ "end": end, "cause": causes::cause_code(cause) });
    Told::new("closing", "Sluit af", text, details)
}

/// It ended.
pub(super) fn ended(end: &str, cause: &Cause, flow: Option<&Flow>, lang: Language) -> Told {
    let text = lang.ended_because(end, causes::words(cause, flow, lang));
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
