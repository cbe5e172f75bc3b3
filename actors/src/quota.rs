//! Owns the bounds on what corporations have open, on its way in, and written: in all and each.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use sluis_model::{CorporationId, Timestamp};

use crate::share::{Budget, Rate, WriteLimits};

/// How many notifications may be open, per corporation and in all.
#[derive(Debug)]
pub struct Quota {
    total: Share,
    shares: BTreeMap<CorporationId, Share>,
}

#[derive(Debug)]
struct Share {
    open: AtomicI64,
    most: i64,
    /// Admitted and not yet handed to the journal.
    arriving: AtomicI64,
    most_arriving: i64,
    /// How many new ones a second, where that is bounded.
    rate: Option<Rate>,
    /// How many bytes a day, where that is bounded.
    budget: Option<Budget>,
    /// Tenants that are known from facts alone.
    unknown: AtomicI64,
    most_unknown: i64,
}

impl Share {
    /// Bounds on open and arriving notifications alone.
    fn bounded(open: u64, arriving: u64) -> Self {
        let bound = |most: u64| i64::try_from(most).unwrap_or(i64::MAX);
        Self {
            open: AtomicI64::new(0),
            most: bound(open),
            arriving: AtomicI64::new(0),
            most_arriving: bound(arriving),
            rate: None,
            budget: None,
            unknown: AtomicI64::new(0),
            most_unknown: i64::MAX,
        }
    }

    /// Takes a place among the open ones; `false` when there is none.
    fn take(&self) -> bool {
        let taken = self.open.fetch_add(1, Ordering::SeqCst) < self.most;
        if !taken {
            self.give_back();
        }
        taken
    }

    fn give_back(&self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }

    /// Takes a place among those under way to the disk; `false` when there is none.
    fn begin_arriving(&self) -> bool {
        let taken = self.arriving.fetch_add(1, Ordering::SeqCst) < self.most_arriving;
        if !taken {
            self.end_arriving();
        }
        taken
    }

    fn end_arriving(&self) {
        self.arriving.fetch_sub(1, Ordering::SeqCst);
    }
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
            if let Some(share) = self.shares.get_mut(&corporation) {
                share.rate = limits.rate.map(|(rate, burst)| Rate::new(rate, burst));
                share.budget = limits.bytes_per_day.map(Budget::new);
                share.most_unknown = i64::try_from(unknown).unwrap_or(i64::MAX);
            }
        }
        self
    }

    /// Takes a place for one more notification.
    ///
    /// # Errors
    /// There is no room; nothing was taken then.
    pub(crate) fn take(&self, corporation: CorporationId, now: Timestamp) -> Result<(), NoRoom> {
        let share = self.shares.get(&corporation).ok_or(NoRoom::ShareFull)?;
        if let Some(budget) = &share.budget {
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

    /// A place among the open ones, and one within the rate.
    fn take_open(&self, share: &Share, now: Timestamp) -> Result<(), NoRoom> {
        if !share.take() {
            return Err(NoRoom::ShareFull);
        }
        if !self.total.take() {
            share.give_back();
            return Err(NoRoom::EngineFull);
        }
        if let Some(Err(wait)) = share.rate.as_ref().map(|rate| rate.take(now)) {
            share.give_back();
            self.total.give_back();
            return Err(NoRoom::TooFast(wait));
        }
        Ok(())
    }

    /// A notification was handed to the journal, or refused.
    pub(crate) fn arrived(&self, corporation: CorporationId) {
        if let Some(share) = self.shares.get(&corporation) {
            share.end_arriving();
        }
    }

    /// How many new notifications of the corporation what it may write leaves room for: so much
    /// credit it gets at most.
    pub fn room_to_write(&self, corporation: CorporationId, now: Timestamp) -> u32 {
        let Some(share) = self.shares.get(&corporation) else {
            return 0;
        };
        let full = share
            .budget
            .as_ref()
            .is_some_and(|budget| budget.room(now).is_err());
        if full {
            0
        } else {
            share.rate.as_ref().map_or(u32::MAX, |rate| rate.room(now))
        }
    }

    /// Whether more room comes in by itself: of the corporation's rate of intake something is used,
    /// and will be there again in a moment. Room that is all there, and that somebody else was
    /// promised, does not grow.
    pub fn is_too_fast(&self, corporation: CorporationId, now: Timestamp) -> bool {
        let rate = self
            .shares
            .get(&corporation)
            .and_then(|share| share.rate.as_ref());
        rate.is_some_and(|rate| !rate.is_full(now))
    }

    /// Milliseconds until the corporation may write again, when it has written as much as it may
    /// within a day.
    pub fn day_full(&self, corporation: CorporationId, now: Timestamp) -> Option<i64> {
        self.shares
            .get(&corporation)?
            .budget
            .as_ref()?
            .room(now)
            .err()
    }

    /// Whether bytes of the corporation are counted.
    pub(crate) fn counts_bytes(&self, corporation: CorporationId) -> bool {
        self.shares
            .get(&corporation)
            .is_some_and(|share| share.budget.is_some())
    }

    /// Counts bytes of records.
    pub(crate) fn wrote(&self, corporation: CorporationId, bytes: u64, at: Timestamp) {
        if let Some(budget) = self
            .shares
            .get(&corporation)
            .and_then(|share| share.budget.as_ref())
        {
            budget.wrote(bytes, at);
        }
    }

    /// Bytes written within a day and the bound, of the corporations that have one.
    pub fn budgets(&self) -> impl Iterator<Item = (CorporationId, u64, u64)> {
        self.shares.iter().filter_map(|(c, share)| {
            share
                .budget
                .as_ref()
                .map(|budget| (*c, budget.spent().0, budget.spent().1))
        })
    }

    /// Takes a place for one more tenant that is known from facts alone.
    ///
    /// # Errors
    /// There are as many as may be.
    pub(crate) fn take_unknown(&self, corporation: CorporationId) -> Result<(), u64> {
        let Some(share) = self.shares.get(&corporation) else {
            return Ok(());
        };
        if share.unknown.fetch_add(1, Ordering::SeqCst) < share.most_unknown {
            return Ok(());
        }
        share.unknown.fetch_sub(1, Ordering::SeqCst);
        Err(share.most_unknown as u64)
    }

    /// Counts tenants that are known from facts alone, or are no longer.
    pub(crate) fn add_unknown(&self, corporation: CorporationId, count: i64) {
        if let Some(share) = self.shares.get(&corporation) {
            share.unknown.fetch_add(count, Ordering::SeqCst);
        }
    }

    /// Tenants known from facts alone, and the bound, per corporation.
    pub fn unknown(&self) -> impl Iterator<Item = (CorporationId, i64, i64)> {
        self.shares
            .iter()
            .map(|(c, share)| (*c, share.unknown.load(Ordering::SeqCst), share.most_unknown))
    }

    /// One notification ended.
    pub fn release(&self, corporation: CorporationId) {
        self.add(corporation, -1);
    }

    /// Counts notifications that were open before: recovery. May pass the bound, which then only
    /// stops intake.
    pub fn add(&self, corporation: CorporationId, count: i64) {
        self.total.open.fetch_add(count, Ordering::SeqCst);
        if let Some(share) = self.shares.get(&corporation) {
            share.open.fetch_add(count, Ordering::SeqCst);
        }
    }

    /// Open now, and the bound, in all.
    pub fn total(&self) -> (i64, i64) {
        (self.total.open.load(Ordering::SeqCst), self.total.most)
    }

    /// Open now, and the bound, per corporation.
    pub fn shares(&self) -> impl Iterator<Item = (CorporationId, i64, i64)> {
        self.shares
            .iter()
            .map(|(c, share)| (*c, share.open.load(Ordering::SeqCst), share.most))
    }
}
