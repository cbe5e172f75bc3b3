//! Owns the labels that are closed lists: their values, and which value a thing counts under.

use sluis_model::Cause;

/// Ends that the engine itself gives, whatever the flow says.
pub(crate) const OWN_ENDS: [&str; 6] = [
    "already running",
    "cancelled",
    "closed by hand",
    "expired",
    "sent",
    "undeliverable",
];
/// Causes of an escalation, as the label names them.
pub(crate) const ESCALATED_BY: [&str; 3] = ["bounced", "unanswered", "unreachable"];
/// For what a passive tenant was activated: the values of the label `waited`.
pub(crate) const WAITED_FOR: [&str; 2] = ["other", "urgent"];

/// The values of the label `verdict`.
pub(crate) const VERDICTS: [&str; 8] = [
    "accepted",
    "delivered",
    "retry",
    "refused",
    "in_doubt",
    "withdrawn",
    "barred",
    UNSENDABLE,
];
/// Refused by ourselves before anything left.
pub(crate) const UNSENDABLE: &str = "unsendable";

/// The place of an escalation's cause in [`ESCALATED_BY`].
pub(crate) const fn escalated_by(cause: &Cause) -> Option<usize> {
    match cause {
        Cause::Bounced { .. } => Some(0),
        Cause::Unanswered => Some(1),
        Cause::Unreachable | Cause::AllOff | Cause::TooLate => Some(2),
        _ => None,
    }
}
