//! Owns the speed of the rules: a notification accepted, permitted, delivered and ended for one
//! tenant, decided live and replayed from its events. Refuses the journal between them.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::{Value, json};
use sluis_model::flow::Definition;
use sluis_model::{
    Applied, AttemptRef, Channel, ContactKind, CorporationId, Environment, Event, Flow, FlowBook,
    FlowRef, Given, Idempotency, Input, Lane, Notification, NotificationId, OnDoubt, Permit, Phase,
    Policy, RetryPolicy, Situation, Supplied, Tenant, Timestamp, Verdict, decide, evolve, finish,
};

use super::MicroArgs;
use super::harness::Harness;

const NOTICE: &str = include_str!("../../../config/flows/notice.toml");
const CORPORATION: CorporationId = CorporationId(1);
const ID: NotificationId = NotificationId(0x0003_0198_aaaa_bbbb_0123_4567_89ab_cdef);

struct Book(Flow);

impl FlowBook for Book {
    fn flow(&self, reference: FlowRef) -> Option<&Flow> {
        (self.0.reference == reference).then_some(&self.0)
    }
}

/// The engine's side of a decision.
struct World {
    book: Book,
    policy: Policy,
    now: Timestamp,
    sequence: u64,
}

impl World {
    /// The flow `notice`, with e-mail and SMS.
    fn new() -> anyhow::Result<Self> {
        let definition = Definition {
            flow: NOTICE.into(),
            ..Definition::default()
        };
        let flow =
            Flow::compile(&definition).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let channels = vec![Channel::Email, Channel::Sms];
        let policy = Policy {
            environment: Environment::Production,
            channels: BTreeMap::from([(CORPORATION, channels)]),
            allow_list: Default::default(),
            retry: RetryPolicy::default(),
            max_open_per_tenant: 1_000,
            steering: Default::default(),
        };
        Ok(Self {
            book: Book(flow),
            policy,
            now: Timestamp(1_795_000_000_000),
            sequence: 0,
        })
    }

    fn decide(&mut self, tenant: &mut Tenant, input: &Input) -> Vec<Event> {
        self.sequence += 1;
        let (now, sequence, corporation) = (self.now, self.sequence, CORPORATION);
        let situation = Situation {
            now,
            sequence,
            corporation,
            tenant: "H-1001",
            flows: &self.book,
            policy: &self.policy,
        };
        decide(tenant, input, situation).events
    }
}

pub(super) fn run(harness: &mut Harness, _: &MicroArgs) -> anyhow::Result<()> {
    let mut world = World::new()?;
    let mut tenant = Tenant::default();
    world.decide(&mut tenant, &Input::PutProfile(Box::new(supplied())));
    let flow = world.book.0.reference;
    let inputs = story(&mut world, &mut tenant.clone(), flow)?;
    let size = json!({ "data_bytes": data().len(), "inputs": inputs.len(), "flow": "notice" });
    decided(harness, size.clone(), &mut world, &mut tenant, &inputs);
    anyhow::ensure!(
        tenant.open.is_empty(),
        "every notification of the measurement must have ended"
    );
    replayed(harness, size, &mut world, &mut tenant, inputs);
    anyhow::ensure!(
        tenant.open.is_empty(),
        "every notification of the replay must have ended"
    );
    Ok(())
}

fn decided(
    harness: &mut Harness,
    size: Value,
    world: &mut World,
    tenant: &mut Tenant,
    inputs: &[Input],
) {
    let name = "decide: accept, permit, delivered, ended";
    harness.each(name, size, || {
        let events = inputs.iter().map(|input| world.decide(tenant, input).len());
        events.sum::<usize>()
    });
}

fn replayed(
    harness: &mut Harness,
    size: Value,
    world: &mut World,
    tenant: &mut Tenant,
    inputs: [Input; 3],
) {
    let mut twin = tenant.clone();
    let records = inputs.map(|input| (world.decide(&mut twin, &input), input));
    let (at, book, mut sequence) = (world.now, &world.book, world.sequence);
    let name = "evolve: the same from its events, as recovery does";
    harness.each(name, size, || {
        for (events, input) in &records {
            sequence += 1;
            let applied = Applied {
                sequence,
                at,
                input,
            };
            for event in events {
                drop(evolve(tenant, applied, event, book));
            }
            finish(tenant, sequence);
        }
    });
}

/// The inputs of one notification from acceptance to its end, tried out on a tenant of the same
/// state.
fn story(world: &mut World, tenant: &mut Tenant, flow: FlowRef) -> anyhow::Result<[Input; 3]> {
    let notify = Input::Notify(Box::new(notification(flow)));
    world.decide(tenant, &notify);
    let permit = Permit {
        id: ID,
        channel: Channel::Email,
        provider: "relay".into(),
        on_doubt: OnDoubt::Resend,
    };
    let permit = Input::Permit(permit);
    world.decide(tenant, &permit);
    let open = tenant.find(ID).context("the notification is open")?;
    let Phase::Started { attempt, .. } = open.phase else {
        anyhow::bail!("no attempt was started: {:?}", open.phase)
    };
    let attempt = AttemptRef {
        id: ID,
        step: open.step,
        attempt,
    };
    let outcome = Input::Outcome {
        attempt,
        verdict: Verdict::Delivered {
            provider_id: "250 2.0.0 queued".into(),
        },
    };
    world.decide(tenant, &outcome);
    anyhow::ensure!(tenant.open.is_empty(), "delivered ends the flow");
    Ok([notify, permit, outcome])
}

fn supplied() -> Supplied {
    Supplied {
        name: "Huurder 1".into(),
        language: "nl".into(),
        points: vec![
            Given::new(ContactKind::Email, "load-1@load.example.nl"),
            Given::mobile("+31610001001"),
        ],
        preferences: Vec::new(),
    }
}

/// The text of `data` that makes a record of about 1 KiB.
pub(super) fn data() -> String {
    format!("{{\"title\":\"Bericht\",\"text\":\"{}\"}}", "x".repeat(900))
}

/// A notification of about 1 KiB.
pub(super) fn notification(flow: FlowRef) -> Notification {
    Notification {
        id: ID,
        flow,
        category: "information".into(),
        subject: None,
        data: data().into(),
        fields: Box::new([]),
        lane: Lane::Normal,
        send_after: None,
        expires_at: None,
        environment: Environment::Production,
        idempotency: Idempotency { key: 1, body: 2 },
        addressed: Default::default(),
    }
}
