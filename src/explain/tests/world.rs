//! Owns the small world of these tests: one tenant, a clock set by hand, every record kept.
//! Refuses to decide anything: the model does.

use std::collections::BTreeMap;

use sluis_model::flow::{Definition, Value};
use sluis_model::{
    AttemptRef, Channel, ContactKind, CorporationId, Environment, Fact, FactKind, Flow, FlowBook,
    FlowRef, Given, Idempotency, Input, Lane, Notification, NotificationId, OnDoubt, Permit, Phase,
    Policy, RetryPolicy, ShardId, Situation, Subject, Supplied, Tenant, TenantKey, TenantRecord,
    Timestamp, Verdict, decide,
};

use crate::explain::{Ending, Explanation, Language, Page, explain};

pub(super) const START: Timestamp = Timestamp(1_770_019_200_000);
pub(super) const MAIL: &str = "a.jansen@example.nl";
pub(super) const PHONE: &str = "+31612345678";
const CORPORATION: CorporationId = CorporationId(7);
const TENANT: &str = "H-1001";

pub(super) struct Book(BTreeMap<FlowRef, Flow>);

impl FlowBook for Book {
    fn flow(&self, reference: FlowRef) -> Option<&Flow> {
        self.0.get(&reference)
    }
}

pub(super) struct World {
    pub tenant: Tenant,
    pub now: Timestamp,
    pub book: Book,
    pub records: Vec<(u64, TenantRecord)>,
    /// When what is taken in expires.
    pub expires_at: Option<Timestamp>,
    policy: Policy,
}

impl World {
    /// A tenant with an e-mail address and a telephone, in production.
    pub(super) fn new() -> Self {
        Self::with_storno(include_str!("../../../config/flows/storno.toml"))
    }

    /// The same, with another text for the flow `storno`.
    pub(super) fn with_storno(storno: &str) -> Self {
        let classes = include_str!("../../../config/flows/classes/storno-class.toml");
        let definition = |flow: &str| Definition {
            flow: flow.into(),
            classes: [("storno-class".to_owned(), classes.to_owned())].into(),
            ..Definition::default()
        };
        let texts = [storno, include_str!("../../../config/flows/notice.toml")];
        let flows = texts.map(|text| Flow::compile(&definition(text)).expect("a sound flow"));
        let policy = Policy {
            environment: Environment::Production,
            channels: [(CORPORATION, vec![Channel::Email, Channel::Sms])].into(),
            allow_list: Default::default(),
            retry: RetryPolicy::default(),
            max_open_per_tenant: 1_000,
            steering: Default::default(),
        };
        let book = Book(
            flows
                .into_iter()
                .map(|flow| (flow.reference, flow))
                .collect(),
        );
        let mut world = Self {
            tenant: Tenant::default(),
            now: START,
            book,
            records: Vec::new(),
            expires_at: None,
            policy,
        };
        world.give(Input::PutProfile(Box::new(Supplied {
            points: vec![Given::new(ContactKind::Email, MAIL), Given::mobile(PHONE)],
            ..Supplied::default()
        })));
        world
    }

    pub(super) fn give(&mut self, input: Input) {
        let (sequence, previous) = (
            self.records.last().map_or(1, |(last, _)| last + 10),
            self.tenant.last,
        );
        let situation = Situation {
            now: self.now,
            sequence,
            corporation: CORPORATION,
            tenant: TENANT,
            flows: &self.book,
            policy: &self.policy,
        };
        let events = decide(&mut self.tenant, &input, situation).events;
        if !events.is_empty() {
            let tenant = TenantKey::new(CORPORATION, TENANT);
            self.records.push((
                sequence,
                TenantRecord {
                    at: self.now,
                    tenant,
                    previous,
                    input,
                    events,
                },
            ));
        }
    }

    pub(super) fn flow(&self, name: &str) -> &Flow {
        self.book
            .0
            .values()
            .find(|flow| &*flow.name == name)
            .expect("the flow")
    }

    pub(super) fn storno(&mut self) -> NotificationId {
        let flow = self.flow("storno");
        let value = |name: &str| match name {
            "amount_cents" => Value::Integer(61_250),
            "reason_code" => Value::Text("AM04".into()),
            _ => Value::Missing,
        };
        let id = NotificationId::new(ShardId(3), self.now.0, 1);
        let notification = Notification {
            id,
            flow: flow.reference,
            category: "collection".into(),
            subject: Some(Subject {
                kind: "invoice".into(),
                id: "F-1".into(),
            }),
            data: r#"{"payment_url":"https://pay.example/secret-path"}"#.into(),
            fields: flow.fields.iter().map(|name| value(name)).collect(),
            lane: Lane::Normal,
            send_after: None,
            expires_at: self.expires_at,
            environment: Environment::Production,
            idempotency: Idempotency { key: 1, body: 1 },
            addressed: Default::default(),
        };
        self.give(Input::Notify(Box::new(notification)));
        id
    }

    pub(super) fn fact(&mut self, kind: FactKind, cents: i64) {
        let subject = kind.needs_subject().then(|| Subject {
            kind: "invoice".into(),
            id: "F-1".into(),
        });
        self.give(Input::Fact(Fact {
            fact_id: format!("fact-{}", self.records.len()).into(),
            body: 1,
            kind,
            subject,
            amount_cents: Some(cents),
            occurred_at: self.now,
            environment: Environment::Production,
        }));
    }

    /// Gives leave that the guards will not let through.
    pub(super) fn start_refused(&mut self, id: NotificationId) {
        let permit = Permit {
            id,
            channel: Channel::Email,
            provider: "email-relay".into(),
            on_doubt: OnDoubt::Resend,
        };
        self.give(Input::Permit(permit));
    }

    /// Lets the notification's next attempt start.
    pub(super) fn start(&mut self, id: NotificationId) -> AttemptRef {
        let open = self.tenant.find(id).expect("an open notification");
        let Phase::Ready {
            channel,
            pinned,
            not_before,
            ..
        } = open.phase.clone()
        else {
            panic!("{:?}", open.phase)
        };
        let step = open.step;
        self.now = self.now.max(not_before);
        let provider = pinned.unwrap_or_else(|| format!("{channel}-relay").into());
        self.give(Input::Permit(Permit {
            id,
            channel,
            provider,
            on_doubt: OnDoubt::Resend,
        }));
        let attempt = self
            .tenant
            .find(id)
            .expect("still open")
            .sent()
            .last()
            .expect("an attempt")
            .attempt;
        AttemptRef { id, step, attempt }
    }

    pub(super) fn outcome(&mut self, attempt: AttemptRef, verdict: Verdict) {
        self.give(Input::Outcome { attempt, verdict });
    }

    /// The records as a walk gives them.
    pub(super) fn newest_first(&self) -> Vec<(u64, TenantRecord)> {
        self.records.iter().rev().cloned().collect()
    }

    pub(super) fn explain(&self, id: NotificationId) -> Explanation {
        self.explain_in(id, Language::English)
    }

    pub(super) fn explain_in(&self, id: NotificationId, lang: Language) -> Explanation {
        let open = self.tenant.find(id);
        let ended = Ending {
            end: "paid",
            at: self.now,
        };
        let page = Page {
            records: self.newest_first(),
            next: None,
            is_cut: false,
            body: None,
            removed: None,
        };
        explain(
            (id, TENANT),
            open,
            open.is_none().then_some(ended),
            &page,
            (Some(self.flow("storno")), &self.book),
            lang,
        )
    }
}
