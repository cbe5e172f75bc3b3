//! Owns admission: the one door behind HTTP and the binary port. Validation against the flow,
//! idempotency, limits, the engine's own state. Refuses to answer before the record is durable: it
//! hands the answer's address to the shard.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use metrics::Counter;
use sluis_actors::{
    Answers, Book, Claim, Claimed, Engine, Letter, NoRoom, NotTaken, Query, Refused, Reply, Seldom,
};
use sluis_model::{
    Clock, CorporationId, Environment, FlowBook, Idempotency, Input, Lane, Notification,
    NotificationId, NotificationRequest, Subject, TenantKey,
};

use crate::intake::{self, FieldProblem};
use crate::telemetry::names::{self, REASONS};

/// Above this share of the journal's queue, intake is refused; the rest is for outcomes, receipts
/// and timers.
const JOURNAL_SHARE: f64 = 0.7;

/// What makes the engine refuse intake as a whole.
#[derive(Debug, Default)]
pub struct Gatekeeper {
    stopping: AtomicBool,
    disk_low: AtomicBool,
}

impl Gatekeeper {
    /// No more intake: the process is ending.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether the disk has too little room for intake.
    pub fn set_disk_low(&self, low: bool) {
        self.disk_low.store(low, Ordering::SeqCst);
    }

    /// Why intake is refused now, if it is.
    #[must_use]
    pub fn reason(&self) -> Option<Closed> {
        if self.stopping.load(Ordering::SeqCst) {
            return Some(Closed::Stopping);
        }
        self.disk_low
            .load(Ordering::SeqCst)
            .then_some(Closed::DiskLow)
    }
}

/// Why the engine takes no intake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The process is ending.
    Stopping,
    /// The disk is nearly full.
    DiskLow,
    /// The journal or a shard is at its bound.
    Busy,
    /// As many notifications are open as the engine may hold.
    Full,
}

impl Closed {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Closed::Stopping => "stopping",
            Closed::DiskLow => "disk_nearly_full",
            Closed::Busy => "busy",
            Closed::Full => "engine_full",
        }
    }

    /// Seconds after which asking again makes sense.
    #[must_use]
    pub const fn retry_after(self) -> u32 {
        match self {
            Closed::Busy => 1,
            Closed::Stopping => 10,
            Closed::DiskLow | Closed::Full => 30,
        }
    }
}

/// Why a notification was not admitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejected {
    /// It is wrong; everything wrong with it.
    Invalid(Vec<FieldProblem>),
    /// The flow does not exist; these do.
    UnknownFlow(Vec<String>),
    /// The key stands for another body.
    Conflict(NotificationId),
    /// The corporation's share is used up; ask again after these seconds.
    ShareFull(u32),
    /// Something of the corporation's is at its bound.
    NotTaken(NotTaken),
    /// The corporation sends more a second than it may; ask again after these seconds.
    TooFast(u32),
    /// The corporation has written as much as it may within a day; ask again after these seconds.
    DayFull(u32),
    /// The engine takes nothing now.
    Closed(Closed),
}

/// Seconds after which what was not taken may be: a tenant's notifications end slowly.
#[must_use]
pub const fn retry_after(why: &NotTaken) -> u32 {
    match why {
        NotTaken::TenantFull { .. } | NotTaken::ManyUnknown { .. } => 60,
    }
}

impl Rejected {
    /// Stable code, used in answers and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Rejected::Invalid(_) => "invalid",
            Rejected::UnknownFlow(_) => "unknown_flow",
            Rejected::Conflict(_) => "idempotency_conflict",
            Rejected::ShareFull(_) => "share_full",
            Rejected::NotTaken(NotTaken::TenantFull { .. }) => "tenant_full",
            Rejected::NotTaken(NotTaken::ManyUnknown { .. }) => "unknown_tenants",
            Rejected::TooFast(_) => "too_fast",
            Rejected::DayFull(_) => "day_full",
            Rejected::Closed(closed) => closed.code(),
        }
    }
}

/// What was admitted: the answer comes when it is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Its id.
    pub id: NotificationId,
    /// It was accepted before: the answer is [`sluis_actors::ShardAnswer::Accepted`].
    pub duplicate: bool,
}

/// The door in front of the shards.
pub struct Admission {
    engine: Arc<Engine>,
    book: Arc<Book>,
    clock: Arc<dyn Clock>,
    environment: Environment,
    gatekeeper: Arc<Gatekeeper>,
    /// In order of corporations.
    counted: Vec<Counted>,
}

/// The reasons that are the sender's mistake: single ones are daily life.
const MISTAKES: [&str; 3] = ["invalid", "unknown_flow", "idempotency_conflict"];
/// Mistakes of one kind within a minute that are worth a line in the log.
const MANY_MISTAKES: u64 = 100;

/// What is counted for the notifications of one corporation: looked up once, not each time.
struct Counted {
    corporation: CorporationId,
    name: String,
    /// By lane.
    accepted: [Counter; Lane::ALL.len()],
    duplicates: Counter,
    rejected: [(&'static str, Counter, Seldom); REASONS.len()],
}

impl Counted {
    fn new(corporation: CorporationId, name: &str, clock: &Arc<dyn Clock>) -> Self {
        let own = || name.to_owned();
        let rejected = REASONS.map(|reason| {
            let (corporation, least) = (
                own(),
                if MISTAKES.contains(&reason) {
                    MANY_MISTAKES
                } else {
                    1
                },
            );
            let warning = Seldom::in_mass(clock.clone(), least, move |count, _| {
                tracing::warn!(%corporation, reason, refused = count, "notifications are refused");
            });
            (reason, names::REJECTED.of((own(), reason)), warning)
        });
        let accepted = Lane::ALL.map(|lane| names::ACCEPTED.of((own(), lane.name())));
        Self {
            corporation,
            name: own(),
            accepted,
            duplicates: names::DUPLICATES.of(own()),
            rejected,
        }
    }

    fn reject(&self, reason: &'static str) {
        match self.rejected.iter().find(|(known, ..)| *known == reason) {
            Some((_, counter, warning)) => {
                counter.increment(1);
                warning.note();
            }
            None => names::REJECTED.of((self.name.clone(), reason)).increment(1),
        }
    }
}

impl Admission {
    /// The door of an engine.
    #[must_use]
    pub fn new(
        engine: Arc<Engine>,
        book: Arc<Book>,
        clock: Arc<dyn Clock>,
        environment: Environment,
        gatekeeper: Arc<Gatekeeper>,
        corporations: impl IntoIterator<Item = (CorporationId, impl AsRef<str>)>,
    ) -> Self {
        let counted = corporations
            .into_iter()
            .map(|(id, name)| Counted::new(id, name.as_ref(), &clock));
        let mut counted: Vec<Counted> = counted.collect();
        counted.sort_unstable_by_key(|counted| counted.corporation);
        Self {
            engine,
            book,
            clock,
            environment,
            gatekeeper,
            counted,
        }
    }

    fn counted(&self, corporation: CorporationId) -> Option<&Counted> {
        let place = self
            .counted
            .binary_search_by_key(&corporation, |counted| counted.corporation)
            .ok()?;
        Some(&self.counted[place])
    }

    /// Counts a row that could not even be read.
    pub fn unreadable(&self, corporation: CorporationId) {
        if let Some(counted) = self.counted(corporation) {
            counted.reject("invalid");
        }
    }

    /// Counts a notification that was admitted and that its shard did not take.
    pub fn not_taken(&self, corporation: CorporationId, why: NotTaken) -> Rejected {
        let rejected = Rejected::NotTaken(why);
        if let Some(counted) = self.counted(corporation) {
            counted.reject(rejected.code());
        }
        rejected
    }

    /// Tells the warnings that were held back; to be called every few seconds.
    pub fn flush_warnings(&self) {
        self.counted
            .iter()
            .flat_map(|counted| &counted.rejected)
            .for_each(|(.., warning)| warning.flush());
    }

    /// Tells them at the end of the process.
    pub fn finish_warnings(&self) {
        self.counted
            .iter()
            .flat_map(|counted| &counted.rejected)
            .for_each(|(.., warning)| warning.finish());
    }

    /// Why nothing is taken now, if nothing is.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.gatekeeper.reason().or_else(|| {
            (self.engine.journal().queue().fill() >= JOURNAL_SHARE).then_some(Closed::Busy)
        })
    }

    /// Whether the corporation has written as much as it may within a day: then it stores no
    /// tenants either.
    #[must_use]
    pub fn day_full(&self, corporation: CorporationId) -> Option<Rejected> {
        let wait = self
            .engine
            .quota()
            .day_full(corporation, self.clock.now())?;
        Some(Rejected::DayFull(seconds(wait)))
    }

    /// Admits one notification. `Ok`: `answers` gets exactly one answer under `correlation`, once
    /// everything is durable.
    ///
    /// # Errors
    /// See [`Rejected`]; `answers` then gets nothing.
    pub fn admit(
        &self,
        corporation: CorporationId,
        request: &NotificationRequest,
        answers: &Arc<dyn Answers>,
        correlation: u64,
    ) -> Result<Admitted, Rejected> {
        let result = self.try_admit(corporation, request, answers, correlation);
        let Some(counted) = self.counted(corporation) else {
            return result;
        };
        match &result {
            Ok(Admitted {
                duplicate: true, ..
            }) => counted.duplicates.increment(1),
            Ok(_) => counted.accepted[request.priority as usize].increment(1),
            Err(rejected) => counted.reject(rejected.code()),
        }
        result
    }

    fn try_admit(
        &self,
        corporation: CorporationId,
        request: &NotificationRequest,
        answers: &Arc<dyn Answers>,
        correlation: u64,
    ) -> Result<Admitted, Rejected> {
        let names = || {
            self.book
                .names(corporation)
                .into_iter()
                .map(str::to_owned)
                .collect()
        };
        let reference = self
            .book
            .current(corporation, &request.flow)
            .ok_or_else(|| Rejected::UnknownFlow(names()))?;
        let flow = self
            .book
            .flow(reference)
            .ok_or_else(|| Rejected::UnknownFlow(names()))?;
        let sound = intake::validate(request, flow, self.environment).map_err(Rejected::Invalid)?;
        let idempotency = Idempotency {
            key: intake::key_hash(corporation, &request.idempotency_key),
            body: sound.body,
        };
        let tenant = TenantKey::new(corporation, request.tenant_id.as_str());
        let now = self.clock.now();
        let shard = tenant.shard(self.engine.shards());
        let id = crate::ids::mint(shard, now);
        let claim = match Claim::take(
            self.engine.quota(),
            self.engine.keys(),
            corporation,
            idempotency,
            id,
            now,
        ) {
            Claimed::Granted(claim) => claim,
            Claimed::Duplicate(id) => return self.repeat(corporation, id, answers, correlation),
            Claimed::Conflict(id) => return Err(Rejected::Conflict(id)),
            Claimed::NoRoom(NoRoom::ShareFull) => return Err(Rejected::ShareFull(10)),
            Claimed::NoRoom(NoRoom::Arriving) => return Err(Rejected::ShareFull(1)),
            Claimed::NoRoom(NoRoom::TooFast(ms)) => return Err(Rejected::TooFast(seconds(ms))),
            Claimed::NoRoom(NoRoom::DayFull(ms)) => return Err(Rejected::DayFull(seconds(ms))),
            Claimed::NoRoom(NoRoom::EngineFull) => return Err(Rejected::Closed(Closed::Full)),
        };
        // After the key: a repeat of what was accepted gets its answer although nothing new is
        // taken.
        if let Some(closed) = self.closed() {
            return Err(Rejected::Closed(closed));
        }
        let notification = Box::new(notification(
            id,
            reference,
            request,
            sound.fields,
            idempotency,
        ));
        let reply = Reply::to(answers.clone(), correlation);
        let inbox = &self.engine.inboxes()[usize::from(shard.0)];
        let letter = Letter::Input {
            tenant,
            input: Input::Notify(notification),
            reply,
            claim: Some(claim),
        };
        match inbox.offer_intake(letter) {
            Ok(()) => Ok(Admitted {
                id,
                duplicate: false,
            }),
            Err(Refused(letter)) => {
                forget(letter);
                Err(Rejected::Closed(Closed::Busy))
            }
        }
    }

    /// The answer of a repeat waits behind the first one's commit, in the same line of the same
    /// shard.
    fn repeat(
        &self,
        corporation: CorporationId,
        id: NotificationId,
        answers: &Arc<dyn Answers>,
        correlation: u64,
    ) -> Result<Admitted, Rejected> {
        let inbox = self
            .engine
            .inbox_by_id(id)
            .ok_or(Rejected::Closed(Closed::Busy))?;
        let reply = Reply::to(answers.clone(), correlation);
        match inbox.offer_intake(Letter::Query {
            query: Query::Accepted { corporation, id },
            reply,
        }) {
            Ok(()) => Ok(Admitted {
                id,
                duplicate: true,
            }),
            Err(Refused(letter)) => {
                forget(letter);
                Err(Rejected::Closed(Closed::Busy))
            }
        }
    }
}

/// Milliseconds as whole seconds to wait.
fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.max(1).unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX)
}

/// Takes a refused letter apart without answering it: the caller is told by the return value. Its
/// claim is given back.
fn forget(letter: Box<Letter>) {
    if let Letter::Input { reply, .. } | Letter::Query { reply, .. } = *letter {
        reply.forget();
    }
}

fn notification(
    id: NotificationId,
    flow: sluis_model::FlowRef,
    request: &NotificationRequest,
    fields: Box<[sluis_model::flow::Value]>,
    idempotency: Idempotency,
) -> Notification {
    Notification {
        id,
        flow,
        category: request.category.as_str().into(),
        subject: request.subject.as_ref().map(Subject::trimmed),
        data: request.data.as_str().into(),
        fields,
        lane: request.priority,
        send_after: request.send_after,
        expires_at: request.expires_at,
        environment: request.environment,
        idempotency,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_for_a_refusal_is_counted_from_the_start() {
        let closed = [
            Closed::Stopping,
            Closed::DiskLow,
            Closed::Busy,
            Closed::Full,
        ]
        .map(Rejected::Closed);
        let others = [
            Rejected::Invalid(Vec::new()),
            Rejected::UnknownFlow(Vec::new()),
            Rejected::Conflict(NotificationId(1)),
            Rejected::ShareFull(1),
            Rejected::NotTaken(NotTaken::TenantFull {
                tenant: "H-1".into(),
                open: 1,
                most: 1,
            }),
            Rejected::TooFast(1),
            Rejected::DayFull(1),
            Rejected::NotTaken(NotTaken::ManyUnknown {
                tenant: "H-1".into(),
                most: 1,
            }),
        ];
        for rejected in closed.into_iter().chain(others) {
            assert!(REASONS.contains(&rejected.code()), "{rejected:?}");
        }
        assert!(MISTAKES.iter().all(|mistake| REASONS.contains(mistake)));
    }
}
