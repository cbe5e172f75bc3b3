//! Owns requests that follow from a decision at other tenants, while they are under way: an answer that
//! depends on them waits until all of it is durable. Refuses to try again: what is lost is handed over
//! anew by whoever began it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use sluis_model::{Answer, Cancelled, Input, Intent, ShardId, TenantKey};

use super::inbox::Inbox;
use super::request::{Answers, Reply, ShardAnswer, ShardRequest};
use crate::claim::Claim;

/// What follows from a decision that was just written.
#[derive(Debug)]
pub(super) enum Follows {
    /// An intent that stands behind the record.
    Intent(u64, Intent),
    /// Inputs for several tenants.
    Fan(Fan),
}

/// Inputs for several tenants, and what is put to a household once all of them are durable.
#[derive(Debug)]
pub(super) struct Fan {
    pub inputs: Vec<(TenantKey, Input)>,
    /// A place in the quota for each of them, where it was claimed.
    pub places: Vec<Claim>,
    pub then: Option<(TenantKey, Input)>,
}

/// A fan whose record is durable soon.
#[derive(Debug)]
pub(super) struct Unfolding {
    pub fan: Fan,
    pub after: Arc<After>,
    pub number: u64,
}

impl Unfolding {
    /// The requests to the shards of those whom it concerns; the answers gather for the household.
    pub(super) fn requests(
        self,
        shards: u16,
        inboxes: &[Arc<Inbox>],
    ) -> Vec<(ShardId, ShardRequest)> {
        let Self { fan, after, number } = self;
        let then = fan.then.map(|(household, input)| {
            let home = usize::from(household.shard(shards).0);
            (inboxes[home].clone(), household, input)
        });
        let gather = Arc::new(Gather {
            missing: AtomicUsize::new(fan.inputs.len()),
            end: Mutex::new(Some(End {
                then,
                after,
                number,
                is_lost: false,
            })),
        });
        if fan.inputs.is_empty() {
            gather.finish();
        }
        let mut places = fan.places.into_iter();
        let request = |(tenant, input): (TenantKey, Input)| {
            let request = ShardRequest::Input {
                reply: Reply::to(gather.clone(), 0),
                claim: places.next(),
                tenant: tenant.clone(),
                input,
            };
            (tenant.shard(shards), request)
        };
        fan.inputs.into_iter().map(request).collect()
    }
}

/// Waits until all inputs of a fan are durable.
struct Gather {
    missing: AtomicUsize,
    end: Mutex<Option<End>>,
}

struct End {
    /// What is put to the household then.
    then: Option<(Arc<Inbox>, TenantKey, Input)>,
    after: Arc<After>,
    number: u64,
    is_lost: bool,
}

impl Answers for Gather {
    fn answer(&self, _: u64, answer: ShardAnswer) {
        if let Some(end) = self.end.lock().as_mut() {
            match answer {
                ShardAnswer::Decided {
                    answer: Answer::Cancelled(cancelled),
                    ..
                } => end.after.add(cancelled),
                ShardAnswer::Decided { .. } => {}
                // Handed over again when the group's timer says so.
                _ => end.is_lost = true,
            }
        }
        if self.missing.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.finish();
        }
    }
}

impl Gather {
    fn finish(&self) {
        let Some(end) = self.end.lock().take() else {
            return;
        };
        let (after, number) = (end.after, end.number);
        match end.then {
            _ if end.is_lost => after.answer(number, ShardAnswer::Dropped),
            None => after.answer(number, done()),
            Some((home, tenant, input)) => {
                let request = ShardRequest::Input {
                    tenant,
                    input,
                    reply: Reply::to(after, number),
                    claim: None,
                };
                // A full line drops the reply: whoever waits is told to ask again.
                drop(home.offer_business(request));
            }
        }
    }
}

const fn done() -> ShardAnswer {
    ShardAnswer::Decided {
        answer: Answer::Done,
        position: 0,
    }
}

/// An answer that waits for what follows from it.
pub(super) struct After {
    missing: AtomicUsize,
    held: Mutex<Option<Held>>,
}

struct Held {
    answer: ShardAnswer,
    reply: Reply,
    is_lost: bool,
}

impl std::fmt::Debug for After {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("After").finish_non_exhaustive()
    }
}

impl After {
    pub(super) fn new(parts: usize, reply: Reply, answer: ShardAnswer) -> Arc<Self> {
        Arc::new(Self {
            missing: AtomicUsize::new(parts),
            held: Mutex::new(Some(Held {
                answer,
                reply,
                is_lost: false,
            })),
        })
    }

    /// Adds what was stopped with a group to the answer of whoever cancelled it.
    fn add(&self, parts: Cancelled) {
        if let Some(Held {
            answer:
                ShardAnswer::Decided {
                    answer: Answer::Cancelled(cancelled),
                    ..
                },
            ..
        }) = self.held.lock().as_mut()
        {
            cancelled.stopped.extend(parts.stopped);
        }
    }
}

impl Answers for After {
    fn answer(&self, _: u64, answer: ShardAnswer) {
        if let (ShardAnswer::Dropped, Some(held)) = (&answer, self.held.lock().as_mut()) {
            held.is_lost = true;
        }
        if self.missing.fetch_sub(1, Ordering::SeqCst) != 1 {
            return;
        }
        let held = self.held.lock().take();
        if let Some(held) = held {
            let answer = match held.is_lost {
                true => ShardAnswer::Dropped,
                false => held.answer,
            };
            held.reply.send(answer);
        }
    }
}
