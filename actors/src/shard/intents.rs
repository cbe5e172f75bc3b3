//! Owns work that reaches several tenants: it is split in parts, sent to their shards, and
//! gathered. The intent is journaled first and marked done last, so a restart finishes what was
//! begun. Refuses to answer before every part is durable.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use sluis_model::{Intent, ShardId};

use super::inbox::{Inbox, Refused};
use super::letter::{Answers, Letter, Reply, ShardAnswer};

/// The intents whose home a shard is.
#[derive(Debug, Default)]
pub(super) struct Intents {
    /// By number: the sequence of the record that opened it.
    open: BTreeMap<u64, Intent>,
    /// Who waits for those that are not driven yet.
    waiting: HashMap<u64, Reply>,
    driving: Vec<Driving>,
}

impl Intents {
    /// Those that the records leave open, and who waits for them.
    pub(super) fn recovered(open: BTreeMap<u64, Intent>, waiting: HashMap<u64, Reply>) -> Self {
        Self {
            open,
            waiting,
            driving: Vec::new(),
        }
    }

    /// Numbers of those that are open.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.open.keys().copied()
    }

    /// Who waits: they outlive a turn that is lost.
    pub(super) fn into_waiting(self) -> HashMap<u64, Reply> {
        self.waiting
    }

    /// Takes in work that was just journaled.
    pub(super) fn insert(&mut self, intent: u64, work: Intent, reply: Reply) {
        self.open.insert(intent, work);
        self.waiting.insert(intent, reply);
    }

    /// Takes out work that is done; says whether it was open.
    pub(super) fn remove(&mut self, intent: u64) -> bool {
        self.open.remove(&intent).is_some()
    }

    /// Begins to hand over the parts of an intent that is durable; the answers gather at `home`.
    pub(super) fn begin(&mut self, intent: u64, shards: u16, home: &Arc<Inbox>) {
        let Some(work) = self.open.get(&intent) else {
            return;
        };
        let reply = self.waiting.remove(&intent).unwrap_or(Reply::nobody());
        let driving = Driving::begin(intent, work, shards, home, reply);
        self.driving.push(driving);
    }

    /// Hands over what the shards take now.
    pub(super) fn drive(&mut self, inboxes: &[Arc<Inbox>]) {
        self.driving.retain_mut(|driving| !driving.push(inboxes));
    }

    /// Whether parts are left that met a full inbox.
    pub(super) const fn has_more(&self) -> bool {
        !self.driving.is_empty()
    }
}

/// Parts of an intent that are not handed over yet.
#[derive(Debug)]
struct Driving {
    left: Vec<(ShardId, Letter)>,
}

impl Driving {
    /// Splits the work; the answers gather at `home`.
    fn begin(intent: u64, work: &Intent, shards: u16, home: &Arc<Inbox>, reply: Reply) -> Self {
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
    fn push(&mut self, inboxes: &[Arc<Inbox>]) -> bool {
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
