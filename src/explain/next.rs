//! Owns what comes next for an open notification, and what an unusual state waits for.
//! Refuses to promise: what is next is what the flow says if nothing comes in between.

use serde::Serialize;
use sluis_model::flow::{Seen, WaitsFor};
use sluis_model::{Asked, Channel, Flow, Open, Phase, Timestamp, known_answers};

use super::causes;
use super::delays::Delay;
use super::language::Language;
use super::words::{rfc3339, wanting};

/// What comes next, and when at the latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// In words.
    pub what: String,
    /// When, RFC 3339 in UTC; absent while only an outcome, a receipt or a person can move it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What keeps it from leaving now, when it is ready.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delays: Vec<Delay>,
}

/// What is next for `open`. `held` is what its guard saw when it was held.
pub(super) fn next(open: &Open, flow: Option<&Flow>, held: Option<&Seen>, lang: Language) -> Next {
    let what = what(open, flow, held, lang);
    let at = open.due();
    let expires = at.is_some() && at == open.expires_at && !has_left(&open.phase);
    Next {
        what: if expires {
            lang.expires_until_then(what)
        } else {
            what
        },
        at: at.filter(|at| *at != Timestamp::NEVER).map(rfc3339),
        delays: Vec::new(),
    }
}

/// When a notification expires of which nothing is under way, and whether that comes before what it waits for.
pub(super) fn expiry(open: &Open) -> Option<(Timestamp, bool)> {
    let at = open.expires_at.filter(|_| !has_left(&open.phase))?;
    let waits_until = match &open.phase {
        Phase::Waiting { until } | Phase::Held { until, .. } => Some(*until),
        Phase::Ready { not_before, .. } => Some(*not_before),
        Phase::Task { asked, .. } => asked.plan.as_deref().and_then(|plan| plan.due),
        Phase::Started { .. } | Phase::InDoubt { .. } | Phase::Sent { .. } => None,
    };
    Some((at, waits_until.is_some_and(|until| at <= until)))
}

/// Whether an attempt is under way or was taken: nothing calls it back any more.
const fn has_left(phase: &Phase) -> bool {
    match phase {
        Phase::Started { .. } | Phase::InDoubt { .. } | Phase::Sent { .. } => true,
        Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Held { .. } | Phase::Task { .. } => {
            false
        }
    }
}

/// What the state waits for.
pub(super) fn what(
    open: &Open,
    flow: Option<&Flow>,
    held: Option<&Seen>,
    lang: Language,
) -> String {
    match &open.phase {
        Phase::Waiting { .. } => the_wait(open, flow, lang),
        Phase::Ready {
            channel, pinned, ..
        } => leave_to_start(*channel, pinned.as_deref(), lang),
        Phase::Started {
            attempt, provider, ..
        } => lang.outcome_of(attempt, provider),
        Phase::InDoubt { attempt, .. } => lang.receipt_whether(attempt, fallback(flow)),
        Phase::Sent { .. } => at_step(open, flow, lang).unwrap_or_else(|| lang.a_receipt()),
        Phase::Held { guard, .. } => {
            lang.facts_wanted(facts(*guard, flow, held, lang), fallback(flow))
        }
        Phase::Task { list, asked, .. } => an_answer(open, flow, (list, asked), lang),
    }
}

/// The list of people who get what nothing else decides.
pub(super) fn fallback(flow: Option<&Flow>) -> &str {
    flow.map_or("people", |flow| &flow.fallback_list)
}

fn the_wait(open: &Open, flow: Option<&Flow>, lang: Language) -> String {
    if !open.entered {
        return lang.begins_later(lang.step(flow, 0));
    }
    let ends = || lang.wait_ends(lang.step(flow, open.step));
    at_step(open, flow, lang).unwrap_or_else(ends)
}

fn leave_to_start(channel: Channel, pinned: Option<&str>, lang: Language) -> String {
    let channel = lang.channel(channel);
    match pinned {
        Some(provider) => lang.same_attempt(channel, provider),
        None => lang.an_attempt(channel),
    }
}

/// The facts that a guard needs, or a case of a step.
fn facts(guard: u8, flow: Option<&Flow>, held: Option<&Seen>, lang: Language) -> String {
    let rule = flow.and_then(|flow| Some((flow, flow.holds(guard)?)));
    let Some((flow, rule)) = rule else {
        return lang.guard_unjudged(u16::from(guard) + 1);
    };
    let name = lang.rule(rule.kind, rule.name);
    match held {
        Some(observed) => lang.rule_wants(name, wanting(flow, &rule.as_guard(), observed, lang)),
        None => lang.rule_unjudged(name, &rule.when.text),
    }
}

/// An answer of people, with those that the step knows.
fn an_answer(
    open: &Open,
    flow: Option<&Flow>,
    (list, asked): (&str, &Asked),
    lang: Language,
) -> String {
    let step = flow.and_then(|flow| flow.step(open.step));
    let Asked { cause, plan } = asked;
    let known = step.map(|step| known_answers(step, cause));
    let known = known.map(|answers| format!(" ({})", answers.join(", ")));
    let team = plan.as_deref().and_then(|plan| plan.team.as_ref());
    let team = team.map(|team| lang.for_team(team));
    let question = step.and_then(|step| step.kind.question());
    let deadline = question.and_then(|question| question.deadline.as_ref());
    let due = plan.as_deref().and_then(|plan| plan.due);
    let without = flow.zip(deadline).zip(due);
    let without = without
        .map(|((flow, by), due)| lang.without_answer(lang.instant(due), lang.go(flow, &by.go)));
    lang.an_answer(
        known.unwrap_or_default(),
        list,
        team.unwrap_or_default(),
        causes::words(cause, flow, lang),
        without.unwrap_or_default(),
    )
}

/// What the step itself waits for.
fn at_step(open: &Open, flow: Option<&Flow>, lang: Language) -> Option<String> {
    let flow = flow?;
    Some(match flow.step(open.step)?.kind.waits_for()? {
        WaitsFor::Answer(go) => lang.click_or(lang.go(flow, go)),
        WaitsFor::NoBounce(go) => lang.receipt_or(lang.go(flow, go)),
        WaitsFor::Receipt => lang.a_receipt(),
        WaitsFor::Reply {
            asks,
            by_machine,
            without,
        } => {
            let without = without.map(|go| lang.without_reply(lang.go(flow, go)));
            let without = without.unwrap_or_default();
            match by_machine {
                true => lang.machines_reply(without),
                false => lang.tenants_reply(asks, without),
            }
        }
        WaitsFor::Wait {
            until,
            then,
            awaited,
        } => {
            let (step, then) = (lang.step(Some(flow), open.step), lang.go(flow, then));
            let ends = match until {
                None => lang.wait_then(step, then),
                Some(until) => lang.wait_until_then(step, until.words(), then),
            };
            match awaited {
                None => ends,
                Some(awaited) => {
                    lang.or_as_soon_as(ends, &awaited.when.text, lang.go(flow, &awaited.go))
                }
            }
        }
    })
}
