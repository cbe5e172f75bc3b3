//! Owns one shard's turn: release what is durable, fire timers, take the inbox in order of urgency,
//! decide, hand the batch to the journal. Deterministic given its inputs, the clock and the
//! journal. Refuses to be woken by itself: the actor around it does that.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use sluis_journal::{Batch, Journal, Sequence, Shard, TryAppendError};
use sluis_model::{
    Answer, AttemptRef, CancelTarget, Clock, Context, Control, ControlRecord, CorporationId,
    Decision, Event, FlowBook, Input, Intent, MOST_AT_ONCE, NotificationId, Open, PauseScope,
    Permit, Phase, Policy, Record, ShardId, TenantKey, TenantRecord, Timestamp, Verdict,
    codec::CodecError, decide, instant,
};

use super::census;
use super::effects::{Effect, Links, Pending, not_taken};
use super::endings::Endings;
use super::inbox::{Inbox, Internal};
use super::intake::{Spent, walks_over};
use super::intents::Driving;
use super::letter::{Letter, Reply, ShardAnswer};
use super::ready::Ready;
use super::recover::{RecoverError, Recovered, recover};
use super::standing::{Stand, Standing};
use super::table::Ended;
use super::tenants::{Slot, Tenants};
use super::wheel::Wheel;
use crate::board::{Grant, QueueKey, Settled};
use crate::claim::{Claim, Quota};
use crate::dispatch::Dispatch;
use crate::keys::KeyIndex;
use crate::pauses::PauseBook;
use crate::readers::Readers;
use crate::recovery::Recovery;
use crate::telemetry;
use crate::wake::{Activity, Bell};

/// Most timers fired in one turn: a million that fall due at once are paced.
const TURN_TIMERS: usize = 256;
/// Bytes after which a batch goes to the journal although there is more to decide.
const BATCH_BYTES: usize = 512 * 1024;
/// Bytes a batch makes room for at most before anything stands in it: it waits in the journal's
/// line with all its room.
const BATCH_ROOM: usize = 32 * 1024;
/// Retry of what met a full line, in milliseconds: parts of an intent at an inbox, a batch at the
/// journal.
const AGAIN_MS: i64 = 10;

/// What a shard is made with.
#[derive(Clone)]
pub struct ShardSettings {
    /// Which one.
    pub shard: ShardId,
    /// How many there are.
    pub shards: u16,
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Compiled flows.
    pub flows: Arc<dyn FlowBook + Send + Sync>,
    /// Engine-wide settings.
    pub policy: Arc<Policy>,
    /// Open notifications and their bounds.
    pub quota: Arc<Quota>,
    /// Every shard's inbox, this one's included.
    pub inboxes: Vec<Arc<Inbox>>,
    /// This shard's bell.
    pub bell: Arc<Bell>,
    /// What is under way.
    pub activity: Arc<Activity>,
    /// Where effects go.
    pub links: Links,
    /// What ended and goes to the keyed table: the keeper writes it.
    pub endings: Arc<Endings>,
    /// Who looks in the table.
    pub readers: Arc<Readers>,
    /// Where pauses are told to the edges.
    pub pauses: Arc<PauseBook>,
    /// Whether a start pauses everything before anything leaves, unless it is paused already.
    pub paused: bool,
}

/// One shard: its tenants, and what its turn needs to decide and to write.
pub struct ShardCore {
    pub(super) settings: ShardSettings,
    pub(super) journal: Arc<dyn Journal>,
    /// The instant of the turn at hand.
    now: Timestamp,
    pub(super) tenants: Tenants,
    /// What ended and is not durable yet.
    pub(super) just_ended: HashMap<NotificationId, Ended>,
    pauses: HashSet<PauseScope>,
    intents: BTreeMap<u64, Intent>,
    waiting_intents: HashMap<u64, Reply>,
    driving: Vec<Driving>,
    pub(super) ready: Ready,
    pub(super) wheel: Wheel,
    pub(super) standing: Standing,
    pending: Pending,
    batch: Batch,
    /// Claims of the notifications in `batch`.
    pub(super) claims: Vec<Claim>,
    /// Outcomes decided in `batch`: nobody would send them again if it were lost.
    outcomes: Vec<(AttemptRef, Verdict)>,
    /// Outcomes that a failed turn had taken with it.
    recalled: VecDeque<(AttemptRef, Verdict)>,
    /// Last sequence handed to the journal.
    appended: u64,
    /// Batches handed over whose durability still counts as activity: their last sequences.
    undurable: VecDeque<u64>,
    /// Open notifications that the item at hand has looked at.
    pub(super) walked: usize,
    /// Records and bytes of the batch before this one, within bounds: what the next one makes room
    /// for.
    usual: (usize, usize),
    metrics: telemetry::ShardMetrics,
}

impl std::fmt::Debug for ShardCore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShardCore")
            .field("shard", &self.settings.shard)
            .field("appended", &self.appended)
            .finish_non_exhaustive()
    }
}

impl ShardCore {
    /// A shard as the journal has it, at the start of the process: attempts that were under way are
    /// in doubt.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn start(settings: ShardSettings, keys: &KeyIndex) -> Result<Self, RecoverError> {
        Self::start_watched(settings, keys, &Recovery::default())
    }

    /// The same, with somebody who sees how far it is and may end it.
    ///
    /// # Errors
    /// The journal cannot be read, or `watch` ended it.
    pub fn start_watched(
        settings: ShardSettings,
        keys: &KeyIndex,
        watch: &Recovery,
    ) -> Result<Self, RecoverError> {
        let now = settings.clock.now();
        let shard = Shard(settings.shard.0);
        let recovered = recover(
            &*settings.journal,
            shard,
            &*settings.flows,
            Some((keys, now)),
            watch,
        )?;
        for (corporation, count) in recovered.tenants.counts() {
            settings.quota.add(corporation, count);
        }
        recovered
            .written
            .iter()
            .for_each(|((corporation, hour), bytes)| {
                settings.quota.wrote(*corporation, *bytes, *hour)
            });
        recovered
            .tenants
            .unknown()
            .for_each(|(corporation, count)| settings.quota.add_unknown(corporation, count));
        let started = recovered.started();
        let mut core = Self::with(settings, recovered, Pending::default());
        if core.settings.paused && !core.pauses.contains(&PauseScope::EVERYTHING) {
            core.control(Control::Pause(PauseScope::EVERYTHING), Reply::nobody());
        }
        for (id, step, attempt) in started {
            let attempt = AttemptRef { id, step, attempt };
            core.decide_by_id(id, Input::Interrupted { attempt }, Reply::nobody());
        }
        core.flush();
        Ok(core)
    }

    /// A fresh shard from the journal after a failure within the process: what was handed to the
    /// journal stands, attempts under way go on, letters that were not decided are lost to their
    /// senders.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(super) fn rebuild(mut self) -> Result<Self, RecoverError> {
        let shard = Shard(self.settings.shard.0);
        for effect in self.pending.cut_after(self.appended) {
            if let Effect::Dispatch(dispatch) = effect {
                (self.settings.links.abandon)(&dispatch);
            }
        }
        // Dropped claims release the quota once more than the difference below does.
        self.claims
            .drain(..)
            .for_each(|claim| self.settings.quota.add(claim.corporation(), 1));
        let recovered = recover(
            &*self.settings.journal,
            shard,
            &*self.settings.flows,
            None,
            &Recovery::default(),
        )?;
        // Both whole: what was lost may have been all that a corporation had here.
        self.tenants
            .counts()
            .for_each(|(corporation, lost)| self.settings.quota.add(corporation, -lost));
        recovered
            .tenants
            .counts()
            .for_each(|(corporation, count)| self.settings.quota.add(corporation, count));
        self.tenants
            .unknown()
            .for_each(|(corporation, lost)| self.settings.quota.add_unknown(corporation, -lost));
        recovered
            .tenants
            .unknown()
            .for_each(|(corporation, count)| self.settings.quota.add_unknown(corporation, count));
        let mut fresh = Self::with(self.settings, recovered, self.pending);
        fresh.undurable = self.undurable;
        fresh.waiting_intents = self.waiting_intents;
        fresh.recalled = self.recalled;
        fresh.recalled.extend(self.outcomes);
        Ok(fresh)
    }

    fn with(settings: ShardSettings, recovered: Recovered, pending: Pending) -> Self {
        let journal = settings.journal.clone();
        let appended = journal.last(Shard(settings.shard.0)).0;
        let metrics = telemetry::ShardMetrics::of(settings.shard, |channel| {
            settings.links.providers.contains_key(&channel)
        });
        settings.pauses.forget(settings.shard);
        recovered
            .pauses
            .iter()
            .for_each(|(scope, since)| settings.pauses.begin(settings.shard, scope, *since));
        let mut core = Self {
            metrics,
            now: settings.clock.now(),
            batch: Batch::new(Shard(settings.shard.0), Sequence(appended + 1)),
            settings,
            journal,
            tenants: recovered.tenants,
            just_ended: HashMap::new(),
            pauses: recovered.pauses.into_keys().collect(),
            intents: BTreeMap::new(),
            waiting_intents: HashMap::new(),
            driving: Vec::new(),
            ready: Ready::default(),
            wheel: Wheel::default(),
            standing: Standing::default(),
            pending,
            claims: Vec::new(),
            outcomes: Vec::new(),
            recalled: VecDeque::new(),
            appended,
            undurable: VecDeque::new(),
            walked: 0,
            usual: (0, 0),
        };
        let open: Vec<NotificationId> = core.tenants.iter_open(None).map(|(id, _)| id).collect();
        open.into_iter().for_each(|id| core.schedule(id));
        for (intent, work) in recovered.intents {
            core.intents.insert(intent, work);
            core.pending.push(appended, Effect::Drive(intent));
        }
        core
    }

    pub(super) fn journal_shard(&self) -> Shard {
        Shard(self.settings.shard.0)
    }

    /// Whether everything handed to the journal is durable.
    pub(super) fn is_settled(&self) -> bool {
        self.journal.durable(self.journal_shard()).0 >= self.appended
    }

    /// The instant of this turn. One for the whole turn: a clock that is set back must not make a
    /// timer that was taken from the wheel as due early again, for then nothing would come back to
    /// it.
    fn now(&self) -> Timestamp {
        self.now
    }

    /// One turn. `true` when there is more to do at once.
    pub fn turn(&mut self) -> bool {
        self.now = self.settings.clock.now();
        self.release();
        if !self.flush() {
            // The journal takes no more for now: until it does, nothing is decided.
            self.set_alarm();
            return false;
        }
        if self.recall() {
            return true;
        }
        let timers_left = self.fire_timers();
        self.drive();
        let inbox_left = self.take_inbox();
        let flushed = self.flush();
        self.release();
        self.report();
        self.set_alarm();
        flushed && (timers_left || inbox_left)
    }

    /// Decides on one outcome that a failed turn had taken with it; alone, so that one that fails
    /// again takes no other with it.
    fn recall(&mut self) -> bool {
        let Some((attempt, verdict)) = self.recalled.pop_front() else {
            return false;
        };
        self.decide_by_id(
            attempt.id,
            Input::Outcome {
                attempt,
                verdict: verdict.clone(),
            },
            Reply::nobody(),
        );
        // Not before: one whose decision fails is not tried for ever.
        self.outcomes.push((attempt, verdict));
        self.flush();
        true
    }

    fn take_inbox(&mut self) -> bool {
        let inbox = self.settings.inboxes[usize::from(self.settings.shard.0)].clone();
        let mut done = inbox.done();
        let mut spent = Spent::default();
        while !spent.is_all() {
            if self.batch.bytes() >= BATCH_BYTES && !self.flush() {
                return false;
            }
            self.walked = 0;
            let business = if let Some(item) = inbox.next_internal() {
                self.internal(item);
                false
            } else if let Some(found) = inbox.next_found() {
                self.found(found);
                true
            } else if let Some((letter, business)) = spent.next(&inbox) {
                self.letter(letter);
                business
            } else {
                break;
            };
            spent.count(self.walked, business);
            done.one();
        }
        !inbox.is_empty()
    }

    fn internal(&mut self, item: Internal) {
        match item {
            Internal::Grant(grant) => self.grant(grant),
            Internal::Outcome(attempt, verdict) => {
                self.outcomes.push((attempt, verdict.clone()));
                self.decide_by_id(
                    attempt.id,
                    Input::Outcome { attempt, verdict },
                    Reply::nobody(),
                );
            }
        }
    }

    fn letter(&mut self, letter: Letter) {
        match letter {
            Letter::Input {
                tenant,
                input,
                reply,
                claim,
            } => self.input(tenant, input, reply, claim),
            Letter::ById {
                corporation,
                id,
                input,
                reply,
            } => self.by_id(corporation, id, input, reply),
            Letter::Part { work, reply } => self.part(&work, reply),
            Letter::Control { control, reply } => self.control(control, reply),
            Letter::Intent { work, reply } => self.open_intent(work, reply),
            Letter::IntentFinished {
                intent,
                answers,
                reply,
            } => self.finish_intent(intent, answers, reply),
            Letter::Query { query, reply } => self.query(&query, reply),
        }
    }

    /// An effect that depends on everything decided so far, and on no record of its own.
    pub(super) fn later(&mut self, effect: Effect) {
        self.pending.push(self.batch.last().0, effect);
    }

    pub(super) fn decide_for(&mut self, slot: Slot, input: Input, reply: Reply) {
        let key = self.tenants.key(slot).clone();
        let (answer, position) = self.decide_now(slot, key, input).1;
        self.later(Effect::Answer(
            reply,
            ShardAnswer::Decided { answer, position },
        ));
    }

    /// Decides, writes the record, keeps the indexes true, lines up effects. `key` is that of
    /// `slot`, for the record. Says whether an attempt started.
    pub(super) fn decide_now(
        &mut self,
        slot: Slot,
        key: TenantKey,
        input: Input,
    ) -> (bool, (Answer, u64)) {
        let at = self.now();
        let sequence = self.batch.last().0 + 1;
        let context = Context {
            now: at,
            sequence,
            corporation: key.corporation,
            flows: &*self.settings.flows,
            policy: &self.settings.policy,
        };
        let tenant = self.tenants.tenant_mut(slot);
        let previous = tenant.last;
        self.walked += walks_over(&input, tenant.open.len());
        let Decision {
            events,
            ended,
            mut answer,
        } = decide(tenant, &input, context);
        if events.is_empty() {
            return (false, (answer, 0));
        }
        let record = TenantRecord {
            at,
            tenant: key,
            previous,
            input,
            events,
        };
        let started = self.line_up(slot, sequence, &record, &ended);
        self.note_strays(slot, sequence, &record, &mut answer);
        let (before, corporation) = (self.batch.bytes(), record.tenant.corporation);
        self.write(|buffer| record.encode(buffer));
        if self.settings.quota.counts_bytes(corporation) {
            self.settings.quota.wrote(
                corporation,
                self.batch.bytes().saturating_sub(before) as u64,
                at,
            );
        }
        (started, (answer, sequence))
    }

    /// Keeps in mind what came in and fits nothing; the answer says what is missed when ended
    /// notifications count too.
    fn note_strays(
        &mut self,
        slot: Slot,
        sequence: u64,
        record: &TenantRecord,
        answer: &mut Answer,
    ) {
        match (answer, &record.input) {
            (
                Answer::Accepted {
                    unknown_tenant: true,
                    ..
                },
                _,
            ) => self.tenants.unmatched.stranger(record.tenant.corporation),
            (Answer::Fact { unmatched, .. }, Input::Fact(fact)) => {
                let missed = unmatched.take();
                *unmatched = missed
                    .and_then(|missed| {
                        self.tenants
                            .stray(slot, (sequence, record.at), fact, *missed)
                    })
                    .map(Box::new);
            }
            _ => {}
        }
    }

    fn line_up(
        &mut self,
        slot: Slot,
        sequence: u64,
        record: &TenantRecord,
        ended: &[Box<Open>],
    ) -> bool {
        let mut started = false;
        let mut ended = ended.iter().peekable();
        for event in &record.events {
            self.metrics.decided(event);
            let gone =
                ended.next_if(|open| matches!(event, Event::Ended { id, .. } if open.id == *id));
            let located = self
                .tenants
                .index(slot, &record.input, event, gone.map(|open| &**open));
            match event {
                Event::AttemptStarted { .. } => {
                    started = true;
                    if let Some(dispatch) = self.dispatch(slot, record, event) {
                        self.pending.push(sequence, dispatch);
                    }
                }
                Event::Ended { id, end, .. } => {
                    if let Some(located) = located {
                        self.wheel.remove(located.due, *id);
                        self.standing.leave(located.stand);
                    }
                    if let Some(open) = gone {
                        self.metrics
                            .ends
                            .count(open.flow, end, &*self.settings.flows);
                    }
                    let accepted = gone.map_or(0, |open| open.body);
                    let ended = Ended {
                        tenant: record.tenant.clone(),
                        end: end.clone(),
                        at: record.at,
                        sequence,
                        accepted,
                    };
                    self.settings.quota.release(record.tenant.corporation);
                    self.just_ended.insert(*id, ended.clone());
                    self.pending.push(sequence, Effect::Ended(*id, ended));
                }
                Event::ProfileStored { new: true } if self.tenants.has_facts(slot) => {
                    self.settings
                        .quota
                        .add_unknown(record.tenant.corporation, -1);
                }
                _ => {}
            }
        }
        // Once each, in the order in which they were touched: what is decided about one stands
        // together.
        let mut last = None;
        for id in record.events.iter().filter_map(Event::notification) {
            if last.replace(id) != Some(id) {
                self.schedule(id);
            }
        }
        started
    }

    fn dispatch(&self, slot: Slot, record: &TenantRecord, event: &Event) -> Option<Effect> {
        let Event::AttemptStarted {
            id,
            attempt,
            channel,
            provider,
            address,
            ..
        } = event
        else {
            return None;
        };
        let tenant = self.tenants.tenant(slot);
        let open = tenant.find(*id)?;
        let providers = self.settings.links.providers.get(channel)?;
        Some(Effect::Dispatch(Box::new(Dispatch {
            attempt: AttemptRef {
                id: *id,
                step: open.step,
                attempt: *attempt,
            },
            corporation: record.tenant.corporation,
            tenant: record.tenant.tenant.clone(),
            channel: *channel,
            provider: providers.iter().position(|p| p.name == *provider)?,
            address: address.clone(),
            flow: open.flow,
            step: open.step,
            body: open.body,
            profile: tenant.profile.clone(),
            at: record.at,
        })))
    }

    fn write(&mut self, encode: impl FnOnce(&mut Vec<u8>) -> Result<(), CodecError>) {
        if self.batch.is_empty() {
            self.batch.reserve(self.usual.0, self.usual.1);
        }
        // Admission bounds every part of a record far below the codec's limit.
        if let Err(error) = self.batch.push_with(encode) {
            panic!(
                "a record of shard {} cannot be encoded: {error}",
                self.settings.shard.0
            );
        }
    }

    fn write_control(&mut self, control: Control) {
        let record = Record::Control(ControlRecord {
            at: self.now(),
            control,
        });
        self.write(|buffer| record.encode(buffer));
    }

    /// Puts the notification where its phase wants it: the wheel, or a ready list.
    fn schedule(&mut self, id: NotificationId) {
        let now = self.now();
        let Some((located, corporation, open)) = self.tenants.locate_open(id) else {
            return;
        };
        let key = ready_key(open, corporation, now);
        let due = timer_due(open, now).unwrap_or(Timestamp::NEVER);
        let was_queued = std::mem::replace(&mut located.queued, key.is_some());
        let was_due = std::mem::replace(&mut located.due, due);
        let stand = self.standing.place(corporation, open);
        let stood = std::mem::replace(&mut located.stand, stand);
        let since = match open.phase {
            Phase::Task { since, .. } => Some(since),
            _ => None,
        };
        if let Some(key) = key.filter(|_| !was_queued) {
            self.ready.push(key, id);
        }
        self.stands(id, stood, stand, since);
        if due != was_due {
            self.wheel.remove(was_due, id);
            self.wheel.insert(due, id);
        }
    }

    /// Counts that a notification stood in one group and stands in another.
    fn stands(&mut self, id: NotificationId, stood: Stand, stand: Stand, since: Option<Timestamp>) {
        if stood != stand {
            self.standing.leave(stood);
            self.standing.enter(stand);
        }
        // Once when it comes, and again when it is asked anew.
        if let Some(since) = since.filter(|since| stood != stand || *since == self.now) {
            let tenants = &self.tenants;
            self.standing.line_up(stand, since, id, |since, id| {
                census::is_task(tenants, since, id)
            });
        }
    }

    fn fire_timers(&mut self) -> bool {
        let now = self.now();
        let mut due = Vec::new();
        self.wheel.take_due(now, TURN_TIMERS, &mut due);
        let more = due.len() == TURN_TIMERS;
        for (at, id) in due {
            // Out of the wheel: whoever wants it back puts it back.
            if let Some(located) = self.tenants.locate_mut(id) {
                located.due = Timestamp::NEVER;
            }
            let Some(open) = self.tenants.open(id) else {
                continue;
            };
            match timer_due(open, now) {
                // Its wait is over now, or it expires in the instant in which it wants to be sent.
                Some(wanted) if wanted <= now => {
                    self.metrics.timer_fired(now.since(at));
                    self.decide_by_id(id, Input::Timer { id }, Reply::nobody());
                }
                // It wants to be sent now, or its expiry is all that is left to wait for.
                _ => self.schedule(id),
            }
        }
        more
    }

    fn grant(&mut self, grant: Grant) {
        let mut used = 0;
        while used < grant.count {
            let Some(id) = self.ready.pop(&grant.queue) else {
                break;
            };
            if !self.tenants.set_queued(id, false) {
                continue;
            }
            used += u32::from(self.try_start(id, &grant));
        }
        let returned = grant.count - used;
        self.settle(Settled {
            queue: grant.queue,
            provider: grant.provider,
            used,
            returned,
        });
    }

    fn try_start(&mut self, id: NotificationId, grant: &Grant) -> bool {
        let Some(located) = self.tenants.locate(id) else {
            return false;
        };
        let Some(open) = self.tenants.tenant(located.slot).find(id) else {
            return false;
        };
        let corporation = self.tenants.key(located.slot).corporation;
        if ready_key(open, corporation, self.now()).as_ref() != Some(&grant.queue) {
            self.schedule(id);
            return false;
        }
        let Phase::Ready {
            not_before: since, ..
        } = open.phase
        else {
            return false;
        };
        let flow = self
            .settings
            .flows
            .flow(open.flow)
            .map_or("", |flow| &flow.name);
        if self
            .pauses
            .iter()
            .any(|scope| scope.covers(corporation, flow, grant.queue.channel))
        {
            self.tenants.set_queued(id, true);
            self.ready.park(grant.queue.clone(), id);
            return false;
        }
        let provider = self
            .settings
            .links
            .providers
            .get(&grant.queue.channel)
            .and_then(|all| all.get(grant.provider));
        let Some(provider) = provider else {
            return false;
        };
        let permit = Permit {
            id,
            channel: grant.queue.channel,
            provider: provider.name.clone(),
            on_doubt: provider.on_doubt,
        };
        let key = self.tenants.key(located.slot).clone();
        let started = self.decide_now(located.slot, key, Input::Permit(permit)).0;
        if started {
            self.metrics
                .left_queue(grant.queue.channel, grant.queue.lane, since, self.now());
        }
        started
    }

    fn settle(&mut self, settled: Settled) {
        if let Some((board, bell)) = self.settings.links.routers.get(&settled.queue.channel) {
            let (queue, waiting) = (settled.queue.clone(), self.ready.waiting(&settled.queue));
            board.post(|report| {
                report.waiting.insert(queue, waiting);
                report.settled.push(settled);
            });
            bell.ring();
        }
    }

    /// Tells the routers which queues changed.
    fn report(&mut self) {
        for key in self.ready.take_changed() {
            if let Some((board, bell)) = self.settings.links.routers.get(&key.channel) {
                let waiting = self.ready.waiting(&key);
                board.post(|report| {
                    report.waiting.insert(key, waiting);
                });
                bell.ring();
            }
        }
        self.metrics.open.set(self.tenants.open_count() as f64);
        self.metrics.tenants.set(self.tenants.tenant_count() as f64);
        self.metrics.timers.set(self.wheel.len() as f64);
        self.metrics.parked.set(self.ready.parked() as f64);
        self.metrics.undurable.set(self.pending.len() as f64);
        for (gauge, lane) in self.metrics.ready.iter().zip(sluis_model::Lane::ALL) {
            gauge.set(self.ready.depth(lane) as f64);
        }
    }

    fn part(&mut self, work: &Intent, reply: Reply) {
        let Intent::CancelSubject {
            corporation,
            subject,
            note,
        } = work
        else {
            return self.later(Effect::Answer(reply, ShardAnswer::NotFound));
        };
        let mut answers = Vec::new();
        let mut slots = self.tenants.about(*corporation, subject);
        slots.sort_unstable();
        slots.dedup();
        for slot in slots {
            // What is too much for one record goes in several.
            loop {
                let input = Input::Cancel {
                    target: CancelTarget::Subject(subject.clone()),
                    note: note.clone(),
                };
                let key = self.tenants.key(slot).clone();
                let (answer, position) = self.decide_now(slot, key, input).1;
                let done = !matches!(&answer, Answer::Cancelled(cancelled) if cancelled.stopped.len() >= MOST_AT_ONCE);
                answers.push(ShardAnswer::Decided { answer, position });
                if done {
                    break;
                }
            }
        }
        self.later(Effect::Answer(reply, ShardAnswer::Gathered(answers)));
    }

    fn control(&mut self, control: Control, reply: Reply) {
        match &control {
            Control::Pause(scope) => {
                self.pauses.insert(scope.clone());
                self.settings
                    .pauses
                    .begin(self.settings.shard, scope, self.now());
            }
            Control::Resume(scope) => {
                self.pauses.remove(scope);
                self.settings.pauses.end(self.settings.shard, scope);
                self.ready.unpark();
            }
            Control::IntentOpened { .. }
            | Control::IntentDone { .. }
            | Control::Unexplained { .. } => {}
        }
        self.write_control(control);
        let position = self.batch.last().0;
        self.later(Effect::Answer(
            reply,
            ShardAnswer::Decided {
                answer: Answer::Done,
                position,
            },
        ));
    }

    fn open_intent(&mut self, mut work: Intent, reply: Reply) {
        let intent = self.batch.last().0 + 1;
        // For every tenant it came in now, also where a restart hands it on much later.
        if let Intent::Each {
            input: Input::Fact(fact),
            ..
        } = &mut work
        {
            fact.occurred_at = instant::placed(fact.occurred_at, self.now());
        }
        self.write_control(Control::IntentOpened {
            intent,
            work: work.clone(),
        });
        self.intents.insert(intent, work);
        self.waiting_intents.insert(intent, reply);
        self.later(Effect::Drive(intent));
    }

    fn finish_intent(&mut self, intent: u64, answers: Vec<ShardAnswer>, reply: Reply) {
        // A part that was lost leaves the intent open: the sender asks again, or the next start
        // finishes it.
        if !answers
            .iter()
            .any(|answer| matches!(answer, ShardAnswer::Dropped))
            && self.intents.remove(&intent).is_some()
        {
            self.write_control(Control::IntentDone { intent });
        }
        self.later(Effect::Answer(reply, ShardAnswer::Gathered(answers)));
    }

    fn begin_driving(&mut self, intent: u64) {
        let Some(work) = self.intents.get(&intent) else {
            return;
        };
        let reply = self
            .waiting_intents
            .remove(&intent)
            .unwrap_or(Reply::nobody());
        let home = &self.settings.inboxes[usize::from(self.settings.shard.0)];
        self.driving.push(Driving::begin(
            intent,
            work,
            self.settings.shards,
            home,
            reply,
        ));
    }

    fn drive(&mut self) {
        let inboxes = &self.settings.inboxes;
        self.driving.retain_mut(|driving| !driving.push(inboxes));
    }

    /// Hands the batch to the journal; `false` when it takes no more for now.
    fn flush(&mut self) -> bool {
        if self.batch.is_empty() {
            return true;
        }
        let next = Batch::new(self.journal_shard(), Sequence(self.batch.last().0 + 1));
        let batch = std::mem::replace(&mut self.batch, next);
        let (last, records, bytes) = (batch.last().0, batch.len(), batch.bytes());
        match self.journal.try_append(batch, Sequence(self.appended)) {
            Ok(_) => {
                self.appended = last;
                self.usual = (records, bytes.min(BATCH_ROOM));
                self.settings.activity.begin(1);
                self.undurable.push_back(last);
                self.claims.drain(..).for_each(Claim::keep);
                self.outcomes.clear();
                self.metrics.records.increment(records as u64);
                true
            }
            Err(TryAppendError::Full(batch)) => {
                self.batch = batch;
                false
            }
            // Closed: the journal failed or the process is ending; nothing after this may be
            // acknowledged.
            Err(TryAppendError::Closed(batch)) => {
                self.batch = batch;
                false
            }
            Err(error) => panic!("the journal refused a batch: {error}"),
        }
    }

    /// What a panic leaves behind: decided, and not handed to the journal.
    #[cfg(any(test, feature = "simulation"))]
    pub(super) fn decide_without_flush(&mut self) {
        self.take_inbox();
    }

    /// Lets everything leave whose record is durable.
    fn release(&mut self) {
        let durable = self.journal.durable(self.journal_shard()).0;
        let mut ended = Vec::new();
        while let Some(effect) = self.pending.pop_durable(durable) {
            match effect {
                Effect::Answer(reply, answer) => reply.send(answer),
                Effect::Dispatch(dispatch) => self.send_out(dispatch),
                Effect::Ended(id, how) => ended.push((id, how)),
                Effect::Drive(intent) => self.begin_driving(intent),
            }
        }
        self.hand_over(ended, durable);
        while self.undurable.front().is_some_and(|last| *last <= durable) {
            self.undurable.pop_front();
            self.settings.activity.end(1);
        }
    }

    fn send_out(&self, dispatch: Box<Dispatch>) {
        if let Err(dispatch) = (self.settings.links.dispatch)(dispatch) {
            self.give_back(&dispatch);
        }
    }

    /// An attempt that no supervisor took: its outcome is that it never left.
    fn give_back(&self, dispatch: &Dispatch) {
        let (attempt, verdict) = not_taken(dispatch);
        self.settings.inboxes[usize::from(self.settings.shard.0)].outcome(attempt, verdict);
    }

    /// Gives the keeper what ended, everything up to `durable`.
    fn hand_over(&mut self, ended: Vec<(NotificationId, Ended)>, durable: u64) {
        let some = !ended.is_empty();
        ended
            .iter()
            .for_each(|(id, _)| drop(self.just_ended.remove(id)));
        let full = self.settings.endings.add(ended, durable);
        if some && full {
            // They wait on, and are found there; the log has them, and a restart writes them again.
            if let Err(error) = self
                .settings
                .endings
                .write(&*self.journal, self.journal_shard())
            {
                tracing::error!(shard = self.settings.shard.0, %error, "could not store ended notifications");
            }
        }
        if some {
            (self.settings.links.news)();
        }
    }

    fn set_alarm(&self) {
        // A batch that was refused is tried again by the clock: the journal wakes only those whose
        // own records became durable, and what fills its queue may be others' alone.
        let refused = !self.driving.is_empty() || !self.batch.is_empty();
        let again = if refused {
            self.now().plus(AGAIN_MS)
        } else {
            Timestamp::NEVER
        };
        self.settings.bell.set_due(self.wheel.next_due().min(again));
    }
}

/// The queue an open notification stands in now, if it wants a permit now.
fn ready_key(open: &Open, corporation: CorporationId, now: Timestamp) -> Option<QueueKey> {
    match &open.phase {
        Phase::Ready {
            channel,
            pinned,
            not_before,
            ..
        } if *not_before <= now => Some(QueueKey {
            channel: *channel,
            lane: open.lane,
            corporation,
            pinned: pinned.clone(),
        }),
        _ => None,
    }
}

/// When the wheel must come back to it. Once it stands in a ready list, only expiry is left to wait
/// for.
fn timer_due(open: &Open, now: Timestamp) -> Option<Timestamp> {
    match open.phase {
        Phase::Ready { not_before, .. } if not_before <= now => open.expires_at,
        _ => open.due(),
    }
}
