//! Owns what a source supplies of a tenant: the name, contact points with what it says of them,
//! preferences. It replaces what the source supplied before, as a whole. Refuses to know what the
//! engine saw of a contact point: that is the [`Profile`](crate::Profile).

use bincode::{Decode, Encode};

use crate::channel::{Channel, ContactKind};
use crate::codec::Version;
use crate::point::{PointSource, PointState, same};
use crate::profile::Preference;
use crate::time::Timestamp;

/// A tenant, as its source has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub struct Supplied {
    /// How to address the tenant in a letter: `mevrouw De Vries`.
    pub name: Box<str>,
    /// Language of messages, ISO 639-1; empty means Dutch.
    pub language: Box<str>,
    /// Contact points, each once, the best of a kind first. At most
    /// [`Profile::MAX_POINTS`](crate::Profile::MAX_POINTS).
    pub points: Vec<Given>,
    /// Preferences. At most [`Profile::MAX_PREFERENCES`](crate::Profile::MAX_PREFERENCES).
    pub preferences: Vec<Preference>,
}

/// One contact point, as its source has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Given {
    /// What it is.
    pub kind: ContactKind,
    /// The value in normal form.
    pub value: Box<str>,
    /// What the source says of it; "created" says nothing.
    pub state: PointState,
    /// Who says so.
    pub source: PointSource,
    /// When the source checked it, by the source's clock (VERA: the date of a
    /// `CONTACTGEGEVENSTATUS` of GEV).
    pub confirmed: Option<Timestamp>,
    /// Of a phone number: whether it takes messages.
    pub is_mobile: bool,
    /// The channel that the source names it for, where several use its kind.
    pub given_for: Option<Channel>,
}

impl Given {
    /// A contact point of which the corporation's system says nothing more.
    #[must_use]
    pub fn new(kind: ContactKind, value: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            value: value.into(),
            state: PointState::Created,
            source: PointSource::System,
            confirmed: None,
            is_mobile: false,
            given_for: None,
        }
    }

    /// A phone number that takes messages, as [`Self::new`].
    #[must_use]
    pub fn mobile(value: impl Into<Box<str>>) -> Self {
        Self {
            is_mobile: true,
            ..Self::new(ContactKind::Phone, value)
        }
    }

    /// What the source says of it: what it has checked works.
    #[must_use]
    pub const fn word(&self) -> PointState {
        match self.state {
            PointState::Created if self.confirmed.is_some() => PointState::Validated,
            state => state,
        }
    }

    /// Whether both are one contact point.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && same(self.kind, &self.value, &other.value)
    }

    /// Takes in the same contact point, given once more: the better word counts, and what was given
    /// for two channels is for none before others.
    pub fn merge(&mut self, other: &Self) {
        self.state = match (self.state, other.state) {
            (PointState::Validated, _) | (_, PointState::Validated) => PointState::Validated,
            (PointState::Created, _) | (_, PointState::Created) => PointState::Created,
            (PointState::Invalid, PointState::Invalid) => PointState::Invalid,
        };
        self.confirmed = self.confirmed.max(other.confirmed);
        self.is_mobile |= other.is_mobile;
        if self.given_for != other.given_for {
            self.given_for = None;
        }
    }
}

impl Supplied {
    /// Adds a contact point; one that is there already becomes one with it.
    pub fn add(&mut self, given: Given) {
        match self.points.iter_mut().find(|known| known.is_same(&given)) {
            Some(known) => known.merge(&given),
            None => self.points.push(given),
        }
    }

    /// Whether it has the contact point of that kind with that value.
    #[must_use]
    pub fn has(&self, kind: ContactKind, value: &str) -> bool {
        let mut points = self.points.iter();
        points.any(|given| given.kind == kind && same(kind, &given.value, value))
    }
}
