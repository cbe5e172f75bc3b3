//! Owns what people do with a mailing: bring its rows, approve it, release it, pause it, resume it, stop
//! it, remove it. Refuses what the mailing itself refuses.

use std::sync::Arc;

use sluis_model::CorporationId;

use super::desk::{Entry, Mailings, Upload, View, open_live, owner, view};
use super::error::NotDone;
use super::mailing::{Mailing, OtherTerms, PausedFor, Terms};
use super::rows::{RowsWriter, is_whole};
use super::stage::MailingId;
use crate::intake::mailing_rows::{MailingRows, ReadRow};
use crate::intake::tenant_list::List;

/// Mailings of a corporation that are under way at once.
const MOST_RUNNING: usize = 4;
/// Refused and repeated rows that an answer names; all are counted.
const MOST_NAMED: usize = 1_000;

impl Mailings {
    /// Takes the rows of a draft from a list, in the place of those that it has. Blocks.
    ///
    /// # Errors
    /// It is no draft; the disk fails. A row that is wrong is no error.
    pub fn upload(
        &self,
        corporation: CorporationId,
        id: MailingId,
        by: &str,
        list: &List<'_>,
    ) -> Result<Upload, NotDone> {
        let mailing = self.mailing(corporation, id)?;
        mailing.may_bring()?;
        let (_, flow) = self.flow_of(corporation, &mailing.frame.flow)?;
        let mut rows = MailingRows::open(list, &mailing.frame, flow, self.environment);
        let read = rows.by_ref();
        let mut upload = self.bring(&mailing, id, by, read)?;
        upload.notes = rows.notes();
        Ok(upload)
    }

    /// Writes rows, and says that they are there.
    pub(super) fn bring(
        &self,
        mailing: &Mailing,
        id: MailingId,
        by: &str,
        rows: impl Iterator<Item = ReadRow>,
    ) -> Result<Upload, NotDone> {
        let _alone = self.uploading.lock();
        // Approved since, the rows stay.
        self.mailing(mailing.corporation, id)?.may_bring()?;
        if self.entry(mailing.corporation, id, Entry::is_selecting)? {
            return Err(NotDone::Selecting);
        }
        let owner = owner(id, mailing, &self.seal);
        let mut writer = RowsWriter::begin(owner, &self.store.rows(id))?;
        let (mut read, mut rejected, mut repeated) = (0, 0, 0);
        let (mut rejections, mut repeats) = (Vec::new(), Vec::new());
        for row in rows {
            read += 1;
            match row {
                ReadRow::Taken(row) => writer.add(&row)?,
                ReadRow::Rejected(why) => {
                    rejected += 1;
                    if rejections.len() < MOST_NAMED {
                        rejections.push(why);
                    }
                }
                ReadRow::Repeated {
                    line,
                    tenant_id,
                    first,
                } => {
                    repeated += 1;
                    if repeats.len() < MOST_NAMED {
                        repeats.push((line, tenant_id, first));
                    }
                }
            }
        }
        let file = writer.finish(rejected, repeated)?;
        let who = self.said(by);
        self.change(mailing.corporation, id, |mailing| mailing.bring(file, who))?;
        if let Some(entry) = self.entries.lock().get_mut(&id) {
            // One that failed is no news any more.
            entry.selecting = None;
        }
        Ok(Upload {
            view: self.entry(mailing.corporation, id, view)?,
            read,
            rejected,
            repeated,
            rejections,
            repeats,
            notes: Vec::new(),
        })
    }

    /// A second person approves the rows with this checksum. Blocks.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub fn approve(
        &self,
        corporation: CorporationId,
        id: MailingId,
        by: &str,
        checksum: &str,
    ) -> Result<View, NotDone> {
        let _alone = self.uploading.lock();
        let (who, store) = (self.said(by), self.store.clone());
        self.change(corporation, id, |mailing| {
            let (flow, _) = self.flow_of(corporation, &mailing.frame.flow)?;
            mailing.approve(who, checksum, flow)?;
            match &mailing.rows {
                Some(rows) if is_whole(&store.rows(id), rows)? => Ok(()),
                _ => Err(NotDone::RowsChanged),
            }
        })?;
        self.view(corporation, id)
    }

    /// It begins. Blocks.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub fn release(
        &self,
        corporation: CorporationId,
        id: MailingId,
        by: &str,
        terms: Terms,
    ) -> Result<View, NotDone> {
        self.may_run(corporation)?;
        let who = self.said(by);
        let store = self.store.clone();
        // From here on the log is followed for it.
        self.progress.save()?;
        let released = self.change(corporation, id, |mailing| {
            mailing.release(who, terms)?;
            Ok(mailing.clone())
        })?;
        let owner = owner(id, &released, &self.seal);
        let opened = open_live(&store, owner, &released, self.journal.shards());
        let live = opened.map(Arc::new).inspect_err(|_| {
            let pause = |mailing: &mut Mailing| mailing.pause(None, PausedFor::Damage);
            drop(self.change(corporation, id, pause));
        })?;
        self.progress.look_for(&live);
        if let Some(entry) = self.entries.lock().get_mut(&id) {
            entry.live = Some(live);
        }
        self.view(corporation, id)
    }

    fn may_run(&self, corporation: CorporationId) -> Result<(), NotDone> {
        let entries = self.entries.lock();
        let own = entries
            .values()
            .filter(|e| e.mailing.corporation == corporation);
        match own.filter(|e| e.mailing.stage.is_under_way()).count() < MOST_RUNNING {
            true => Ok(()),
            false => Err(NotDone::TooManyRunning(MOST_RUNNING)),
        }
    }

    /// No more rows for now. Blocks.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub fn pause(
        &self,
        corporation: CorporationId,
        id: MailingId,
        by: &str,
    ) -> Result<View, NotDone> {
        let who = self.said(by);
        let pause = |mailing: &mut Mailing| mailing.pause(Some(who), PausedFor::Person);
        self.change(corporation, id, pause)?;
        self.view(corporation, id)
    }

    /// It goes on, perhaps on other terms. Blocks.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub fn resume(
        &self,
        corporation: CorporationId,
        id: MailingId,
        by: &str,
        terms: OtherTerms,
    ) -> Result<View, NotDone> {
        let who = self.said(by);
        self.change(corporation, id, |mailing| mailing.resume(who, terms))?;
        self.view(corporation, id)
    }

    /// No more rows, and what is open is cancelled. Blocks.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub fn stop(
        &self,
        corporation: CorporationId,
        id: MailingId,
        by: &str,
    ) -> Result<View, NotDone> {
        let (who, now) = (self.said(by), self.clock.now());
        let has_live = self.entry(corporation, id, |entry| entry.live.is_some())?;
        self.change(corporation, id, |mailing| {
            mailing.stop(who)?;
            // It ended long ago, or cannot be read: nothing can be cancelled.
            if has_live {
                Ok(())
            } else {
                mailing.end_stopped(now)
            }
        })?;
        self.view(corporation, id)
    }

    /// Removes a mailing that never began, or has ended, with its rows. Blocks.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub fn remove(&self, corporation: CorporationId, id: MailingId) -> Result<Mailing, NotDone> {
        let _alone = (self.uploading.lock(), self.changing.lock());
        let mailing = self.mailing(corporation, id)?;
        if mailing.stage.is_under_way() {
            return Err(NotDone::WrongStage {
                is: mailing.stage,
                expected: "a draft, approved, stopped or done",
            });
        }
        self.store.remove(id)?;
        let entry = self.entries.lock().remove(&id);
        if let Some(live) = entry.and_then(|entry| entry.live) {
            self.progress.leave(&live);
        }
        Ok(mailing)
    }
}
