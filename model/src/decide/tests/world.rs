//! Owns the small world the stories play in: one tenant, a clock that is set by hand, the shipped
//! flows. Refuses to end quietly: every world replays its own journal, and a state that differs
//! fails the test.

mod book;
mod looks;
mod words;

use crate::codec::{decode_plain, encode_plain};
use crate::flow::Value;
use crate::{
    Answer, Applied, AttemptRef, CancelTarget, Channel, ContactKind, CorporationId, Decision,
    Environment, Event, Fact, FactKind, Given, Idempotency, Input, Lane, Notification,
    NotificationId, OnDoubt, Permit, Phase, Policy, Receipt, ReceiptKind, Record, RetryPolicy,
    ShardId, Situation, Supplied, Tenant, TenantKey, TenantRecord, Timestamp, Verdict, decide,
    evolve, finish,
};

pub(super) use book::Book;
use book::NOTICE;
pub(super) use book::STORNO;
pub(super) use words::{
    FRESH, accepted, barred, delivered, in_doubt, invoice, only, prefers, refused, retry, why,
    withdrawn,
};

pub(super) const CORPORATION: CorporationId = CorporationId(7);
pub(super) const START: Timestamp = Timestamp(1_795_000_000_000);
/// What the invoice of every story asks for, in cents.
pub(super) const OWED: i64 = 61_250;
pub(super) const MAIL: &str = "a.jansen@example.nl";
pub(super) const PHONE: &str = "+31600000001";

/// One line of the journal: what came in and what was decided.
struct Line {
    sequence: u64,
    previous: u64,
    at: Timestamp,
    input: Input,
    events: Vec<Event>,
}

pub(super) struct World {
    pub tenant: Tenant,
    pub now: Timestamp,
    pub policy: Policy,
    pub flows: Book,
    /// What every provider declares for doubt.
    pub on_doubt: OnDoubt,
    sequence: u64,
    minted: u64,
    journal: Vec<Line>,
}

impl World {
    /// A tenant nothing is known of, in production, with e-mail, SMS and null providers.
    pub(super) fn empty() -> Self {
        let mut flows = Book::default();
        flows.add(STORNO);
        flows.add(NOTICE);
        let channels = [(
            CORPORATION,
            vec![Channel::Email, Channel::Sms, Channel::Null],
        )]
        .into();
        let policy = Policy {
            environment: Environment::Production,
            channels,
            allow_list: Default::default(),
            retry: RetryPolicy::default(),
            max_open_per_tenant: 2_000,
            steering: Default::default(),
        };
        let (tenant, journal) = (Tenant::default(), Vec::new());
        Self {
            tenant,
            now: START,
            policy,
            flows,
            on_doubt: OnDoubt::Resend,
            sequence: 0,
            minted: 0,
            journal,
        }
    }

    /// A tenant with an e-mail address, a telephone and a fresh balance above zero.
    pub(super) fn usual() -> Self {
        let mut world = Self::empty();
        world.profile(|_| ());
        world.balance(OWED);
        world
    }

    /// A usual tenant whose storno mail the relay has just taken.
    pub(super) fn mailed() -> (Self, NotificationId, AttemptRef) {
        let mut world = Self::usual();
        let id = world.storno();
        let mail = world.send(id);
        (world, id, mail)
    }

    /// A usual tenant whose mail bounced and whose SMS the provider has just taken.
    pub(super) fn texted() -> (Self, NotificationId, AttemptRef, AttemptRef) {
        let (mut world, id, mail) = Self::mailed();
        world.receipt(mail, ReceiptKind::BouncedHard);
        let sms = world.send(id);
        (world, id, mail, sms)
    }

    // ---- inputs

    pub(super) fn give(&mut self, input: Input) -> Decision {
        self.sequence += 1;
        let situation = Situation {
            now: self.now,
            sequence: self.sequence,
            corporation: CORPORATION,
            tenant: "H-1001",
            flows: &self.flows,
            policy: &self.policy,
        };
        let previous = self.tenant.last;
        let mut twin = self.tenant.clone();
        let decision = decide(&mut self.tenant, &input, situation);
        assert_eq!(
            decide(&mut twin, &input, situation),
            decision,
            "the same state and input must give the same decision"
        );
        if decision.events.is_empty() {
            assert_eq!(self.tenant.last, previous, "no events, no record");
        } else {
            let (sequence, at, events) = (self.sequence, self.now, decision.events.clone());
            self.journal.push(Line {
                sequence,
                previous,
                at,
                input,
                events,
            });
        }
        decision
    }

    pub(super) fn profile(&mut self, edit: impl FnOnce(&mut Supplied)) -> Decision {
        let mut supplied = Supplied {
            name: "mevrouw Jansen".into(),
            points: vec![Given::new(ContactKind::Email, MAIL), Given::mobile(PHONE)],
            ..Supplied::default()
        };
        edit(&mut supplied);
        self.give(Input::PutProfile(Box::new(supplied)))
    }

    /// A storno that is to be chased, about [`invoice`], and what was decided.
    pub(super) fn storno_with(
        &mut self,
        edit: impl FnOnce(&mut Notification),
    ) -> (NotificationId, Decision) {
        let mut notification = self.blank("storno");
        notification.subject = Some(invoice(1));
        notification.fields[self.field("storno", "amount_cents")] = Value::Integer(OWED);
        notification.fields[self.field("storno", "reason_code")] = Value::Text("AM04".into());
        edit(&mut notification);
        let id = notification.id;
        (id, self.give(Input::Notify(Box::new(notification))))
    }

    pub(super) fn storno(&mut self) -> NotificationId {
        self.storno_with(|_| ()).0
    }

    pub(super) fn storno_code(&mut self, code: &str) -> NotificationId {
        let index = self.field("storno", "reason_code");
        self.storno_with(|n| n.fields[index] = Value::Text(code.into()))
            .0
    }

    pub(super) fn notice_with(&mut self, edit: impl FnOnce(&mut Notification)) -> NotificationId {
        self.run("notice", edit)
    }

    /// Starts a flow that asks for no subject.
    pub(super) fn run(
        &mut self,
        flow: &str,
        edit: impl FnOnce(&mut Notification),
    ) -> NotificationId {
        let mut notification = self.blank(flow);
        edit(&mut notification);
        let id = notification.id;
        self.give(Input::Notify(Box::new(notification)));
        id
    }

    fn blank(&mut self, flow: &str) -> Notification {
        self.minted += 1;
        let flow = self.flows.named(flow);
        Notification {
            id: NotificationId::new(ShardId(3), self.now.0, self.minted),
            flow: flow.reference,
            category: "collection".into(),
            subject: None,
            data: "{}".into(),
            fields: vec![Value::Missing; flow.fields.len()].into(),
            lane: Lane::Normal,
            send_after: None,
            expires_at: None,
            environment: Environment::Production,
            idempotency: Idempotency {
                key: self.minted.into(),
                body: self.minted,
            },
            addressed: Default::default(),
        }
    }

    /// Index of a data field that the flow's rules read.
    pub(super) fn field(&self, flow: &str, name: &str) -> usize {
        self.flows
            .named(flow)
            .fields
            .iter()
            .position(|field| &**field == name)
            .expect("a field the flow reads")
    }

    pub(super) fn fact(
        &mut self,
        kind: FactKind,
        cents: i64,
        edit: impl FnOnce(&mut Fact),
    ) -> Decision {
        self.minted += 1;
        let mut fact = Fact {
            fact_id: format!("fact-{}", self.minted).into(),
            body: self.minted,
            kind,
            subject: kind.needs_subject().then(|| invoice(1)),
            amount_cents: Some(cents),
            occurred_at: self.now,
            environment: Environment::Production,
        };
        edit(&mut fact);
        self.give(Input::Fact(fact))
    }

    pub(super) fn balance(&mut self, cents: i64) -> Decision {
        self.fact(FactKind::Balance, cents, |_| ())
    }

    pub(super) fn pay(&mut self, cents: i64) -> Decision {
        self.fact(FactKind::Payment, cents, |_| ())
    }

    pub(super) fn later(&mut self, millis: i64) {
        self.now = self.now.plus(millis);
    }

    pub(super) fn timer(&mut self, id: NotificationId) -> Decision {
        self.give(Input::Timer { id })
    }

    /// Moves the clock to the notification's timer and lets it fall due.
    pub(super) fn fall_due(&mut self, id: NotificationId) -> Decision {
        self.now = self.open(id).due().expect("a timer");
        self.timer(id)
    }

    /// Lets the wait of a message that is `for_ms` old end, with a balance that is fresh by then.
    pub(super) fn wait_out(&mut self, id: NotificationId, for_ms: i64) -> Decision {
        self.later(for_ms);
        self.balance(OWED);
        self.timer(id)
    }

    /// The permit a router would grant to the line the notification stands in.
    pub(super) fn permit(&mut self, id: NotificationId) -> Decision {
        let permit = self.permit_for(id);
        self.give(Input::Permit(permit))
    }

    pub(super) fn permit_for(&self, id: NotificationId) -> Permit {
        let Phase::Ready {
            channel,
            pinned,
            not_before,
            ..
        } = &self.open(id).phase
        else {
            panic!("not in line: {:?}", self.open(id).phase)
        };
        assert!(
            *not_before <= self.now,
            "the line does not hand out what is not due"
        );
        let provider = pinned
            .clone()
            .unwrap_or_else(|| format!("{channel}-provider").into());
        Permit {
            id,
            channel: *channel,
            provider,
            on_doubt: self.on_doubt,
        }
    }

    /// Starts the next attempt, waiting for its turn.
    pub(super) fn start(&mut self, id: NotificationId) -> AttemptRef {
        if let Phase::Ready { not_before, .. } = self.open(id).phase {
            self.now = self.now.max(not_before);
        }
        let decision = self.permit(id);
        let decided = decision.events.iter();
        let decided = decided.filter(|event| !{
            matches!(
                event,
                Event::Steered { .. } | Event::Contacted { .. } | Event::Varied { .. }
            )
        });
        assert!(
            matches!(
                decided.collect::<Vec<_>>()[..],
                [Event::AttemptStarted { .. }]
            ),
            "{:?}",
            decision.events
        );
        self.under_way(id).expect("an attempt under way")
    }

    pub(super) fn under_way(&self, id: NotificationId) -> Option<AttemptRef> {
        let open = self.tenant.find(id)?;
        match open.phase {
            Phase::Started { attempt, .. } => Some(AttemptRef {
                id,
                step: open.step,
                attempt,
            }),
            _ => None,
        }
    }

    pub(super) fn outcome(&mut self, attempt: AttemptRef, verdict: Verdict) -> Decision {
        self.give(Input::Outcome { attempt, verdict })
    }

    /// Starts the next attempt and lets the provider take it.
    pub(super) fn send(&mut self, id: NotificationId) -> AttemptRef {
        let attempt = self.start(id);
        self.outcome(attempt, accepted());
        attempt
    }

    pub(super) fn receipt(&mut self, attempt: AttemptRef, kind: ReceiptKind) -> Decision {
        let (why, provider) = (Some(why("5.1.1")), "relay".into());
        self.give(Input::Receipt(Receipt {
            attempt,
            kind,
            why,
            provider,
            occurred_at: None,
        }))
    }

    pub(super) fn link(&mut self, id: NotificationId, pressed: bool) -> Answer {
        self.give(Input::Link { id, pressed }).answer
    }

    pub(super) fn cancel(&mut self, target: CancelTarget) -> Answer {
        self.give(Input::Cancel {
            target,
            note: "desk".into(),
        })
        .answer
    }

    /// Answers the task the notification has open.
    pub(super) fn answer(&mut self, id: NotificationId, answer: &str) -> Answer {
        let task = self.open(id).tasks;
        self.give(Input::Answer {
            id,
            task,
            answer: answer.into(),
            by: "desk".into(),
        })
        .answer
    }

    /// Replays the journal, through its encoded form, onto a fresh tenant.
    fn replayed(&self) -> Tenant {
        let mut tenant = Tenant::default();
        for line in &self.journal {
            let key = TenantKey::new(CORPORATION, "H-1001");
            let (input, events) = (line.input.clone(), line.events.clone());
            let record = Record::Tenant(TenantRecord {
                at: line.at,
                tenant: key,
                previous: line.previous,
                input,
                events,
            });
            let mut bytes = Vec::new();
            record.encode(&mut bytes).expect("the record fits");
            let read = Record::decode(&bytes).expect("the record comes back");
            assert_eq!(read, record, "a record must survive its encoding");
            replay(&mut tenant, line.sequence, &read, &self.flows);
        }
        tenant
    }
}

fn replay(tenant: &mut Tenant, sequence: u64, record: &Record, flows: &Book) {
    let Record::Tenant(record) = record else {
        return;
    };
    for event in &record.events {
        evolve(
            tenant,
            Applied {
                sequence,
                at: record.at,
                input: &record.input,
            },
            event,
            flows,
        );
    }
    finish(tenant, sequence);
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert_eq!(
            self.replayed(),
            self.tenant,
            "the replayed journal must give the state that was decided on"
        );
        let read: Tenant = decode_plain(&encode_plain(&self.tenant)).expect("the state comes back");
        assert_eq!(read, self.tenant, "the state must survive its encoding");
    }
}
