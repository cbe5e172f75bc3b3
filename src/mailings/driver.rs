//! Owns the turns in which mailings go on: a window of rows of each that runs, and what is to do of each
//! that stops. A turn may be lost at any point: the next start does the rest. Refuses to decide about a
//! tenant, and to go further ahead of the sends than [`MOST_AHEAD`].

use std::sync::Arc;

use sluis_model::{NotificationId, SECOND, Timestamp};

use super::around::Around;
use super::desk::Mailings;
use super::error::NotDone;
use super::hands::{Hands, WINDOW};
use super::live::{Counts, Live, Verdict, seen};
use super::mailing::{Mailing, PausedFor};
use super::offer::{ask, cancel, offer};
use super::pace::is_open;
use super::stage::Stage;
use crate::telemetry::names;

/// Most rows of a mailing that are handed over and neither sent nor waiting for something else.
const MOST_AHEAD: usize = 2_000;
/// How long a stop waits for attempts that are under way, in milliseconds.
const MOST_WAIT_MS: i64 = 120 * SECOND;

impl Mailings {
    /// One turn of every mailing that is under way.
    pub async fn turn(self: &Arc<Self>, around: &Around<'_>) {
        for (mailing, live) in self.under_way() {
            let done = match mailing.stage {
                Stage::Running => self.hand_over(&mailing, &live, around).await,
                Stage::Stopping => self.stop_on(&mailing, &live, around).await,
                Stage::Paused => self.settle(&live, around).await,
                Stage::Draft | Stage::Approved | Stage::Stopped | Stage::Done => Ok(()),
            };
            if let Err(error) = done {
                tracing::error!(mailing = %live.id, %error, "a mailing cannot go on: it is paused");
                let pause = |mailing: &mut Mailing| mailing.pause(None, PausedFor::Damage);
                // A stop that failed is tried again; a pause that cannot be written too.
                drop(self.change_later(&live, pause).await);
            }
        }
        self.forget_old(around.clock.now());
        self.show();
    }

    /// Hands the next rows over.
    async fn hand_over(
        self: &Arc<Self>,
        mailing: &Mailing,
        live: &Arc<Live>,
        around: &Around<'_>,
    ) -> Result<(), NotDone> {
        let now = around.clock.now();
        let counts = live.counts();
        if let Some(why) = must_pause(mailing, &counts, around) {
            tracing::warn!(mailing = %live.id, ?why, "a mailing is paused");
            let pause = move |mailing: &mut Mailing| mailing.pause(None, why);
            return self.change_later(live, pause).await;
        }
        let mut hands = live.hands.lock().await;
        if !is_open(&mailing.terms.read_windows(), now) {
            hands.pace.skip(now);
            return settle(&mut hands, live, around).await;
        }
        let ahead = self.ahead(counts.ahead, live).await;
        let most = WINDOW.min(MOST_AHEAD.saturating_sub(ahead));
        let room = hands.pace.room(now, mailing.terms.per_minute, most);
        if now < hands.rests_until || room == 0 {
            return Ok(());
        }
        let known = live.verdicts.lock().values().to_vec();
        hands.fill(&known, room)?;
        let asked = match hands.uncertain() {
            Some(_) => ask(&mut hands, live, around, room, true).await,
            None => Vec::new(),
        };
        // What turned out to be known was handed over before. Where a shard did not answer, nobody knows.
        let left = match now < hands.rests_until {
            true => 0,
            false => room - asked.len(),
        };
        let offered = offer(&mut hands, mailing, live, around, left).await;
        hands.pace.spend(offered.len());
        self.count(live, &offered);
        write(live, asked.into_iter().chain(offered)).await?;
        hands.fill(&known, 1)?;
        let is_done = hands.is_empty();
        drop(hands);
        if is_done {
            let end = move |mailing: &mut Mailing| mailing.end(now);
            return self.change_later(live, end).await;
        }
        Ok(())
    }

    /// While it hands nothing over: the shards are asked at once which rows they have. They forget what has
    /// ended after a time, and a pause may be longer.
    async fn settle(
        self: &Arc<Self>,
        live: &Arc<Live>,
        around: &Around<'_>,
    ) -> Result<(), NotDone> {
        let mut hands = live.hands.lock().await;
        settle(&mut hands, live, around).await
    }

    /// How many rows are ahead of the sends. Where that seems to be too many, the log is followed first.
    async fn ahead(self: &Arc<Self>, ahead: usize, live: &Arc<Live>) -> usize {
        if ahead + WINDOW <= MOST_AHEAD {
            return ahead;
        }
        self.follow(false).await;
        live.counts().ahead
    }

    /// Does what is left to do of a mailing that stops.
    async fn stop_on(
        self: &Arc<Self>,
        mailing: &Mailing,
        live: &Arc<Live>,
        around: &Around<'_>,
    ) -> Result<(), NotDone> {
        let now = around.clock.now();
        let mut hands = live.hands.lock().await;
        if now < hands.rests_until {
            return Ok(());
        }
        let known = live.verdicts.lock().values().to_vec();
        hands.fill(&known, WINDOW)?;
        if hands.uncertain().is_some() {
            let found = ask(&mut hands, live, around, WINDOW, false).await;
            return write(live, found.into_iter()).await;
        }
        if hands.cancelled < live.ids.len() {
            let (upto, ids) = open_rows(live, hands.cancelled);
            let by = mailing
                .turned
                .as_ref()
                .map_or("the engine", |said| &*said.by);
            let note = format!("mailing stopped by {by}");
            if cancel(live.corporation, &ids, &note, around).await {
                hands.cancelled = upto;
                hands.cancelled_at = Some(now);
            }
            return Ok(());
        }
        let since = *hands.cancelled_at.get_or_insert(now);
        drop(hands);
        self.come_to_rest(live, now, since).await
    }

    /// Everything is cancelled: waits until what was decided was looked at.
    async fn come_to_rest(
        self: &Arc<Self>,
        live: &Arc<Live>,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<(), NotDone> {
        if !self.follow(true).await {
            return Ok(());
        }
        let is_quiet = live.counts().under_way == 0;
        if !is_quiet && now.since(since) < MOST_WAIT_MS {
            return Ok(());
        }
        let end = move |mailing: &mut Mailing| mailing.end_stopped(now);
        self.change_later(live, end).await
    }

    fn count(&self, live: &Live, verdicts: &[(usize, Verdict)]) {
        let admitted = |(_, verdict): &&(usize, Verdict)| *verdict == Verdict::Admitted;
        let admitted = verdicts.iter().filter(admitted).count();
        let name = || self.name_of(live.corporation);
        if admitted > 0 {
            names::MAILING_ADMITTED
                .of(name())
                .increment(admitted as u64);
        }
        if verdicts.len() > admitted {
            let refused = verdicts.len() - admitted;
            names::MAILING_REFUSED.of(name()).increment(refused as u64);
        }
    }
}

/// Asks the shards for rows that they may have, and hands none over. One turn asks for all of them that are
/// doubtful; a turn that finds none of them settles it.
async fn settle(hands: &mut Hands, live: &Arc<Live>, around: &Around<'_>) -> Result<(), NotDone> {
    let now = around.clock.now();
    if hands.ask_until == 0 || now < hands.rests_until {
        return Ok(());
    }
    let known = live.verdicts.lock().values().to_vec();
    hands.fill(&known, 2 * WINDOW)?;
    let most = hands.doubtful();
    let found = ask(hands, live, around, most, true).await;
    if now < hands.rests_until {
        return write(live, found.into_iter()).await;
    }
    if found.is_empty() {
        hands.ask_until = 0;
        return Ok(());
    }
    write(live, found.into_iter()).await
}

/// Why no row may be handed over until a person has looked.
fn must_pause(mailing: &Mailing, counts: &Counts, around: &Around<'_>) -> Option<PausedFor> {
    let current = around
        .book
        .current(mailing.corporation, &mailing.frame.flow);
    let is_approved = current.is_some_and(|flow| Some(flow.to_string()) == mailing.flow);
    if !is_approved {
        return Some(PausedFor::Flow);
    }
    let percent = mailing.terms.stop_percent?;
    let is_above = counts.is_above(percent, mailing.terms.stop_after);
    is_above.then_some(PausedFor::Share)
}

/// Notifications of at most a window of rows from this one on that may be open; and the row behind them.
fn open_rows(live: &Live, from: usize) -> (usize, Vec<NotificationId>) {
    let verdicts = live.verdicts.lock().values().to_vec();
    let seen = live.seen.lock();
    let mut ids = Vec::new();
    for (row, verdict) in verdicts.iter().enumerate().skip(from) {
        if ids.len() == WINDOW {
            return (row, ids);
        }
        let is_admitted = *verdict == Verdict::Admitted as u8;
        if is_admitted && seen.get(row) & seen::ENDED == 0 {
            ids.extend(live.ids[row]);
        }
    }
    (live.ids.len(), ids)
}

/// Writes verdicts. Durable on return.
async fn write(
    live: &Arc<Live>,
    verdicts: impl Iterator<Item = (usize, Verdict)>,
) -> Result<(), NotDone> {
    {
        let mut marks = live.verdicts.lock();
        verdicts.for_each(|(row, verdict)| marks.set(row, verdict as u8));
    }
    let live = live.clone();
    let saved = tokio::task::spawn_blocking(move || live.verdicts.lock().save());
    let lost = |error: tokio::task::JoinError| NotDone::Damaged(error.to_string());
    Ok(saved.await.map_err(lost)??)
}
