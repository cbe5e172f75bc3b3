//! Owns what comes next for an open notification, and what an unusual state waits for.
//! Refuses to promise: what is next is what the flow says if nothing comes in between.

use serde::Serialize;
use sluis_model::flow::Observed;
use sluis_model::{Flow, Open, Phase, Timestamp, known_answers};

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
pub(super) fn next(open: &Open, flow: Option<&Flow>, held: Option<&Observed>) -> Next {
    let at = open.due();
    if let (Some(expires), Some(due)) = (open.expires_at, at)
        && expires == due
        && !matches!(
            open.phase,
            Phase::Started { .. } | Phase::InDoubt { .. } | Phase::Sent { .. }
        )
    {
        return Next {
            what: format!("it expires; until then: {}", what(open, flow, held)),
            at: Some(rfc3339(due)),
            delays: Vec::new(),
        };
    }
    Next {
        what: what(open, flow, held),
        at: at.filter(|at| *at != Timestamp::NEVER).map(rfc3339),
        delays: Vec::new(),
    }
}

/// What the state waits for.
pub(super) fn what(open: &Open, flow: Option<&Flow>, held: Option<&Observed>) -> String {
    let fallback = flow.map_or("people", |flow| &flow.fallback_list);
    match &open.phase {
        Phase::Waiting { .. } if !open.entered => format!("{} begins at send_after", step(flow, 0)),
        Phase::Waiting { .. } => at_step(open, flow)
            .unwrap_or_else(|| format!("the wait of {} ends", step(flow, open.step))),
        Phase::Ready {
            channel,
            pinned: Some(provider),
            ..
        } => {
            format!(
                "the same attempt again over {channel} through {provider}, because its outcome is unknown"
            )
        }
        Phase::Ready { channel, .. } => {
            format!(
                "an attempt over {channel}, as soon as a router gives leave; the guards are asked again then"
            )
        }
        Phase::Started {
            attempt, provider, ..
        } => format!("the outcome of attempt {attempt} from {provider}"),
        Phase::InDoubt { attempt, .. } => {
            format!(
                "a receipt that tells whether attempt {attempt} was taken; without one it goes to people, list '{fallback}'"
            )
        }
        Phase::Sent { .. } => at_step(open, flow).unwrap_or_else(|| "a receipt".to_owned()),
        Phase::Held { guard, .. } => {
            let rule = flow.and_then(|flow| Some((flow, flow.guards.get(usize::from(*guard))?)));
            let wanted = match (rule, held) {
                (Some((flow, rule)), Some(observed)) => {
                    format!("guard '{}': {}", rule.name, wanting(flow, rule, observed))
                }
                (Some((_, rule)), None) => format!(
                    "guard '{}' ({}) cannot be judged",
                    rule.name, rule.when.text
                ),
                (None, _) => format!("guard {} cannot be judged", guard + 1),
            };
            format!("facts: {wanted}; without them it goes to people, list '{fallback}'")
        }
        Phase::Task { list, cause, .. } => {
            let answers = flow
                .and_then(|flow| flow.step(open.step))
                .map(|step| known_answers(step, cause));
            let answers = answers
                .map(|a| format!(" ({})", a.join(", ")))
                .unwrap_or_default();
            format!(
                "an answer{answers} from people, list '{list}', asked because {}",
                causes::words(cause, flow)
            )
        }
    }
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
