//! Owns the observer's copy of every shard, built from the records alone: what was handed in, in
//! order, cut back after a crash to what survived. The same rules as the engine's recovery, other
//! code around them. Refuses to decide.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sluis_model::{
    Addressed, Applied, Assembly, Channel, Control, CorporationId, DeclaredFact, Event, Fact,
    FlowRef, Idempotency, Input, NotificationId, Open, PauseScope, ReceiptKind, Record, Tenant,
    TenantKey, TenantRecord, Timestamp, Verdict, Where, evolve, finish,
};

use crate::drawn::{Answered, Answers, ToldOf};
use crate::flows::Flows;
use crate::grouped::Grouped;
use crate::safety::sealed::Erased;

/// The start of an attempt, as the journal has it.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub(crate) shard: u16,
    pub(crate) sequence: u64,
    /// How often the notification had entered a step: attempts of one visit may fail over among
    /// each other.
    pub(crate) visit: u32,
    pub(crate) provider: Box<str>,
    pub(crate) address: Box<str>,
}

/// What is known of one shard.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Every record from sequence 1.
    pub(crate) records: Vec<Record>,
    pub(crate) tenants: BTreeMap<TenantKey, Tenant>,
    pub(crate) intents: BTreeSet<u64>,
    pub(crate) pauses: BTreeSet<PauseScope>,
    /// Where the chain of each tenant begins: later than its first record once nothing was left of it
    /// and that was forgotten.
    pub(crate) begun: BTreeMap<TenantKey, u64>,
    /// Pieces of a stored tenant, until all came.
    stored: Assembly,
}

/// The observer's copy of every shard.
#[derive(Debug)]
pub(crate) struct Shadow {
    pub(crate) logs: Vec<Log>,
    pub(crate) known: Known,
    /// Whom an erasure names, by keyed hash.
    pub(crate) named: BTreeMap<[u8; 16], TenantKey>,
    /// Where the newest erasure of each tenant stands.
    pub(crate) erased: Erased,
    flows: Arc<Flows>,
}

/// What follows from the records of all shards.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Whose each accepted notification is, and where it was accepted: shard and sequence.
    pub(crate) accepted: BTreeMap<NotificationId, (TenantKey, u16, u64)>,
    /// Which notifications were accepted under each key.
    pub(crate) keys: BTreeMap<(CorporationId, u128), Vec<NotificationId>>,
    pub(crate) open: BTreeMap<CorporationId, usize>,
    /// Steps entered, per notification.
    visits: BTreeMap<NotificationId, u32>,
    pub(crate) starts: BTreeMap<(NotificationId, u16), Start>,
    /// Where an attempt was first known to have been taken.
    pub(crate) taken: BTreeMap<(NotificationId, u16), u64>,
    /// Facts taken, in the order of their shard.
    pub(crate) facts: BTreeMap<TenantKey, Vec<Fact>>,
    /// When each of them came in.
    pub(crate) came: BTreeMap<TenantKey, Vec<Timestamp>>,
    /// Facts of declared types, each with when it came in.
    said: BTreeMap<TenantKey, Vec<(DeclaredFact, Timestamp)>>,
    /// What people answered at each step of a notification, by its name, newest.
    pub(crate) answers: BTreeMap<NotificationId, Answers>,
    /// The definitions that each notification ran by, the newest last.
    pub(crate) ran_by: BTreeMap<NotificationId, Vec<FlowRef>>,
    /// How many events there were about each.
    pub(crate) events: BTreeMap<NotificationId, usize>,
    /// What was accepted of each row of a mailing, by what stands in its data.
    pub(crate) rows: BTreeMap<Box<str>, Vec<NotificationId>>,
    /// What is known of households and groups.
    pub(crate) grouped: Grouped,
    /// Of which contact points records told something on a channel.
    pub(crate) marks: Marks,
}

/// Channels with values, by tenant.
pub(crate) type Marks = BTreeMap<TenantKey, BTreeSet<(Channel, Box<str>)>>;

impl Shadow {
    pub(crate) fn new(shards: u16, flows: Arc<Flows>) -> Self {
        let logs = (0..shards).map(|_| Log::default()).collect();
        Self {
            logs,
            known: Known::default(),
            named: BTreeMap::new(),
            erased: Erased::new(),
            flows,
        }
    }

    /// Takes the next record of a shard.
    pub(crate) fn apply(&mut self, shard: u16, record: &Record) {
        let log = &mut self.logs[usize::from(shard)];
        log.records.push(record.clone());
        let sequence = log.records.len() as u64;
        match record {
            Record::Tenant(record) => {
                if record.previous == 0 {
                    log.begun.insert(record.tenant.clone(), sequence);
                }
                let tenant = log.tenants.entry(record.tenant.clone()).or_default();
                for event in &record.events {
                    evolve(
                        tenant,
                        Applied {
                            sequence,
                            at: record.at,
                            input: &record.input,
                        },
                        event,
                        &*self.flows,
                    );
                    self.known.event(shard, sequence, record, event);
                    self.known.runs(record, event, &self.flows);
                }
                finish(tenant, sequence);
                self.known.input(sequence, record);
                self.known.grouped.take(record);
            }
            Record::Control(record) => {
                log.control(&record.control);
                if let Control::Erased(erased) = &record.control {
                    self.forget(erased.tenant, (shard, sequence));
                }
            }
            Record::Stored(piece) => {
                if piece.is_bodies_only() {
                    let tenant = log.tenants.entry(piece.tenant.clone()).or_default();
                    tenant.was_stored(std::slice::from_ref(&**piece), sequence);
                } else if let Some(whole) = log.stored.take(sequence, (**piece).clone()) {
                    log.tenants.insert(whole.key, whole.state);
                }
            }
            Record::Gone(_) => panic!("a record is gone, and nobody was erased"),
        }
    }

    /// Whether a stored tenant is what its records make, but for where its bodies stand; if the record
    /// is the last piece of one.
    pub(crate) fn is_stored_right(&self, shard: u16, record: &Record) -> bool {
        let Record::Stored(piece) = record else {
            return true;
        };
        let log = &self.logs[usize::from(shard)];
        let sequence = log.records.len() as u64 + 1;
        let whole = log.stored.clone().take(sequence, (**piece).clone());
        whole.is_none_or(|whole| {
            let before = log.tenants.get(&whole.key);
            before.is_some_and(|before| is_same(before, &whole.state))
        })
    }

    /// The process died; these are the last records that survived.
    pub(crate) fn cut(&mut self, kept: &[u64]) {
        let logs = std::mem::take(&mut self.logs);
        *self = Self {
            logs: logs.iter().map(|_| Log::default()).collect(),
            known: Known::default(),
            named: std::mem::take(&mut self.named),
            erased: Erased::new(),
            flows: self.flows.clone(),
        };
        for (shard, (log, kept)) in logs.into_iter().zip(kept).enumerate() {
            log.records
                .iter()
                .take(*kept as usize)
                .for_each(|record| self.apply(shard as u16, record));
        }
    }

    /// Nothing is known any more of who was erased by this record. He had nothing open.
    fn forget(&mut self, named: [u8; 16], place: (u16, u64)) {
        if let Some(tenant) = self.named.get(&named) {
            let log = &mut self.logs[usize::from(place.0)];
            log.tenants.remove(tenant);
            log.begun.remove(tenant);
            self.known.marks.remove(tenant);
            self.erased.insert(tenant.clone(), place);
        }
    }

    pub(crate) fn open(&self, id: NotificationId) -> Option<&Open> {
        let (tenant, shard, _) = self.known.accepted.get(&id)?;
        self.logs[usize::from(*shard)].tenants.get(tenant)?.find(id)
    }

    /// Everything open, with its tenant.
    pub(crate) fn all_open(&self) -> impl Iterator<Item = (&TenantKey, &Open)> {
        let tenants = self.logs.iter().flat_map(|log| &log.tenants);
        tenants.flat_map(|(key, tenant)| tenant.open.iter().map(move |open| (key, open)))
    }

    /// Facts that a tenant took, in order, with when each came in.
    pub(crate) fn facts_of(&self, tenant: &TenantKey) -> impl Iterator<Item = (&Fact, Timestamp)> {
        let (facts, came) = (self.known.facts.get(tenant), self.known.came.get(tenant));
        facts
            .into_iter()
            .flatten()
            .zip(came.into_iter().flatten().copied())
    }

    /// All that was told of a tenant.
    pub(crate) fn told_of(&self, tenant: &TenantKey) -> ToldOf<'_> {
        let said = self.known.said.get(tenant).into_iter().flatten();
        ToldOf {
            facts: self.facts_of(tenant).collect(),
            said: said.map(|(fact, came)| (fact, *came)).collect(),
        }
    }

    pub(crate) fn open_count(&self) -> usize {
        self.known.open.values().sum()
    }

    pub(crate) fn flows(&self) -> &Flows {
        &self.flows
    }
}

/// Whether two states differ in nothing but where the newest record and the bodies stand.
fn is_same(one: &Tenant, other: &Tenant) -> bool {
    let bare = |open: &Open| Open {
        body: 0,
        ..open.clone()
    };
    (&one.profile, &one.told) == (&other.profile, &other.told)
        && one.open.iter().map(bare).eq(other.open.iter().map(bare))
}

impl Log {
    fn control(&mut self, control: &Control) {
        match control {
            Control::Pause(scope) => drop(self.pauses.insert(scope.clone())),
            Control::Resume(scope) => drop(self.pauses.remove(scope)),
            Control::IntentOpened { intent, .. } => drop(self.intents.insert(*intent)),
            Control::IntentDone { intent } => drop(self.intents.remove(intent)),
            Control::Unexplained { .. }
            | Control::StrayDismissed { .. }
            | Control::Carried(_)
            | Control::Erased(_) => {}
        }
    }
}

impl Known {
    fn event(&mut self, shard: u16, sequence: u64, record: &TenantRecord, event: &Event) {
        let corporation = record.tenant.corporation;
        match (event, &record.input) {
            (Event::Accepted { id }, Input::Notify(body)) => {
                self.accepted
                    .insert(*id, (record.tenant.clone(), shard, sequence));
                // The key is the group's, not that of its parts.
                if !matches!(body.addressed, Addressed::Part(_)) {
                    let Idempotency { key, .. } = body.idempotency;
                    self.keys.entry((corporation, key)).or_default().push(*id);
                }
                *self.open.entry(corporation).or_default() += 1;
                if *body.data != *"{}" {
                    let rows = self.rows.entry(body.data.clone()).or_default();
                    rows.push(*id);
                }
            }
            (Event::Ended { .. }, _) => {
                let open = self.open.entry(corporation).or_default();
                *open = open.saturating_sub(1);
            }
            (
                Event::PointMarked {
                    on: Where::On(channel),
                    value,
                    ..
                },
                _,
            ) => {
                let marks = self.marks.entry(record.tenant.clone()).or_default();
                marks.insert((*channel, value.clone()));
            }
            (Event::StepEntered { id, .. }, _) => *self.visits.entry(*id).or_default() += 1,
            (
                Event::AttemptStarted {
                    id,
                    attempt,
                    provider,
                    address,
                    ..
                },
                _,
            ) => {
                let visit = self.visits.get(id).copied().unwrap_or_default();
                let (provider, address) = (provider.clone(), address.clone());
                self.starts.insert(
                    (*id, *attempt),
                    Start {
                        shard,
                        sequence,
                        visit,
                        provider,
                        address,
                    },
                );
            }
            _ => {}
        }
    }

    /// By which definition it runs, and what was answered, by the names of the steps.
    fn runs(&mut self, record: &TenantRecord, event: &Event, flows: &Flows) {
        if let Some(id) = event.notification() {
            *self.events.entry(id).or_default() += 1;
        }
        match (event, &record.input) {
            (Event::Accepted { id }, Input::Notify(body)) => {
                self.ran_by.insert(*id, vec![body.flow]);
            }
            (Event::Migrated { id, moved }, _) => {
                self.ran_by.entry(*id).or_default().push(moved.to);
            }
            (Event::AnswerKept { id, step }, input) => {
                let flow = self.runs_by(*id).and_then(|flow| flows.drawn(flow));
                let step = usize::from(*step);
                let name = flow.map_or(Some(step), |flow| flow.names.get(step).copied());
                if let (Some(answered), Some(name)) = (answered(input), name) {
                    let all = self.answers.entry(*id).or_default();
                    all.insert(name, answered);
                }
            }
            _ => {}
        }
    }

    /// The definition that a notification runs by, or ran by when it ended.
    pub(crate) fn runs_by(&self, id: NotificationId) -> Option<FlowRef> {
        self.ran_by.get(&id)?.last().copied()
    }

    fn input(&mut self, sequence: u64, record: &TenantRecord) {
        match &record.input {
            Input::Outcome { attempt, verdict }
            | Input::Sent {
                attempt, verdict, ..
            } => {
                let of = (attempt.id, attempt.attempt);
                if matches!(
                    verdict,
                    Verdict::Accepted { .. } | Verdict::Delivered { .. }
                ) {
                    self.taken.entry(of).or_insert(sequence);
                }
            }
            Input::Receipt(receipt) => {
                use ReceiptKind::{Accepted, Delayed, Delivered};
                if matches!(receipt.kind, Accepted | Delayed | Delivered) {
                    self.taken
                        .entry((receipt.attempt.id, receipt.attempt.attempt))
                        .or_insert(sequence);
                }
            }
            Input::Declared(fact) => {
                let said = self.said.entry(record.tenant.clone()).or_default();
                said.push(((**fact).clone(), record.at));
            }
            Input::Fact(fact) => {
                self.facts
                    .entry(record.tenant.clone())
                    .or_default()
                    .push(fact.clone());
                self.came
                    .entry(record.tenant.clone())
                    .or_default()
                    .push(record.at);
            }
            _ => {}
        }
    }
}

/// What people answered.
fn answered(input: &Input) -> Option<Answered> {
    match input {
        Input::TaskAnswered(given) => Some(Answered {
            answer: given.answer.clone(),
            says: given.says.to_vec(),
        }),
        Input::Answer { answer, .. } => Some(Answered {
            answer: answer.clone(),
            says: Vec::new(),
        }),
        _ => None,
    }
}
