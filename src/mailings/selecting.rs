//! Owns the choosing of a mailing's tenants by a condition: every tenant of the corporation is looked at, in
//! pieces, and those for whom it holds become rows, which are then as those of a list. Whoever is unknown is
//! no row: he is counted, and listed apart with what is not known of him. What it has chosen is seen when it
//! is through: until then, and after a crash, the draft has the rows that it had. Refuses to wake a tenant.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use sluis_actors::{
    Book, Engine, Inbox, OnRoll, Query, RollState, ShardAnswer, ShardRequest, read_at_rest,
};
use sluis_journal::{Journal, Shard};
use sluis_model::flow::{Chosen, Finding, Selection};
use sluis_model::{CorporationId, Environment, Flow, FlowBook, Tenant, TenantKey, Timestamp};

use super::chosen::{Selected, Selecting};
use super::desk::{Mailings, View, owner, view};
use super::error::NotDone;
use super::mailing::{Mailing, Said};
use super::rows::{Got, RowsReader, RowsWriter};
use super::stage::MailingId;
use crate::ask::{AskError, ask};
use crate::fact_types::Types;
use crate::intake::mailing_rows::{MailingRow, ReadRow, check};
use crate::intake::{FieldProblem, ProblemCode};

/// Longest condition, in bytes.
const MOST_CONDITION: usize = 4_000;
/// Tenants that may be chosen: as many as a list may have rows.
pub const MOST_CHOSEN: u64 = 200_000;
/// How long to wait when a shard's line is full.
const BUSY: Duration = Duration::from_millis(100);
/// How often it may be full one after the other.
const MOST_BUSY: u32 = 600;

/// A selection that may begin.
pub struct Work {
    all: Arc<Mailings>,
    selecting: Arc<Selecting>,
    mailing: Mailing,
    id: MailingId,
    judge: Arc<Judge>,
    by: Said,
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").finish_non_exhaustive()
    }
}

/// What judges a tenant.
struct Judge {
    selection: Selection,
    category: String,
    environment: Environment,
    engine: Environment,
    book: Arc<Book>,
    now: Timestamp,
    /// What every row says.
    data: String,
}

impl Judge {
    fn ask(&self, key: &TenantKey, tenant: &Tenant) -> Finding {
        let chosen = Chosen {
            category: &self.category,
            environment: self.environment,
            engine: self.engine,
            flows: &*self.book,
            now: self.now,
        };
        self.selection.ask(&key.tenant, tenant, chosen)
    }
}

/// What was written so far.
struct Taking {
    rows: RowsWriter,
    undecided: RowsWriter,
    counted: Selected,
    chosen: u64,
}

impl Mailings {
    /// Begins to choose the tenants of a draft, in the place of the rows that it has. Blocks.
    ///
    /// # Errors
    /// It is no draft; another selection of it is under way; the condition is wrong; the flow wants of each
    /// row what a selection does not have.
    pub fn select(
        self: &Arc<Self>,
        corporation: CorporationId,
        id: MailingId,
        by: &str,
        when: &str,
        types: &Types,
    ) -> Result<(View, Work), NotDone> {
        let mailing = self.mailing(corporation, id)?;
        mailing.may_bring()?;
        let (_, flow) = self.flow_of(corporation, &mailing.frame.flow)?;
        let selection = read(when, types)?;
        self.counted(corporation, &selection)?;
        let data = Value::Object(mailing.frame.data.clone()).to_string();
        let row = row(1, "0", &data);
        if let ReadRow::Rejected(why) = check(row, &mailing.frame, flow, self.environment) {
            let hint =
                "every row of a selection has the data of the mailing, and no subject of its own";
            let reasons = why.reasons.into_iter().map(|reason| reason.hint(hint));
            return Err(NotDone::Invalid(reasons.collect()));
        }
        let selecting = Arc::new(Selecting::new(when));
        if let Some(entry) = self.entries.lock().get_mut(&id) {
            if entry.is_selecting() {
                return Err(NotDone::Selecting);
            }
            entry.selecting = Some(selecting.clone());
        }
        let judge = Judge {
            selection,
            category: mailing.frame.category.clone(),
            environment: mailing.frame.environment,
            engine: self.environment,
            book: self.book.clone(),
            now: self.clock.now(),
            data,
        };
        let work = Work {
            all: self.clone(),
            selecting,
            mailing,
            id,
            judge: Arc::new(judge),
            by: self.said(by),
        };
        Ok((self.entry(corporation, id, view)?, work))
    }

    /// Refuses to count messages that nobody counts: zero would be said of everybody, and is not known.
    fn counted(&self, corporation: CorporationId, selection: &Selection) -> Result<(), NotDone> {
        let names = self.book.names(corporation);
        let current = |name: &String| {
            let reference = self.book.current(corporation, name)?;
            self.book.flow(reference)
        };
        let flows: Vec<&Flow> = names.iter().filter_map(current).collect();
        let is_counted = |purpose: Option<&str>| {
            let mut of = flows.iter();
            of.any(|flow| flow.counted && purpose.is_none_or(|purpose| *flow.purpose == *purpose))
        };
        let Some(purpose) = selection.counts().find(|purpose| !is_counted(*purpose)) else {
            return Ok(());
        };
        let expected = match purpose {
            Some(purpose) => {
                format!("a purpose of flows that are counted: none with '{purpose}' is")
            }
            None => "a flow that is counted: none is".to_owned(),
        };
        let problem = FieldProblem::new("when", ProblemCode::UnknownWord, expected);
        let hint = "counted = true at the top of a flow has its messages counted from then on";
        let problem = problem.value(selection.text()).hint(hint);
        Err(NotDone::Invalid(vec![problem]))
    }

    /// Those for whom the condition was unknown, each with what is not known of him; none: he was erased.
    /// Blocks.
    ///
    /// # Errors
    /// There is no such mailing, or the disk fails.
    pub fn undecided(
        &self,
        corporation: CorporationId,
        id: MailingId,
        mut each: impl FnMut(Option<(String, Vec<String>)>),
    ) -> Result<(), NotDone> {
        let mailing = self.mailing(corporation, id)?;
        if mailing.selection.is_none() {
            return Ok(());
        }
        let owner = owner(id, &mailing, &self.seal).apart();
        let mut reader = RowsReader::open(owner, &self.store.undecided(id))?;
        while let Some((_, got)) = reader.next()? {
            match got {
                Got::Row(row) => {
                    let lacks = serde_json::from_str(&row.data).unwrap_or_default();
                    each(Some((row.tenant_id, lacks)));
                }
                Got::Erased => each(None),
                Got::Damaged => {
                    let why = "a line of the undecided cannot be read";
                    return Err(NotDone::Damaged(why.to_owned()));
                }
            }
        }
        Ok(())
    }
}

fn read(when: &str, types: &Types) -> Result<Selection, NotDone> {
    let wrong = |code, expected: String| {
        let problem = FieldProblem::new("when", code, expected).value(when);
        NotDone::Invalid(vec![problem.hint("docs/mailings.md describes selections")])
    };
    if when.len() > MOST_CONDITION {
        let expected = format!("a condition of at most {MOST_CONDITION} bytes");
        return Err(wrong(ProblemCode::TooLong, expected));
    }
    Selection::parse(when, types, None).map_err(|expected| wrong(ProblemCode::WrongType, expected))
}

fn row(line: u64, tenant: &str, data: &str) -> MailingRow {
    MailingRow {
        line,
        tenant_id: tenant.to_owned(),
        subject_id: None,
        data: data.to_owned(),
    }
}

impl Work {
    /// Looks at every tenant, and gives the mailing its rows.
    pub async fn run(self, engine: Arc<Engine>) {
        let selecting = self.selecting.clone();
        let (all, id) = (self.all.clone(), self.id);
        match self.walk(&engine).await {
            Ok(()) => {
                if let Some(entry) = all.entries.lock().get_mut(&id) {
                    entry.selecting = None;
                }
            }
            Err(error) => {
                tracing::warn!(mailing = %id, %error, "a selection did not come to its end");
                *selecting.failed.lock() = Some(error.to_string());
            }
        }
    }

    async fn walk(self, engine: &Engine) -> Result<(), NotDone> {
        let mut taking = self.begin()?;
        let mut from: Vec<Option<u32>> = vec![Some(0); engine.inboxes().len()];
        let (mut places, mut passed) = (vec![0; from.len()], vec![0; from.len()]);
        // Shard by shard in turn: so rows of one shard do not all follow each other.
        while from.iter().any(Option::is_some) {
            for (shard, inbox) in engine.inboxes().iter().enumerate() {
                let Some(first) = from[shard] else { continue };
                let (tenants, next, count) = self.roll(inbox, first).await?;
                let last = places_of(next, count);
                (places[shard], passed[shard], from[shard]) = (count, last, next);
                let again;
                (taking, again) = self.judge(taking, shard, tenants).await?;
                for (place, stored) in again {
                    taking = self
                        .judge_again(taking, (shard, inbox), place, stored)
                        .await?;
                }
                let sum = |of: &[u64]| of.iter().sum::<u64>();
                self.selecting.places.store(sum(&places), Ordering::Relaxed);
                self.selecting.passed.store(sum(&passed), Ordering::Relaxed);
            }
        }
        let work = move || self.finish(taking);
        tokio::task::spawn_blocking(work).await.map_err(lost)?
    }

    fn begin(&self) -> Result<Taking, NotDone> {
        let store = &self.all.store;
        let owner = owner(self.id, &self.mailing, &self.all.seal);
        let rows = RowsWriter::begin_apart(owner.clone(), &store.rows(self.id), "selected")?;
        let undecided = RowsWriter::begin(owner.apart(), &store.undecided(self.id))?;
        let counted = Selected {
            when: self.selecting.when.clone(),
            at: self.judge.now,
            looked_at: 0,
            not_loaded: 0,
            undecided: 0,
        };
        Ok(Taking {
            rows,
            undecided,
            counted,
            chosen: 0,
        })
    }

    /// A piece of a shard's roll.
    async fn roll(
        &self,
        inbox: &Arc<Inbox>,
        from: u32,
    ) -> Result<(Vec<OnRoll>, Option<u32>, u64), NotDone> {
        let corporation = self.mailing.corporation;
        for _ in 0..MOST_BUSY {
            let request = |reply| ShardRequest::Query {
                query: Query::Roll { corporation, from },
                reply,
            };
            match ask(inbox, request).await {
                Ok(ShardAnswer::Roll {
                    tenants,
                    next,
                    places,
                }) => return Ok((tenants, next, places)),
                Ok(_) => break,
                Err(AskError::Full | AskError::Lost) => tokio::time::sleep(BUSY).await,
            }
        }
        Err(NotDone::NotSelected(
            "the engine was busy: try again".to_owned(),
        ))
    }

    /// Judges a piece. Gives those whose state does not stand where it stood: place and record.
    async fn judge(
        &self,
        taking: Taking,
        shard: usize,
        tenants: Vec<OnRoll>,
    ) -> Result<(Taking, Vec<(u32, u64)>), NotDone> {
        let (judge, selecting) = (self.judge.clone(), self.selecting.clone());
        let journal = self.all.journal.clone();
        let work = move || {
            let mut taking = taking;
            let again = taking.piece(&judge, &*journal, shard, tenants)?;
            let (counted, chosen) = (&taking.counted, taking.chosen);
            selecting
                .looked_at
                .store(counted.looked_at, Ordering::Relaxed);
            selecting
                .undecided
                .store(counted.undecided, Ordering::Relaxed);
            selecting.chosen.store(chosen, Ordering::Relaxed);
            Ok((taking, again))
        };
        tokio::task::spawn_blocking(work).await.map_err(lost)?
    }

    /// A tenant whose state moved to another record while it was looked for.
    async fn judge_again(
        &self,
        mut taking: Taking,
        (shard, inbox): (usize, &Arc<Inbox>),
        place: u32,
        mut stored: u64,
    ) -> Result<Taking, NotDone> {
        loop {
            let (mut tenants, ..) = self.roll(inbox, place).await?;
            tenants.retain(|tenant| tenant.place == place);
            let moved = match tenants.first().map(|tenant| &tenant.state) {
                // He was erased meanwhile.
                None => return Ok(taking),
                Some(RollState::Active(_)) => None,
                Some(RollState::AtRest(now)) => Some(*now),
            };
            if moved == Some(stored) {
                let why = format!(
                    "record {stored} of shard {shard} holds no tenant: see `sluis journal verify`"
                );
                return Err(NotDone::Damaged(why));
            }
            let again;
            (taking, again) = self.judge(taking, shard, tenants).await?;
            match again.first() {
                None => return Ok(taking),
                Some((_, newer)) => stored = *newer,
            }
        }
    }

    fn finish(self, taking: Taking) -> Result<(), NotDone> {
        let Self {
            all,
            mailing,
            id,
            by,
            ..
        } = self;
        let _alone = all.uploading.lock();
        // Approved since, the rows stay.
        all.mailing(mailing.corporation, id)?.may_bring()?;
        let Taking {
            rows,
            undecided,
            counted,
            ..
        } = taking;
        undecided.finish(0, 0)?;
        let file = rows.finish(0, 0)?;
        all.change(mailing.corporation, id, |mailing| {
            mailing.bring(file, by)?;
            mailing.selection = Some(counted);
            Ok(())
        })
    }
}

impl Taking {
    fn piece(
        &mut self,
        judge: &Judge,
        journal: &dyn Journal,
        shard: usize,
        tenants: Vec<OnRoll>,
    ) -> Result<Vec<(u32, u64)>, NotDone> {
        let mut again = Vec::new();
        for OnRoll { place, state } in tenants {
            let (key, tenant) = match state {
                RollState::Active(found) => *found,
                RollState::AtRest(stored) => {
                    let read = read_at_rest(journal, Shard(shard as u16), stored);
                    match read.map_err(|error| NotDone::Damaged(error.to_string()))? {
                        Some(found) => found,
                        None => {
                            again.push((place, stored));
                            continue;
                        }
                    }
                }
            };
            self.one(judge, &key, &tenant)?;
        }
        Ok(again)
    }

    fn one(&mut self, judge: &Judge, key: &TenantKey, tenant: &Tenant) -> Result<(), NotDone> {
        // A household is no tenant: those who are in it are.
        if tenant.household().is_some() {
            return Ok(());
        }
        self.counted.looked_at += 1;
        if tenant.profile.is_none() {
            self.counted.not_loaded += 1;
            return Ok(());
        }
        match judge.ask(key, tenant) {
            Finding::Holds(_) if self.chosen == MOST_CHOSEN => {
                let why = format!(
                    "the condition holds for more than {MOST_CHOSEN} tenants, and a mailing has at most as many rows: expected a narrower one"
                );
                Err(NotDone::NotSelected(why))
            }
            Finding::Holds(_) => {
                self.chosen += 1;
                self.rows.add(&row(self.chosen, &key.tenant, &judge.data))
            }
            Finding::Fails(_) => Ok(()),
            unknown @ Finding::Unknown(_) => {
                self.counted.undecided += 1;
                let lacks = json!(judge.selection.lacks(&unknown)).to_string();
                let line = self.counted.undecided;
                self.undecided.add(&row(line, &key.tenant, &lacks))
            }
        }
    }
}

/// How many places were passed.
fn places_of(next: Option<u32>, count: u64) -> u64 {
    next.map_or(count, u64::from)
}

fn lost(error: tokio::task::JoinError) -> NotDone {
    NotDone::Damaged(error.to_string())
}
