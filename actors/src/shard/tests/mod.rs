//! The shard on an in-memory journal and a manual clock: nothing leaves before it is durable,
//! nothing is lost on the way.

mod bounds;
mod ended;
mod timers;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::Mutex;
use sluis_journal::{Journal, MemoryJournal};
use sluis_model::flow::Definition;
use sluis_model::{
    Address, AddressState, Channel, Clock, Control, CorporationId, Environment, Idempotency, Input,
    Intent, Lane, ManualClock, Notification, NotificationId, OnDoubt, PauseScope, Policy, Profile,
    RetryPolicy, ShardId, Subject, TenantKey, Timestamp, Verdict,
};

use super::*;
use crate::board::{Board, Grant, QueueKey};
use crate::book::Book;
use crate::claim::{Claim, Claimed};
use crate::dispatch::Dispatch;
use crate::keys::{KeyIndex, KeyWindow};
use crate::quota::Quota;
use crate::readers::Readers;
use crate::wake::{Activity, Bell};

const HOUSE: CorporationId = CorporationId(1);

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
struct Answered(Mutex<Vec<(u64, ShardAnswer)>>);

impl Answers for Answered {
    fn answer(&self, correlation: u64, answer: ShardAnswer) {
        self.0.lock().push((correlation, answer));
    }
}

struct World {
    journal: Arc<MemoryJournal>,
    clock: Arc<ManualClock>,
    book: Arc<Book>,
    quota: Arc<Quota>,
    keys: Arc<KeyIndex>,
    inbox: Arc<Inbox>,
    bell: Arc<Bell>,
    activity: Arc<Activity>,
    board: Arc<Board>,
    sent: Arc<Mutex<Vec<Dispatch>>>,
    answered: Arc<Answered>,
    send_after: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    most_of_a_tenant: usize,
    endings: Arc<Endings>,
    readers: Arc<Readers>,
}

impl World {
    fn new() -> Self {
        let journal = Arc::new(MemoryJournal::new(1, 64));
        let mut definition = Definition {
            flow: FLOW.into(),
            ..Definition::default()
        };
        definition
            .templates
            .insert("ping.txt".into(), "ping".into());
        let book = Arc::new(Book::load(&*journal, vec![(None, definition)]).unwrap());
        let activity = Arc::new(Activity::default());
        let bell = Bell::new(activity.clone());
        let bounds = InboxBounds {
            intake: 8,
            business: 8,
            internal: 8,
        };
        Self {
            journal,
            clock: Arc::new(ManualClock::starting_at(Timestamp(1_000_000))),
            book,
            quota: Arc::new(Quota::new(100, 100, [(HOUSE, 100)])),
            keys: Arc::new(KeyIndex::new(KeyWindow::default(), [HOUSE])),
            inbox: Inbox::new(bounds, bell.clone(), activity.clone()),
            bell,
            activity,
            board: Arc::default(),
            sent: Arc::default(),
            answered: Arc::default(),
            send_after: None,
            expires_at: None,
            most_of_a_tenant: 100,
            endings: Arc::default(),
            readers: Readers::inline(),
        }
    }

    fn start(&self) -> ShardCore {
        let sent = self.sent.clone();
        let links = Links {
            dispatch: Arc::new(move |dispatch: Box<Dispatch>| {
                sent.lock().push(*dispatch);
                Ok(())
            }),
            abandon: Arc::new(|_| ()),
            routers: HashMap::from([(
                Channel::Null,
                (self.board.clone(), Bell::new(self.activity.clone())),
            )]),
            providers: HashMap::from([(
                Channel::Null,
                vec![ProviderEntry {
                    name: "null".into(),
                    on_doubt: OnDoubt::Resend,
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
        };
        let settings = ShardSettings {
            shard: ShardId(0),
            shards: 1,
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            flows: self.book.clone(),
            policy: Arc::new(policy),
            quota: self.quota.clone(),
            inboxes: vec![self.inbox.clone()],
            bell: self.bell.clone(),
            activity: self.activity.clone(),
            links,
            endings: self.endings.clone(),
            readers: self.readers.clone(),
            pauses: Arc::new(crate::pauses::PauseBook::new(1)),
            paused: false,
        };
        ShardCore::start(settings, &self.keys).unwrap()
    }

    fn key(tenant: &str) -> TenantKey {
        TenantKey::new(HOUSE, tenant)
    }

    fn reply(&self, correlation: u64) -> Reply {
        Reply::to(self.answered.clone(), correlation)
    }

    fn notify(&self, tenant: &str, number: u64) -> NotificationId {
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
            lane: Lane::Normal,
            send_after: self.send_after,
            expires_at: self.expires_at,
            environment: Environment::Production,
            idempotency,
        };
        let input = Input::Notify(Box::new(notification));
        let letter = Letter::Input {
            tenant: Self::key(tenant),
            input,
            reply: self.reply(number),
            claim: Some(claim),
        };
        self.inbox.offer_intake(letter).unwrap();
        id
    }

    fn grant(&self, count: u32) {
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

    fn business(&self, letter: impl FnOnce(Reply) -> Letter, correlation: u64) {
        self.inbox
            .offer_business(letter(self.reply(correlation)))
            .unwrap();
    }

    fn answers(&self) -> Vec<(u64, ShardAnswer)> {
        std::mem::take(&mut *self.answered.0.lock())
    }

    fn settled(&self) -> Vec<(u32, u32)> {
        self.board
            .take()
            .settled
            .iter()
            .map(|s| (s.used, s.returned))
            .collect()
    }
}

#[test]
fn nothing_leaves_before_it_is_durable() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    world.grant(1);
    shard.turn();
    world.grant(1);
    shard.turn();
    assert!(world.answers().is_empty(), "not durable yet");
    assert!(
        world.sent.lock().is_empty(),
        "the start of the attempt is not durable yet"
    );
    world.journal.commit();
    shard.turn();
    assert!(matches!(
        world.answers()[..],
        [(1, ShardAnswer::Decided { position: 1, .. })]
    ));
    assert_eq!(world.sent.lock().len(), 1);
}

#[test]
fn a_permit_that_finds_nothing_comes_back() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    shard.turn();
    world.grant(3);
    shard.turn();
    assert_eq!(world.settled(), [(1, 2)]);
}

#[test]
fn a_payment_taken_before_the_permit_stops_the_attempt() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    shard.turn();
    let fact = sluis_model::Fact {
        fact_id: "p".into(),
        body: 1,
        kind: sluis_model::FactKind::Payment,
        subject: Some(Subject {
            kind: "invoice".into(),
            id: "F-1".into(),
        }),
        amount_cents: Some(5),
        occurred_at: world.clock.now(),
        environment: Environment::Production,
    };
    world.business(
        |reply| Letter::Input {
            tenant: World::key("H-1"),
            input: Input::Fact(fact),
            reply,
            claim: None,
        },
        2,
    );
    shard.turn();
    world.grant(1);
    shard.turn();
    world.journal.commit();
    shard.turn();
    assert!(world.sent.lock().is_empty());
    assert_eq!(world.settled(), [(0, 1)]);
    assert_eq!(world.quota.total().0, 0, "what ended is no longer open");
}

#[test]
fn an_attempt_under_way_at_a_crash_is_in_doubt_and_goes_again_as_itself() {
    let world = World::new();
    let mut shard = world.start();
    let id = world.notify("H-1", 1);
    shard.turn();
    world.grant(1);
    shard.turn();
    world.journal.commit();
    shard.turn();
    let first = world.sent.lock().pop().unwrap();
    drop(shard);
    let mut shard = world.start();
    assert!(matches!(
        shard.tenants.open(id).unwrap().phase,
        sluis_model::Phase::Ready {
            pinned: Some(_),
            ..
        }
    ));
    world.clock.advance(10_000);
    shard.turn();
    let queue = QueueKey {
        channel: Channel::Null,
        lane: Lane::Normal,
        corporation: HOUSE,
        pinned: Some("null".into()),
    };
    assert!(world.inbox.grant(Grant {
        queue,
        provider: 0,
        count: 1
    }));
    shard.turn();
    world.journal.commit();
    shard.turn();
    let again = world.sent.lock().pop().unwrap();
    assert_eq!(again.attempt.token(), first.attempt.token());
}

#[test]
fn what_was_not_durable_at_a_crash_never_was() {
    let world = World::new();
    let mut shard = world.start();
    let id = world.notify("H-1", 1);
    shard.turn();
    world.journal.crash();
    drop(shard);
    assert!(
        world
            .answers()
            .iter()
            .all(|(_, answer)| matches!(answer, ShardAnswer::Dropped)),
        "nobody was told it was accepted"
    );
    let shard = world.start();
    assert!(shard.tenants.open(id).is_none());
}

#[test]
fn a_pause_holds_from_the_next_permit_and_survives_a_restart() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    let scope = PauseScope {
        corporation: Some(HOUSE),
        flow: None,
        channel: None,
    };
    let pause = scope.clone();
    world.business(
        |reply| Letter::Control {
            control: Control::Pause(pause),
            reply,
        },
        9,
    );
    shard.turn();
    world.grant(1);
    shard.turn();
    assert_eq!(world.settled(), [(0, 1)]);
    world.journal.commit();
    drop(shard);
    let mut shard = world.start();
    world.grant(1);
    shard.turn();
    assert_eq!(world.settled(), [(0, 1)], "still paused");
    world.business(
        |reply| Letter::Control {
            control: Control::Resume(scope),
            reply,
        },
        10,
    );
    shard.turn();
    world.grant(1);
    shard.turn();
    assert_eq!(world.settled(), [(1, 0)]);
}

#[test]
fn an_intent_answers_when_every_tenant_has_it_and_a_restart_finishes_it() {
    let world = World::new();
    let mut shard = world.start();
    let profile = Profile {
        addresses: vec![Address {
            channel: Channel::Email,
            value: "a@example.nl".into(),
            state: AddressState::Created,
        }],
        ..Profile::default()
    };
    let work = Intent::Each {
        tenants: vec![World::key("H-1"), World::key("H-2")],
        input: Input::PutProfile(Box::new(profile)),
    };
    world.business(|reply| Letter::Intent { work, reply }, 5);
    shard.turn();
    world.journal.commit();
    drop(shard);
    let mut shard = world.start();
    for _ in 0..6 {
        shard.turn();
        world.journal.commit();
    }
    assert!(
        shard
            .tenants
            .find(&World::key("H-1"))
            .unwrap()
            .profile
            .is_some()
    );
    assert!(
        shard
            .tenants
            .find(&World::key("H-2"))
            .unwrap()
            .profile
            .is_some()
    );
    let before = world.journal.last(sluis_journal::Shard(0));
    drop(shard);
    let mut shard = world.start();
    shard.turn();
    world.journal.commit();
    assert_eq!(
        world.journal.last(sluis_journal::Shard(0)),
        before,
        "a finished intent is not driven again"
    );
}

/// One notification a turn until the journal's queue is full. Gives the number of turns.
fn fill_journal(world: &World, shard: &mut ShardCore) -> u64 {
    let mut turns = 0;
    while world.journal.queue().fill() < 1.0 {
        turns += 1;
        world.notify(&format!("H-{turns}"), turns);
        shard.turn();
    }
    turns
}

#[test]
fn a_full_journal_stops_the_shard_without_losing_what_was_decided() {
    let world = World::new();
    let mut shard = world.start();
    let turns = fill_journal(&world, &mut shard);
    world.notify("H-last", 1_000);
    shard.turn();
    world.notify("H-after", 1_001);
    shard.turn();
    world.journal.commit();
    shard.turn();
    world.journal.commit();
    shard.turn();
    world.journal.commit();
    shard.turn();
    assert_eq!(world.answers().len() as u64, turns + 2);
}

#[test]
fn a_shard_that_the_journal_refused_comes_back_by_its_alarm() {
    let world = World::new();
    let mut shard = world.start();
    fill_journal(&world, &mut shard);
    world.notify("H-last", 1_000);
    let refused = [(); 2].map(|()| {
        world.bell.set_due(Timestamp::NEVER);
        shard.turn();
        world.bell.due()
    });
    assert!(
        refused
            .iter()
            .all(|due| *due <= world.clock.now().plus(1_000)),
        "what fills the queue may be other shards': no wake comes"
    );
}

#[test]
fn a_lost_turn_is_rebuilt_from_the_journal_and_its_claims_come_back() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    shard.turn();
    world.journal.commit();
    shard.turn();
    assert_eq!(world.quota.total().0, 1);
    // A turn that was cut off by a panic: decided, not handed over.
    world.notify("H-2", 2);
    shard.decide_without_flush();
    let mut shard = shard.rebuild().unwrap();
    assert_eq!(world.quota.total().0, 1);
    assert!(
        shard
            .tenants
            .open(NotificationId::new(ShardId(0), 0, 2))
            .is_none()
    );
    world.notify("H-2", 2);
    shard.turn();
    world.journal.commit();
    shard.turn();
    assert_eq!(
        world.quota.total().0,
        2,
        "the key was given back and could be used again"
    );
}

#[test]
fn a_lost_turn_gives_back_the_quota_of_a_corporation_that_had_nothing_else_here() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    shard.decide_without_flush();
    let shard = shard.rebuild().unwrap();
    assert_eq!((world.quota.total().0, shard.tenants.open_count()), (0, 0));
}

#[test]
fn an_outcome_in_a_lost_turn_is_decided_again() {
    let world = World::new();
    let mut shard = world.start();
    let id = world.notify("H-1", 1);
    shard.turn();
    world.grant(1);
    shard.turn();
    world.journal.commit();
    shard.turn();
    let dispatch = world.sent.lock().pop().unwrap();
    assert!(world.inbox.outcome(
        dispatch.attempt,
        Verdict::Accepted {
            provider_id: "x".into()
        }
    ));
    shard.decide_without_flush();
    let mut shard = shard.rebuild().unwrap();
    assert!(matches!(
        shard.tenants.open(id).unwrap().phase,
        sluis_model::Phase::Started { .. }
    ));
    assert!(shard.turn(), "there may be more to recall");
    assert!(
        shard.tenants.open(id).is_none(),
        "it was handed over, and its flow asks for nothing more"
    );
    world.journal.commit();
    assert!(!shard.turn());
}

#[test]
fn the_activity_is_quiet_once_everything_settled() {
    let world = World::new();
    let mut shard = world.start();
    world.notify("H-1", 1);
    world.bell.turn(|| shard.turn());
    world.grant(1);
    world.bell.turn(|| shard.turn());
    world.journal.commit();
    world.bell.turn(|| shard.turn());
    let dispatch = world.sent.lock().pop().unwrap();
    assert!(world.inbox.outcome(
        dispatch.attempt,
        Verdict::Accepted {
            provider_id: "x".into()
        }
    ));
    world.bell.turn(|| shard.turn());
    world.journal.commit();
    world.bell.turn(|| shard.turn());
    // The router's bell was rung and never answered here: that one turn is all that is left.
    assert_eq!(world.activity.count(), 1);
}
