//! Owns how a profile is shown. Its contact points stand beside it, so here they are told only in
//! their older form, an address of a channel each. Refuses to show what no list has any more.

use serde::Serialize;
use sluis_model::{Channel, Point, PointState, Profile};

use crate::explain::PreferenceRow;

/// A profile.
#[derive(Debug, Serialize)]
pub(super) struct ProfileBody {
    name: Box<str>,
    language: Box<str>,
    addresses: Vec<AddressBody>,
    preferences: Vec<PreferenceRow>,
}

/// A contact point, in its older form.
#[derive(Debug, Serialize)]
struct AddressBody {
    channel: Channel,
    value: Box<str>,
    state: PointState,
}

impl ProfileBody {
    pub(super) fn of(profile: &Profile) -> Self {
        Self {
            name: profile.name.clone(),
            language: profile.language.clone(),
            addresses: profile.listed().filter_map(AddressBody::of).collect(),
            preferences: PreferenceRow::of(&profile.preferences),
        }
    }
}

impl AddressBody {
    /// By the channel that it was given for, or the first one that uses it.
    fn of(point: &Point) -> Option<Self> {
        let mut serving = Channel::ALL.into_iter().filter(|c| point.serves(*c));
        let channel = point.given_for.or_else(|| serving.next())?;
        let state = if point.is_dead_on(channel) {
            PointState::Invalid
        } else {
            point.standing()
        };
        Some(Self {
            channel,
            value: point.value.clone(),
            state,
        })
    }
}
