//! Owns what becomes of an open notification with its attempts: what was tried, what left, what is
//! in doubt, when the wait after it ends.

use crate::attempt::{ReceiptKind, Refusal};
use crate::channel::ChannelSet;
use crate::event::{Cause, Event};
use crate::input::Input;
use crate::state::{Open, Phase, SentTo, Tries};
use crate::time::Timestamp;

use super::applied::FlowBook;

/// A step begins: what was counted for the one before is over. When a person has it tried again,
/// every channel is as new.
pub(super) fn step_entered(open: &mut Open, step: u8, cause: &Cause) {
    open.step = step;
    open.entered = true;
    open.answered = false;
    let Some(tried) = &mut open.tried else {
        return;
    };
    tried.doubt = None;
    tried.tries = Tries::default();
    tried.interrupted = 0;
    tried.unsendable = ChannelSet::default();
    if matches!(cause, Cause::Task { .. }) {
        tried.tried = ChannelSet::default();
        tried.failed = ChannelSet::default();
        tried.ours = false;
    }
}

/// An attempt starts.
pub(super) fn started(open: &mut Open, at: Timestamp, event: &Event) {
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
            variant: 0,
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

/// The newest attempt has a variant of its step's template.
pub(super) fn varied(open: &mut Open, number: u8) {
    let newest = open.tried.as_deref_mut();
    if let Some(sent) = newest.and_then(|tried| tried.sent_to.last_mut()) {
        sent.variant = number;
    }
}

/// It did not leave, and is decided again.
pub(super) fn withdrawn(open: &mut Open, attempt: u16) {
    concluded(open);
    let tries = &mut open.tried.get_or_insert_default().tries;
    tries.withdrawn = tries.withdrawn.saturating_add(1);
    never_left(open, attempt);
}

/// The provider wants it later.
pub(super) fn deferred(open: &mut Open, attempt: u16) {
    concluded(open);
    let tries = &mut open.tried.get_or_insert_default().tries;
    tries.retried = tries.retried.saturating_add(1);
    tries.withdrawn = 0;
    never_left(open, attempt);
}

/// The provider has it.
pub(super) fn accepted(open: &mut Open, attempt: u16, at: Timestamp, flows: &dyn FlowBook) {
    taken(open, attempt);
    open.phase = Phase::Sent {
        attempt,
        accepted_at: at,
        delivered_at: None,
        due: wait_due(open, at, flows),
    };
}

/// It arrived.
pub(super) fn delivered(open: &mut Open, attempt: u16, at: Timestamp, flows: &dyn FlowBook) {
    taken(open, attempt);
    let accepted_at = match open.phase {
        Phase::Sent { accepted_at, .. } => accepted_at,
        _ => at,
    };
    open.phase = Phase::Sent {
        attempt,
        accepted_at,
        delivered_at: Some(at),
        due: wait_due(open, at, flows),
    };
}

/// It did not arrive and will not.
pub(super) fn failed(open: &mut Open, attempt: u16, class: Refusal, input: &Input) {
    concluded(open);
    channel_failed(open, attempt, Some(class));
    // Said by the provider itself, on the spot. A receipt would mean that it had been taken before
    // it failed.
    if input.as_outcome().is_some() {
        never_left(open, attempt);
    }
}

/// A receipt about an attempt that the flow waits on no more: what it says of the channel is true
/// all the same.
pub(super) fn noted(open: &mut Open, attempt: u16, kind: ReceiptKind) {
    match kind {
        ReceiptKind::BouncedHard | ReceiptKind::Failed | ReceiptKind::Blocked => {
            channel_failed(open, attempt, None);
        }
        ReceiptKind::Accepted
        | ReceiptKind::Delivered
        | ReceiptKind::Delayed
        | ReceiptKind::Opened
        | ReceiptKind::Complained
        | ReceiptKind::Replied
        | ReceiptKind::Unexplained => {}
    }
}

/// Nobody knows whether it was taken.
pub(super) fn in_doubt(open: &mut Open, event: &Event, input: &Input) {
    let Event::AttemptInDoubt {
        attempt,
        provider,
        until,
        ..
    } = event
    else {
        return;
    };
    left(open, *attempt);
    let tried = open.tried.get_or_insert_default();
    let died = matches!(input, Input::Interrupted { .. });
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

/// People are asked about a message on it that nobody can read.
pub(super) fn asked(open: &mut Open, attempt: u16) {
    let tried = open.tried.iter_mut();
    let sent = tried.flat_map(|tried| &mut tried.sent_to);
    sent.filter(|sent| sent.attempt == attempt)
        .for_each(|sent| sent.asked = true);
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

/// The provider took it: the doubt is over.
fn taken(open: &mut Open, attempt: u16) {
    concluded(open);
    left(open, attempt);
    if let Some(tried) = &mut open.tried {
        tried.doubt = None;
    }
}

/// The attempt's message did not arrive: its channel failed. `class`: whose fault it was, when that
/// is new.
fn channel_failed(open: &mut Open, attempt: u16, class: Option<Refusal>) {
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

/// What waits for a receipt only listens for as long as its step says now; where that listens to nothing, it is over.
pub(super) fn listen(open: &mut Open, flows: &dyn FlowBook) {
    let Phase::Sent {
        accepted_at,
        delivered_at,
        due: Timestamp::NEVER,
        ..
    } = open.phase
    else {
        return;
    };
    let since = delivered_at.unwrap_or(accepted_at);
    let until = wait_due(open, since, flows);
    let step = flows.flow(open.flow).and_then(|flow| flow.step(open.step));
    let listens = step.is_some_and(|step| step.on().delivered.is_some());
    let is_over = until == Timestamp::NEVER && !listens;
    let until = if is_over { since } else { until };
    if let Phase::Sent { due, .. } = &mut open.phase {
        *due = until;
    }
}

/// When the wait that begins now ends: "unanswered" and "settled" count from delivery, else from
/// the relay's acceptance.
fn wait_due(open: &Open, from: Timestamp, flows: &dyn FlowBook) -> Timestamp {
    let step = flows.flow(open.flow).and_then(|flow| flow.step(open.step));
    let on = step.map(|step| step.on());
    let after = on.and_then(|on| on.unanswered.as_ref().or(on.settled.as_ref()));
    after.map_or(Timestamp::NEVER, |after| after.span.after(from))
}
