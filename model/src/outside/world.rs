//! Owns the words for how the world outside behaves. Refuses to draw, and to read a file.

use super::delay::Delay;
use crate::channel::Channel;

/// How the world outside behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Outside {
    /// Where it comes from, for people.
    pub source: Box<str>,
    /// What each assumption or measurement rests on, for people: a sentence each.
    pub basis: Vec<Box<str>>,
    /// The seed of the draws.
    pub seed: u64,
    /// Channels, perhaps of one provider.
    pub channels: Vec<Behaviour>,
    /// Those who receive.
    pub people: People,
}

/// What becomes of messages over a channel. Shares are percentages.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    /// The channel.
    pub channel: Channel,
    /// Only over this provider; none: over each that has no entry of its own.
    pub provider: Option<Box<str>>,
    /// From how many messages it was measured; 0: it is assumed.
    pub measured: u64,
    /// How long a provider takes to answer, in milliseconds.
    pub takes_ms: i64,
    /// Addresses that are refused at once.
    pub refused: f64,
    /// Attempts that are put off.
    pub deferred: f64,
    /// Addresses whose messages come back.
    pub bounced: f64,
    /// When, from acceptance on.
    pub bounced_after: Delay,
    /// Messages that fail later, not for their address.
    pub failed: f64,
    /// When, from acceptance on.
    pub failed_after: Delay,
    /// Of the others: those that are reported as delivered.
    pub delivered: f64,
    /// When, from acceptance on.
    pub delivered_after: Delay,
    /// Of those that arrive and have a link: those whose button is pressed.
    pub pressed: f64,
    /// When, from acceptance on.
    pub pressed_after: Delay,
}

/// What people do. Shares are percentages.
#[derive(Clone, Debug, PartialEq)]
pub struct People {
    /// Of the messages that arrive: those that make somebody call.
    pub calls: f64,
    /// When, from acceptance on.
    pub calls_after: Delay,
    /// Of those who pressed the button: those who pay, where the flow is about money.
    pub pays: f64,
    /// When, from the press on.
    pub pays_after: Delay,
}

impl Outside {
    /// How a channel behaves over a provider: by its own entry, else by the channel's.
    #[must_use]
    pub fn of(&self, channel: Channel, provider: &str) -> Option<&Behaviour> {
        let named = |one: &&Behaviour| one.provider.as_deref() == Some(provider);
        let of = || self.channels.iter().filter(|one| one.channel == channel);
        let all = || of().find(|one| one.provider.is_none());
        of().find(named).or_else(all)
    }
}
