//! Owns the words for a steered choice: why this channel, and why not each other one; and for a cap.
//! Refuses to look at today's matrix: what held then stands in the record.

use serde::Serialize;
use sluis_model::steering::{Asked, MatrixRow, Steered, WhyNot};
use sluis_model::{Capped, Channel, Choice};

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
                why: why_not(passed.why, steered),
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
    let others = others(steered);
    if others.is_empty() {
        return chosen;
    }
    format!("{chosen}; {others}")
}

/// Why not each other channel, but for those that merely come later.
pub(super) fn others(steered: &Steered) -> String {
    let all = OtherChannel::of(steered).into_iter();
    let told = all.filter(|other| other.code != WhyNot::Later.name());
    told.map(|other| other.words())
        .collect::<Vec<_>>()
        .join(", ")
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
    match &*row.from {
        "" => of,
        from => format!("{of} from {from} on"),
    }
}

fn why_not(why: WhyNot, steered: &Steered) -> String {
    match why {
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
