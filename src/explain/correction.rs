//! Owns the row that tells a source what a message showed of a contact point of its own: it is dead on a
//! channel, or it is alive after all. Refuses to repeat what the source itself supplied.

use serde::Serialize;
use sluis_model::{
    Channel, ContactKind, Event, Input, NotificationId, PointState, TenantRecord, Where,
};

use super::points::status;
use super::words::rfc3339;

/// What is to be corrected at the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CorrectionRow {
    /// Where it stands in the journal, masked like every other row; 16 hex digits.
    #[serde(serialize_with = "super::outcome::hex")]
    pub position: u64,
    /// When it was seen, RFC 3339 in UTC.
    pub at: String,
    /// The notification that showed it.
    pub id: NotificationId,
    /// Whose contact point it is.
    pub tenant_id: String,
    /// Always `corrected`.
    pub state: &'static str,
    /// `email`, `phone`, `postal`, `portal`, `messenger` or `push`.
    pub kind: &'static str,
    /// The contact point, as it was used.
    pub value: Box<str>,
    /// The channel on which it was seen.
    pub channel: Channel,
    /// `invalid`, or `validated`.
    pub known: PointState,
    /// The same as VERA's CONTACTGEGEVENSTATUS.
    pub status: &'static str,
    /// Whether no other channel uses the kind: then it holds for the contact point as a whole.
    pub everywhere: bool,
}

/// The notification that an input of the outside is about.
fn shown_by(input: &Input) -> Option<NotificationId> {
    match input {
        Input::Receipt(receipt) => Some(receipt.attempt.id),
        Input::LateReceipt(late) => Some(late.receipt.attempt.id),
        Input::Link { id, .. } | Input::Answer { id, .. } => Some(*id),
        other => other.as_outcome().map(|(attempt, _)| attempt.id),
    }
}

/// The row of `event`, an event of `record`; `position` gives where it stands. `None` unless a message
/// showed something of a contact point.
#[must_use]
pub fn correction(
    position: impl Fn(NotificationId) -> u64,
    record: &TenantRecord,
    event: &Event,
) -> Option<CorrectionRow> {
    let Event::PointMarked {
        on: Where::On(channel),
        value,
        state,
    } = event
    else {
        return None;
    };
    let id = shown_by(&record.input)?;
    let kind = channel.contact_kind()?;
    Some(CorrectionRow {
        position: position(id),
        at: rfc3339(record.at),
        id,
        tenant_id: record.tenant.tenant.to_string(),
        state: "corrected",
        kind: kind.name(),
        value: value.clone(),
        channel: *channel,
        known: *state,
        status: status(*state),
        everywhere: is_alone(kind),
    })
}

/// Whether one channel alone uses the kind.
fn is_alone(kind: ContactKind) -> bool {
    let using = Channel::ALL.into_iter();
    using
        .filter(|channel| channel.contact_kind() == Some(kind))
        .count()
        == 1
}
