//! Owns what came of a live comparison: the engine's own records, read from the first to the last, and what
//! the sinks reported, counted as a rehearsal counts. Refuses to know what was said beforehand.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use anyhow::Context as _;
use serde_json::{Value, json};
use sluis::cli::Prepared;
use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_loadtest::sink::{LaterEvent, attempt_of, attempt_of_sender};
use sluis_model::{
    AttemptRef, Channel, Event, Input, Notification, NotificationId, Record, Refusal, TenantRecord,
    Timestamp, Verdict,
};
use sluis_rehearsal::{Counts, Results, Via};

use crate::time::rfc3339;

/// What a provider's report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Report {
    Bounced,
    Failed,
    Delivered,
}

/// An attempt, by its notification and number.
type Key = (NotificationId, u16);

#[derive(Debug)]
struct Attempt {
    step: u8,
    channel: Channel,
    provider: Box<str>,
    counts: Counts,
}

/// What is known of a notification.
#[derive(Debug)]
struct Note {
    tenant: Box<str>,
    body: Box<Notification>,
    step: u8,
    end: Option<Box<str>>,
    is_closed: bool,
}

/// The book.
#[derive(Debug, Default)]
pub(super) struct Book {
    read_to: BTreeMap<u16, u64>,
    notes: HashMap<NotificationId, Note>,
    attempts: HashMap<Key, Attempt>,
    reports: Vec<(AttemptRef, Report)>,
    presses: Vec<AttemptRef>,
    /// Open notifications of each tenant.
    open: HashMap<Box<str>, usize>,
    paid: HashSet<NotificationId>,
    /// Cents that each tenant paid.
    cents: HashMap<Box<str>, i64>,
    /// When the last row of each person is handed over.
    last_row: HashMap<u32, Timestamp>,
    /// Place of each person, by his number.
    places: HashMap<Box<str>, u32>,
}

impl Book {
    pub(super) fn new(prepared: &Prepared) -> Self {
        let mut book = Self::default();
        for row in &prepared.read.audience.rows {
            let last = book.last_row.entry(row.person).or_insert(row.at);
            *last = row.at.max(*last);
        }
        let people = (0..).zip(&prepared.read.audience.people);
        book.places = people
            .map(|(place, one)| (one.number.clone(), place))
            .collect();
        book
    }

    /// Reads what was written since the last time.
    pub(super) fn read_on(&mut self, journal: &dyn Journal) -> Result<(), JournalError> {
        for shard in 0..journal.shards() {
            let at = self.read_to.get(&shard).copied().unwrap_or(0);
            if journal.durable(Shard(shard)).0 <= at {
                continue;
            }
            let mut last = at;
            journal.replay(Shard(shard), Sequence(at + 1), &mut |sequence, bytes| {
                last = sequence.0;
                if let Ok(Record::Tenant(record)) = Record::decode(bytes) {
                    self.take(&record);
                }
                ControlFlow::Continue(())
            })?;
            self.read_to.insert(shard, last);
        }
        Ok(())
    }

    fn take(&mut self, record: &TenantRecord) {
        // A group is told of by its parts.
        if record.tenant.as_household().is_some() {
            return;
        }
        if let Input::Notify(body) = &record.input {
            let note = Note {
                tenant: record.tenant.tenant.clone(),
                body: body.clone(),
                step: 0,
                end: None,
                is_closed: false,
            };
            if self.notes.insert(body.id, note).is_none() {
                *self.open.entry(record.tenant.tenant.clone()).or_default() += 1;
            }
        }
        for event in &record.events {
            self.event(event);
        }
        if let Input::Outcome { attempt, verdict }
        | Input::Sent {
            attempt, verdict, ..
        } = &record.input
        {
            self.outcome(*attempt, verdict);
        }
    }

    fn event(&mut self, event: &Event) {
        if let Event::AttemptStarted {
            id,
            attempt,
            channel,
            provider,
            resend: false,
            ..
        } = event
        {
            let begun = Attempt {
                step: self.notes.get(id).map_or(0, |note| note.step),
                channel: *channel,
                provider: provider.clone(),
                counts: Counts {
                    started: 1,
                    ..Counts::default()
                },
            };
            self.attempts.insert((*id, *attempt), begun);
        }
        let Some(note) = event.notification().and_then(|id| self.notes.get_mut(&id)) else {
            return;
        };
        match event {
            Event::StepEntered { step, .. } => note.step = *step,
            Event::TaskOpened { list, .. } => note.end = Some(format!("people: {list}").into()),
            Event::Ended { end, .. } => {
                note.end = Some(end.clone());
                if !std::mem::replace(&mut note.is_closed, true)
                    && let Some(open) = self.open.get_mut(&note.tenant)
                {
                    *open = open.saturating_sub(1);
                }
            }
            _ => {}
        }
    }

    fn outcome(&mut self, of: AttemptRef, verdict: &Verdict) {
        let Some(attempt) = self.attempts.get_mut(&(of.id, of.attempt)) else {
            return;
        };
        attempt.step = of.step;
        let counts = &mut attempt.counts;
        match verdict {
            Verdict::Accepted { .. } => counts.accepted += 1,
            Verdict::Refused {
                class: Refusal::Unsendable,
                ..
            } => counts.unsendable += 1,
            Verdict::Refused { .. } => counts.refused += 1,
            Verdict::Retry { .. } => counts.deferred += 1,
            // A rehearsal knows no doubt: it is missed among those that were taken.
            Verdict::Delivered { .. }
            | Verdict::InDoubt { .. }
            | Verdict::Withdrawn { .. }
            | Verdict::Barred { .. } => {}
        }
    }

    /// A sink reports something.
    pub(super) fn reported(&mut self, event: &LaterEvent) {
        self.reports.extend(report_in(event));
    }

    /// The button of a message was pressed, and was there.
    pub(super) fn pressed(&mut self, attempt: AttemptRef) {
        self.presses.push(attempt);
    }

    /// Whether something of a person is open or to be handed over.
    pub(super) fn is_needed(&self, prepared: &Prepared, person: u32, at: Timestamp) -> bool {
        let number = &prepared.read.audience.people[person as usize].number;
        let is_open = self.open.get(number).is_some_and(|open| *open > 0);
        is_open || self.last_row.get(&person).is_some_and(|last| *last > at)
    }

    /// Whose a notification is, by his place; of one that is not known yet: the last.
    pub(super) fn person(&self, id: NotificationId) -> u32 {
        let note = self.notes.get(&id);
        let place = note.and_then(|note| self.places.get(&note.tenant));
        place.copied().unwrap_or(u32::MAX)
    }

    /// What a person paid, in cents.
    pub(super) fn paid_by(&self, prepared: &Prepared, person: u32) -> i64 {
        let number = &prepared.read.audience.people[person as usize].number;
        self.cents.get(number).copied().unwrap_or(0)
    }

    /// The payment of what a notification is about, as a fact; none where it is about no money, or was
    /// paid already.
    pub(super) fn paid(
        &mut self,
        prepared: &Prepared,
        id: NotificationId,
        at: Timestamp,
    ) -> Option<Value> {
        let note = self.notes.get(&id)?;
        let place = prepared.stage.flow.amount?;
        let sluis_model::flow::Value::Integer(cents) = note.body.fields.get(place)? else {
            return None;
        };
        let subject = note.body.subject.as_ref()?;
        if !self.paid.insert(id) {
            return None;
        }
        *self.cents.entry(note.tenant.clone()).or_default() += cents;
        Some(json!({
            "fact_id": format!("paid/{id}"),
            "type": "payment",
            "tenant_id": note.tenant,
            "subject": { "kind": subject.kind, "id": subject.id },
            "amount_cents": cents,
            "occurred_at": rfc3339(at),
            "environment": note.body.environment.name(),
        }))
    }

    /// Everything that was counted, in the words of a rehearsal.
    pub(super) fn results(mut self, prepared: &Prepared) -> anyhow::Result<Results> {
        for (of, report) in std::mem::take(&mut self.reports) {
            let attempt = self.attempts.get_mut(&(of.id, of.attempt));
            let counts = &mut attempt.context("a report about no attempt")?.counts;
            match report {
                Report::Bounced => counts.bounced += 1,
                Report::Failed => counts.failed += 1,
                Report::Delivered => counts.delivered += 1,
            }
        }
        for of in std::mem::take(&mut self.presses) {
            let attempt = self.attempts.get_mut(&(of.id, of.attempt));
            attempt.context("a press of no message")?.counts.pressed += 1;
        }
        let mut results = Results::default();
        for attempt in self.attempts.values() {
            let mut carriers = (0_u8..).zip(&prepared.stage.carriers);
            let known = carriers.find(|(_, one)| one.name == attempt.provider);
            let (carrier, _) = known.context("a message through a provider that is not there")?;
            let via = Via {
                step: attempt.step,
                channel: attempt.channel,
                carrier,
            };
            results.counts.entry(via).or_default().add(&attempt.counts);
        }
        let mut ends: BTreeMap<Box<str>, u64> = BTreeMap::new();
        for end in self.notes.into_values().filter_map(|note| note.end) {
            *ends.entry(end).or_default() += 1;
        }
        results.ends = ends.into_iter().collect();
        Ok(results)
    }
}

/// What a sink says, and about which attempt.
fn report_in(event: &LaterEvent) -> Option<(AttemptRef, Report)> {
    match event {
        LaterEvent::Dsn { raw, envelope_from } => {
            let text = String::from_utf8_lossy(raw);
            let report = match text.contains("\r\nStatus: 5.1.1\r\n") {
                true => Report::Bounced,
                false => Report::Failed,
            };
            Some((attempt_of_sender(envelope_from)?, report))
        }
        LaterEvent::SmsCallback(callback) => {
            let (_, query) = callback.url.split_once('?')?;
            let value = |name: &str| {
                let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
            };
            let report = match value("status")? {
                "delivered" => Report::Delivered,
                "delivery_failed" => Report::Bounced,
                "expired" => Report::Failed,
                _ => return None,
            };
            Some((attempt_of(value("reference")?)?, report))
        }
        LaterEvent::Press(_) => None,
    }
}
