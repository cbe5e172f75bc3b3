//! Owns what is held in memory of a mailing that was released: a verdict for each row, what its
//! notification went through, and their counts. Refuses to hold a row's content.

use std::collections::BTreeMap;
use std::io;

use parking_lot::Mutex;
use sluis_model::{CorporationId, NotificationId, TenantKey, Timestamp};

use super::error::NotDone;
use super::hands::Hands;
use super::mailing::Mailing;
use super::marks::Marks;
use super::rows::{Got, Owner, RowsReader, id_of};
use super::stage::MailingId;
use super::store::Store;

/// What a notification went through: a bit each.
pub(super) mod seen {
    /// It does not wait for a way out.
    pub(in crate::mailings) const CALM: u8 = 1;
    /// An attempt is under way.
    pub(in crate::mailings) const TRIED: u8 = 2;
    /// A provider has taken a message.
    pub(in crate::mailings) const TAKEN: u8 = 4;
    /// One arrived.
    pub(in crate::mailings) const DELIVERED: u8 = 8;
    /// One was refused, or came back.
    pub(in crate::mailings) const BOUNCED: u8 = 16;
    /// Nobody knows whether one was taken.
    pub(in crate::mailings) const DOUBT: u8 = 32;
    /// People were asked.
    pub(in crate::mailings) const PEOPLE: u8 = 64;
    /// It ended.
    pub(in crate::mailings) const ENDED: u8 = 128;
}

/// What became of the handing over of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Verdict {
    /// There is a notification.
    Admitted = 1,
    /// It does not fit the flow any more.
    Invalid = 2,
    /// Somebody else used its key.
    Conflict = 3,
    /// The tenant has as many open notifications as one may.
    TenantFull = 4,
    /// Nobody loaded the tenant, and no more of those are taken.
    UnknownTenants = 5,
    /// The tenant was erased.
    Erased = 6,
    /// It cannot be read any more.
    Damaged = 7,
}

impl Verdict {
    const ALL: [Self; 7] = [
        Self::Admitted,
        Self::Invalid,
        Self::Conflict,
        Self::TenantFull,
        Self::UnknownTenants,
        Self::Erased,
        Self::Damaged,
    ];

    /// None: there is no verdict yet.
    pub(super) fn of(mark: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| *verdict as u8 == mark)
    }

    /// The code for it, where that is why there is no notification.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::Invalid => "invalid",
            Self::Conflict => "idempotency_conflict",
            Self::TenantFull => "tenant_full",
            Self::UnknownTenants => "unknown_tenants",
            Self::Erased => "erased",
            Self::Damaged => "unreadable",
        }
    }
}

/// How many rows are how far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All rows.
    pub rows: usize,
    /// Handed over: there is a notification.
    pub admitted: usize,
    /// Not handed over, by code of why.
    pub refused: BTreeMap<&'static str, usize>,
    /// Without a verdict.
    pub left: usize,
    /// Admitted, and neither sent nor waiting for something else.
    pub ahead: usize,
    /// An attempt is under way.
    pub under_way: usize,
    /// A provider has taken a message.
    pub taken: usize,
    /// One arrived.
    pub delivered: usize,
    /// One was refused or came back.
    pub bounced: usize,
    /// Nobody knows whether one was taken.
    pub in_doubt: usize,
    /// People were asked.
    pub with_people: usize,
    /// The notification ended.
    pub ended: usize,
    /// Admitted, and a message of it was tried.
    pub tried: usize,
}

impl Counts {
    pub(super) fn of(verdicts: &[u8], marks: &[u8]) -> Self {
        let mut counts = Self {
            rows: verdicts.len(),
            ..Self::default()
        };
        for (verdict, mark) in verdicts.iter().zip(marks) {
            match Verdict::of(*verdict) {
                None => counts.left += 1,
                Some(Verdict::Admitted) => counts.admit(*mark),
                Some(refused) => *counts.refused.entry(refused.code()).or_default() += 1,
            }
        }
        counts
    }

    fn admit(&mut self, mark: u8) {
        let has = |bit: u8| usize::from(mark & bit != 0);
        self.admitted += 1;
        self.ahead += usize::from(mark & seen::CALM == 0);
        self.under_way += has(seen::TRIED);
        self.taken += has(seen::TAKEN);
        self.delivered += has(seen::DELIVERED);
        self.bounced += has(seen::BOUNCED);
        self.in_doubt += has(seen::DOUBT);
        self.with_people += has(seen::PEOPLE);
        self.ended += has(seen::ENDED);
        self.tried += has(seen::TRIED | seen::TAKEN | seen::BOUNCED | seen::DOUBT);
    }

    /// Rows that were not handed over.
    #[must_use]
    pub fn all_refused(&self) -> usize {
        self.refused.values().sum()
    }

    /// Whether more than so many percent bounced or were refused. A tenant who was erased is no fault of
    /// the list.
    pub(super) fn is_above(&self, percent: u8, after: u32) -> bool {
        let erased = self.refused.get(Verdict::Erased.code());
        let refused = self.all_refused() - erased.copied().unwrap_or(0);
        let (bad, of) = (self.bounced + refused, self.tried + refused);
        of >= (after as usize).max(1) && bad * 100 > usize::from(percent) * of
    }
}

/// A mailing that was released.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) id: MailingId,
    pub(super) corporation: CorporationId,
    /// Of each row; none where its tenant is not known any more.
    pub(super) ids: Vec<Option<NotificationId>>,
    pub(super) verdicts: Mutex<Marks>,
    pub(super) seen: Mutex<Marks>,
    /// Whoever hands rows over has them.
    pub(super) hands: tokio::sync::Mutex<Hands>,
}

impl Live {
    /// What there is of a mailing whose rows are whole. Blocks.
    ///
    /// # Errors
    /// A file cannot be used.
    pub(super) fn open(
        store: &Store,
        owner: Owner,
        mailing: &Mailing,
        shards: u16,
    ) -> Result<Self, NotDone> {
        let id = owner.mailing;
        let released = mailing
            .released
            .as_ref()
            .map_or(Timestamp(0), |said| said.at);
        let (corporation, path) = (owner.corporation, store.rows(id));
        let mut reader = RowsReader::open(owner.clone(), &path)?;
        let mut ids = Vec::new();
        while let Some((number, got)) = reader.next()? {
            ids.push(match got {
                Got::Row(row) => {
                    let tenant = TenantKey::new(corporation, row.tenant_id);
                    Some(id_of(id, number, &tenant, released, shards))
                }
                Got::Erased | Got::Damaged => None,
            });
        }
        let (verdicts, seen) = marks(store, id, ids.len())?;
        let hands = Hands::at(RowsReader::open(owner, &path)?, verdicts.values());
        Ok(Self {
            id,
            corporation,
            ids,
            verdicts: Mutex::new(verdicts),
            seen: Mutex::new(seen),
            hands: tokio::sync::Mutex::new(hands),
        })
    }

    pub(super) fn counts(&self) -> Counts {
        let verdicts = self.verdicts.lock().values().to_vec();
        Counts::of(&verdicts, self.seen.lock().values())
    }
}

/// Verdicts, and what was seen, of so many rows.
///
/// # Errors
/// A file cannot be used.
pub(super) fn marks(store: &Store, id: MailingId, rows: usize) -> io::Result<(Marks, Marks)> {
    let verdicts = Marks::open(&store.verdicts(id), rows)?;
    let seen = Marks::open(&store.seen(id), rows)?;
    Ok((verdicts, seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_counts_bounces_and_refusals_and_waits_for_enough_rows() {
        let admitted = Verdict::Admitted as u8;
        let verdicts = [admitted, admitted, admitted, Verdict::Invalid as u8, 0];
        let (taken, bounced) = (
            seen::CALM | seen::TAKEN,
            seen::CALM | seen::TAKEN | seen::BOUNCED,
        );
        let counts = Counts::of(&verdicts, &[taken, bounced, 0, 0, 0]);
        assert_eq!((counts.admitted, counts.left, counts.ahead), (3, 1, 1));
        // One bounce and one refusal of three that were tried or refused.
        assert!(counts.is_above(66, 3));
        assert!(!counts.is_above(67, 3));
        assert!(!counts.is_above(10, 4));
        let erased = Counts::of(&[admitted, Verdict::Erased as u8], &[taken, 0]);
        assert!(!erased.is_above(0, 1));
    }
}
