//! Owns what becomes of an open notification with its tasks.

use super::applied::FlowBook;
use crate::flow::Value;
use crate::input::Input;
use crate::state::{Open, Phase, Plan};
use crate::time::Timestamp;

/// What was answered stands where rules and templates read it. What an earlier answer to the same step
/// said, and this one does not, is unknown again.
pub(super) fn keep(open: &mut Open, step: u8, input: &Input, flows: &dyn FlowBook) {
    let Some(flow) = flows.flow(open.flow) else {
        return;
    };
    let (answer, says): (&str, &[(Box<str>, Value)]) = match input {
        Input::TaskAnswered(given) => (&given.answer, &given.says),
        Input::TenantAnswered(given) => (&given.answer, &given.says),
        Input::Answer { answer, .. } => (answer, &[]),
        _ => return,
    };
    for (place, value) in flow.keeps(step, answer, says) {
        if let Some(field) = open.fields.get_mut(place) {
            *field = value;
        }
    }
}

/// The task that has just opened has a plan.
pub(super) fn plan(open: &mut Open, plan: &Plan) {
    if let Phase::Task { asked, .. } = &mut open.phase {
        asked.plan = Some(Box::new(plan.clone()));
    }
}

/// The task is marked.
pub(super) fn reminded(open: &mut Open, at: Timestamp) {
    if let Phase::Task { asked, .. } = &mut open.phase
        && let Some(plan) = &mut asked.plan
    {
        plan.reminded_at = Some(at);
    }
}
