//! A shard on an in-memory journal and a manual clock, with nobody around it but the test.

use sluis_journal::{Sequence, Shard};
use sluis_model::Tenant;

use super::*;
use crate::latest::Latest;

pub(super) const HOUSE: CorporationId = CorporationId(1);
const BOUNDS: InboxBounds = InboxBounds {
    intake: 8,
    business: 8,
    internal: 8,
};

const FLOW: &str = r#"
name = "ping"
version = 1
purpose = "test"
subject = "invoice"
amount = "cents"
[input]
cents = "money"
[[stop]]
name = "paid"
when = "subject.open_amount_cents <= 0"
end = "paid"
[[step]]
id = "only"
send = { template = { null = "ping" }, via = ["null"] }
"#;

#[derive(Default)]
pub(super) struct Answered(Mutex<Vec<(u64, ShardAnswer)>>);

impl Answers for Answered {
    fn answer(&self, correlation: u64, answer: ShardAnswer) {
        self.0.lock().push((correlation, answer));
    }
}

pub(super) struct World {
    pub(super) journal: Arc<MemoryJournal>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) book: Arc<Book>,
    pub(super) quota: Arc<Quota>,
    pub(super) keys: Arc<KeyIndex>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) waker: Arc<Waker>,
    pub(super) activity: Arc<Activity>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) sent: Arc<Mutex<Vec<Dispatch>>>,
    pub(super) answered: Arc<Answered>,
    pub(super) send_after: Option<Timestamp>,
    /// In which lane its notifications are.
    pub(super) lane: Lane,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) most_of_a_tenant: usize,
    pub(super) on_doubt: OnDoubt,
    pub(super) owner: Owner,
    pub(super) endings: Arc<Endings>,
    pub(super) horizon: Arc<Horizon>,
    pub(super) readers: Arc<Readers>,
    pub(super) rest: RestSettings,
    pub(super) desk: Arc<CheckpointDesk>,
}

impl World {
    pub(super) fn new() -> Self {
        Self::running(FLOW)
    }

    /// With another text for its flow: it is named `ping` too, and its first rule reads the cents.
    pub(super) fn running(flow: &str) -> Self {
        let journal = Arc::new(MemoryJournal::new(1, 64));
        let mut definition = Definition {
            flow: flow.into(),
            ..Definition::default()
        };
        definition
            .templates
            .insert("ping.txt".into(), "ping".into());
        let book = Arc::new(Book::load(&*journal, vec![(None, definition)]).unwrap());
        let activity = Arc::new(Activity::default());
        let waker = Waker::new(activity.clone());
        let keys = Arc::new(KeyIndex::new(KeyWindow::default(), [HOUSE]));
        Self {
            journal,
            clock: Arc::new(ManualClock::starting_at(Timestamp(1_000_000))),
            book,
            quota: Arc::new(Quota::new(100, 100, [(HOUSE, 100)])),
            desk: CheckpointDesk::in_turns_of(160, keys.clone()),
            keys,
            inbox: Inbox::new(BOUNDS, waker.clone(), activity.clone()),
            waker,
            activity,
            outbox: Arc::default(),
            sent: Arc::default(),
            answered: Arc::default(),
            send_after: None,
            lane: Lane::Normal,
            expires_at: None,
            most_of_a_tenant: 100,
            on_doubt: OnDoubt::Resend,
            owner: Owner::Street,
            endings: Arc::default(),
            horizon: Arc::default(),
            readers: Readers::inline(),
            rest: RestSettings {
                most_active: usize::MAX,
                idle_for_ms: i64::MAX,
            },
        }
    }

    pub(super) fn start(&self) -> ShardCore {
        ShardCore::start(self.settings(), &self.keys).unwrap()
    }

    pub(super) fn settings(&self) -> ShardSettings {
        let sent = self.sent.clone();
        let links = Links {
            dispatch: Arc::new(move |dispatch: Box<Dispatch>| {
                sent.lock().push(*dispatch);
                Ok(())
            }),
            abandon: Arc::new(|_| ()),
            routers: HashMap::from([(
                Channel::Null,
                (self.outbox.clone(), Waker::new(self.activity.clone())),
            )]),
            providers: HashMap::from([(
                Channel::Null,
                vec![ProviderEntry {
                    name: "null".into(),
                    on_doubt: self.on_doubt,
                    owner: self.owner.clone(),
                }],
            )]),
            news: Arc::new(|| ()),
        };
        let policy = Policy {
            environment: Environment::Production,
            channels: [(HOUSE, vec![Channel::Null])].into(),
            allow_list: Default::default(),
            retry: RetryPolicy::default(),
            max_open_per_tenant: self.most_of_a_tenant,
            steering: Default::default(),
        };
        ShardSettings {
            shard: ShardId(0),
            shards: 1,
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            flows: self.book.clone(),
            policy: Arc::new(Latest::new(policy)),
            quota: self.quota.clone(),
            inboxes: vec![self.inbox.clone()],
            waker: self.waker.clone(),
            activity: self.activity.clone(),
            links,
            endings: self.endings.clone(),
            horizon: self.horizon.clone(),
            readers: self.readers.clone(),
            pauses: Arc::new(crate::pauses::PauseRegistry::new(1)),
            paused: false,
            rest: self.rest,
            checkpoint: self.desk.clone(),
            erasures: None,
        }
    }

    pub(super) fn key(tenant: &str) -> TenantKey {
        TenantKey::new(HOUSE, tenant)
    }

    pub(super) fn reply(&self, correlation: u64) -> Reply {
        Reply::to(self.answered.clone(), correlation)
    }

    /// A shard with one notification, of tenant `H-1`, whose attempt is under way.
    pub(super) fn under_way(&self) -> (ShardCore, NotificationId, Dispatch) {
        let mut shard = self.start();
        let id = self.notify("H-1", 1);
        shard.turn();
        self.grant(1);
        shard.turn();
        self.journal.commit();
        shard.turn();
        let dispatch = self.sent.lock().pop().expect("a dispatch");
        (shard, id, dispatch)
    }

    pub(super) fn notify(&self, tenant: &str, number: u64) -> NotificationId {
        let id = NotificationId::new(ShardId(0), 0, number);
        let flow = self.book.current(HOUSE, "ping").unwrap();
        let idempotency = Idempotency {
            key: u128::from(number),
            body: number,
        };
        let claim = match Claim::take(
            &self.quota,
            &self.keys,
            HOUSE,
            idempotency,
            id,
            self.clock.now(),
        ) {
            Claimed::Granted(claim) => claim,
            other => panic!("{other:?}"),
        };
        let notification = Notification {
            id,
            flow,
            category: "test".into(),
            subject: Some(Subject {
                kind: "invoice".into(),
                id: format!("F-{number}").into(),
            }),
            data: "{\"cents\":5}".into(),
            fields: Box::new([sluis_model::flow::Value::Integer(5)]),
            lane: self.lane,
            send_after: self.send_after,
            expires_at: self.expires_at,
            environment: Environment::Production,
            idempotency,
            addressed: Default::default(),
        };
        let input = Input::Notify(Box::new(notification));
        let request = ShardRequest::Input {
            tenant: Self::key(tenant),
            input,
            reply: self.reply(number),
            claim: Some(claim),
        };
        self.inbox.offer_intake(request).unwrap();
        id
    }

    pub(super) fn grant(&self, count: u32) {
        let queue = QueueKey {
            channel: Channel::Null,
            lane: Lane::Normal,
            corporation: HOUSE,
            pinned: None,
        };
        assert!(self.inbox.grant(Grant {
            queue,
            provider: 0,
            count
        }));
    }

    pub(super) fn business(&self, request: impl FnOnce(Reply) -> ShardRequest, correlation: u64) {
        self.inbox
            .offer_business(request(self.reply(correlation)))
            .unwrap();
    }

    pub(super) fn answers(&self) -> Vec<(u64, ShardAnswer)> {
        std::mem::take(&mut *self.answered.0.lock())
    }

    pub(super) fn settled(&self) -> Vec<(u32, u32)> {
        self.outbox
            .take()
            .settled
            .iter()
            .map(|s| (s.used, s.returned))
            .collect()
    }
}

/// The state of an active tenant.
pub(super) fn state<'a>(shard: &'a ShardCore, tenant: &str) -> &'a sluis_model::Tenant {
    match shard.tenants.find(&World::key(tenant)) {
        Ok(Some(tenant)) => shard.tenants.state(tenant),
        other => panic!("{tenant} is not active: {other:?}"),
    }
}

/// Turns without a record after which a shard has settled: what follows from the last one, such as
/// putting tenants to rest, takes turns of its own.
const QUIET_TURNS: usize = 4;

/// Everything that can happen without time, and without readers that have turns of their own.
pub(super) fn settle(world: &World, shard: &mut ShardCore) {
    let mut quiet = 0;
    for _ in 0..100 {
        while shard.turn() {}
        let is_quiet = world.journal.commit() == 0;
        quiet = if is_quiet { quiet + 1 } else { 0 };
        if quiet == QUIET_TURNS {
            return;
        }
    }
    panic!("it never settles");
}

/// The state of a tenant, as anybody is told it.
pub(super) fn snapshot(world: &World, shard: &mut ShardCore, tenant: &str) -> Tenant {
    let query = Query::Tenant(World::key(tenant));
    world.business(|reply| ShardRequest::Query { query, reply }, 90);
    settle(world, shard);
    match world.answers().pop() {
        Some((90, ShardAnswer::Snapshot(snapshot))) => snapshot.tenant,
        other => panic!("{other:?}"),
    }
}

/// Asks for everything alive to be written again, as far as the log is durable now.
pub(super) fn ask_to_carry(world: &World) -> Sequence {
    let horizon = world.journal.durable(Shard(0)).next();
    world.horizon.ask(horizon);
    world.waker.wake();
    horizon
}

/// The world after a restart of the process.
pub(super) fn restarted(world: World, readers: Arc<Readers>) -> (World, ShardCore) {
    // What stood in its inbox is lost with the process, also what shards had to say to each other.
    let inbox = Inbox::new(BOUNDS, world.waker.clone(), world.activity.clone());
    let world = World {
        quota: Arc::new(Quota::new(100, 100, [(HOUSE, 100)])),
        horizon: Arc::default(),
        inbox,
        readers,
        ..world
    };
    let shard = world.start();
    (world, shard)
}
