//! Owns the journal's book: what the records themselves say, read from the first to the last.
//! Refuses to trust an answer of the engine: only records count here.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::{
    Cause, Channel, Event, Flow, FlowBook, FlowRef, Input, NotificationId, Record, TenantRecord,
    Timestamp,
};

/// Everything read so far.
#[derive(Debug, Default)]
pub(super) struct JournalBook {
    read_to: BTreeMap<u16, u64>,
    /// Accepted notifications.
    pub(super) notes: BTreeMap<NotificationId, Note>,
    /// Attempts that were started.
    pub(super) attempts: BTreeMap<(NotificationId, u16), Attempt>,
    /// What attempts amounted to: channel, provider, verdict.
    pub(super) verdicts: BTreeMap<(Channel, String, &'static str), u64>,
}

/// What the journal knows of a notification.
#[derive(Debug, Default)]
pub(super) struct Note {
    pub(super) tenant: String,
    flow: Option<FlowRef>,
    /// End state and reason; more than one is a mistake.
    pub(super) ends: Vec<(String, String)>,
    /// List and reason, while people are asked.
    pub(super) task: Option<(String, String)>,
    /// Whether a bounce came after the provider had taken the mail.
    pub(super) bounced_late: bool,
    /// Whether a step ended because nobody answered.
    pub(super) unanswered: bool,
    /// Whether the button behind the link was pressed.
    pub(super) pressed: bool,
    /// Whether something left over this channel and was taken.
    pub(super) taken: [Option<Timestamp>; 2],
}

/// What the journal knows of an attempt.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) channel: Channel,
    pub(super) provider: String,
    pub(super) address: String,
    /// When it was started as a new attempt; more than one is a mistake.
    pub(super) started: Vec<Timestamp>,
    /// When it was sent again because its outcome was not known.
    pub(super) again: Vec<Timestamp>,
    /// Whether the provider said that it has it.
    pub(super) taken: bool,
}

/// How far things are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Notifications accepted.
    pub accepted: usize,
    /// E-mails taken by the relay.
    pub mails: usize,
    /// Attempts refused or bounced, all channels.
    pub bounced: u64,
    /// Text messages taken by the provider.
    pub texts: usize,
    /// Notifications stopped by a payment.
    pub paid: usize,
    /// Notifications that wait for people.
    pub people: usize,
}

const fn place(channel: Channel) -> Option<usize> {
    match channel {
        Channel::Email => Some(0),
        Channel::Sms => Some(1),
        _ => None,
    }
}

impl Note {
    /// When the first message over `channel` was taken.
    pub(super) fn taken_at(&self, channel: Channel) -> Option<Timestamp> {
        self.taken[place(channel)?]
    }
}

impl JournalBook {
    /// Reads what was written since the last time.
    pub(super) fn read_on(
        &mut self,
        journal: &dyn Journal,
        flows: &dyn FlowBook,
    ) -> Result<(), JournalError> {
        for shard in 0..journal.shards() {
            let at = self.read_to.get(&shard).copied().unwrap_or(0);
            if journal.durable(Shard(shard)).0 <= at {
                continue;
            }
            let mut last = at;
            journal.replay(Shard(shard), Sequence(at + 1), &mut |sequence, bytes| {
                last = sequence.0;
                // A record that cannot be read is missed by the balance, and so reported.
                if let Ok(Record::Tenant(record)) = Record::decode(bytes) {
                    self.take(&record, flows);
                }
                ControlFlow::Continue(())
            })?;
            self.read_to.insert(shard, last);
        }
        Ok(())
    }

    /// How far things are.
    pub(super) fn tally(&self) -> Tally {
        let taken = |channel| {
            self.attempts
                .values()
                .filter(|a| a.channel == channel && a.taken)
                .count()
        };
        let bounced = self
            .verdicts
            .iter()
            .filter(|((_, _, verdict), _)| FAILURES.contains(verdict));
        Tally {
            accepted: self.notes.len(),
            mails: taken(Channel::Email),
            bounced: bounced.map(|(_, count)| count).sum(),
            texts: taken(Channel::Sms),
            paid: self
                .notes
                .values()
                .filter(|note| note.ends.iter().any(|(end, _)| end == "paid"))
                .count(),
            people: self
                .notes
                .values()
                .filter(|note| note.task.is_some())
                .count(),
        }
    }

    fn take(&mut self, record: &TenantRecord, flows: &dyn FlowBook) {
        if let Input::Notify(body) = &record.input {
            let note = self.notes.entry(body.id).or_default();
            note.tenant = record.tenant.tenant.to_string();
            note.flow = Some(body.flow);
        }
        let by_receipt = matches!(record.input, Input::Receipt(_));
        for event in &record.events {
            self.attempt(record.at, event, by_receipt);
            if let Some(id) = event.notification() {
                self.note(id, record, event, flows, by_receipt);
            }
        }
    }

    fn note(
        &mut self,
        id: NotificationId,
        record: &TenantRecord,
        event: &Event,
        flows: &dyn FlowBook,
        by_receipt: bool,
    ) {
        let channel = |attempt: &u16| {
            self.attempts
                .get(&(id, *attempt))
                .and_then(|attempt| place(attempt.channel))
        };
        let taken = match event {
            Event::AttemptAccepted { attempt, .. } | Event::AttemptDelivered { attempt, .. } => {
                channel(attempt)
            }
            _ => None,
        };
        // What has no `Accepted` stays out, and is then missed by the balance.
        let Some(note) = self.notes.get_mut(&id) else {
            return;
        };
        let flow = note.flow.and_then(|reference| flows.flow(reference));
        if let Some(place) = taken {
            note.taken[place].get_or_insert(record.at);
        }
        match event {
            Event::AttemptFailed { .. } => note.bounced_late |= by_receipt,
            Event::LinkUsed { pressed: true, .. } => note.pressed = true,
            Event::StepEntered { cause, .. } => {
                note.unanswered |= matches!(cause, Cause::Unanswered);
                note.task = None;
            }
            Event::TaskOpened { list, cause, .. } => {
                note.task = Some((list.to_string(), reason(cause, flow)))
            }
            Event::Ended { end, cause, .. } => {
                note.task = None;
                note.ends.push((end.to_string(), reason(cause, flow)));
            }
            _ => {}
        }
    }

    fn attempt(&mut self, at: Timestamp, event: &Event, by_receipt: bool) {
        if matches!(event, Event::AttemptStarted { .. }) {
            self.started(at, event);
        }
        let Some((id, number, verdict)) = verdict_of(event, by_receipt) else {
            return;
        };
        let Some(attempt) = self.attempts.get_mut(&(id, number)) else {
            return;
        };
        attempt.taken |= [TAKEN, CLEARED, DELIVERED].contains(&verdict);
        let place = (attempt.channel, attempt.provider.clone(), verdict);
        *self.verdicts.entry(place).or_default() += 1;
    }

    fn started(&mut self, at: Timestamp, event: &Event) {
        let Event::AttemptStarted {
            id,
            attempt,
            channel,
            provider,
            address,
            resend,
            ..
        } = event
        else {
            return;
        };
        let fresh = || Attempt {
            channel: *channel,
            provider: provider.to_string(),
            address: address.to_string(),
            started: Vec::new(),
            again: Vec::new(),
            taken: false,
        };
        let known = self.attempts.entry((*id, *attempt)).or_insert_with(fresh);
        if *resend {
            known.again.push(at)
        } else {
            known.started.push(at)
        }
    }
}

const STARTED: &str = "started";
const TAKEN: &str = "taken by the provider";
const CLEARED: &str = "taken, a receipt said so";
const DELIVERED: &str = "reported delivered";
const LATER: &str = "not now, tried again";
const REFUSED: &str = "refused at once";
const BOUNCED: &str = "bounced later";
const GIVEN_UP: &str = "given up after retries";
const DOUBT: &str = "in doubt";
const WITHDRAWN: &str = "withdrawn";
/// Verdicts in the order in which they are shown.
pub(super) const VERDICTS: [&str; 10] = [
    STARTED, TAKEN, CLEARED, DELIVERED, LATER, REFUSED, BOUNCED, GIVEN_UP, DOUBT, WITHDRAWN,
];
const FAILURES: [&str; 3] = [REFUSED, BOUNCED, GIVEN_UP];

/// A cause in a few words that many notifications share.
fn reason(cause: &Cause, flow: Option<&Flow>) -> String {
    match cause {
        Cause::Guard { guard, .. } => {
            let name = flow
                .and_then(|flow| flow.guards.get(usize::from(*guard)))
                .map_or("?", |guard| &guard.name);
            format!("guard '{name}' does not hold")
        }
        Cause::Branched { step, .. } => {
            let step = flow.and_then(|flow| flow.step(*step));
            format!("step '{}' leads there", step.map_or("?", |step| &step.id))
        }
        Cause::Stop { stop, .. } => {
            let name = flow
                .and_then(|flow| flow.stops.get(usize::from(*stop)))
                .map_or("?", |stop| &stop.name);
            format!("stop rule '{name}'")
        }
        Cause::Bounced { why } => format!("no way left: the last message bounced ({})", why.code),
        Cause::Unreachable => "no usable address".into(),
        Cause::AllOff => "every channel is off".into(),
        Cause::TooLate => "every channel is too slow".into(),
        Cause::Unanswered => "no answer in time".into(),
        Cause::TaskOverdue { .. } => "no answer of people in time".into(),
        Cause::Waited => "button pressed, no payment came".into(),
        Cause::HeldTooLong => "a guard's facts never came".into(),
        Cause::DoubtTooLong => "in doubt for too long".into(),
        Cause::OurMistake { why } | Cause::CannotSend { why } => {
            format!("our own mistake ({})", why.code)
        }
        Cause::AlreadyRunning { .. } => "already told about this invoice".into(),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// The attempt that an event is about, and what it says of it.
const fn verdict_of(
    event: &Event,
    by_receipt: bool,
) -> Option<(NotificationId, u16, &'static str)> {
    Some(match event {
        Event::AttemptStarted { id, attempt, .. } => (*id, *attempt, STARTED),
        Event::AttemptAccepted { id, attempt, .. } if by_receipt => (*id, *attempt, CLEARED),
        Event::AttemptAccepted { id, attempt, .. } => (*id, *attempt, TAKEN),
        Event::AttemptDelivered { id, attempt } => (*id, *attempt, DELIVERED),
        Event::AttemptDeferred { id, attempt, .. } => (*id, *attempt, LATER),
        Event::AttemptFailed { id, attempt, .. } if by_receipt => (*id, *attempt, BOUNCED),
        Event::AttemptFailed {
            id,
            attempt,
            exhausted: true,
            ..
        } => (*id, *attempt, GIVEN_UP),
        Event::AttemptFailed { id, attempt, .. } => (*id, *attempt, REFUSED),
        Event::AttemptInDoubt { id, attempt, .. } => (*id, *attempt, DOUBT),
        Event::AttemptWithdrawn { id, attempt, .. } => (*id, *attempt, WITHDRAWN),
        _ => return None,
    })
}
