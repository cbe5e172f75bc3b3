//! Owns admission: the one door behind HTTP and the binary port. Validation against the flow,
//! idempotency, limits, the engine's own state. Refuses to answer before the record is durable: it
//! hands the answer's address to the shard.

mod counted;
mod refusals;

use std::sync::Arc;

use sluis_actors::{
    Answers, Book, Claim, Claimed, Engine, NotTaken, Query, Refused, Reply, Roster, Seldom,
    ShardRequest,
};
use sluis_model::{
    Clock, CorporationId, Environment, Flow, FlowBook, FlowRef, Idempotency, Input, NotificationId,
    NotificationRequest, TenantKey,
};

use crate::intake;

use self::counted::Counted;
use self::refusals::seconds;
pub use self::refusals::{Closed, Gatekeeper, Rejected, retry_after};

/// Above this share of the journal's queue, intake is refused; the rest is for outcomes, receipts
/// and timers.
const JOURNAL_SHARE: f64 = 0.7;

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
    counted: Roster<Counted>,
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
        let counted = corporations.into_iter();
        let counted = counted.map(|(id, name)| (id, Counted::new(name.as_ref(), &clock)));
        let counted = counted.collect();
        Self {
            engine,
            book,
            clock,
            environment,
            gatekeeper,
            counted,
        }
    }

    /// Counts for these corporations too from here on.
    pub(crate) fn know<'a>(
        &self,
        corporations: impl IntoIterator<Item = (CorporationId, &'a str)>,
    ) {
        let fresh = corporations.into_iter();
        let fresh = fresh.filter(|(id, _)| self.counted(*id).is_none());
        let made = fresh.map(|(id, name)| (id, Counted::new(name, &self.clock)));
        self.counted.add(made);
    }

    fn counted(&self, corporation: CorporationId) -> Option<&Counted> {
        self.counted.get(corporation)
    }

    /// Counts a row that could not even be read.
    pub fn unreadable(&self, corporation: CorporationId) {
        if let Some(counted) = self.counted(corporation) {
            counted.reject("invalid");
        }
    }

    /// Counts a notification that was admitted and that its shard did not take.
    pub fn not_taken(&self, corporation: CorporationId, why: NotTaken) -> Rejected {
        let rejected = match why {
            NotTaken::NoRoom(no_room) => no_room.into(),
            NotTaken::TenantFull { .. } | NotTaken::ManyUnknown { .. } => Rejected::NotTaken(why),
        };
        if let Some(counted) = self.counted(corporation) {
            counted.reject(rejected.code());
        }
        rejected
    }

    /// Tells the warnings that were held back; to be called every few seconds.
    pub fn flush_warnings(&self) {
        let warnings = self
            .counted
            .iter()
            .flat_map(|(_, counted)| counted.warnings());
        warnings.for_each(Seldom::flush);
    }

    /// Tells them at the end of the process.
    pub fn finish_warnings(&self) {
        let warnings = self
            .counted
            .iter()
            .flat_map(|(_, counted)| counted.warnings());
        warnings.for_each(Seldom::finish);
    }

    /// Why nothing is taken now, if nothing is.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.gatekeeper.reason().or_else(|| {
            let is_full = self.engine.journal().queue().fill() >= JOURNAL_SHARE;
            (is_full || self.engine.is_growing()).then_some(Closed::Busy)
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
        let result = self.try_admit(corporation, request, None, answers, correlation);
        self.counted_as(corporation, request, result)
    }

    /// Admits one notification under an id that its sender gives it, and never gives another one.
    ///
    /// # Errors
    /// As [`Admission::admit`].
    pub fn admit_as(
        &self,
        corporation: CorporationId,
        request: &NotificationRequest,
        id: NotificationId,
        answers: &Arc<dyn Answers>,
        correlation: u64,
    ) -> Result<Admitted, Rejected> {
        let result = self.try_admit(corporation, request, Some(id), answers, correlation);
        self.counted_as(corporation, request, result)
    }

    fn counted_as(
        &self,
        corporation: CorporationId,
        request: &NotificationRequest,
        result: Result<Admitted, Rejected>,
    ) -> Result<Admitted, Rejected> {
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
        id: Option<NotificationId>,
        answers: &Arc<dyn Answers>,
        correlation: u64,
    ) -> Result<Admitted, Rejected> {
        let (reference, flow) = self.flow(corporation, &request.flow)?;
        let sound = intake::validate(request, flow, self.environment).map_err(Rejected::Invalid)?;
        let idempotency = Idempotency {
            key: intake::key_hash(corporation, &request.idempotency_key),
            body: sound.body,
        };
        let tenant = match request.to_household {
            false => TenantKey::new(corporation, request.tenant_id.as_str()),
            true => TenantKey::household(corporation, &request.tenant_id),
        };
        let now = self.clock.now();
        let shard = tenant.shard(self.engine.shards());
        let id = id.unwrap_or_else(|| crate::ids::mint(shard, now));
        let (quota, keys) = (self.engine.quota(), self.engine.keys());
        let claim = match Claim::take(quota, keys, corporation, idempotency, id, now) {
            Claimed::Granted(claim) => claim,
            Claimed::Duplicate(id) => return self.repeat(corporation, id, answers, correlation),
            Claimed::Conflict(id) => return Err(Rejected::Conflict(id)),
            Claimed::NoRoom(why) => return Err(why.into()),
        };
        // After the key: a repeat of what was accepted gets its answer although nothing new is
        // taken.
        if let Some(closed) = self.closed() {
            return Err(Rejected::Closed(closed));
        }
        let fields = sound.fields;
        let notification = request.admitted(id, reference, fields, idempotency);
        let asked = ShardRequest::Input {
            tenant,
            input: Input::Notify(Box::new(notification)),
            reply: Reply::to(answers.clone(), correlation),
            claim: Some(claim),
        };
        self.offer(id, asked)?;
        Ok(Admitted {
            id,
            duplicate: false,
        })
    }

    /// The flow that a notification names.
    fn flow(&self, corporation: CorporationId, name: &str) -> Result<(FlowRef, &Flow), Rejected> {
        let reference = self.book.current(corporation, name);
        let found = reference.and_then(|reference| Some((reference, self.book.flow(reference)?)));
        found.ok_or_else(|| Rejected::UnknownFlow(self.book.names(corporation)))
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
        let asked = ShardRequest::Query {
            query: Query::Accepted { corporation, id },
            reply: Reply::to(answers.clone(), correlation),
        };
        self.offer(id, asked)?;
        Ok(Admitted {
            id,
            duplicate: true,
        })
    }

    /// Puts a request into the line of the shard that this id names.
    fn offer(&self, id: NotificationId, request: ShardRequest) -> Result<(), Rejected> {
        let busy = || Rejected::Closed(Closed::Busy);
        let inbox = self.engine.inbox_by_id(id).ok_or_else(busy)?;
        inbox.offer_intake(request).map_err(|Refused(request)| {
            forget(request);
            busy()
        })
    }
}

/// Takes a refused request apart without answering it: the caller is told by the return value. Its
/// claim is given back.
fn forget(request: Box<ShardRequest>) {
    if let ShardRequest::Input { reply, .. } | ShardRequest::Query { reply, .. } = *request {
        reply.forget();
    }
}
