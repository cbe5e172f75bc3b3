//! Owns the change of state that each event means. The same function runs when an event is decided
//! and when it is replayed, so a recovered state is the state. Refuses to decide anything.

use std::collections::HashSet;

use crate::attempt::{ReceiptKind, Refusal};
use crate::channel::ChannelSet;
use crate::contact::Evidence;
use crate::event::{Cause, Event};
use crate::fact::{Fact, FactKind};
use crate::flow::{Dated, Flow};
use crate::input::Input;
use crate::instant;
use crate::notification::{Notification, Subject};
use crate::profile::AddressState;
use crate::state::{
    Open, Phase, REMEMBERED_FACTS, REMEMBERED_PAYMENTS, REMEMBERED_SUBJECTS, SentTo, SubjectMoney,
    Tenant, Tried, Tries,
};
use crate::time::Timestamp;

/// Where an event stands: the input it came from, its sequence and time.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// Sequence of the record.
    pub sequence: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// The input it was decided from.
    pub input: &'a Input,
}

/// Finds the compiled flow behind a reference. Every reference in a journal resolves: definitions
/// are stored first.
pub trait FlowBook {
    /// The flow.
    fn flow(&self, reference: crate::flow::FlowRef) -> Option<&Flow>;
}

/// Applies one event to the tenant it belongs to. Gives what ended with it.
pub fn evolve(
    tenant: &mut Tenant,
    applied: Applied<'_>,
    event: &Event,
    flows: &dyn FlowBook,
) -> Option<Box<Open>> {
    match (event, applied.input) {
        (Event::Accepted { .. }, Input::Notify(body)) => {
            tenant.open.insert(Box::new(accepted(body, applied)))
        }
        (Event::ProfileStored { .. }, Input::PutProfile(profile)) => {
            tenant.store_profile(profile, &[], applied.at)
        }
        (Event::ProfileStored { .. }, Input::Supplied(supplied)) => {
            tenant.store_profile(&supplied.profile, &supplied.confirmed, applied.at);
        }
        (Event::FactTaken, Input::Fact(fact)) => take_fact(tenant, fact, applied.at),
        (
            Event::AddressMarked {
                channel,
                value,
                state,
            },
            input,
        ) => {
            tenant.mark(*channel, value, *state, applied.at, evidence(*state, input));
        }
        (Event::Ended { id, .. }, _) => {
            return tenant.open.remove(*id);
        }
        _ => {
            if let Some(open) = event.notification().and_then(|id| tenant.find_mut(id)) {
                evolve_open(open, applied, event, flows);
            }
        }
    }
    None
}

/// Marks a whole record as applied: the tenant's newest record is now this one.
pub fn finish(tenant: &mut Tenant, sequence: u64) {
    tenant.last = sequence;
}

fn accepted(body: &Notification, applied: Applied<'_>) -> Open {
    Open {
        id: body.id,
        flow: body.flow,
        body: applied.sequence,
        accepted_at: applied.at,
        category: body.category.clone(),
        subject: body.subject.clone().map(Box::new),
        fields: body.fields.clone(),
        lane: body.lane,
        environment: body.environment,
        expires_at: body.expires_at,
        step: 0,
        entered: false,
        tasks: 0,
        answered: false,
        link_closed: false,
        tried: None,
        phase: Phase::Waiting {
            until: body.send_after.unwrap_or(applied.at),
        },
    }
}

/// What a mark rests on: a list, or a message to the address.
fn evidence(state: AddressState, input: &Input) -> Evidence {
    match (state, input) {
        (_, Input::PutProfile(_) | Input::Supplied(_)) => Evidence::Source,
        (AddressState::Invalid, _) => Evidence::Bounce,
        (AddressState::Created | AddressState::Validated, _) => Evidence::Use,
    }
}

fn take_fact(tenant: &mut Tenant, fact: &Fact, received: Timestamp) {
    let told = tenant.told_mut();
    told.facts.push_back((fact_hash(&fact.fact_id), fact.body));
    while told.facts.len() > REMEMBERED_FACTS {
        told.facts.pop_front();
    }
    // Here and not only at the door: the journal may hold facts that an older build took as they
    // came.
    let (at, ahead) = (
        instant::placed(fact.occurred_at, received),
        fact.occurred_at > received,
    );
    match (fact.kind, fact.amount_cents, &fact.subject) {
        // Feeds may overtake each other: the newest at the source wins.
        (FactKind::Balance, Some(cents), _)
            if told
                .balance
                .is_none_or(|(_, known)| instant::yields_from(known, told.balance_ahead) <= at) =>
        {
            (told.balance, told.balance_ahead) = (Some((cents, at)), ahead);
        }
        (FactKind::Payment, Some(cents), Some(subject)) => {
            let money = subject_money(tenant, subject);
            // An absolute amount told later than this payment has already counted it. At the same
            // instant too, unless the payment's is only that of its arrival: then what came later
            // is later.
            let counted = |(_, told): Dated| match instant::yields_from(told, money.open_ahead) {
                told if ahead => told > at,
                told => told >= at,
            };
            if !money.open.is_some_and(counted) {
                count_payment(money, (cents, at));
            }
        }
        (FactKind::OpenAmount, Some(cents), Some(subject)) => {
            let money = subject_money(tenant, subject);
            if money
                .open
                .is_none_or(|(_, told)| instant::yields_from(told, money.open_ahead) <= at)
            {
                (money.open, money.open_ahead) = (Some((cents, at)), ahead);
                // What was paid after it was told stays paid, also when the telling comes late.
                money.payments.retain(|(_, paid)| *paid > at);
                money.paid_cents = money
                    .payments
                    .iter()
                    .fold(0, |sum, (cents, _)| sum.saturating_add(*cents));
            }
        }
        _ => {}
    }
}

fn count_payment(money: &mut SubjectMoney, payment: Dated) {
    money.paid_cents = money.paid_cents.saturating_add(payment.0);
    money.paid_at = money.paid_at.max(payment.1);
    money.payments.push(payment);
    if money.payments.len() > REMEMBERED_PAYMENTS {
        let oldest = money
            .payments
            .iter()
            .enumerate()
            .min_by_key(|(_, (_, at))| *at)
            .map_or(0, |(index, _)| index);
        money.payments.remove(oldest);
    }
}

/// The hash by which a fact id is remembered.
#[must_use]
pub fn fact_hash(fact_id: &str) -> u64 {
    let hash = blake3::hash(fact_id.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_be_bytes(first)
}

fn subject_money<'a>(tenant: &'a mut Tenant, subject: &Subject) -> &'a mut SubjectMoney {
    let Tenant { told, open, .. } = tenant;
    let subjects = &mut told.get_or_insert_default().subjects;
    if let Some(index) = subjects.iter().position(|s| s.subject == *subject) {
        return &mut subjects[index];
    }
    if subjects.len() >= REMEMBERED_SUBJECTS {
        // What an open notification is about must not be forgotten: only the number of those goes
        // beyond the limit.
        let needed: HashSet<&Subject> = open
            .iter()
            .filter_map(|open| open.subject.as_deref())
            .collect();
        if let Some(spare) = subjects
            .iter()
            .position(|money| !needed.contains(&money.subject))
        {
            subjects.remove(spare);
        }
    }
    subjects.push_back(SubjectMoney {
        subject: subject.clone(),
        open: None,
        open_ahead: false,
        paid_cents: 0,
        paid_at: Timestamp(i64::MIN),
        payments: Vec::new(),
    });
    let last = subjects.len() - 1;
    &mut subjects[last]
}

fn evolve_open(open: &mut Open, applied: Applied<'_>, event: &Event, flows: &dyn FlowBook) {
    let at = applied.at;
    match event {
        Event::Waiting { until, .. } => open.phase = Phase::Waiting { until: *until },
        Event::StepEntered { step, cause, .. } => {
            open.step = *step;
            open.entered = true;
            open.answered = false;
            if let Some(tried) = &mut open.tried {
                step_entered(tried, cause);
            }
        }
        Event::Ready {
            channel,
            choice,
            pinned,
            not_before,
            ..
        } => {
            open.phase = Phase::Ready {
                channel: *channel,
                choice: *choice,
                pinned: pinned.clone(),
                not_before: *not_before,
            };
        }
        Event::Held { guard, until, .. } => {
            open.phase = Phase::Held {
                guard: *guard,
                until: *until,
            }
        }
        Event::AttemptStarted { .. } => attempt_started(open, at, event),
        Event::AttemptWithdrawn { attempt, .. } => {
            concluded(open);
            let tries = &mut open.tried.get_or_insert_default().tries;
            tries.withdrawn = tries.withdrawn.saturating_add(1);
            never_left(open, *attempt);
        }
        Event::AttemptAccepted { attempt, .. } => {
            concluded(open);
            left(open, *attempt);
            doubt_over(open);
            open.phase = Phase::Sent {
                attempt: *attempt,
                accepted_at: at,
                delivered_at: None,
                due: wait_due(open, at, flows),
            };
        }
        Event::AttemptDelivered { attempt, .. } => {
            concluded(open);
            left(open, *attempt);
            doubt_over(open);
            let accepted_at = match open.phase {
                Phase::Sent { accepted_at, .. } => accepted_at,
                _ => at,
            };
            let due = wait_due(open, at, flows);
            open.phase = Phase::Sent {
                attempt: *attempt,
                accepted_at,
                delivered_at: Some(at),
                due,
            };
        }
        Event::AttemptDeferred { attempt, .. } => {
            concluded(open);
            let tries = &mut open.tried.get_or_insert_default().tries;
            tries.retried = tries.retried.saturating_add(1);
            tries.withdrawn = 0;
            never_left(open, *attempt);
        }
        Event::AttemptFailed { attempt, class, .. } => {
            concluded(open);
            failed(open, *attempt, Some(*class));
            // Said by the provider itself, on the spot. A receipt would mean that it had been taken
            // before it failed.
            if matches!(applied.input, Input::Outcome { .. }) {
                never_left(open, *attempt);
            }
        }
        // Late, about an attempt that the flow waits on no more: what it says of the channel is
        // true all the same.
        Event::ReceiptNoted {
            attempt,
            kind: ReceiptKind::BouncedHard | ReceiptKind::Failed | ReceiptKind::Blocked,
            ..
        } => failed(open, *attempt, None),
        Event::AttemptInDoubt {
            attempt,
            provider,
            until,
            ..
        } => {
            left(open, *attempt);
            let tried = open.tried.get_or_insert_default();
            let died = matches!(applied.input, Input::Interrupted { .. });
            tried.interrupted = if died {
                tried.interrupted.saturating_add(1)
            } else {
                0
            };
            tried.doubt = Some(provider.clone());
            tried.tries.withdrawn = 0;
            open.phase = Phase::InDoubt {
                attempt: *attempt,
                until: *until,
            };
        }
        Event::TaskOpened {
            task, list, cause, ..
        } => {
            open.tasks = *task;
            open.phase = Phase::Task {
                task: *task,
                list: list.clone(),
                cause: Box::new(cause.clone()),
                since: at,
            };
        }
        Event::Unexplained { attempt, .. } => {
            let tried = open.tried.iter_mut();
            let sent = tried.flat_map(|tried| &mut tried.sent_to);
            sent.filter(|sent| sent.attempt == *attempt)
                .for_each(|sent| sent.asked = true);
        }
        Event::LinkClosed { .. } => open.link_closed = true,
        Event::LinkUsed { pressed, .. } => open.answered |= *pressed,
        _ => {}
    }
}

fn attempt_started(open: &mut Open, at: Timestamp, event: &Event) {
    let Event::AttemptStarted {
        attempt,
        channel,
        provider,
        address,
        on_doubt,
        resend,
        ..
    } = event
    else {
        return;
    };
    let tried = open.tried.get_or_insert_default();
    tried.attempts = tried.attempts.max(*attempt);
    if tried.tries.since == Timestamp::NEVER {
        tried.tries.since = at;
    }
    if !resend {
        let sent = SentTo {
            attempt: *attempt,
            step: open.step,
            channel: *channel,
            asked: false,
            address: address.clone(),
        };
        // Exactly as long as it must be: most have one, and a list that grows makes room for four.
        tried.sent_to = std::mem::take(&mut tried.sent_to)
            .into_iter()
            .chain([sent])
            .collect();
    }
    open.phase = Phase::Started {
        attempt: *attempt,
        channel: *channel,
        provider: provider.clone(),
        on_doubt: *on_doubt,
        at,
    };
}

/// The attempt's message is known not to have been taken: no receipt can come for its address. Not
/// so in doubt: then an earlier try of the same attempt may have been.
fn never_left(open: &mut Open, attempt: u16) {
    if let Some(tried) = open
        .tried
        .as_deref_mut()
        .filter(|tried| tried.doubt.is_none())
    {
        let sent_to = std::mem::take(&mut tried.sent_to);
        tried.sent_to = sent_to
            .into_iter()
            .filter(|sent| sent.attempt != attempt)
            .collect();
    }
}

/// A step begins: what was counted for the one before is over. When a person has it tried again,
/// every channel is as new.
fn step_entered(tried: &mut Tried, cause: &Cause) {
    tried.doubt = None;
    tried.tries = Tries::default();
    tried.interrupted = 0;
    tried.unsendable = ChannelSet::default();
    if matches!(cause, Cause::Task { .. }) {
        (tried.tried, tried.failed, tried.ours) =
            (ChannelSet::default(), ChannelSet::default(), false);
    }
}

/// An attempt ended while the process lived: the deaths before are none in a row.
fn concluded(open: &mut Open) {
    if let Some(tried) = &mut open.tried {
        tried.interrupted = 0;
    }
}

/// The attempt's message left, or may have.
fn left(open: &mut Open, attempt: u16) {
    let channel = open.sent_to(attempt).map(|sent| sent.channel);
    if let (Some(channel), Some(tried)) = (channel, &mut open.tried) {
        tried.tried = tried.tried.with(channel);
    }
}

/// The attempt's message did not arrive: its channel failed. `class`: whose fault it was, when that
/// is new.
fn failed(open: &mut Open, attempt: u16, class: Option<Refusal>) {
    left(open, attempt);
    let channel = open.sent_to(attempt).map(|sent| sent.channel);
    let (Some(channel), Some(tried)) = (channel, &mut open.tried) else {
        return;
    };
    tried.failed = tried.failed.with(channel);
    match class {
        Some(Refusal::Ours | Refusal::Unsendable) => {
            tried.unsendable = tried.unsendable.with(channel);
            tried.ours = true;
        }
        Some(Refusal::Address | Refusal::Policy | Refusal::Soft) | None => {}
    }
}

fn doubt_over(open: &mut Open) {
    if let Some(tried) = &mut open.tried {
        tried.doubt = None;
    }
}

/// When the wait that begins now ends: "unanswered" and "settled" count from delivery, else from
/// the relay's acceptance.
fn wait_due(open: &Open, from: Timestamp, flows: &dyn FlowBook) -> Timestamp {
    let step = flows.flow(open.flow).and_then(|flow| flow.step(open.step));
    let on = step.map(|step| step.on());
    let after = on.and_then(|on| on.unanswered.as_ref().or(on.settled.as_ref()));
    after.map_or(Timestamp::NEVER, |after| from.plus(after.after_ms))
}
