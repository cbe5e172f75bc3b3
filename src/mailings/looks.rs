//! Owns what is read out of a mailing: its account, some of its rows, and a new mailing to those that are
//! affected. Refuses to change it.

use sluis_model::{CorporationId, NotificationId, TenantKey};

use super::account::{AccountRow, Affected, meaning};
use super::desk::{Draft, Mailings, Upload, owner};
use super::error::NotDone;
use super::live::{Verdict, marks};
use super::mailing::{Mailing, Origin};
use super::rows::{Got, RowsReader, id_of};
use super::stage::MailingId;
use crate::intake::mailing_rows::{MailingRow, check};

impl Mailings {
    /// What became of each row, in order. Blocks.
    ///
    /// # Errors
    /// There is none, or its files cannot be read.
    pub fn account(
        &self,
        corporation: CorporationId,
        id: MailingId,
        mut tell: impl FnMut(AccountRow),
    ) -> Result<(), NotDone> {
        self.each(corporation, id, |number, got, mailing, verdict, seen| {
            let (left, outcome) = meaning(verdict, seen);
            let (line, tenant_id) = match got {
                Got::Row(row) => (Some(row.line), Some(row.tenant_id)),
                Got::Erased | Got::Damaged => (None, None),
            };
            let key = tenant_id
                .as_deref()
                .filter(|_| verdict == Verdict::Admitted as u8);
            let id = key.and_then(|tenant| self.id_of(mailing, number, tenant));
            tell(AccountRow {
                row: number + 1,
                line,
                tenant_id,
                id,
                left,
                outcome,
            });
        })
    }

    fn id_of(&self, mailing: &Mailing, row: usize, tenant: &str) -> Option<NotificationId> {
        let (id, released) = (mailing.number().ok()?, mailing.released.as_ref()?.at);
        let key = TenantKey::new(mailing.corporation, tenant);
        let shards = self.journal.shards();
        Some(id_of(id, row, &key, released, shards))
    }

    /// Each row with its marks.
    fn each(
        &self,
        corporation: CorporationId,
        id: MailingId,
        mut row: impl FnMut(usize, Got, &Mailing, u8, u8),
    ) -> Result<(), NotDone> {
        let mailing = self.mailing(corporation, id)?;
        if mailing.rows.is_none() {
            return Ok(());
        }
        // What was decided before the call is in the answer.
        self.catch_up();
        let (verdicts, seen) = self.marks_of(&mailing, id)?;
        let owner = owner(id, &mailing, &self.seal);
        let mut reader = RowsReader::open(owner, &self.store.rows(id))?;
        while let Some((number, got)) = reader.next()? {
            let mark = |marks: &[u8]| marks.get(number).copied().unwrap_or_default();
            row(number, got, &mailing, mark(&verdicts), mark(&seen));
        }
        Ok(())
    }

    pub(super) fn marks_of(
        &self,
        mailing: &Mailing,
        id: MailingId,
    ) -> Result<(Vec<u8>, Vec<u8>), NotDone> {
        let rows = mailing.rows.as_ref().map_or(0, |rows| rows.count);
        let live = self.entry(mailing.corporation, id, |entry| entry.live.clone())?;
        if let Some(live) = live {
            let verdicts = live.verdicts.lock().values().to_vec();
            return Ok((verdicts, live.seen.lock().values().to_vec()));
        }
        if mailing.released.is_none() {
            return Ok((vec![0; rows], vec![0; rows]));
        }
        let (verdicts, seen) = marks(&self.store, id, rows)?;
        Ok((verdicts.values().to_vec(), seen.values().to_vec()))
    }

    /// Some rows, spread over the list. Blocks.
    ///
    /// # Errors
    /// There is none, or its files cannot be read.
    pub fn sample(
        &self,
        corporation: CorporationId,
        id: MailingId,
        most: usize,
    ) -> Result<(Mailing, Vec<MailingRow>), NotDone> {
        let mailing = self.mailing(corporation, id)?;
        let count = mailing.rows.as_ref().map_or(0, |rows| rows.count);
        let wanted = most.min(count);
        let is_wanted = |row: usize| (0..wanted).any(|n| n * count / wanted.max(1) == row);
        let mut sample = Vec::new();
        self.each(corporation, id, |number, got, _, _, _| {
            if let Got::Row(row) = got
                && is_wanted(number)
            {
                sample.push(row);
            }
        })?;
        Ok((mailing, sample))
    }

    /// A new mailing to exactly those rows that are affected in a way, each with what the draft says, and
    /// with its own fields where `keep`. Blocks.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub fn correct(
        &self,
        corporation: CorporationId,
        id: MailingId,
        draft: Draft,
        affected: Affected,
        keep: bool,
    ) -> Result<Upload, NotDone> {
        let mut rows = Vec::new();
        self.each(corporation, id, |_, got, _, verdict, seen| {
            if let Got::Row(row) = got
                && affected.has(verdict, seen)
            {
                rows.push(row);
            }
        })?;
        if rows.is_empty() {
            return Err(NotDone::NobodyAffected);
        }
        let (frame, by) = (draft.frame.clone(), draft.by.clone());
        let origin = Origin {
            mailing: id.to_string(),
            affected: affected.name().to_owned(),
        };
        let (_, flow) = self.flow_of(corporation, &frame.flow)?;
        let made = self.make_from(corporation, draft, Some(origin))?.mailing;
        let number = made.number()?;
        let judged = rows.into_iter().map(|row| {
            let row = frame.again(row, keep);
            check(row, &frame, flow, self.environment)
        });
        self.bring(&made, number, &by, judged)
    }
}
