//! Owns the step that chooses: its cases are asked in order, and the first that is true leads on. A
//! case that cannot be judged is never passed over: it leads where the step says, or it holds the
//! notification as a guard does. Refuses to let time pass.

use super::Turn;
use crate::event::{Branched, Cause};
use crate::flow::{Branches, Finding, Flow, Go, Seen};
use crate::ids::NotificationId;
use crate::state::Open;

/// What the cases say.
struct Asked {
    /// What decided.
    way: Branched,
    /// What each case saw, up to the one that decided.
    observed: Vec<Seen>,
}

impl Turn<'_> {
    /// Goes on from the step at hand, which chooses.
    pub(super) fn choose(&mut self, id: NotificationId) {
        let Some((open, flow, step)) = self.at_step(id) else {
            return;
        };
        let Some(branches) = step.kind.branches() else {
            return;
        };
        let at = open.step;
        let Asked { way, mut observed } = self.ask_cases(open, flow, branches);
        if let Some(go) = leads(branches, way) {
            let cause = Cause::Branched {
                step: at,
                way,
                observed: observed.into(),
            };
            self.go(id, go, cause);
        } else if let (Branched::Unknown(case), Some(saw)) = (way, observed.pop()) {
            let rule = flow.first_case(at) + usize::from(case);
            self.hold(id, flow, rule as u8, saw);
        }
    }

    fn ask_cases(&self, open: &Open, flow: &Flow, branches: &Branches) -> Asked {
        let view = self.view(open, flow);
        let mut observed = Vec::with_capacity(branches.cases.len());
        for (index, case) in branches.cases.iter().enumerate() {
            let (now, fresh) = (self.now(), case.fresh_within_ms);
            let way = match case.when.evaluate(&view, &flow.classes, now, fresh) {
                Finding::Holds(saw) => {
                    observed.push(saw);
                    Branched::Case(index as u8)
                }
                Finding::Unknown(saw) => {
                    observed.push(saw);
                    Branched::Unknown(index as u8)
                }
                Finding::Fails(saw) => {
                    observed.push(saw);
                    continue;
                }
            };
            return Asked { way, observed };
        }
        let way = Branched::Otherwise;
        Asked { way, observed }
    }

    /// Whether the rule that holds the notification, a guard or a case, would hold it again.
    pub(super) fn still_held(&self, id: NotificationId, by: u8) -> bool {
        let Some((open, flow, step)) = self.at_step(id) else {
            return false;
        };
        let Some(branches) = step.kind.branches() else {
            return self.guard_holds(id, by);
        };
        match self.ask_cases(open, flow, branches).way {
            Branched::Unknown(case) => {
                flow.first_case(open.step) + usize::from(case) == usize::from(by)
            }
            Branched::Case(_) | Branched::Otherwise => false,
        }
    }

    /// Asks again what held the notification: the cases of its step, or the guards before a send.
    pub(super) fn ask_again(&mut self, id: NotificationId) {
        let Some((_, _, step)) = self.at_step(id) else {
            return;
        };
        match step.kind.branches() {
            Some(_) => self.choose(id),
            None => self.seek_permit(id),
        }
    }
}

/// Where a way leads. `None`: it holds.
fn leads(branches: &Branches, way: Branched) -> Option<&Go> {
    match way {
        Branched::Case(case) => Some(&branches.cases[usize::from(case)].go),
        Branched::Otherwise => Some(&branches.otherwise),
        Branched::Unknown(_) => branches.unknown.as_ref(),
    }
}
