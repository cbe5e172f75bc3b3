//! Owns one provider's permits: how many are in use, how many may be, and its rate limit.
//! Refuses to know for whom they are.

use std::sync::Arc;

use sluis_model::{Channel, Lane, Timestamp};

use super::gate::{Gate, Passage};
use super::limiter::{Limiter, TurnClock};
use super::metric::ProviderMeters;
use super::owner::Owner;
use super::settings::{ProviderLimits, ProviderSlot};

/// A provider as the router keeps it.
pub(super) struct Provider {
    slot: ProviderSlot,
    limiter: Option<Limiter>,
    /// The limiter said: not before.
    not_before: Timestamp,
    /// Granted, and neither returned nor finished.
    in_use: u32,
    /// The part of the gate's counter that has been taken back.
    seen_finished: u64,
    reserve_percent: u32,
    meters: ProviderMeters,
}

impl Provider {
    pub(super) fn new(
        slot: ProviderSlot,
        channel: Channel,
        reserve_percent: u32,
        clock: &TurnClock,
    ) -> Self {
        let limiter = slot
            .rate_per_second
            .map(|rate| Limiter::new(rate, slot.burst, clock));
        let meters = ProviderMeters::new(channel, &slot.name);
        Self {
            slot,
            limiter,
            not_before: Timestamp(i64::MIN),
            in_use: 0,
            seen_finished: 0,
            reserve_percent,
            meters,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.slot.name
    }

    pub(super) const fn owner(&self) -> &Owner {
        &self.slot.owner
    }

    pub(super) const fn gate(&self) -> &Arc<Gate> {
        &self.slot.gate
    }

    /// Takes back the permits of attempts that ended; how many.
    pub(super) fn collect_finished(&mut self) -> u32 {
        let finished = self.slot.gate.finished();
        let back = finished.wrapping_sub(self.seen_finished);
        self.seen_finished = finished;
        self.give_back(u32::try_from(back).unwrap_or(u32::MAX))
    }

    /// Takes back permits; how many were really out.
    pub(super) fn give_back(&mut self, permits: u32) -> u32 {
        debug_assert!(
            permits <= self.in_use,
            "{} of {} permits came back to {}",
            permits,
            self.in_use,
            self.slot.name
        );
        let back = permits.min(self.in_use);
        self.in_use -= back;
        back
    }

    /// Whether a permit for `lane` may be granted now; takes it from the rate limit if so.
    pub(super) fn admit(&mut self, lane: Lane, now: Timestamp) -> bool {
        if self.not_before > now || !self.has_room(lane, now) {
            return false;
        }
        match self.limiter.as_ref().map_or(Ok(()), Limiter::take) {
            Ok(()) => true,
            Err(wait) => {
                self.not_before = now.plus(wait);
                self.slot.gate.limit(self.not_before);
                self.meters.limiter_waits.increment(1);
                false
            }
        }
    }

    /// The permit just admitted found nobody.
    pub(super) fn decline(&mut self) {
        if let Some(limiter) = &self.limiter {
            limiter.give_back();
        }
    }

    /// The permit just admitted is granted.
    pub(super) fn granted(&mut self, lane: Lane) {
        self.in_use += 1;
        self.meters.permits[lane as usize].increment(1);
    }

    /// When it is worth asking for `lane` again by the clock alone; never, when only a permit
    /// coming back helps.
    pub(super) fn next_try(&self, lane: Lane, now: Timestamp) -> Timestamp {
        match self.slot.gate.passage(now) {
            Passage::Shut(until) => until,
            _ if self.has_room(lane, now) => self.not_before,
            _ => Timestamp::NEVER,
        }
    }

    /// The engine's clock stepped back: what was a time to wait for is asked again.
    pub(super) fn forget_wait(&mut self) {
        self.not_before = Timestamp(i64::MIN);
    }

    /// From here on so many per cent of the permits are kept for urgent messages.
    pub(super) const fn keep_for_urgent(&mut self, reserve_percent: u32) {
        self.reserve_percent = reserve_percent;
    }

    /// From here on it is given so much. Permits above a lower number run out by themselves; another rate
    /// begins with nothing saved up.
    pub(super) fn go_by(&mut self, limits: &ProviderLimits, clock: &TurnClock) {
        let ProviderLimits {
            concurrency,
            rate_per_second,
            burst,
        } = *limits;
        self.slot.concurrency = concurrency;
        if (self.slot.rate_per_second, self.slot.burst) == (rate_per_second, burst) {
            return;
        }
        (self.slot.rate_per_second, self.slot.burst) = (rate_per_second, burst);
        self.limiter = rate_per_second.map(|rate| Limiter::new(rate, burst, clock));
        self.forget_wait();
        self.slot.gate.limit(self.not_before);
    }

    pub(super) fn report(&self) {
        self.meters.in_use.set(self.in_use);
    }

    pub(super) fn in_use(&self) -> u32 {
        self.in_use
    }

    fn has_room(&self, lane: Lane, now: Timestamp) -> bool {
        let limit = match self.slot.gate.passage(now) {
            Passage::Shut(_) => return false,
            Passage::Probe => 1,
            Passage::Free(allowed) => allowed.min(self.slot.concurrency.get()),
        };
        let reserve = if lane == Lane::Urgent {
            0
        } else {
            reserve(limit, self.reserve_percent)
        };
        self.in_use < limit - reserve
    }
}

/// Permits out of `limit` kept for urgent messages: at least one, but never all of them.
fn reserve(limit: u32, percent: u32) -> u32 {
    let part = u64::from(limit) * u64::from(percent) / 100;
    u32::try_from(part)
        .unwrap_or(limit)
        .max(1)
        .min(limit.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_at_least_one_and_never_everything() {
        let cases = [(0, 0), (1, 0), (2, 1), (9, 1), (10, 1), (64, 6)];
        assert_eq!(
            cases.map(|(limit, _)| reserve(limit, 10)),
            cases.map(|(_, reserved)| reserved)
        );
        assert_eq!(reserve(10, 500), 9);
    }
}
