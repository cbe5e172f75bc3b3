//! Owns the answer to "why this tenant, this channel, this address, now?": timelines, explanations
//! and outcomes, told from records and nothing else. Pure: whoever asks brings the records. Refuses
//! to print a body or a whole address, and to say more than the records say.

mod around;
mod attempts;
mod causes;
mod contacts;
mod correction;
mod delays;
mod explanation;
mod in_time;
mod inputs;
mod language;
mod lately;
mod next;
mod outcome;
mod points;
mod preferences;
mod reason;
mod rows;
mod short;
mod steering;
#[cfg(test)]
mod tests;
mod timeline;
mod versions;
mod walk;
mod words;

pub use attempts::{AttemptRow, GuardRow};
pub use causes::cause_code;
pub use contacts::NotUsed;
pub use correction::{CorrectionRow, correction};
pub use delays::Delay;
pub use explanation::{Ending, Explanation, FlowName, explain};
pub use language::Language;
pub use lately::ContactedRow;
pub use next::Next;
pub use outcome::{FactRow, OutcomeRow, ReminderRow, fact_set, outcome, reminder};
pub use points::ContactPoint;
pub use preferences::PreferenceRow;
pub use reason::ReasonRow;
pub(crate) use rows::{addressee, left_out};
pub use steering::OtherChannel;
pub use timeline::{TimelineRow, timeline};
pub use versions::ran_by;
pub use walk::{Gone, MAX_READS, Page, Wanted, about, walk};
pub use words::{discreet, mask, rfc3339};

/// Why a flow moved, in one sentence.
#[must_use]
pub fn cause_words(cause: &sluis_model::Cause, flow: &sluis_model::Flow) -> String {
    causes::words(cause, Some(flow), Language::English)
}
