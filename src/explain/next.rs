//! Owns what comes next for an open notification, and what an unusual state waits for.
//! Refuses to promise: what is next is what the flow says if nothing comes in between.

use serde::Serialize;
use sluis_model::flow::{Names as _, Seen};
use sluis_model::{Asked, Channel, Flow, Open, Phase, Timestamp, known_answers};

use super::causes;
use super::delays::Delay;
use super::words::{AtStep, rfc3339, step, wanting};

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
pub(super) fn next(open: &Open, flow: Option<&Flow>, held: Option<&Seen>) -> Next {
    let what = what(open, flow, held);
    let at = open.due();
    let expires = at.is_some() && at == open.expires_at && !has_left(&open.phase);
    Next {
        what: if expires {
            format!("it expires; until then: {what}")
        } else {
            what
        },
        at: at.filter(|at| *at != Timestamp::NEVER).map(rfc3339),
        delays: Vec::new(),
    }
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
pub(super) fn what(open: &Open, flow: Option<&Flow>, held: Option<&Seen>) -> String {
    match &open.phase {
        Phase::Waiting { .. } => the_wait(open, flow),
        Phase::Ready {
            channel, pinned, ..
        } => leave_to_start(*channel, pinned.as_deref()),
        Phase::Started {
            attempt, provider, ..
        } => format!("the outcome of attempt {attempt} from {provider}"),
        Phase::InDoubt { attempt, .. } => {
            let list = fallback(flow);
            format!(
                "a receipt that tells whether attempt {attempt} was taken; without one it goes to people, list '{list}'"
            )
        }
        Phase::Sent { .. } => at_step(open, flow).unwrap_or_else(|| "a receipt".to_owned()),
        Phase::Held { guard, .. } => {
            let (wanted, list) = (facts(*guard, flow, held), fallback(flow));
            format!("facts: {wanted}; without them it goes to people, list '{list}'")
        }
        Phase::Task { list, asked, .. } => an_answer(open, flow, list, asked),
    }
}

/// The list of people who get what nothing else decides.
fn fallback(flow: Option<&Flow>) -> &str {
    flow.map_or("people", |flow| &flow.fallback_list)
}

fn the_wait(open: &Open, flow: Option<&Flow>) -> String {
    if !open.entered {
        return format!("{} begins at send_after", step(flow, 0));
    }
    let ends = || format!("the wait of {} ends", step(flow, open.step));
    at_step(open, flow).unwrap_or_else(ends)
}

fn leave_to_start(channel: Channel, pinned: Option<&str>) -> String {
    match pinned {
        Some(provider) => format!(
            "the same attempt again over {channel} through {provider}, because its outcome is unknown"
        ),
        None => format!(
            "an attempt over {channel}, as soon as a router gives leave; the guards are asked again then"
        ),
    }
}

/// The facts that a guard needs, or a case of a step.
fn facts(guard: u8, flow: Option<&Flow>, held: Option<&Seen>) -> String {
    let rule = flow.and_then(|flow| Some((flow, flow.holds(guard)?)));
    let Some((flow, rule)) = rule else {
        return format!("guard {} cannot be judged", u16::from(guard) + 1);
    };
    match held {
        Some(observed) => format!("{rule}: {}", wanting(flow, &rule.as_guard(), observed)),
        None => {
            format!("{rule} ({}) cannot be judged", rule.when.text)
        }
    }
}

/// An answer of people, with those that the step knows.
fn an_answer(open: &Open, flow: Option<&Flow>, list: &str, asked: &Asked) -> String {
    let step = flow.and_then(|flow| flow.step(open.step));
    let Asked { cause, plan } = asked;
    let known = step.map(|step| known_answers(step, cause));
    let known = known.map(|answers| format!(" ({})", answers.join(", ")));
    let team = plan.as_deref().and_then(|plan| plan.team.as_ref());
    let team = team.map(|team| format!(", team '{team}'"));
    let question = step.and_then(|step| step.kind.question());
    let deadline = question.and_then(|question| question.deadline.as_ref());
    let due = plan.as_deref().and_then(|plan| plan.due);
    let without = flow.zip(deadline).zip(due).map(|((flow, by), due)| {
        let names = AtStep {
            flow,
            step: open.step,
        };
        format!(
            "; without one by {} it goes {}",
            rfc3339(due),
            names.go(&by.go)
        )
    });
    format!(
        "an answer{} from people, list '{list}'{}, asked because {}{}",
        known.unwrap_or_default(),
        team.unwrap_or_default(),
        causes::words(cause, flow),
        without.unwrap_or_default()
    )
}

/// What the step itself waits for.
fn at_step(open: &Open, flow: Option<&Flow>) -> Option<String> {
    let flow = flow?;
    let names = AtStep {
        flow,
        step: open.step,
    };
    flow.step(open.step)?.kind.waits_for(&names)
}
