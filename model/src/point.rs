//! Owns contact points: a mailbox, a phone number, a postal address, an account, as a tenant has it.
//! What its source says of it (a value, a state, since when) holds on every channel that uses its
//! kind. What a message showed on one channel says nothing of another: a number that is not on
//! WhatsApp still takes SMS.
//!
//! A person may have a role (tenant, joint tenant, guarantor) and may stand for another: a
//! representative, an administrator. Their place is here: whose contact points are looked at is
//! asked before which of them a channel uses. Nothing of that is decided yet.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::channel::{Channel, ContactKind, Need};
use crate::time::Timestamp;

/// The quality of a contact point (row 14; VERA CONTACTGEGEVENSTATUS AAN, GEV, ONG).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PointState {
    /// Supplied, not proven.
    #[default]
    Created,
    /// Proven by use or confirmation.
    Validated,
    /// Bounced or malformed: not used until the source confirms it with a later date, or it is seen
    /// in use.
    Invalid,
}

/// Who said what is known of a contact point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PointSource {
    /// A system of the corporation. Records before version 4 do not tell it from a list.
    #[default]
    System,
    /// A list that the corporation loaded.
    List,
    /// A message: the point stands in no profile, and one to it came back or was answered.
    Receipt,
    /// Somebody: the tenant, or an employee who spoke to him.
    Person,
}

impl PointSource {
    /// Those that can supply a contact point.
    pub const SUPPLY: [Self; 3] = [Self::System, Self::List, Self::Person];

    /// The name used in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::List => "list",
            Self::Receipt => "receipt",
            Self::Person => "person",
        }
    }
}

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

/// Where a state of a contact point holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
pub enum Where {
    /// On every channel that uses this kind.
    Everywhere(ContactKind),
    /// On one channel.
    On(Channel),
}

/// One contact point of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Point {
    /// What it is.
    pub kind: ContactKind,
    /// The value in normal form: an e-mail address, an E.164 number.
    pub value: Box<str>,
    /// What its source says of it.
    pub state: PointState,
    /// Who said that.
    pub source: PointSource,
    /// Since when: the source's date where it gave one, else the engine's clock when it was first
    /// said.
    pub since: Timestamp,
    /// Of a phone number: whether it takes messages.
    pub is_mobile: bool,
    /// The channel that the source named it for, where several use its kind: there it goes first.
    pub given_for: Option<Channel>,
    /// Whether the newest profile has it. One that has not is remembered for what is known of it.
    pub is_listed: bool,
    /// What is known of it on single channels, once there is something.
    pub known: Option<Box<PerChannel>>,
}

/// What is known of a contact point on single channels; at most one entry for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct PerChannel(pub(crate) Vec<Known>);

/// What is known of a contact point on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Known {
    /// The channel.
    pub channel: Channel,
    /// Its state there.
    pub state: PointState,
    /// Since when, by the engine's clock; a date of the source, when the source took it back.
    pub since: Timestamp,
    /// What that rests on.
    pub by: Evidence,
}

impl FromIterator<Known> for PerChannel {
    fn from_iter<I: IntoIterator<Item = Known>>(known: I) -> Self {
        Self(known.into_iter().collect())
    }
}

impl Channel {
    /// Whether it is the only channel of its kind of contact point.
    #[must_use]
    pub fn has_kind_alone(self) -> bool {
        let kind = self.contact_kind();
        let same = Channel::ALL
            .into_iter()
            .filter(|c| c.contact_kind() == kind);
        same.count() == 1
    }
}

impl Where {
    /// The kind of contact point; none for a channel that reaches nobody.
    #[must_use]
    pub const fn kind(self) -> Option<ContactKind> {
        match self {
            Self::Everywhere(kind) => Some(kind),
            Self::On(channel) => channel.contact_kind(),
        }
    }

    /// The channel, where it is one.
    #[must_use]
    pub const fn channel(self) -> Option<Channel> {
        match self {
            Self::Everywhere(_) => None,
            Self::On(channel) => Some(channel),
        }
    }
}

impl Point {
    /// Whether this is the contact point of that kind with that value.
    #[must_use]
    pub fn is(&self, kind: ContactKind, value: &str) -> bool {
        self.kind == kind && same(kind, &self.value, value)
    }

    /// Whether `channel` uses such a contact point.
    #[must_use]
    pub fn serves(&self, channel: Channel) -> bool {
        let takes_messages = self.is_mobile || channel.need() != Need::Mobile;
        channel.contact_kind() == Some(self.kind) && takes_messages
    }

    /// What is known of it on `channel`.
    #[must_use]
    pub fn on(&self, channel: Channel) -> Option<&Known> {
        self.per_channel()
            .iter()
            .find(|known| known.channel == channel)
    }

    /// What is known of it on single channels, in the order in which it was learned.
    #[must_use]
    pub fn per_channel(&self) -> &[Known] {
        self.known.as_deref().map_or(&[], |known| &known.0)
    }

    /// Whether a message may go to it over `channel`.
    #[must_use]
    pub fn is_usable(&self, channel: Channel) -> bool {
        self.serves(channel) && self.state != PointState::Invalid && !self.is_dead_on(channel)
    }

    /// Whether messages over `channel` came back for its address.
    #[must_use]
    pub fn is_dead_on(&self, channel: Channel) -> bool {
        let known = self.on(channel);
        known.is_some_and(|known| known.state == PointState::Invalid)
    }

    /// What all that is known of it amounts to. It is invalid when its source says so, or when it is
    /// dead on every channel that it serves.
    #[must_use]
    pub fn standing(&self) -> PointState {
        let mut served = Channel::ALL
            .into_iter()
            .filter(|c| self.serves(*c))
            .peekable();
        let dead = served.peek().is_some() && served.all(|channel| self.is_dead_on(channel));
        let seen = self.per_channel().iter();
        let mut alive = seen.filter(|known| known.state == PointState::Validated);
        match self.state {
            PointState::Invalid => PointState::Invalid,
            _ if dead => PointState::Invalid,
            PointState::Created if alive.next().is_some() => PointState::Validated,
            state => state,
        }
    }

    /// Where it stands in line for `channel`: the lowest first.
    pub(crate) fn rank(&self, channel: Channel) -> (u8, bool) {
        let meant = match self.given_for {
            Some(given) if given == channel => 0,
            None => 1,
            Some(_) => 2,
        };
        let seen = self.on(channel).map(|known| known.state);
        let proven = [Some(self.state), seen].contains(&Some(PointState::Validated));
        (meant, !proven)
    }
}

/// Whether two values are one contact point. Of an e-mail address the domain has no case (RFC 1034
/// 3.1); the local part may have one (RFC 5321 2.4), but no system in use tells mailboxes apart by
/// it, so what bounced in one spelling is dead in the other. Everything else is in its normal form
/// and compared as it is.
#[must_use]
pub fn same(kind: ContactKind, one: &str, other: &str) -> bool {
    match kind {
        ContactKind::Email => one.eq_ignore_ascii_case(other),
        ContactKind::Phone
        | ContactKind::Postal
        | ContactKind::Portal
        | ContactKind::Messenger
        | ContactKind::Push => one == other,
    }
}
