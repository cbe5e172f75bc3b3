//! Owns what the engine says of a submission that it accepted.

use sluis_model::NotificationId;

/// An accepted submission: durable, as [`Welcome::durability`](crate::Welcome::durability) says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The notification.
    pub id: NotificationId,
    /// Where its record stands in the journal; opaque.
    pub position: u64,
    /// It had been accepted before under the same idempotency key; `id` and `position` are those of
    /// then.
    pub duplicate: bool,
}
