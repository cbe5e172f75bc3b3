//! Owns every cause in words and as a stable code. Refuses to leave one out: a new cause does not
//! compile until it has both.

use sluis_model::flow::Seen;
use sluis_model::{Branched, Cause, Flow, NotSet, NotificationId, Refusal};

use super::reason::reason;
use super::words::{guard, rfc3339, scrub, seen, step, values};

/// Stable code of a cause.
#[must_use]
pub const fn cause_code(cause: &Cause) -> &'static str {
    match cause {
        Cause::Accepted => "accepted",
        Cause::SendAfterReached => "send_after_reached",
        Cause::Bounced { .. } => "bounced",
        Cause::Unreachable => "unreachable",
        Cause::Unanswered => "unanswered",
        Cause::Settled => "settled",
        Cause::HandedOver => "handed_over",
        Cause::Delivered => "delivered",
        Cause::Answered => "answered",
        Cause::Waited => "waited",
        Cause::Guard { .. } => "guard",
        Cause::Stop { .. } => "stop",
        Cause::Task { .. } => "task",
        Cause::Cancelled { .. } => "cancelled",
        Cause::Expired => "expired",
        Cause::AlreadyRunning { .. } => "already_running",
        Cause::HeldTooLong => "held_too_long",
        Cause::DoubtTooLong => "doubt_too_long",
        Cause::OurMistake { .. } => "our_mistake",
        Cause::NotAllowListed => "not_allow_listed",
        Cause::CannotSend { .. } => "cannot_send",
        Cause::Interrupted { .. } => "interrupted",
        Cause::Blocked { .. } => "blocked",
        Cause::Unexplained { .. } => "unexplained",
        Cause::Capped { .. } => "capped",
        Cause::Branched { .. } => "branch",
        Cause::Group { .. } => "group",
        Cause::PartsEnded => "parts_ended",
        Cause::TaskOverdue { .. } => "task_overdue",
        Cause::DayOver { .. } => "day_over",
        Cause::NoDay { .. } => "no_day",
        Cause::FactCame { .. } => "fact_came",
        Cause::PeopleFirst { .. } => "people_first",
        Cause::Superseded { .. } => "superseded",
        Cause::AllOff => "all_off",
        Cause::TooLate => "too_late",
        Cause::TenantAnswered { .. } => "tenant_answered",
        Cause::Closing { .. } => "closing",
        Cause::FactSet { .. } => "fact_set",
        Cause::NotSet { .. } => "fact_not_set",
    }
}

/// A cause in words, to stand after "because". Without the flow, its rules go by their numbers.
pub(super) fn words(cause: &Cause, flow: Option<&Flow>) -> String {
    match cause {
        Cause::Accepted => "it was accepted".to_owned(),
        Cause::SendAfterReached => "its send_after has come".to_owned(),
        Cause::Bounced { why } => format!("the message bounced or was refused ({})", reason(why)),
        Cause::Unreachable => {
            "the step has no way left with a usable address and a provider".to_owned()
        }
        Cause::Unanswered => "there was no trusted sign of life in time".to_owned(),
        Cause::Settled => "no bounce came in time, so it is taken as arrived".to_owned(),
        Cause::HandedOver => "the provider has it, and the step listens to nothing more".to_owned(),
        Cause::Delivered => "it was delivered".to_owned(),
        Cause::Answered => "the tenant pressed the button behind the link, or replied".to_owned(),
        Cause::Waited => "the wait of the step is over".to_owned(),
        Cause::Guard {
            guard: index,
            observed,
        } => guard(flow, *index, "did not hold", observed),
        Cause::Stop { stop, observed } => stop_rule(*stop, observed, flow),
        Cause::Task { answer, by } => format!("{} answered '{}'", person(by), scrub(answer)),
        Cause::Cancelled { note } => format!("it was cancelled{}", remark(note)),
        Cause::Expired => "its expires_at has passed".to_owned(),
        Cause::AlreadyRunning { live } => {
            format!("the same flow already runs for this subject, as {live}")
        }
        Cause::HeldTooLong => "it was held longer than the flow allows".to_owned(),
        Cause::DoubtTooLong => "an attempt was in doubt longer than the flow allows".to_owned(),
        Cause::OurMistake { why } => {
            format!("what we sent was wrong ({}): people must look", reason(why))
        }
        Cause::NotAllowListed => {
            "outside production only allow-listed recipients are reached".to_owned()
        }
        Cause::CannotSend { why } => {
            format!(
                "the message cannot be sent over the channel, for a reason of ours ({})",
                reason(why)
            )
        }
        Cause::Interrupted { times } => {
            format!(
                "the process ended {times} times in a row while the attempt was under way: it may be the reason, and it may have arrived"
            )
        }
        Cause::Blocked { why } => {
            format!("the message was refused by policy ({})", reason(why))
        }
        Cause::Capped { cap } => {
            format!("the tenant got as many messages lately as the cap '{cap}' allows")
        }
        Cause::Unexplained { attempt, why } => {
            format!(
                "a message came about attempt {attempt} that cannot be read automatically ({}): it may or may not have arrived",
                reason(why)
            )
        }
        Cause::Branched {
            step,
            way,
            observed,
        } => branched(*step, *way, observed, flow),
        Cause::Group { group, note } if note.is_empty() => {
            format!("another of the group {group} has brought that about")
        }
        Cause::Group { group, note } => {
            format!("the group {group} was cancelled{}", remark(note))
        }
        Cause::PartsEnded => "every part of the group has ended".to_owned(),
        Cause::TaskOverdue { task } => {
            format!("nobody answered task {task} in the time that the flow gives")
        }
        Cause::DayOver { at } => {
            format!("the day to wait for is over: it was {}", rfc3339(*at))
        }
        Cause::NoDay { step } => no_day(*step, flow),
        Cause::FactCame { step, observed } => fact_came(*step, observed, flow),
        Cause::PeopleFirst { segment } => {
            format!("tenants of the segment '{segment}' are seen by people before anything is sent")
        }
        Cause::Superseded { rule, by } => superseded(rule, *by),
        Cause::AllOff => "the corporation's matrix has every channel of the step off".to_owned(),
        Cause::Closing { end } => {
            format!("it is to end '{end}', and closes first what it opened at machines")
        }
        Cause::TooLate => "no channel of the step arrives as soon as the step wants".to_owned(),
        Cause::TenantAnswered { answer, by } if by.is_empty() => {
            format!("the tenant answered '{}' on the page", scrub(answer))
        }
        Cause::TenantAnswered { answer, by } => {
            format!(
                "{} told the tenant's answer '{}'",
                person(by),
                scrub(answer)
            )
        }
        Cause::FactSet { step: index } => {
            let (name, kind) = set_by(*index, flow);
            format!("{name} has told the fact{kind}")
        }
        Cause::NotSet { step: index, why } => not_set(*index, why, flow),
    }
}

/// A step that tells a fact, with the type of the fact.
fn set_by(index: u8, flow: Option<&Flow>) -> (String, String) {
    let sets = flow.and_then(|flow| flow.step(index)?.sets());
    let kind = sets.map_or_else(String::new, |setting| format!(" {}", setting.fact.name));
    (step(flow, index), kind)
}

/// Why a step told no fact.
fn not_set(index: u8, why: &NotSet, flow: Option<&Flow>) -> String {
    let (name, kind) = set_by(index, flow);
    match why {
        NotSet::Unknown(fields) => {
            let fields = fields.join(", ");
            format!(
                "{name} tells no fact{kind}: what it would say of {fields} is not known, or is nothing that its type takes"
            )
        }
        NotSet::Again => format!(
            "{name} has told the fact{kind} already, and came back to it without any time passing: facts lead to each other in a circle"
        ),
        NotSet::TooMany => {
            format!(
                "{name} tells no fact{kind}: so many facts followed from each other that people must look"
            )
        }
        NotSet::OtherWorld => format!(
            "{name} tells no fact{kind}: the notification comes from another environment than the engine's"
        ),
    }
}

/// The rule between flows that ended it.
fn superseded(rule: &str, by: Option<NotificationId>) -> String {
    match by {
        Some(by) => format!("the rule '{rule}' sends nothing while {by} is open"),
        None => format!("the rule '{rule}' sends nothing so soon after another message"),
    }
}

/// A step that waits for a day that nobody told.
fn no_day(index: u8, flow: Option<&Flow>) -> String {
    let name = step(flow, index);
    let until = flow.and_then(|flow| flow.step(index)?.kind.until());
    let day = until.map_or("its day", |until| &until.day.text);
    format!("{name} waits for {day}, which is not known")
}

/// What a wait looked out for, with what it saw.
fn fact_came(index: u8, saw: &Seen, flow: Option<&Flow>) -> String {
    let name = step(flow, index);
    let awaited = flow.and_then(|flow| flow.step(index)?.kind.awaited());
    match awaited {
        Some(awaited) => {
            let (when, saw) = (&awaited.when.text, seen(&awaited.when, saw));
            format!("{name} looked out for {when}, which came true with {saw}")
        }
        None => format!("what {name} looked out for came true with {}", values(saw)),
    }
}

/// The way that a step took which chooses, with what its cases saw.
fn branched(index: u8, way: Branched, observed: &[Seen], flow: Option<&Flow>) -> String {
    let step = step(flow, index);
    let cases: Vec<String> = observed
        .iter()
        .enumerate()
        .map(
            |(case, saw)| match flow.and_then(|flow| flow.case(index, case)) {
                Some(rule) => format!("{} with {}", rule.when.text, seen(rule.when, saw)),
                None => format!("case {} with {}", case + 1, values(saw)),
            },
        )
        .collect();
    let (last, before) = match cases.split_last() {
        Some((last, before)) => (last.as_str(), before.join("; ")),
        None => ("", String::new()),
    };
    match (way, before.as_str()) {
        (Branched::Case(_), "") => format!("in {step} {last} is true"),
        (Branched::Case(_), before) => {
            format!("in {step} {last} is true, and before it not true: {before}")
        }
        (Branched::Otherwise, _) => format!("in {step} no case is true: {}", cases.join("; ")),
        (Branched::Unknown(_), "") => format!("{step} cannot judge {last}"),
        (Branched::Unknown(_), before) => {
            format!("{step} cannot judge {last}, and before it not true: {before}")
        }
    }
}

/// A stop rule that came true, with what it saw.
fn stop_rule(index: u8, saw: &Seen, flow: Option<&Flow>) -> String {
    let rule = flow.and_then(|flow| flow.stops.get(usize::from(index)));
    match rule {
        Some(rule) => format!(
            "stop rule '{}': {} came true with {}",
            rule.name,
            rule.when.text,
            seen(&rule.when, saw)
        ),
        None => format!("stop rule {} came true with {}", index + 1, values(saw)),
    }
}

/// Why an attempt failed, in words, to stand after "failed: ".
pub(super) const fn refusal(class: Refusal) -> &'static str {
    match class {
        Refusal::Address => "the address does not exist or cannot receive",
        Refusal::Policy => "refused by policy, for what we are or wrote; the address may be fine",
        Refusal::Ours => "refused for a mistake of ours",
        Refusal::Unsendable => "it could not be made for this channel",
        Refusal::Soft => "a reason that may pass, such as a full mailbox; the address may be fine",
    }
}

/// A note, if there is one, to be appended.
pub(super) fn remark(note: &str) -> String {
    match scrub(note) {
        note if note.is_empty() => String::new(),
        note => format!(": {note}"),
    }
}

pub(super) fn person(by: &str) -> String {
    match scrub(by) {
        by if by.is_empty() => "somebody".to_owned(),
        by => by,
    }
}
