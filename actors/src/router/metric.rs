//! Owns the handles to the router's metrics. Refuses to look one up while it grants: a recorder must
//! be installed before a router is made.

use metrics::{Counter, Gauge};
use sluis_model::{Channel, Lane};

use crate::telemetry::names;

/// The handles of one channel.
pub(super) struct ChannelMeters {
    pub waiting: [Gauge; 3],
    pub corporation_waits: Counter,
    pub window_holds: Counter,
}

impl ChannelMeters {
    pub(super) fn new(channel: Channel) -> Self {
        let channel = channel.name();
        Self {
            waiting: Lane::ALL.map(|lane| names::WAITING.of((channel, lane.name()))),
            corporation_waits: names::LIMITER_WAITS.of((channel, "corporation")),
            window_holds: names::WINDOW_HOLDS.of(channel),
        }
    }
}

/// The handles of one provider.
pub(super) struct ProviderMeters {
    pub permits: [Counter; 3],
    pub in_use: Gauge,
    pub limiter_waits: Counter,
}

impl ProviderMeters {
    pub(super) fn new(channel: Channel, provider: &str) -> Self {
        let channel = channel.name();
        Self {
            permits: Lane::ALL
                .map(|lane| names::PERMITS.of((channel, provider.to_owned(), lane.name()))),
            in_use: names::PERMITS_IN_USE.of((channel, provider.to_owned())),
            limiter_waits: names::LIMITER_WAITS.of((channel, "provider")),
        }
    }
}

/// The handle of what one corporation sends.
pub(super) fn sends(channel: Channel, corporation: String) -> Counter {
    names::SENDS.of((channel.name(), corporation))
}
