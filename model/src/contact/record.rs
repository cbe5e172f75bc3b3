//! Owns what is remembered, or supplied, of one contact point: its state, since when, what that
//! rests on; and when two values are one contact point.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::channel::{Channel, ContactKind};
use crate::profile::{AddressState, Profile};
use crate::time::Timestamp;

/// What a state of a contact point rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The source of the profile said so.
    Source,
    /// A message to it came back, or was refused, for its address.
    Bounce,
    /// It was seen in use: a reply, a pressed button, a delivery.
    Use,
}

/// One contact point with a state that outlives lists.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Contact {
    /// The channel it belongs to.
    pub channel: Channel,
    /// The value as it was used.
    pub value: Box<str>,
    /// Its state.
    pub state: AddressState,
    /// Since when, by the engine's clock.
    pub since: Timestamp,
    /// What that rests on.
    pub by: Evidence,
}

/// A contact point that its source has checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Confirmed {
    /// The channel it belongs to.
    pub channel: Channel,
    /// The value in normal form.
    pub value: Box<str>,
    /// When the source checked it, by the source's clock.
    pub at: Timestamp,
}

/// A profile whose source also says when it checked some of the contact points (VERA: a
/// `CONTACTGEGEVENSTATUS` of GEV with its date).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Supplied {
    /// The profile, whole.
    pub profile: Profile,
    /// What was checked, and when. At most one for each address.
    pub confirmed: Vec<Confirmed>,
}

impl Contact {
    /// Whether this is the contact point with `value` on `channel`, in whatever letter case.
    #[must_use]
    pub fn is(&self, channel: Channel, value: &str) -> bool {
        self.channel == channel && same(channel, &self.value, value)
    }
}

/// Whether two values are one contact point. Of an e-mail address the domain has no case (RFC 1034
/// 3.1); the local part may have one (RFC 5321 2.4), but no system in use tells mailboxes apart by
/// it, so what bounced in one spelling is dead in the other. Everything else is in its normal form
/// and compared as it is.
pub(crate) fn same(channel: Channel, one: &str, other: &str) -> bool {
    match channel.contact_kind() {
        Some(ContactKind::Email) => one.eq_ignore_ascii_case(other),
        Some(ContactKind::Phone | ContactKind::Postal | ContactKind::Portal) | None => one == other,
    }
}
