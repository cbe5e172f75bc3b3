//! Owns what waits for durability: answers, dispatches, the news that something ended. Nothing
//! leaves early. Refuses to wait for anything else.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use sluis_model::{AttemptRef, Channel, NotificationId, OnDoubt, Verdict, Why};

use super::letter::{Reply, ShardAnswer};
use super::table::Ended;
use crate::board::Board;
use crate::dispatch::Dispatch;
use crate::wake::Bell;

/// A provider as a shard knows it; its index in [`Links::providers`] is its index in the router.
#[derive(Clone, Debug)]
pub struct ProviderEntry {
    /// Its name.
    pub name: Box<str>,
    /// What doubt means to it.
    pub on_doubt: OnDoubt,
}

type TakeDispatch = Arc<dyn Fn(Box<Dispatch>) -> Result<(), Box<Dispatch>> + Send + Sync>;

/// Where a shard's effects go.
#[derive(Clone)]
pub struct Links {
    /// Hands an attempt to its supervisor; refused, its permit has come back already.
    pub dispatch: TakeDispatch,
    /// Gives back the permit of an attempt that never was: its record did not reach the journal.
    pub abandon: Arc<dyn Fn(&Dispatch) + Send + Sync>,
    /// Per channel: this shard's board and the router's bell.
    pub routers: HashMap<Channel, (Arc<Board>, Arc<Bell>)>,
    /// Per channel: its providers.
    pub providers: HashMap<Channel, Vec<ProviderEntry>>,
    /// Rung whenever something ended, durably.
    pub news: Arc<dyn Fn() + Send + Sync>,
}

/// Something that may leave once its record is durable.
#[derive(Debug)]
pub(super) enum Effect {
    Answer(Reply, ShardAnswer),
    Dispatch(Box<Dispatch>),
    Ended(NotificationId, Ended),
    Drive(u64),
}

/// Effects in order of their sequence.
#[derive(Debug, Default)]
pub(super) struct Pending(VecDeque<(u64, Effect)>);

impl Pending {
    pub(super) fn push(&mut self, sequence: u64, effect: Effect) {
        self.0.push_back((sequence, effect));
    }

    pub(super) fn pop_durable(&mut self, durable: u64) -> Option<Effect> {
        match self.0.front() {
            Some((sequence, _)) if *sequence <= durable => {
                self.0.pop_front().map(|(_, effect)| effect)
            }
            _ => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes out every effect after `sequence`: their records were never handed in.
    pub(super) fn cut_after(&mut self, sequence: u64) -> Vec<Effect> {
        let keep = self.0.iter().take_while(|(at, _)| *at <= sequence).count();
        self.0
            .split_off(keep)
            .into_iter()
            .map(|(_, effect)| effect)
            .collect()
    }
}

/// The outcome of an attempt no supervisor took.
pub(super) fn not_taken(dispatch: &Dispatch) -> (AttemptRef, Verdict) {
    (
        dispatch.attempt,
        Verdict::Withdrawn {
            why: Why::new(
                "supervisor",
                "the channel's supervisor takes no attempts now",
            ),
        },
    )
}
