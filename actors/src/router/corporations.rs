//! Owns what holds a corporation back on this channel: its rate limit and its send window.
//! Refuses to order corporations among each other.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use metrics::Counter;
use sluis_model::{CorporationId, Lane, Timestamp};

use super::limiter::{Limiter, TurnClock};
use super::metric;
use super::outlook::Limited;
use super::settings::{RouterSettings, ShareSettings};
use super::window::{Hours, SendWindow};

/// Why a corporation's queue waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    Limiter(Timestamp),
    Window(Timestamp),
}

/// Every corporation seen so far.
#[derive(Default)]
pub(super) struct Corporations {
    /// Until when its limit holds each one that has a name.
    limited: Limited,
    index: HashMap<CorporationId, usize>,
    all: Vec<Corporation>,
}

struct Corporation {
    id: CorporationId,
    limiter: Option<Limiter>,
    window: Option<SendWindow>,
    /// What the window last said, so that the calendar is asked once per opening and closing.
    hours: Hours,
    /// Attempts started.
    sends: Counter,
}

impl Corporations {
    /// Nobody yet; what limits hold can be seen of those with a name.
    pub(super) fn named(settings: &RouterSettings) -> Self {
        let limited = settings
            .names
            .keys()
            .map(|id| (*id, AtomicI64::new(i64::MIN)))
            .collect();
        Self {
            limited: Arc::new(limited),
            ..Self::default()
        }
    }

    /// Puts other limits and windows in the place of those that differ.
    pub(super) fn take_over(
        &mut self,
        before: &RouterSettings,
        now: &RouterSettings,
        clock: &TurnClock,
    ) {
        let names = now.names.keys();
        self.limited
            .add(names.map(|id| (*id, AtomicI64::new(i64::MIN))));
        for corporation in &mut self.all {
            let (before, now) = (before.share(corporation.id), now.share(corporation.id));
            if (before.rate_per_second, before.burst) != (now.rate_per_second, now.burst) {
                corporation.limiter = limiter(now, clock);
                if let Some(limited) = self.limited.get(corporation.id) {
                    limited.store(i64::MIN, Ordering::Relaxed);
                }
            }
            corporation.window.clone_from(&now.window);
        }
        self.forget_hours();
    }

    /// Until when limits hold, for explanations.
    pub(super) fn limited(&self) -> Limited {
        self.limited.clone()
    }

    /// The place of a corporation.
    pub(super) fn place(
        &mut self,
        id: CorporationId,
        settings: &RouterSettings,
        clock: &TurnClock,
    ) -> usize {
        *self.index.entry(id).or_insert_with(|| {
            self.all.push(Corporation::new(id, settings, clock));
            self.all.len() - 1
        })
    }

    /// Lets one message of the corporation through, or says what holds it. Urgent ones do not ask
    /// the window.
    pub(super) fn admit(&mut self, place: usize, lane: Lane, now: Timestamp) -> Result<(), Hold> {
        let corporation = &mut self.all[place];
        if lane != Lane::Urgent
            && let Some(until) = corporation.closed_until(now)
        {
            return Err(Hold::Window(until));
        }
        let taken = corporation.limiter.as_ref().map_or(Ok(()), Limiter::take);
        taken.map_err(|wait| {
            let until = now.plus(wait);
            if let Some(limited) = self.limited.get(corporation.id) {
                limited.store(until.0, Ordering::Relaxed);
            }
            Hold::Limiter(until)
        })
    }

    /// Attempts of the corporation started.
    pub(super) fn sent(&self, place: usize, attempts: u32) {
        self.all[place].sends.increment(attempts.into());
    }

    /// The engine's clock stepped back: windows are asked again.
    pub(super) fn forget_hours(&mut self) {
        for corporation in &mut self.all {
            corporation.hours = Hours::Open(Timestamp(i64::MIN));
        }
    }
}

fn limiter(share: &ShareSettings, clock: &TurnClock) -> Option<Limiter> {
    let of = |rate| Limiter::new(rate, share.burst, clock);
    share.rate_per_second.map(of)
}

impl Corporation {
    fn new(id: CorporationId, settings: &RouterSettings, clock: &TurnClock) -> Self {
        let share = settings.share(id);
        let name = settings.names.get(&id);
        let name = name.map_or_else(|| id.to_string(), |name| name.to_string());
        Self {
            id,
            limiter: limiter(share, clock),
            window: share.window.clone(),
            hours: Hours::Open(Timestamp(i64::MIN)),
            sends: metric::sends(settings.channel, name),
        }
    }

    fn closed_until(&mut self, now: Timestamp) -> Option<Timestamp> {
        let window = self.window.as_ref()?;
        let (Hours::Open(until) | Hours::Closed(until)) = self.hours;
        if until <= now {
            self.hours = window.at(now);
        }
        match self.hours {
            Hours::Open(_) => None,
            Hours::Closed(until) => Some(until),
        }
    }
}
