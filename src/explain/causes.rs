//! Owns every cause in words and as a stable code. Refuses to leave one out: a new cause does not
//! compile until it has both.

use sluis_model::flow::Seen;
use sluis_model::{Branched, Cause, Flow, NotSet, NotificationId, Refusal};

use super::language::Language;
use super::reason::reason;
use super::words::{guard, scrub, seen, values};

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
pub(super) fn words(cause: &Cause, flow: Option<&Flow>, lang: Language) -> String {
    match cause {
        Cause::Accepted => lang.accepted(),
        Cause::SendAfterReached => lang.send_after_has_come(),
        Cause::Bounced { why } => lang.bounced(reason(why)),
        Cause::Unreachable => lang.unreachable(),
        Cause::Unanswered => lang.unanswered(),
        Cause::Settled => lang.settled(),
        Cause::HandedOver => lang.handed_over(),
        Cause::Delivered => lang.delivered(),
        Cause::Answered => lang.answered(),
        Cause::Waited => lang.waited(),
        Cause::Guard {
            guard: index,
            observed,
        } => guard(flow, *index, &lang.did_not_hold(), observed, lang),
        Cause::Stop { stop, observed } => stop_rule(*stop, observed, flow, lang),
        Cause::Task { answer, by } => lang.person_answered(person(by, lang), scrub(answer)),
        Cause::Cancelled { note } => lang.cancelled(remark(note)),
        Cause::Expired => lang.expired(),
        Cause::AlreadyRunning { live } => lang.already_running(live),
        Cause::HeldTooLong => lang.held_too_long(),
        Cause::DoubtTooLong => lang.doubt_too_long(),
        Cause::OurMistake { why } => lang.our_mistake(reason(why)),
        Cause::NotAllowListed => lang.not_allow_listed(),
        Cause::CannotSend { why } => lang.cannot_send(reason(why)),
        Cause::Interrupted { times } => lang.interrupted(times),
        Cause::Blocked { why } => lang.blocked(reason(why)),
        Cause::Capped { cap } => lang.capped(cap),
        Cause::Unexplained { attempt, why } => lang.unexplained(attempt, reason(why)),
        Cause::Branched {
            step,
            way,
            observed,
        } => branched((*step, *way), observed, flow, lang),
        Cause::Group { group, note } if note.is_empty() => lang.by_the_group(group),
        Cause::Group { group, note } => lang.group_cancelled(group, remark(note)),
        Cause::PartsEnded => lang.parts_ended(),
        Cause::TaskOverdue { task } => lang.task_overdue(task),
        Cause::DayOver { at } => lang.day_over(lang.instant(*at)),
        Cause::NoDay { step } => no_day(*step, flow, lang),
        Cause::FactCame { step, observed } => fact_came(*step, observed, flow, lang),
        Cause::PeopleFirst { segment } => lang.people_first(segment),
        Cause::Superseded { rule, by } => superseded(rule, *by, lang),
        Cause::AllOff => lang.all_off(),
        Cause::Closing { end } => lang.closes_first(end),
        Cause::TooLate => lang.nothing_in_time(),
        Cause::TenantAnswered { answer, by } if by.is_empty() => {
            lang.tenant_answered(scrub(answer))
        }
        Cause::TenantAnswered { answer, by } => {
            lang.answer_told_by(person(by, lang), scrub(answer))
        }
        Cause::FactSet { step: index } => {
            let (name, kind) = set_by(*index, flow, lang);
            lang.fact_was_set(name, kind)
        }
        Cause::NotSet { step: index, why } => not_set(*index, why, flow, lang),
    }
}

/// A step that tells a fact, with the type of the fact.
fn set_by(index: u8, flow: Option<&Flow>, lang: Language) -> (String, String) {
    let sets = flow.and_then(|flow| flow.step(index)?.sets());
    let kind = sets.map_or_else(String::new, |setting| format!(" {}", setting.fact.name));
    (lang.step(flow, index), kind)
}

/// Why a step told no fact.
fn not_set(index: u8, why: &NotSet, flow: Option<&Flow>, lang: Language) -> String {
    let (name, kind) = set_by(index, flow, lang);
    match why {
        NotSet::Unknown(fields) => lang.not_set_unknown(name, kind, fields.join(", ")),
        NotSet::Again => lang.not_set_again(name, kind),
        NotSet::TooMany => lang.not_set_too_many(name, kind),
        NotSet::OtherWorld => lang.not_set_other_world(name, kind),
    }
}

/// A cause in fewer words, to stand after "because": without what its rules saw.
pub(super) fn brief(cause: &Cause, flow: Option<&Flow>, lang: Language) -> String {
    let told = match cause {
        Cause::Guard { guard, .. } => flow
            .and_then(|flow| flow.holds(*guard))
            .map(|rule| lang.brief_guard(rule.name)),
        Cause::Stop { stop, .. } => flow
            .and_then(|flow| flow.stops.get(usize::from(*stop)))
            .map(|rule| lang.brief_stop(&rule.name)),
        Cause::Branched { step, way, .. } => brief_way(*step, *way, flow, lang),
        Cause::FactCame { step, .. } => flow
            .and_then(|flow| flow.step(*step)?.kind.awaited())
            .map(|awaited| lang.brief_fact(lang.step(flow, *step), &awaited.when.text)),
        other => Some(words(other, flow, lang)),
    };
    told.unwrap_or_else(|| words(cause, flow, lang))
}

/// The way that a step took which chooses. None: its case is not known any more.
fn brief_way(index: u8, way: Branched, flow: Option<&Flow>, lang: Language) -> Option<String> {
    let step = lang.step(flow, index);
    let when = |case: u8| Some(&flow?.case(index, usize::from(case))?.when.text);
    match way {
        Branched::Case(case) => Some(lang.case_is_true(step, when(case)?)),
        Branched::Otherwise => Some(lang.brief_otherwise(step)),
        Branched::Unknown(case) => Some(lang.cannot_judge(step, when(case)?)),
    }
}

/// The rule between flows that ended it, or holds it.
pub(super) fn superseded(rule: &str, by: Option<NotificationId>, lang: Language) -> String {
    match by {
        Some(by) => lang.superseded(rule, by),
        None => lang.superseded_lately(rule),
    }
}

/// A step that waits for a day that nobody told.
fn no_day(index: u8, flow: Option<&Flow>, lang: Language) -> String {
    let until = flow.and_then(|flow| flow.step(index)?.kind.until());
    let day = until.map_or_else(|| lang.its_day(), |until| until.day.text.to_string());
    lang.no_day(lang.step(flow, index), day)
}

/// What a wait looked out for, with what it saw.
fn fact_came(index: u8, saw: &Seen, flow: Option<&Flow>, lang: Language) -> String {
    let name = lang.step(flow, index);
    let awaited = flow.and_then(|flow| flow.step(index)?.kind.awaited());
    match awaited {
        Some(awaited) => {
            let saw = seen(&awaited.when, saw, lang);
            lang.fact_came(name, &awaited.when.text, saw)
        }
        None => lang.something_came(name, values(saw, lang)),
    }
}

/// The way that a step took which chooses, with what its cases saw.
fn branched(
    (index, way): (u8, Branched),
    observed: &[Seen],
    flow: Option<&Flow>,
    lang: Language,
) -> String {
    let step = lang.step(flow, index);
    let cases: Vec<String> = observed
        .iter()
        .enumerate()
        .map(
            |(case, saw)| match flow.and_then(|flow| flow.case(index, case)) {
                Some(rule) => lang.with_what(&rule.when.text, seen(rule.when, saw, lang)),
                None => lang.case_numbered(case + 1, values(saw, lang)),
            },
        )
        .collect();
    let (last, before) = match cases.split_last() {
        Some((last, before)) => (last.as_str(), before.join("; ")),
        None => ("", String::new()),
    };
    match (way, before.as_str()) {
        (Branched::Case(_), "") => lang.case_is_true(step, last),
        (Branched::Case(_), before) => lang.case_is_true_after(step, last, before),
        (Branched::Otherwise, _) => lang.no_case_is_true(step, cases.join("; ")),
        (Branched::Unknown(_), "") => lang.cannot_judge(step, last),
        (Branched::Unknown(_), before) => lang.cannot_judge_after(step, last, before),
    }
}

/// A stop rule that came true, with what it saw.
fn stop_rule(index: u8, saw: &Seen, flow: Option<&Flow>, lang: Language) -> String {
    let rule = flow.and_then(|flow| flow.stops.get(usize::from(index)));
    match rule {
        Some(rule) => {
            let saw = seen(&rule.when, saw, lang);
            lang.stop_came_true(&rule.name, &rule.when.text, saw)
        }
        None => lang.stop_numbered(u16::from(index) + 1, values(saw, lang)),
    }
}

/// Why an attempt failed, in words, to stand after "failed: ".
pub(super) fn refusal(class: Refusal, lang: Language) -> String {
    match class {
        Refusal::Address => lang.no_address(),
        Refusal::Policy => lang.by_policy(),
        Refusal::Ours => lang.by_our_mistake(),
        Refusal::Unsendable => lang.not_made(),
        Refusal::Soft => lang.may_pass(),
    }
}

/// A note, if there is one, to be appended.
pub(super) fn remark(note: &str) -> String {
    match scrub(note) {
        note if note.is_empty() => String::new(),
        note => format!(": {note}"),
    }
}

pub(super) fn person(by: &str, lang: Language) -> String {
    match scrub(by) {
        by if by.is_empty() => lang.somebody(),
        by => by,
    }
}
