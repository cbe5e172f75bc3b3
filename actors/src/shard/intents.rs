//! Owns work that reaches several tenants: it is split in parts, sent to their shards, and
//! gathered. The intent is journaled first and marked done last, so a restart finishes what was
//! begun. Refuses to answer before every part is durable.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use sluis_model::{Intent, ShardId};

use super::inbox::{Inbox, Refused};
use super::letter::{Answers, Letter, Reply, ShardAnswer};

/// Parts of an intent that are not handed over yet.
#[derive(Debug)]
pub(super) struct Driving {
    left: Vec<(ShardId, Letter)>,
}

impl Driving {
    /// Splits the work; the answers gather at `home`.
    pub(super) fn begin(
        intent: u64,
        work: &Intent,
        shards: u16,
        home: &Arc<Inbox>,
        reply: Reply,
    ) -> Self {
        let parts = split(work, shards);
        let gather = Arc::new(Gather {
            intent,
            home: home.clone(),
            missing: AtomicUsize::new(parts.len()),
            answers: Mutex::new(vec![ShardAnswer::Dropped; parts.len()]),
            reply: Mutex::new(Some(reply)),
        });
        if parts.is_empty() {
            gather.finish();
        }
        let letter = |(n, (shard, make)): (usize, (ShardId, MakeLetter))| {
            (shard, make(Reply::to(gather.clone(), n as u64)))
        };
        Self {
            left: parts.into_iter().enumerate().map(letter).collect(),
        }
    }

    /// Hands over what the shards take now; `true` when nothing is left.
    pub(super) fn push(&mut self, inboxes: &[Arc<Inbox>]) -> bool {
        let mut kept = Vec::new();
        for (shard, letter) in self.left.drain(..) {
            if let Err(Refused(letter)) = inboxes[usize::from(shard.0)].offer_business(letter) {
                kept.push((shard, *letter));
            }
        }
        self.left = kept;
        self.left.is_empty()
    }
}

type MakeLetter = Box<dyn FnOnce(Reply) -> Letter>;

fn split(work: &Intent, shards: u16) -> Vec<(ShardId, MakeLetter)> {
    match work {
        Intent::Each { tenants, input } => {
            let part = |tenant: &sluis_model::TenantKey| -> (ShardId, MakeLetter) {
                let (tenant, input) = (tenant.clone(), input.clone());
                (
                    tenant.shard(shards),
                    Box::new(move |reply| Letter::Input {
                        tenant,
                        input,
                        reply,
                        claim: None,
                    }),
                )
            };
            tenants.iter().map(part).collect()
        }
        Intent::CancelSubject { .. } => {
            let part = |shard: u16| -> (ShardId, MakeLetter) {
                let work = work.clone();
                (
                    ShardId(shard),
                    Box::new(move |reply| Letter::Part { work, reply }),
                )
            };
            (0..shards).map(part).collect()
        }
    }
}

/// Collects the answers of the parts; the last one sends the whole home.
struct Gather {
    intent: u64,
    home: Arc<Inbox>,
    missing: AtomicUsize,
    answers: Mutex<Vec<ShardAnswer>>,
    reply: Mutex<Option<Reply>>,
}

impl Gather {
    fn finish(&self) {
        let answers = std::mem::take(&mut *self.answers.lock());
        let reply = self.reply.lock().take().unwrap_or(Reply::nobody());
        let letter = Letter::IntentFinished {
            intent: self.intent,
            answers,
            reply,
        };
        // A full line leaves the intent open; its parts are idempotent and the next start finishes
        // it. The sender is told by the dropped reply to ask again.
        drop(self.home.offer_business(letter));
    }
}

impl Answers for Gather {
    fn answer(&self, correlation: u64, answer: ShardAnswer) {
        if let Some(place) = self.answers.lock().get_mut(correlation as usize) {
            *place = answer;
        }
        if self.missing.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.finish();
        }
    }
}
