//! Owns the bounds on what corporations have open, on its way in, and written: in all and each.

use std::sync::atomic::{AtomicI64, Ordering};

use sluis_model::{CorporationId, Timestamp};

use crate::roster::Roster;
use crate::share::{Budget, Perhaps, Rate, WriteLimits};

/// How many notifications may be open, per corporation and in all.
#[derive(Debug)]
pub struct Quota {
    total: Share,
    shares: Roster<Share>,
}

/// All bounds of a quota.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Most open in all.
    pub total: u64,
    /// Most of one corporation that may be on their way in.
    pub arriving: u64,
    /// Most open of each corporation.
    pub shares: Vec<(CorporationId, u64)>,
    /// What each corporation may write, and how many of its tenants may be known from facts alone.
    pub limits: Vec<(CorporationId, WriteLimits, u64)>,
}

#[derive(Debug)]
struct Share {
    open: AtomicI64,
    most: AtomicI64,
    /// Admitted and not yet handed to the journal.
    arriving: AtomicI64,
    most_arriving: AtomicI64,
    /// How many new ones a second, where that is bounded.
    rate: Perhaps<Rate>,
    /// How many bytes a day, where that is bounded.
    budget: Perhaps<Budget>,
    /// Tenants that are known from facts alone.
    unknown: AtomicI64,
    most_unknown: AtomicI64,
}

impl Share {
    /// Bounds on open and arriving notifications alone.
    fn bounded(open: u64, arriving: u64) -> Self {
        Self {
            open: AtomicI64::new(0),
            most: AtomicI64::new(bound(open)),
            arriving: AtomicI64::new(0),
            most_arriving: AtomicI64::new(bound(arriving)),
            rate: Perhaps::default(),
            budget: Perhaps::default(),
            unknown: AtomicI64::new(0),
            most_unknown: AtomicI64::new(i64::MAX),
        }
    }

    /// Puts other bounds in the place of those that are there; what is taken stays taken.
    fn allow(&self, open: u64, arriving: u64) {
        self.most.store(bound(open), Ordering::SeqCst);
        self.most_arriving.store(bound(arriving), Ordering::SeqCst);
    }

    /// The same for what is written.
    fn limit(&self, limits: WriteLimits, unknown: u64) {
        let rate = self.rate.get();
        let is_the_same = match (&rate, limits.rate) {
            (Some(known), Some((rate, burst))) => known.is(rate, burst),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !is_the_same {
            let fresh = limits.rate.map(|(rate, burst)| Rate::new(rate, burst));
            self.rate.set(fresh);
        }
        match (self.budget.get(), limits.bytes_per_day) {
            (Some(budget), Some(most)) => budget.allow(most),
            (_, most) => self.budget.set(most.map(Budget::new)),
        }
        self.most_unknown.store(bound(unknown), Ordering::SeqCst);
    }

    /// Open now, and the bound.
    fn figures(&self) -> (i64, i64) {
        let of = |figure: &AtomicI64| figure.load(Ordering::SeqCst);
        (of(&self.open), of(&self.most))
    }

    /// Takes a place among the open ones; `false` when there is none.
    fn take(&self) -> bool {
        let taken = self.open.fetch_add(1, Ordering::SeqCst) < self.most.load(Ordering::Relaxed);
        if !taken {
            self.give_back();
        }
        taken
    }

    /// Takes so many places at once; `false`, and none, when there are fewer.
    fn take_many(&self, count: i64) -> bool {
        let before = self.open.fetch_add(count, Ordering::SeqCst);
        let taken = before.saturating_add(count) <= self.most.load(Ordering::Relaxed);
        if !taken {
            self.open.fetch_sub(count, Ordering::SeqCst);
        }
        taken
    }

    fn give_back(&self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }

    /// Takes a place among those under way to the disk; `false` when there is none.
    fn begin_arriving(&self) -> bool {
        let most = self.most_arriving.load(Ordering::Relaxed);
        let taken = self.arriving.fetch_add(1, Ordering::SeqCst) < most;
        if !taken {
            self.end_arriving();
        }
        taken
    }

    fn end_arriving(&self) {
        self.arriving.fetch_sub(1, Ordering::SeqCst);
    }
}

fn bound(most: u64) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoom {
    /// The corporation's share of open notifications is used up: 429.
    ShareFull,
    /// The corporation has as many under way to the disk as it may: 429, and soon over.
    Arriving,
    /// The corporation sends faster than it may: 429, for so many milliseconds.
    TooFast(i64),
    /// The corporation has written as much as it may within a day: 429, for so many milliseconds at
    /// least.
    DayFull(i64),
    /// The engine is full: 503.
    EngineFull,
}

impl Quota {
    /// A quota of `total`, and of the given share per corporation; `arriving` bounds how many of
    /// one corporation may stand in the shards' intake lines at once, so that no corporation fills
    /// them for the others.
    #[must_use]
    pub fn new(
        total: u64,
        arriving: u64,
        shares: impl IntoIterator<Item = (CorporationId, u64)>,
    ) -> Self {
        let shares = shares.into_iter();
        Self {
            total: Share::bounded(total, arriving),
            shares: shares
                .map(|(corporation, most)| (corporation, Share::bounded(most, arriving)))
                .collect(),
        }
    }

    /// The same, with bounds on what each corporation writes and on its tenants that are known from
    /// facts alone.
    #[must_use]
    pub fn with_limits(
        mut self,
        limits: impl IntoIterator<Item = (CorporationId, WriteLimits, u64)>,
    ) -> Self {
        for (corporation, limits, unknown) in limits {
            if let Some(share) = self.shares.get_mut(corporation) {
                share.limit(limits, unknown);
            }
        }
        self
    }

    /// Puts other bounds in the place of those that are there, and takes corporations in that it did not know.
    /// What is open, arriving or written counts on.
    pub fn take_over(&self, fresh: Bounds) {
        let Bounds {
            total,
            arriving,
            shares,
            limits,
        } = fresh;
        self.total.allow(total, arriving);
        let made = |(corporation, most)| (corporation, Share::bounded(most, arriving));
        self.shares.add(shares.iter().copied().map(made));
        for (corporation, most) in shares {
            if let Some(share) = self.shares.get(corporation) {
                share.allow(most, arriving);
            }
        }
        for (corporation, limits, unknown) in limits {
            if let Some(share) = self.shares.get(corporation) {
                share.limit(limits, unknown);
            }
        }
    }

    /// Takes a place for one more notification.
    ///
    /// # Errors
    /// There is no room; nothing was taken then.
    pub(crate) fn take(&self, corporation: CorporationId, now: Timestamp) -> Result<(), NoRoom> {
        let share = self.shares.get(corporation).ok_or(NoRoom::ShareFull)?;
        if let Some(budget) = share.budget.get() {
            budget.room(now).map_err(NoRoom::DayFull)?;
        }
        if !share.begin_arriving() {
            return Err(NoRoom::Arriving);
        }
        let room = self.take_open(share, now);
        if room.is_err() {
            share.end_arriving();
        }
        room
    }

    /// Takes places for the parts of a group that was admitted: all of them or none.
    ///
    /// # Errors
    /// There is no room for all; nothing was taken then.
    pub(crate) fn take_parts(
        &self,
        corporation: CorporationId,
        count: usize,
    ) -> Result<(), NoRoom> {
        let share = self.shares.get(corporation).ok_or(NoRoom::ShareFull)?;
        let count = i64::try_from(count).unwrap_or(i64::MAX / 2);
        if !share.take_many(count) {
            return Err(NoRoom::ShareFull);
        }
        if !self.total.take_many(count) {
            share.open.fetch_sub(count, Ordering::SeqCst);
            return Err(NoRoom::EngineFull);
        }
        Ok(())
    }

    /// A place among the open ones, and one within the rate.
    fn take_open(&self, share: &Share, now: Timestamp) -> Result<(), NoRoom> {
        if !share.take() {
            return Err(NoRoom::ShareFull);
        }
        if !self.total.take() {
            share.give_back();
            return Err(NoRoom::EngineFull);
        }
        if let Some(Err(wait)) = share.rate.get().map(|rate| rate.take(now)) {
            share.give_back();
            self.total.give_back();
            return Err(NoRoom::TooFast(wait));
        }
        Ok(())
    }

    /// A notification was handed to the journal, or refused.
    pub(crate) fn arrived(&self, corporation: CorporationId) {
        if let Some(share) = self.shares.get(corporation) {
            share.end_arriving();
        }
    }

    /// How many new notifications of the corporation what it may write leaves room for: so much
    /// credit it gets at most.
    pub fn room_to_write(&self, corporation: CorporationId, now: Timestamp) -> u32 {
        let Some(share) = self.shares.get(corporation) else {
            return 0;
        };
        let full = share
            .budget
            .get()
            .is_some_and(|budget| budget.room(now).is_err());
        if full {
            0
        } else {
            share.rate.get().map_or(u32::MAX, |rate| rate.room(now))
        }
    }

    /// Whether more room comes in by itself: of the corporation's rate of intake something is used,
    /// and will be there again in a moment. Room that is all there, and that somebody else was
    /// promised, does not grow.
    pub fn is_too_fast(&self, corporation: CorporationId, now: Timestamp) -> bool {
        let rate = self
            .shares
            .get(corporation)
            .and_then(|share| share.rate.get());
        rate.is_some_and(|rate| !rate.is_full(now))
    }

    /// Milliseconds until the corporation may write again, when it has written as much as it may
    /// within a day.
    pub fn day_full(&self, corporation: CorporationId, now: Timestamp) -> Option<i64> {
        self.shares.get(corporation)?.budget.get()?.room(now).err()
    }

    /// Whether bytes of the corporation are counted.
    pub(crate) fn counts_bytes(&self, corporation: CorporationId) -> bool {
        self.shares
            .get(corporation)
            .is_some_and(|share| share.budget.get().is_some())
    }

    /// Counts bytes of records.
    pub(crate) fn wrote(&self, corporation: CorporationId, bytes: u64, at: Timestamp) {
        if let Some(budget) = self
            .shares
            .get(corporation)
            .and_then(|share| share.budget.get())
        {
            budget.wrote(bytes, at);
        }
    }

    /// Bytes written within a day and the bound, of the corporations that have one.
    pub fn budgets(&self) -> impl Iterator<Item = (CorporationId, u64, u64)> {
        self.shares.iter().filter_map(|(c, share)| {
            share
                .budget
                .get()
                .map(|budget| (c, budget.spent().0, budget.spent().1))
        })
    }

    /// Takes a place for one more tenant that is known from facts alone.
    ///
    /// # Errors
    /// There are as many as may be.
    pub(crate) fn take_unknown(&self, corporation: CorporationId) -> Result<(), u64> {
        let Some(share) = self.shares.get(corporation) else {
            return Ok(());
        };
        let most = share.most_unknown.load(Ordering::SeqCst);
        if share.unknown.fetch_add(1, Ordering::SeqCst) < most {
            return Ok(());
        }
        share.unknown.fetch_sub(1, Ordering::SeqCst);
        Err(most as u64)
    }

    /// Counts tenants that are known from facts alone, or are no longer.
    pub(crate) fn add_unknown(&self, corporation: CorporationId, count: i64) {
        if let Some(share) = self.shares.get(corporation) {
            share.unknown.fetch_add(count, Ordering::SeqCst);
        }
    }

    /// Tenants known from facts alone, and the bound, per corporation.
    pub fn unknown(&self) -> impl Iterator<Item = (CorporationId, i64, i64)> {
        self.shares.iter().map(|(c, share)| {
            let of = |figure: &AtomicI64| figure.load(Ordering::SeqCst);
            (c, of(&share.unknown), of(&share.most_unknown))
        })
    }

    /// One notification ended.
    pub fn release(&self, corporation: CorporationId) {
        self.add(corporation, -1);
    }

    /// Counts notifications that were open before: recovery. May pass the bound, which then only
    /// stops intake.
    pub fn add(&self, corporation: CorporationId, count: i64) {
        self.total.open.fetch_add(count, Ordering::SeqCst);
        if let Some(share) = self.shares.get(corporation) {
            share.open.fetch_add(count, Ordering::SeqCst);
        }
    }

    /// Open now, and the bound, in all.
    pub fn total(&self) -> (i64, i64) {
        self.total.figures()
    }

    /// Open now, and the bound, per corporation.
    pub fn shares(&self) -> impl Iterator<Item = (CorporationId, i64, i64)> {
        self.shares.iter().map(|(c, share)| {
            let (open, most) = share.figures();
            (c, open, most)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const OLD: CorporationId = CorporationId(1);
    const NEW: CorporationId = CorporationId(2);
    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn limits(rate: Option<u32>, bytes_per_day: Option<u64>) -> WriteLimits {
        let number = |rate| NonZeroU32::new(rate).unwrap();
        WriteLimits {
            rate: rate.map(|rate| (number(rate), number(rate))),
            bytes_per_day,
        }
    }

    fn bounds(open: u64, of_old: WriteLimits) -> Bounds {
        Bounds {
            total: 100,
            arriving: 100,
            shares: vec![(OLD, open), (NEW, 1)],
            limits: vec![(OLD, of_old, 1), (NEW, limits(None, None), 1)],
        }
    }

    #[test]
    fn other_bounds_hold_at_once_and_what_is_open_or_written_counts_on() {
        let quota = Quota::new(100, 100, [(OLD, 5)]);
        let quota = quota.with_limits([(OLD, limits(None, Some(10)), 5)]);
        assert_eq!(
            quota.take(NEW, NOW),
            Err(NoRoom::ShareFull),
            "nobody knows it"
        );
        for _ in 0..3 {
            quota.take(OLD, NOW).unwrap();
        }
        quota.wrote(OLD, 8, NOW);
        quota.take_over(bounds(3, limits(None, Some(8))));
        assert!(matches!(quota.take(OLD, NOW), Err(NoRoom::DayFull(_))));
        quota.take_over(bounds(3, limits(None, Some(9))));
        assert_eq!(quota.take(OLD, NOW), Err(NoRoom::ShareFull));
        assert_eq!(
            (quota.take(NEW, NOW), quota.take(NEW, NOW)),
            (Ok(()), Err(NoRoom::ShareFull))
        );
        quota.release(OLD);
        quota.take_over(bounds(9, limits(Some(1), None)));
        assert_eq!(quota.take(OLD, NOW), Ok(()));
        assert!(matches!(quota.take(OLD, NOW), Err(NoRoom::TooFast(_))));
        quota.take_over(bounds(9, limits(Some(1), None)));
        assert!(
            matches!(quota.take(OLD, NOW), Err(NoRoom::TooFast(_))),
            "the same rate goes on"
        );
        quota.take_over(bounds(9, limits(None, None)));
        assert_eq!(quota.take(OLD, NOW), Ok(()));
        assert_eq!(quota.total(), (5, 100));
        assert!(quota.shares().any(|share| share == (OLD, 4, 9)));
    }
}
