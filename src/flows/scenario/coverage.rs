//! Owns what of a flow scenarios cover: its steps, the ways out of each, guards and stop rules. Refuses
//! to say how much is enough.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sluis_model::flow::{Step, Until};
use sluis_model::{Branched, Cause, Flow};

use crate::flows::ways::{AT_ONCE, DEADLINE, WAITED, comes, looked_out, ways};

/// How wide a column of the table becomes at most, in characters.
const MOST_WIDE: usize = 80;

/// How often each part of a flow was taken.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// By step.
    steps: BTreeMap<u8, usize>,
    /// By step and way.
    ways: BTreeMap<(u8, String), usize>,
    /// By guard.
    guards: BTreeMap<u8, usize>,
    /// By stop rule.
    stops: BTreeMap<u8, usize>,
}

impl Coverage {
    /// A step was entered, from another one or at the start.
    pub(super) fn entered(&mut self, flow: &Flow, from: Option<u8>, step: u8, cause: &Cause) {
        self.left(flow, from, cause);
        *self.steps.entry(step).or_default() += 1;
        // A step that leads on at once is left with the cause that led to it.
        let leads_on = flow.step(step).map(ways).unwrap_or_default().into_iter();
        for way in leads_on.filter(|way| way.name == AT_ONCE) {
            *self.ways.entry((step, way.name)).or_default() += 1;
        }
    }

    /// A step was left, or a rule led away from it.
    pub(super) fn left(&mut self, flow: &Flow, from: Option<u8>, cause: &Cause) {
        if let Cause::Guard { guard, .. } = cause {
            *self.guards.entry(*guard).or_default() += 1;
        }
        if let Cause::Stop { stop, .. } = cause {
            *self.stops.entry(*stop).or_default() += 1;
        }
        let Some(from) = from else {
            return;
        };
        let step = flow.step(from);
        if let Some(way) = step.and_then(|step| way(step, cause)) {
            *self.ways.entry((from, way)).or_default() += 1;
        }
    }

    /// What no scenario takes: `step mail: bounced`.
    pub(super) fn uncovered(&self, flow: &Flow) -> Vec<String> {
        let parts = self.parts(flow).into_iter();
        let missing = parts.filter(|(.., count)| *count == 0);
        missing
            .map(|(part, way, _)| {
                if way.is_empty() {
                    part
                } else {
                    format!("{part}: {way}")
                }
            })
            .collect()
    }

    /// Every part, in the order of the file, with how often it was taken.
    fn parts(&self, flow: &Flow) -> Vec<(String, String, usize)> {
        let mut parts = Vec::new();
        for (guard, number) in flow.guards.iter().zip(0..) {
            let count = self.guards.get(&number).copied().unwrap_or_default();
            parts.push((
                format!("guard {}", guard.name),
                "does not hold".to_owned(),
                count,
            ));
        }
        for (stop, number) in flow.stops.iter().zip(0..) {
            let count = self.stops.get(&number).copied().unwrap_or_default();
            parts.push((format!("stop {}", stop.name), "stops".to_owned(), count));
        }
        for (step, number) in flow.steps.iter().zip(0..) {
            let name = format!("step {}", step.id);
            let count = self.steps.get(&number).copied().unwrap_or_default();
            parts.push((name.clone(), String::new(), count));
            for way in ways(step) {
                let count = self.ways.get(&(number, way.name.clone())).copied();
                parts.push((name.clone(), way.name, count.unwrap_or_default()));
            }
        }
        parts
    }

    /// A table for people.
    pub(super) fn table(&self, flow: &Flow) -> String {
        let parts = self.parts(flow);
        let covered = parts.iter().filter(|(.., count)| *count > 0).count();
        let mut text = format!(
            "{} {}: {covered} of {} covered\n",
            flow.name,
            flow.version,
            parts.len()
        );
        let widest = |of: fn(&(String, String, usize)) -> &String, least: usize| {
            let each = parts.iter().map(|part| of(part).chars().count());
            each.max().unwrap_or_default().clamp(least, MOST_WIDE)
        };
        let (part_wide, way_wide) = (widest(|part| &part.0, 32), widest(|part| &part.1, 24));
        for (part, way, count) in &parts {
            let mark = if *count == 0 { "  <- never" } else { "" };
            let _ = writeln!(
                text,
                "  {part:<part_wide$} {way:<way_wide$} {count:>4}{mark}"
            );
        }
        text
    }
}

/// The way that a step took which chooses.
fn branched(step: &Step, way: Branched) -> Option<String> {
    match way {
        Branched::Case(case) => {
            let cases = step.kind.ways_out();
            Some(cases.get(usize::from(case))?.when.to_string())
        }
        Branched::Otherwise => Some("otherwise".to_owned()),
        Branched::Unknown(_) => Some("unknown".to_owned()),
    }
}

/// The way that a wait takes whose day has come, or is over.
fn of_day(until: &Until, cause: &Cause) -> Option<String> {
    match cause {
        Cause::Waited => Some(comes(until)),
        Cause::DayOver { .. } if until.past.is_some() => Some("past".to_owned()),
        Cause::DayOver { .. } => Some(comes(until)),
        _ => None,
    }
}

/// The way out of a step that a cause takes.
fn way(step: &Step, cause: &Cause) -> Option<String> {
    let bounced = matches!(
        cause,
        Cause::Bounced { .. }
            | Cause::Unreachable
            | Cause::AllOff
            | Cause::TooLate
            | Cause::CannotSend { .. }
            | Cause::Blocked { .. }
    );
    let by_name = [
        ("bounced", bounced),
        ("unanswered", matches!(cause, Cause::Unanswered)),
        ("settled", matches!(cause, Cause::Settled)),
        ("delivered", matches!(cause, Cause::Delivered)),
        ("answered", matches!(cause, Cause::Answered)),
        ("capped", matches!(cause, Cause::Capped { .. })),
        (
            WAITED,
            matches!(cause, Cause::Waited | Cause::FactSet { .. }),
        ),
        (DEADLINE, matches!(cause, Cause::TaskOverdue { .. })),
        (
            "unknown",
            matches!(cause, Cause::NoDay { .. } | Cause::NotSet { .. }),
        ),
    ];
    let named = by_name.into_iter().find(|(_, fits)| *fits);
    let named = named.map(|(name, _)| name.to_owned());
    let answer = match cause {
        Cause::Task { answer, .. } | Cause::TenantAnswered { answer, .. } => {
            Some(format!("answer {answer}"))
        }
        Cause::Branched { way, .. } => branched(step, *way),
        Cause::FactCame { .. } => step.kind.awaited().map(looked_out),
        _ => None,
    };
    let day = step.kind.until().and_then(|until| of_day(until, cause));
    let taken = day.or(named).or(answer)?;
    ways(step)
        .into_iter()
        .any(|way| way.name == taken)
        .then_some(taken)
}
