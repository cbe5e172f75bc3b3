//! Owns the names of the router's metrics and the handles to them. Refuses labels without a bound:
//! channels, providers, lanes and kinds of limiter are closed lists. A recorder must be installed
//! before a router is made.

use metrics::{Counter, Gauge, counter, gauge};
use sluis_model::{Channel, Lane};

/// What a router measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouterMetric {
    /// Permits granted, by channel, provider and lane.
    Permits,
    /// Permits granted and not yet back, by channel and provider. Its bound is the provider's
    /// concurrency.
    PermitsInUse,
    /// Messages that wait for a permit, by channel and lane.
    Waiting,
    /// How often a provider or a corporation had to wait for its rate limit, by channel and
    /// limiter.
    LimiterWaits,
    /// How often a corporation's queue was held until its send window opens, by channel.
    WindowHolds,
    /// Attempts started, by channel and corporation.
    Sends,
}

impl RouterMetric {
    /// Every metric.
    pub const ALL: [Self; 6] = [
        Self::Permits,
        Self::PermitsInUse,
        Self::Waiting,
        Self::LimiterWaits,
        Self::WindowHolds,
        Self::Sends,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Permits => "sluis_router_permits_total",
            Self::PermitsInUse => "sluis_router_permits_in_use",
            Self::Waiting => "sluis_router_waiting_messages",
            Self::LimiterWaits => "sluis_router_limiter_waits_total",
            Self::WindowHolds => "sluis_router_window_holds_total",
            Self::Sends => "sluis_router_sends_total",
        }
    }

    /// `counter` or `gauge`.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Permits | Self::LimiterWaits | Self::WindowHolds | Self::Sends => "counter",
            Self::PermitsInUse | Self::Waiting => "gauge",
        }
    }

    /// The operator's help.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Permits => {
                "Permits granted to start an attempt, by channel, provider and lane. A permit may come back unused."
            }
            Self::PermitsInUse => {
                "Permits granted and not yet back, by channel and provider; at most the provider's concurrency."
            }
            Self::Waiting => {
                "Messages in the ready lists, by channel and lane. Growing for long: the providers are too slow."
            }
            Self::LimiterWaits => {
                "Waits for a rate limit, by channel and limiter (provider, corporation). Normal under load; raise the rate if allowed."
            }
            Self::WindowHolds => {
                "Queues of a corporation held until their send window opens, by channel. Normal every evening."
            }
            Self::Sends => {
                "Attempts started, by channel and corporation. Their outcomes are counted by provider."
            }
        }
    }
}

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
            waiting: Lane::ALL.map(|lane| gauge!(RouterMetric::Waiting.name(), "channel" => channel, "lane" => lane.name())),
            corporation_waits: counter!(RouterMetric::LimiterWaits.name(), "channel" => channel, "limiter" => "corporation"),
            window_holds: counter!(RouterMetric::WindowHolds.name(), "channel" => channel),
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
            permits: Lane::ALL.map(|lane| {
                let provider = provider.to_owned();
                counter!(RouterMetric::Permits.name(), "channel" => channel, "provider" => provider, "lane" => lane.name())
            }),
            in_use: gauge!(RouterMetric::PermitsInUse.name(), "channel" => channel, "provider" => provider.to_owned()),
            limiter_waits: counter!(RouterMetric::LimiterWaits.name(), "channel" => channel, "limiter" => "provider"),
        }
    }
}

/// The handle of what one corporation sends.
pub(super) fn sends(channel: Channel, corporation: String) -> Counter {
    counter!(RouterMetric::Sends.name(), "channel" => channel.name(), "corporation" => corporation)
}
