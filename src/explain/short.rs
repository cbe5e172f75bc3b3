//! Owns what is told of a notification first, in a few plain sentences: what left and whether it arrived, what
//! did not arrive before, and what it waits for or how it ended. Refuses the values behind it: they stand in
//! the rest.

use sluis_model::flow::{Seen, WaitsFor};
use sluis_model::steering::Steered;
use sluis_model::{Asked, Capped, Cause, Channel, Flow, HeldBack, Open, Phase, Timestamp};

use super::attempts::AttemptRow;
use super::causes;
use super::language::Language;
use super::next;
use super::steering::{allows, others};
use super::words::lacking;

/// What they are made of.
pub(super) struct Facts<'a> {
    pub flow: Option<&'a Flow>,
    pub held: Option<&'a Seen>,
    /// What a cap said, where nothing has started since.
    pub capped: Option<&'a Capped>,
    /// What else keeps it back, where nothing has started since.
    pub held_back: Option<&'a HeldBack>,
    /// How the channels were weighed last.
    pub steered: Option<&'a Steered>,
    /// The attempts, oldest first.
    pub attempts: &'a [AttemptRow],
    /// Whether older records are not kept any more.
    pub is_cut: bool,
    /// Why it ended.
    pub cause: Option<&'a Cause>,
}

/// The sentences that come first.
pub(super) fn of(
    open: Option<&Open>,
    end: Option<(&str, Timestamp)>,
    facts: &Facts<'_>,
    lang: Language,
) -> String {
    let mut told = vec![match facts.attempts.last() {
        Some(attempt) => left(attempt, lang),
        None if facts.is_cut => lang.not_kept_what_left(),
        None if open.is_none() => lang.nothing_left_at_all(),
        None => lang.nothing_left_yet(),
    }];
    told.extend(before(facts.attempts, lang));
    told.push(match open {
        Some(open) => waits(open, facts, lang),
        None => ended(end, facts, lang),
    });
    told.extend(open.and_then(|open| expires(open, lang)));
    told.join(" ")
}

/// What the newest attempt came to.
fn left(attempt: &AttemptRow, lang: Language) -> String {
    let (channel, address) = (lang.channel(attempt.channel), &attempt.address);
    let at = lang.instant(attempt.started);
    match attempt.outcome {
        "accepted" => lang.short_accepted(channel, address, at),
        "delivered" => lang.short_delivered(channel, address, at),
        "deferred" => lang.short_deferred(channel, address, at),
        "withdrawn" => lang.short_withdrawn(channel, address, at),
        "failed" if attempt.unsendable => lang.short_not_made(channel, why_failed(attempt, lang)),
        "failed" => lang.short_failed(channel, address, at, why_failed(attempt, lang)),
        "in_doubt" => lang.short_in_doubt(channel, address, at),
        _ => lang.short_sending(channel, address, at),
    }
}

/// The newest of the attempts before the last that did not arrive, and how many more there are.
fn before(attempts: &[AttemptRow], lang: Language) -> Option<String> {
    let (_, before) = attempts.split_last()?;
    let mut failed = before.iter().rev().filter(|row| row.outcome == "failed");
    let newest = failed.next()?;
    let channel = lang.channel(newest.channel);
    let why = why_failed(newest, lang);
    let told = lang.short_before(channel, &newest.address, why);
    Some(match failed.count() {
        0 => told,
        more => format!("{told} {}", lang.short_more_before(more)),
    })
}

/// Why an attempt did not arrive, in plain words, with the provider's code.
fn why_failed(attempt: &AttemptRow, lang: Language) -> String {
    let class = attempt.class.map(|class| causes::refusal(class, lang));
    let said = attempt.why.as_ref().map(super::ReasonRow::words);
    let said = said.filter(|said| !said.is_empty());
    match (class, said) {
        (Some(class), Some(said)) => lang.with_code(class, said),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => lang.no_reason(),
    }
}

/// What an open notification waits for.
fn waits(open: &Open, facts: &Facts<'_>, lang: Language) -> String {
    match &open.phase {
        Phase::Waiting { until } => waits_a_time(open, *until, facts, lang),
        Phase::Ready {
            channel,
            pinned,
            not_before,
            ..
        } => may_go(*channel, pinned.as_deref(), *not_before, facts, lang),
        Phase::Started { provider, .. } => lang.short_outcome_of(provider),
        Phase::InDoubt { until, .. } => {
            lang.short_doubt(lang.instant(*until), next::fallback(facts.flow))
        }
        Phase::Sent { .. } => {
            let what = next::what(open, facts.flow, facts.held, lang);
            match open.due().filter(|at| *at != Timestamp::NEVER) {
                Some(at) => lang.short_waits_until(what, lang.instant(at)),
                None => lang.short_waits(what),
            }
        }
        Phase::Held { guard, until, .. } => {
            let people = next::fallback(facts.flow);
            lang.short_held(lang.instant(*until), lacks(*guard, facts, lang), people)
        }
        Phase::Task { list, asked, .. } => with_people(list, asked, facts, lang),
    }
}

/// A wait: for its beginning, for a time or for a day.
fn waits_a_time(open: &Open, until: Timestamp, facts: &Facts<'_>, lang: Language) -> String {
    let at = lang.instant(until);
    if !open.entered {
        return lang.short_begins(at);
    }
    let step = facts
        .flow
        .and_then(|flow| Some((flow, flow.step(open.step)?)));
    let waits = step.and_then(|(flow, step)| Some((flow, step.kind.waits_for()?)));
    let Some((flow, WaitsFor::Wait { then, awaited, .. })) = waits else {
        return lang.short_wait(at);
    };
    let told = lang.short_wait_then(at, lang.go(flow, then));
    match awaited {
        None => told,
        Some(awaited) => {
            let sooner = lang.short_sooner(&awaited.when.text, lang.go(flow, &awaited.go));
            format!("{told} {sooner}")
        }
    }
}

/// It is ready: what keeps it back, or that it only has to wait its turn.
fn may_go(
    channel: Channel,
    pinned: Option<&str>,
    not_before: Timestamp,
    facts: &Facts<'_>,
    lang: Language,
) -> String {
    let over = lang.channel(channel);
    let at = lang.instant(not_before);
    let held = facts.held_back.filter(|held| held.until() == not_before);
    let last = facts.attempts.last().map(|row| row.outcome);
    let is_retry = matches!(last, Some("deferred" | "withdrawn"));
    match (held, facts.capped, pinned) {
        (Some(HeldBack::Conflict { rule, by, .. }), ..) => {
            lang.short_held_back(over, at, causes::superseded(rule, *by, lang))
        }
        (Some(HeldBack::Bundle { bundle, .. }), ..) => {
            lang.short_bundled(over, at, lang.in_a_bundle(bundle))
        }
        (None, Some(capped), _) => lang.short_capped(over, at, allows(capped, lang)),
        (None, None, Some(provider)) => lang.short_again(over, provider),
        (None, None, None) if is_retry => lang.short_retry(over, at),
        (None, None, None) => lang.short_ready(over),
    }
}

/// When it expires, where nothing of it is under way: before what it waits for, or after.
fn expires(open: &Open, lang: Language) -> Option<String> {
    let (at, is_first) = next::expiry(open)?;
    let at = lang.instant(at);
    Some(match is_first {
        true => lang.short_expires_first(at),
        false => lang.short_expires(at),
    })
}

/// What a rule that holds it does not know.
fn lacks(guard: u8, facts: &Facts<'_>, lang: Language) -> String {
    let rule = facts.flow.and_then(|flow| Some((flow, flow.holds(guard)?)));
    let known = rule.zip(facts.held);
    known.map_or_else(
        || lang.guard_unjudged(u16::from(guard) + 1),
        |((flow, rule), saw)| lacking(flow, &rule.as_guard(), saw, lang),
    )
}

/// People are asked: who, and why.
fn with_people(list: &str, asked: &Asked, facts: &Facts<'_>, lang: Language) -> String {
    let Asked { cause, plan } = asked;
    let why = causes::brief(cause, facts.flow, lang);
    let why = match no_way(cause, facts.steered, lang) {
        Some(no_way) => format!("{why}: {no_way}"),
        None => why,
    };
    let due = plan.as_deref().and_then(|plan| plan.due);
    match due {
        Some(due) => lang.short_with_people_until(list, why, lang.instant(due)),
        None => lang.short_with_people(list, why),
    }
}

/// Why no channel reaches the tenant, where that was weighed.
pub(super) fn no_way(cause: &Cause, steered: Option<&Steered>, lang: Language) -> Option<String> {
    let is_stuck = matches!(cause, Cause::Unreachable | Cause::AllOff);
    let told = others(steered.filter(|_| is_stuck)?, lang);
    Some(told).filter(|told| !told.is_empty())
}

/// How it ended.
fn ended(end: Option<(&str, Timestamp)>, facts: &Facts<'_>, lang: Language) -> String {
    let Some((end, at)) = end else {
        return lang.short_end_not_kept();
    };
    let at = lang.instant(at);
    match facts.cause {
        Some(cause) => {
            let why = causes::brief(cause, facts.flow, lang);
            match no_way(cause, facts.steered, lang) {
                Some(no_way) => lang.short_ended_because(end, at, format!("{why}: {no_way}")),
                None => lang.short_ended_because(end, at, why),
            }
        }
        None => lang.short_ended(end, at),
    }
}

/// What the state of an open notification is called.
pub(super) fn state(phase: &Phase, lang: Language) -> String {
    match phase {
        Phase::Waiting { .. } => lang.is_scheduled(),
        Phase::Ready { .. } => lang.is_ready(),
        Phase::Started { .. } => lang.is_sending(),
        Phase::InDoubt { .. } => lang.is_in_doubt(),
        Phase::Sent { .. } => lang.is_sent(),
        Phase::Held { .. } => lang.is_held(),
        Phase::Task { .. } => lang.is_with_people(),
    }
}
