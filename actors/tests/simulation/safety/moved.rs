//! Moves to another definition: what moves comes to the step of the name where it stood, and of the same kind; it moves
//! once to each definition, not while an attempt is under way or in doubt; what it waits for keeps its time. What is not
//! moved does not fit. Refuses the engine's own fit: it looks at the names and kinds that were drawn.

use std::collections::BTreeSet;

use sluis_model::{Event, FlowRef, Input, Moved, Moving, Open, Phase, TenantRecord, Timestamp};

use super::{Check, Findings};
use crate::flows::Flows;
use crate::shadow::Shadow;

const CHECK: Check = Check::MovedAsItFits;

/// What is known of whom the record at hand moves.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    before: Option<Open>,
}

/// Why something cannot move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    OtherFlow,
    NoStep,
    OtherKind,
    UnderWay,
    InDoubt,
}

impl Unfit {
    const fn word(self) -> Option<&'static str> {
        match self {
            Self::NoStep => Some("a step that is not there"),
            Self::OtherKind => Some("a step of another kind"),
            Self::UnderWay => Some("an order while an attempt is under way"),
            Self::OtherFlow | Self::InDoubt => None,
        }
    }
}

/// The step at which it would stand under another definition.
pub(crate) fn place(flows: &Flows, open: &Open, to: FlowRef) -> Result<usize, Unfit> {
    let (Some(old), Some(new)) = (flows.drawn(open.flow), flows.drawn(to)) else {
        return Err(Unfit::OtherFlow);
    };
    let step = usize::from(open.step);
    let at = if open.entered {
        let name = old.names.get(step).ok_or(Unfit::NoStep)?;
        let same = new.names.iter().position(|known| known == name);
        let same = same.ok_or(Unfit::NoStep)?;
        let is_alike = old.steps[step].is_alike(&new.steps[same]);
        is_alike.then_some(same).ok_or(Unfit::OtherKind)?
    } else {
        0
    };
    match open.phase {
        Phase::Started { .. } => Err(Unfit::UnderWay),
        Phase::InDoubt { .. } => Err(Unfit::InDoubt),
        _ if open.doubt().is_some() => Err(Unfit::InDoubt),
        _ => Ok(at),
    }
}

impl Moves {
    /// A record is about to be taken; the shadow does not have it.
    pub(crate) fn about_to(&mut self, record: &TenantRecord, shadow: &Shadow) {
        self.before = match &record.input {
            Input::Migrate(order) => shadow.open(order.id).cloned(),
            _ => None,
        };
    }

    /// A record was handed in, and the shadow has it. Gives the words for what was reached.
    pub(crate) fn decided(
        &self,
        record: &TenantRecord,
        shadow: &Shadow,
        findings: &mut Findings,
    ) -> Vec<&'static str> {
        let mut reached = Vec::new();
        for event in &record.events {
            let Event::Migrated { id, moved } = event else {
                continue;
            };
            let Some(before) = self.before.as_ref().filter(|open| open.id == *id) else {
                findings.blame(CHECK, || format!("{id} moves, and nobody ordered it"));
                continue;
            };
            fits(before, moved, shadow, findings);
            let about = |event: &&Event| event.notification() == Some(*id);
            if record.events.iter().filter(about).count() == 1 {
                keeps_its_time(before, shadow, findings);
            }
            reached.push(word(before));
        }
        reached
    }
}

/// Where it stands there is where it stood, and it was never there before.
fn fits(before: &Open, moved: &Moved, shadow: &Shadow, findings: &mut Findings) {
    let id = before.id;
    let place = place(shadow.flows(), before, moved.to);
    let is_right = place == Ok(usize::from(moved.step)) && moved.from == before.flow;
    findings.expect(is_right, CHECK, || {
        format!(
            "{id} moves to step {} and should to {place:?}: it was {before:?}",
            moved.step
        )
    });
    let versions = [moved.from, moved.to].map(|flow| shadow.flows().drawn(flow));
    let is_newer = match versions {
        [Some(old), Some(new)] => old.is_older_than(new),
        _ => false,
    };
    findings.expect(is_newer, CHECK, || {
        format!("{id} moves to no newer version")
    });
    let ran_by = shadow.known.ran_by.get(&id).into_iter().flatten();
    let mut known = BTreeSet::new();
    let is_once = ran_by.into_iter().all(|flow| known.insert(*flow));
    findings.expect(is_once, CHECK, || {
        format!("{id} moves twice to {}", moved.to)
    });
}

/// Nothing else happened to it: whatever it waits for comes when it would have.
fn keeps_its_time(before: &Open, shadow: &Shadow, findings: &mut Findings) {
    let Some(after) = shadow.open(before.id) else {
        return findings.blame(CHECK, || format!("{} is gone by its move", before.id));
    };
    // A wait for a receipt alone may end where nothing listens for one any more, and a deadline that leads nowhere goes.
    let listens = matches!(before.phase, Phase::Sent { due, .. } if due == Timestamp::NEVER);
    let asks = matches!(before.phase, Phase::Task { .. });
    let same = (before.due(), before.expires_at) == (after.due(), after.expires_at);
    let is_kept = match asks {
        true => after.due() >= before.due() || after.due().is_none(),
        false => same || listens,
    };
    findings.expect(is_kept, CHECK, || {
        format!(
            "{} was due at {:?} and is due at {:?} since its move: {:?}",
            before.id,
            before.due(),
            after.due(),
            after.phase
        )
    });
    findings.expect(before.phase.name() == after.phase.name(), CHECK, || {
        format!(
            "{} was {:?} and is {:?}",
            before.id, before.phase, after.phase
        )
    });
}

fn word(before: &Open) -> &'static str {
    match before.phase {
        Phase::Waiting { .. } if before.entered => "a wait moves",
        Phase::Waiting { .. } => "what has not begun moves",
        Phase::Ready { .. } => "what wants to be sent moves",
        Phase::Sent { .. } => "what was sent moves",
        Phase::Held { .. } => "what is held moves",
        Phase::Task { .. } => "a task moves",
        Phase::Started { .. } | Phase::InDoubt { .. } => "",
    }
}

/// An order to move came to nothing, and its notification is now as it was when that was said.
pub(crate) fn refused(
    open: Option<&Open>,
    to: FlowRef,
    moving: &Moving,
    shadow: &Shadow,
    findings: &mut Findings,
) -> Option<&'static str> {
    let open = open?;
    let place = match open.flow == to {
        true => Err(Unfit::OtherFlow),
        false => place(shadow.flows(), open, to),
    };
    findings.expect(place.is_err(), Check::NobodyLeftBehind, || {
        format!("{} is said to be {moving:?}, and fits: {open:?}", open.id)
    });
    match moving {
        Moving::Already => Some("an order that came twice"),
        _ => place.err().and_then(Unfit::word),
    }
}
