//! Owns the words for a steered choice: why this channel, and why not each other one; and for a cap.
//! Refuses to look at today's matrix: what held then stands in the record.

use serde::Serialize;
use sluis_model::steering::{Asked, MatrixRow, Passed, PhaseName, Steered, WhyNot};
use sluis_model::{Capped, Channel, Choice, HeldBack};

use super::in_time;
use super::words::{duration, rfc3339};

/// A channel of the step that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OtherChannel {
    /// Which.
    pub channel: Channel,
    /// Stable code of why not.
    pub code: &'static str,
    /// Why not.
    pub why: String,
    /// What it would have been expected to cost, in cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_cost_cents: Option<String>,
}

impl OtherChannel {
    /// Every channel that was not taken, in the order in which they are tried.
    pub(super) fn of(steered: &Steered) -> Vec<Self> {
        let passed = steered.passed.iter();
        passed
            .map(|passed| Self {
                channel: passed.channel,
                code: passed.why.name(),
                why: why_not(passed, steered),
                expected_cost_cents: passed.cost.map(cents),
            })
            .collect()
    }

    /// `not email (off ...)`.
    fn words(&self) -> String {
        format!("not {} ({})", self.channel, self.why)
    }
}

/// What a chosen channel is called.
pub(super) struct Named<'a> {
    pub channel: Channel,
    pub category: &'a str,
    pub step: &'a str,
    /// The legal reason of the step.
    pub legal: Option<&'a str>,
}

/// Why that channel: what was chosen by, and why nothing that comes before it.
pub(super) fn reason(choice: Choice, named: &Named<'_>, steered: &Steered) -> String {
    let Named {
        channel,
        category,
        step,
        legal,
    } = named;
    let row = steered.row.as_ref().map(row);
    let by_row = row.as_ref().map(|row| format!(", as {row} has it,"));
    let chosen = match choice {
        Choice::Preferred => {
            let asked = steered.asked.map(asked).unwrap_or_default();
            format!("the tenant prefers {channel} for '{category}'{asked}")
        }
        Choice::Primary => format!("{channel} is primary in {}", row.unwrap_or_default()),
        Choice::FlowOrder => {
            let by_row = by_row.unwrap_or_default();
            format!("{channel} is the first way of {step}{by_row} that reaches the tenant")
        }
        Choice::LastResort => {
            format!("a letter goes when nothing else of {step} reaches the tenant")
        }
        Choice::Legal => {
            let legal = legal.unwrap_or("a legal reason");
            format!("{step} sends over {channel} for a legal reason: {legal}")
        }
        Choice::Cheapest => {
            let by_row = by_row.unwrap_or_default();
            format!(
                "{channel} is the cheapest way of {step}{by_row} that reaches the tenant in time"
            )
        }
    };
    let cost = steered
        .cost
        .map(|cost| format!("; it is expected to cost {} cents", cents(cost)));
    let chosen = chosen + &cost.unwrap_or_default();
    let told = [
        chosen,
        in_time::wanted(steered),
        others(steered),
        for_whom(steered),
    ];
    let told: Vec<String> = told.into_iter().filter(|told| !told.is_empty()).collect();
    told.join("; ")
}

/// Why not each other channel, but for those that merely come later.
pub(super) fn others(steered: &Steered) -> String {
    let all = OtherChannel::of(steered).into_iter();
    let told = all.filter(|other| other.code != WhyNot::Later.name());
    told.map(|other| other.words())
        .collect::<Vec<_>>()
        .join(", ")
}

/// For whom it is so: the tenant's segment, and a newer row that has not come to him yet.
pub(super) fn for_whom(steered: &Steered) -> String {
    let segment = steered.segment.as_ref().map(|seen| match &seen.name {
        Some(name) if seen.is_named => format!("the tenant is of the segment '{name}'"),
        Some(name) => format!("nothing is said of the tenant's segment '{name}'"),
        None => "the tenant's segment is not known".to_owned(),
    });
    let not_yet = steered.not_yet.as_ref().map(|not_yet| {
        let why = match (&not_yet.complex, not_yet.asks_complex) {
            (Some(complex), _) => format!("he lives in '{complex}'"),
            (None, true) => "his complex is not known".to_owned(),
            (None, false) => "he is not among them".to_owned(),
        };
        format!(
            "{} has not come to this tenant yet: {why}",
            row(&not_yet.row)
        )
    });
    let told: Vec<String> = segment.into_iter().chain(not_yet).collect();
    told.join("; ")
}

/// What a message waits for that could go, to stand after "because".
pub(super) fn waits_for(held: &HeldBack) -> String {
    match held {
        HeldBack::Conflict {
            rule, by: Some(by), ..
        } => format!("the rule '{rule}' sends nothing while {by} is open"),
        HeldBack::Conflict { rule, by: None, .. } => {
            format!("the rule '{rule}' sends nothing so soon after another message")
        }
        HeldBack::Bundle { bundle, .. } => {
            format!("it leaves with what else is due that day, as '{bundle}' says")
        }
    }
}

/// What a cap allows, to stand after "because".
pub(super) fn allows(capped: &Capped) -> String {
    let Capped {
        cap,
        most,
        within_ms,
        ..
    } = capped;
    let messages = if *most == 1 { "message" } else { "messages" };
    let within = duration(*within_ms);
    format!("the cap '{cap}' allows {most} {messages} in {within}")
}

/// Thousandths of a cent as cents: `7.5`.
pub(super) fn cents(thousandths: u64) -> String {
    let (whole, part) = (thousandths / 1_000, thousandths % 1_000);
    let text = format!("{whole}.{part:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Since when, and by whom.
fn asked(asked: Asked) -> String {
    let by = format!("said by {}", asked.source.name());
    match asked.since {
        Some(since) => format!(" (since {}, {by})", rfc3339(since)),
        None => format!(" ({by})"),
    }
}

/// The row in words.
fn row(row: &MatrixRow) -> String {
    let of = match &*row.category {
        "*" => "the matrix row of all other categories".to_owned(),
        category => format!("the matrix row of '{category}'"),
    };
    let of = match &*row.segment {
        "" => of,
        segment => format!("{of} for the segment '{segment}'"),
    };
    let of = match &row.phase {
        None => of,
        Some(phase) => format!("{of} for {}", those(phase)),
    };
    match &*row.from {
        "" => of,
        from => format!("{of} from {from} on"),
    }
}

/// For whom a row holds that is introduced in phases.
fn those(phase: &PhaseName) -> String {
    let share = format!("{}% of the tenants", phase.share);
    let named = phase.complexes.iter();
    let named: Vec<String> = named.map(|complex| format!("'{complex}'")).collect();
    let more = match phase.more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let complexes = format!("the complexes {}{more}", named.join(", "));
    match (phase.share, named.is_empty()) {
        (0, _) => complexes,
        (_, true) => share,
        (_, false) => format!("{share} and {complexes}"),
    }
}

fn why_not(passed: &Passed, steered: &Steered) -> String {
    match passed.why {
        WhyNot::Off => {
            let row = steered.row.as_ref().map(row);
            format!("off in {}", row.unwrap_or_default())
        }
        WhyNot::NoTemplate => "the step has no template for it".to_owned(),
        WhyNot::CannotCarry => "the message cannot be made for it".to_owned(),
        WhyNot::Failed => "it failed for this notification".to_owned(),
        WhyNot::Tried => "it was tried for this notification".to_owned(),
        WhyNot::NoProvider => "no provider".to_owned(),
        WhyNot::NoAddress => "the tenant has no address for it that can be used".to_owned(),
        WhyNot::Later => "it comes after the one that was taken".to_owned(),
        WhyNot::Legal => {
            "the tenant prefers it, and the step has a legal reason for another".to_owned()
        }
        WhyNot::TooSlow => "it would arrive when the message is worthless".to_owned(),
        WhyNot::TooLate => in_time::too_late(passed, steered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousandths_are_written_as_cents() {
        let written = [0, 7_500, 12_000, 1, 1_250].map(cents);
        assert_eq!(written, ["0", "7.5", "12", "0.001", "1.25"]);
    }
}
