//! Owns the question what holds a message back now, and until when, for explanations: pauses, send
//! windows, rate limits, breakers. Read from what the router and the supervisors leave beside them;
//! nothing is asked of a router's turn. Refuses to promise: when the time has come, the message
//! stands in line like any other.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sluis_model::{Channel, CorporationId, Lane, Timestamp, Why};

use super::gate::{Gate, Passage};
use super::owner::Owner;
use super::settings::RouterSettings;
use super::window::Hours;
use crate::latest::Latest;
use crate::roster::Roster;

/// What holds a message back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The corporation's send window is closed.
    Window {
        /// When it opens.
        until: Timestamp,
    },
    /// The corporation's rate limit is used up.
    CorporationLimit {
        /// When it is worth asking again.
        until: Timestamp,
        /// Messages a second.
        rate: NonZeroU32,
    },
    /// No provider of the channel can be reached; this one is asked next.
    Breaker {
        /// Its name.
        provider: Box<str>,
        /// When it is probed; none: it is being probed.
        until: Option<Timestamp>,
        /// What it said, when it can be reached and takes nothing from our account.
        barred: Option<Why>,
    },
    /// The rate limit of every provider of the channel is used up.
    ProviderLimit {
        /// When it is worth asking again.
        until: Timestamp,
    },
}

/// A provider that lets nothing through freely now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Out {
    /// Its channel.
    pub channel: Channel,
    /// Its name.
    pub provider: Box<str>,
    /// Whose it is.
    pub owner: Owner,
    /// When it is probed; none: it is being probed.
    pub until: Option<Timestamp>,
    /// What it said, when it can be reached and takes nothing from our account.
    pub barred: Option<Why>,
}

/// Until when each corporation's rate limit holds it, as the router last met it.
pub(super) type Limited = Arc<Roster<AtomicI64>>;

/// The outlook of one channel.
pub(crate) struct Outlook {
    pub(crate) settings: Arc<Latest<RouterSettings>>,
    pub(crate) providers: Vec<Seen>,
    pub(crate) limited: Limited,
}

/// A provider, as explanations see it.
pub(crate) struct Seen {
    pub(crate) name: Box<str>,
    pub(crate) owner: Owner,
    pub(crate) gate: Arc<Gate>,
}

impl Outlook {
    /// What holds a message of the corporation in this lane, and pinned to this provider perhaps,
    /// back at `now`.
    pub(crate) fn holds(
        &self,
        corporation: CorporationId,
        lane: Lane,
        pinned: Option<&str>,
        now: Timestamp,
    ) -> Vec<Hold> {
        let settings = self.settings.get();
        let share = settings.share(corporation);
        let mut holds = Vec::new();
        if let Some(Hours::Closed(until)) = share
            .window
            .as_ref()
            .filter(|_| lane != Lane::Urgent)
            .map(|window| window.at(now))
        {
            holds.push(Hold::Window { until });
        }
        let limited = self
            .limited
            .get(corporation)
            .map(|until| Timestamp(until.load(Ordering::Relaxed)));
        if let (Some(until), Some(rate)) =
            (limited.filter(|until| *until > now), share.rate_per_second)
        {
            holds.push(Hold::CorporationLimit { until, rate });
        }
        let candidates: Vec<_> = self
            .providers
            .iter()
            .filter(|seen| seen.owner.serves(corporation))
            .filter(|seen| pinned.is_none_or(|pinned| *seen.name == *pinned))
            .collect();
        holds.extend(unreachable(&candidates, now));
        let waits = candidates
            .iter()
            .map(|seen| seen.gate.limited_until())
            .min()
            .filter(|until| *until > now);
        holds.extend(waits.map(|until| Hold::ProviderLimit { until }));
        holds
    }
}

impl Outlook {
    /// The providers that let nothing through freely at `now`.
    pub(crate) fn out(&self, now: Timestamp) -> impl Iterator<Item = Out> {
        let channel = self.settings.get().channel;
        self.providers.iter().filter_map(move |seen| {
            let until = shut_until(&seen.gate, now)?;
            Some(Out {
                channel,
                provider: seen.name.clone(),
                owner: seen.owner.clone(),
                until,
                barred: seen.gate.barred(),
            })
        })
    }
}

impl Outlook {
    /// The providers that have taken nothing from our account since `since` or longer, each with
    /// what it says.
    pub(crate) fn barred_since(&self, since: Timestamp) -> Vec<(Box<str>, Why)> {
        let barred = |seen: &Seen| Some((seen.name.clone(), seen.gate.barred_since(since)?));
        self.providers.iter().filter_map(barred).collect()
    }
}

/// When a provider that lets nothing through freely is probed; `Some(None)`: it is being probed.
fn shut_until(gate: &Gate, now: Timestamp) -> Option<Option<Timestamp>> {
    match gate.passage(now) {
        Passage::Free(_) => None,
        Passage::Probe => Some(None),
        Passage::Shut(until) => Some(Some(until)),
    }
}

/// The provider that is asked next, where none lets anything through freely.
fn unreachable(candidates: &[&Seen], now: Timestamp) -> Option<Hold> {
    let mut next: Option<(Option<Timestamp>, &str, &Gate)> = None;
    for seen in candidates {
        let until = shut_until(&seen.gate, now)?;
        if next.is_none_or(|(earliest, ..)| until < earliest) {
            next = Some((until, &seen.name, &seen.gate));
        }
    }
    next.map(|(until, provider, gate)| Hold::Breaker {
        provider: provider.into(),
        until,
        barred: gate.barred(),
    })
}

#[cfg(test)]
mod tests {
    use sluis_model::{Channel, HOUR};

    use super::*;
    use crate::router::ShareSettings;
    use crate::wake::{Activity, Waker};

    const HOUSE: CorporationId = CorporationId(1);
    /// Monday 2 February 2026, 09:00 in Amsterdam.
    const NOW: Timestamp = Timestamp(1_770_019_200_000);

    fn outlook(window: Option<&str>) -> Outlook {
        let seen = |name: &str| Seen {
            name: name.into(),
            owner: Owner::Street,
            gate: Gate::new(NonZeroU32::MIN, Waker::new(Arc::<Activity>::default())),
        };
        let mut settings = RouterSettings::new(Channel::Email);
        let (window, rate_per_second) = (
            window.map(|window| window.parse().unwrap()),
            NonZeroU32::new(5),
        );
        settings.corporations.insert(
            HOUSE,
            ShareSettings {
                window,
                rate_per_second,
                ..ShareSettings::default()
            },
        );
        let limited = Arc::new(Roster::from_iter([(HOUSE, AtomicI64::new(i64::MIN))]));
        Outlook {
            settings: Arc::new(Latest::new(settings)),
            providers: ["a", "b"].map(seen).into(),
            limited,
        }
    }

    #[test]
    fn a_closed_window_holds_what_is_not_urgent_until_it_opens() {
        let outlook = outlook(Some("mon-fri 10:00-20:00"));
        let until = NOW.plus(HOUR);
        assert_eq!(
            outlook.holds(HOUSE, Lane::Normal, None, NOW),
            [Hold::Window { until }]
        );
        assert!(outlook.holds(HOUSE, Lane::Urgent, None, NOW).is_empty());
        assert!(outlook.holds(HOUSE, Lane::Normal, None, until).is_empty());
    }

    #[test]
    fn breakers_hold_when_every_candidate_is_unreachable() {
        let outlook = outlook(None);
        let barred = Why::new("5.7.8", "wrong password");
        outlook.providers[0]
            .gate
            .shut(NOW.plus(5), Some((&barred, NOW)));
        assert!(
            outlook.holds(HOUSE, Lane::Normal, None, NOW).is_empty(),
            "the other one takes it"
        );
        let pinned = outlook.holds(HOUSE, Lane::Normal, Some("a"), NOW);
        assert_eq!(
            pinned,
            [Hold::Breaker {
                provider: "a".into(),
                until: Some(NOW.plus(5)),
                barred: Some(barred),
            }]
        );
        outlook.providers[1].gate.shut(NOW.plus(3), None);
        let both = outlook.holds(HOUSE, Lane::Normal, None, NOW);
        assert_eq!(
            both,
            [Hold::Breaker {
                provider: "b".into(),
                until: Some(NOW.plus(3)),
                barred: None,
            }]
        );
        let probed = outlook.holds(HOUSE, Lane::Normal, None, NOW.plus(4));
        assert_eq!(
            probed,
            [Hold::Breaker {
                provider: "b".into(),
                until: None,
                barred: None,
            }]
        );
    }

    #[test]
    fn limits_hold_until_it_is_worth_asking_again() {
        let outlook = outlook(None);
        outlook
            .limited
            .get(HOUSE)
            .unwrap()
            .store(NOW.0 + 200, Ordering::Relaxed);
        outlook
            .providers
            .iter()
            .for_each(|seen| seen.gate.limit(NOW.plus(50)));
        let rate = NonZeroU32::new(5).unwrap();
        let expected = [
            Hold::CorporationLimit {
                until: NOW.plus(200),
                rate,
            },
            Hold::ProviderLimit {
                until: NOW.plus(50),
            },
        ];
        assert_eq!(outlook.holds(HOUSE, Lane::Normal, None, NOW), expected);
        assert!(
            outlook
                .holds(HOUSE, Lane::Normal, None, NOW.plus(200))
                .is_empty()
        );
    }
}
