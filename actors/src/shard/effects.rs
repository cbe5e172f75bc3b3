//! Owns what waits for durability: answers, dispatches, the news that something ended or somebody is reminded. Nothing
//! leaves before its record is on the disk, and everything leaves in the order of the records.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use sluis_model::{AttemptRef, NotificationId, Tried, Verdict, Why};

use super::intents::Intents;
use super::request::{Reply, ShardAnswer};
use super::settings::ShardSettings;
use super::table::Ended;
use super::unfolding::Unfolding;
use crate::dispatch::Dispatch;

/// Something that may leave once its record is durable.
#[derive(Debug)]
pub(super) enum Effect {
    Answer(Reply, ShardAnswer),
    Dispatch(Box<Dispatch>),
    Ended(NotificationId, Ended),
    /// Whoever waits for what became of messages is told of it: nothing ended.
    News,
    Drive(u64),
    Fan(Box<Unfolding>),
}

/// What ended and is not durable yet: no record of its end can be read.
#[derive(Debug)]
pub(super) struct JustEnded {
    pub ended: Ended,
    /// Its attempts: where each went.
    pub tried: Option<Box<Tried>>,
}

/// Effects in order of their sequence, and what of them ended.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pending: VecDeque<(u64, Effect)>,
    /// What ended and is not durable yet.
    ended: FxHashMap<NotificationId, JustEnded>,
}

impl Effects {
    /// Lines up an effect of the record with this sequence.
    pub(super) fn push(&mut self, sequence: u64, effect: Effect) {
        self.pending.push_back((sequence, effect));
    }

    /// Lines up the news that a notification ended.
    pub(super) fn push_ended(
        &mut self,
        id: NotificationId,
        ended: Ended,
        tried: Option<Box<Tried>>,
    ) {
        let just = JustEnded {
            ended: ended.clone(),
            tried,
        };
        self.ended.insert(id, just);
        self.push(ended.sequence, Effect::Ended(id, ended));
    }

    /// How a notification ended whose end is not durable yet.
    pub(super) fn just_ended(&self, id: NotificationId) -> Option<&JustEnded> {
        self.ended.get(&id)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Lets everything leave whose record is durable.
    pub(super) fn release(
        &mut self,
        durable: u64,
        settings: &ShardSettings,
        intents: &mut Intents,
    ) {
        let (mut ended, mut news) = (Vec::new(), false);
        while let Some(effect) = self.pop_durable(durable) {
            match effect {
                Effect::Answer(reply, answer) => reply.send(answer),
                Effect::Dispatch(dispatch) => send_out(dispatch, settings),
                Effect::Ended(id, how) => ended.push((id, how)),
                Effect::News => news = true,
                Effect::Drive(intent) => intents.begin(intent, settings.shards, settings.inbox()),
                Effect::Fan(fan) => {
                    intents.hand_over(fan.requests(settings.shards, &settings.inboxes));
                }
            }
        }
        news |= !ended.is_empty();
        self.hand_over(ended, durable, settings);
        if news {
            (settings.links.news)();
        }
    }

    fn pop_durable(&mut self, durable: u64) -> Option<Effect> {
        let (sequence, _) = self.pending.front()?;
        if *sequence > durable {
            return None;
        }
        self.pending.pop_front().map(|(_, effect)| effect)
    }

    /// Gives the table writer what ended, everything up to `durable`.
    fn hand_over(
        &mut self,
        ended: Vec<(NotificationId, Ended)>,
        durable: u64,
        settings: &ShardSettings,
    ) {
        for (id, _) in &ended {
            self.ended.remove(id);
        }
        let some = !ended.is_empty();
        let full = settings.endings.add(ended, durable);
        if some && full {
            write_endings(settings);
        }
    }

    /// After a lost turn: drops every effect after `sequence`, whose records were never handed in.
    /// Only what stands in the records has ended then.
    pub(super) fn cut_after(&mut self, sequence: u64, settings: &ShardSettings) {
        let kept = |(at, _): &&(u64, Effect)| *at <= sequence;
        let kept = self.pending.iter().take_while(kept).count();
        for (_, effect) in self.pending.split_off(kept) {
            if let Effect::Dispatch(dispatch) = effect {
                (settings.links.abandon)(&dispatch);
            }
        }
        self.ended.clear();
    }
}

/// Hands an attempt to its supervisor. One that no supervisor takes has its outcome at once: it
/// never left.
fn send_out(dispatch: Box<Dispatch>, settings: &ShardSettings) {
    if let Err(dispatch) = (settings.links.dispatch)(dispatch) {
        let (attempt, verdict) = not_taken(&dispatch);
        settings.inbox().outcome(attempt, verdict);
    }
}

/// The outcome of an attempt no supervisor took.
fn not_taken(dispatch: &Dispatch) -> (AttemptRef, Verdict) {
    let why = Why::new(
        "supervisor",
        "the channel's supervisor takes no attempts now",
    );
    (dispatch.attempt, Verdict::Withdrawn { why })
}

/// Writes what waits for the table writer, when that is more than may wait.
fn write_endings(settings: &ShardSettings) {
    let written = settings
        .endings
        .write(&*settings.journal, settings.journal_shard());
    // They wait on, and are found there; the log has them, and a restart writes them again.
    if let Err(error) = written {
        tracing::error!(shard = settings.shard.0, %error, "could not store ended notifications");
    }
}
