//! Owns work that reaches several tenants: it is split in parts, sent to their shards, and
//! gathered. The intent is journaled first and marked done last, so a restart finishes what was
//! begun. Refuses to answer before every part is durable.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use sluis_model::{Control, Input, Intent, NotificationId, ShardId, TenantKey};

use super::inbox::{Inbox, Refused};
use super::request::{Answers, Reply, ShardAnswer, ShardRequest};

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

    /// All that are open, to be said again.
    pub(super) fn carry(&self) -> Vec<Control> {
        let opened = |(intent, work): (&u64, &Intent)| Control::IntentOpened {
            intent: *intent,
            work: work.clone(),
        };
        self.open.iter().map(opened).collect()
    }

    /// Who waits: they outlive a turn that is lost.
    pub(super) fn into_waiting(self) -> HashMap<u64, Reply> {
        self.waiting
    }

    /// What is open of what parts tell their households, of those parts.
    pub(super) fn news_of(&self, is_own: impl Fn(NotificationId) -> bool) -> Vec<(u64, Intent)> {
        let own = |(_, work): &(&u64, &Intent)| match work {
            Intent::PartNews { news, .. } => is_own(news.id),
            Intent::Each { .. } | Intent::CancelSubject { .. } => false,
        };
        let open = self.open.iter().filter(own);
        open.map(|(intent, work)| (*intent, work.clone())).collect()
    }

    /// The news that an open intent tells a household, if it does.
    pub(super) fn news(&self, intent: u64) -> Option<Intent> {
        let work = self.open.get(&intent);
        work.filter(|work| matches!(work, Intent::PartNews { .. }))
            .cloned()
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

    /// Takes requests that shards are to get.
    pub(super) fn hand_over(&mut self, left: Vec<(ShardId, ShardRequest)>) {
        self.driving.push(Driving { left });
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
    left: Vec<(ShardId, ShardRequest)>,
}

impl Driving {
    /// Splits the work; the answers gather at `home`.
    fn begin(intent: u64, work: &Intent, shards: u16, home: &Arc<Inbox>, reply: Reply) -> Self {
        let parts = split(work, shards);
        let gather = Gather::begin(intent, parts.len(), home.clone(), reply);
        let request = |(number, part): (u64, Part)| {
            let shard = part.shard(shards);
            (shard, part.request(Reply::to(gather.clone(), number)))
        };
        Self {
            left: (0..).zip(parts).map(request).collect(),
        }
    }

    /// Hands over what the shards take now; `true` when nothing is left.
    fn push(&mut self, inboxes: &[Arc<Inbox>]) -> bool {
        let mut kept = Vec::new();
        for (shard, request) in self.left.drain(..) {
            if let Err(Refused(request)) = inboxes[usize::from(shard.0)].offer_business(request) {
                kept.push((shard, *request));
            }
        }
        self.left = kept;
        self.left.is_empty()
    }
}

/// What one shard has to do of an intent.
enum Part {
    /// This input for this tenant.
    Input(TenantKey, Input),
    /// Everything of this shard that the work is about.
    Shard(ShardId, Intent),
}

impl Part {
    fn shard(&self, shards: u16) -> ShardId {
        match self {
            Self::Input(tenant, _) => tenant.shard(shards),
            Self::Shard(shard, _) => *shard,
        }
    }

    fn request(self, reply: Reply) -> ShardRequest {
        match self {
            Self::Input(tenant, input) => ShardRequest::Input {
                tenant,
                input,
                reply,
                claim: None,
            },
            Self::Shard(_, work) => ShardRequest::Part { work, reply },
        }
    }
}

fn split(work: &Intent, shards: u16) -> Vec<Part> {
    match work {
        Intent::Each { tenants, input } => tenants
            .iter()
            .map(|tenant| Part::Input(tenant.clone(), input.clone()))
            .collect(),
        Intent::PartNews {
            corporation,
            household,
            news,
        } => {
            let household = TenantKey::household(*corporation, household);
            let news = Input::PartNews(Box::new(news.clone()));
            vec![Part::Input(household, news)]
        }
        Intent::CancelSubject { .. } => (0..shards)
            .map(|shard| Part::Shard(ShardId(shard), work.clone()))
            .collect(),
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
    /// Waits for so many answers; for none it is done at once.
    fn begin(intent: u64, parts: usize, home: Arc<Inbox>, reply: Reply) -> Arc<Self> {
        let gather = Arc::new(Self {
            intent,
            home,
            missing: AtomicUsize::new(parts),
            answers: Mutex::new(vec![ShardAnswer::Dropped; parts]),
            reply: Mutex::new(Some(reply)),
        });
        if parts == 0 {
            gather.finish();
        }
        gather
    }

    fn finish(&self) {
        let answers = std::mem::take(&mut *self.answers.lock());
        let reply = self.reply.lock().take().unwrap_or(Reply::nobody());
        let request = ShardRequest::IntentFinished {
            intent: self.intent,
            answers,
            reply,
        };
        // A full line leaves the intent open; its parts are idempotent and the next start finishes
        // it. The sender is told by the dropped reply to ask again.
        drop(self.home.offer_business(request));
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
