//! Owns the words for a steered choice: why this channel, and why not each other one. Refuses to look
//! at today's matrix: what held then stands in the record.

use serde::Serialize;
use sluis_model::steering::{MatrixRow, Steered, WhyNot};
use sluis_model::{Channel, Choice};

/// A channel of the step that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OtherChannel {
    /// Which.
    pub channel: Channel,
    /// Stable code of why not.
    pub code: &'static str,
    /// Why not.
    pub why: String,
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
            })
            .collect()
    }

    /// `not email (off ...)`.
    fn words(&self) -> String {
        format!("not {} ({})", self.channel, self.why)
    }
}

/// Why that channel: what was chosen by, and why nothing that comes before it.
pub(super) fn reason(
    channel: Channel,
    choice: Choice,
    category: &str,
    step: &str,
    steered: &Steered,
) -> String {
    let row = row(&steered.row);
    let chosen = match choice {
        Choice::Preferred => format!("the tenant prefers {channel} for '{category}'"),
        Choice::Primary => format!("{channel} is primary in {row}"),
        Choice::FlowOrder => {
            format!(
                "{channel} is the first way of {step}, as {row} has it, that reaches the tenant"
            )
        }
        Choice::LastResort => {
            format!("a letter goes when nothing else of {step} reaches the tenant")
        }
    };
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
        WhyNot::Off => format!("off in {}", row(&steered.row)),
        WhyNot::NoTemplate => "the step has no template for it".to_owned(),
        WhyNot::CannotCarry => "the message cannot be made for it".to_owned(),
        WhyNot::Failed => "it failed for this notification".to_owned(),
        WhyNot::Tried => "it was tried for this notification".to_owned(),
        WhyNot::NoProvider => "no provider".to_owned(),
        WhyNot::NoAddress => "the tenant has no address for it that can be used".to_owned(),
        WhyNot::Later => "it comes after the one that was taken".to_owned(),
    }
}
