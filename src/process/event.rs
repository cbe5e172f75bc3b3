//! Owns one row of process data: which decision, about which notification, over what. Refuses
//! whatever names or quotes a person: addresses, texts, and what providers wrote.

use sluis_archive::Head;
use sluis_model::{
    Branched, Cause, Channel, Event, Input, NotificationId, TenantRecord, Timestamp, Why,
};

use super::names::Names;

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessEvent {
    /// When.
    pub at: Timestamp,
    /// What was decided, a word of the archive's format: `attempt_started`.
    pub event: String,
    /// What it follows from, a word of the archive's format: `receipt`.
    pub input: String,
    /// The notification; none where it is about the tenant as a whole.
    pub notification: Option<NotificationId>,
    /// The tenant, named as asked.
    pub tenant: String,
    /// Kind and number of what the notification is about, in the record that accepts it.
    pub subject: Option<(String, String)>,
    /// The category of the notification; empty where there is none.
    pub category: String,
    /// Hash of the notification's flow, in the record that accepts it.
    pub flow: Option<String>,
    /// Details that the event has.
    pub details: Details,
}

/// What some events have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Index of the flow's step.
    pub step: Option<u8>,
    /// Number of the attempt within the notification.
    pub attempt: Option<u16>,
    /// Channel.
    pub channel: Option<&'static str>,
    /// Provider, by its name in the configuration.
    pub provider: Option<String>,
    /// Name of the end, or the list of a task.
    pub end: Option<String>,
    /// Why: the cause's name, or the code of a provider's reason.
    pub reason: Option<String>,
}

/// The rows of one record.
pub(super) fn of_record(
    head: &Head,
    category: &str,
    record: &TenantRecord,
    names: &Names,
) -> Vec<ProcessEvent> {
    let accepted = match &record.input {
        Input::Notify(notification) => Some(notification),
        _ => None,
    };
    let subject = accepted.and_then(|notification| notification.subject.as_ref());
    let subject = subject.map(|subject| {
        let name = names.of(&subject.kind, &subject.id);
        (subject.kind.to_string(), name)
    });
    let tenant = names.of("tenant", &record.tenant.tenant);
    // The line names every event of its record, in their order.
    let rows = head.events.iter().zip(&record.events);
    rows.map(|(word, event)| ProcessEvent {
        at: record.at,
        event: word.to_string(),
        input: head.input.as_deref().unwrap_or_default().to_owned(),
        notification: event.notification(),
        tenant: tenant.clone(),
        subject: subject.clone(),
        category: category.to_owned(),
        flow: accepted.map(|notification| notification.flow.to_string()),
        details: details(event),
    })
    .collect()
}

fn details(event: &Event) -> Details {
    match event {
        Event::StepEntered { step, cause, .. } => Details {
            step: Some(*step),
            reason: Some(reason(cause)),
            ..Details::default()
        },
        Event::Ready { channel, .. } => over(Some(*channel)),
        Event::AttemptStarted {
            attempt,
            channel,
            provider,
            ..
        } => Details {
            attempt: Some(*attempt),
            provider: Some(provider.to_string()),
            ..over(Some(*channel))
        },
        Event::AttemptInDoubt {
            attempt,
            provider,
            why,
            ..
        } => Details {
            provider: Some(provider.to_string()),
            ..of_attempt(*attempt, Some(why))
        },
        Event::AttemptWithdrawn { attempt, why, .. }
        | Event::AttemptDeferred { attempt, why, .. }
        | Event::AttemptFailed { attempt, why, .. }
        | Event::OutcomeNoted { attempt, why, .. }
        | Event::Unexplained { attempt, why, .. } => of_attempt(*attempt, Some(why)),
        Event::AttemptAccepted { attempt, .. }
        | Event::AttemptDelivered { attempt, .. }
        | Event::ReceiptNoted { attempt, .. } => of_attempt(*attempt, None),
        Event::TaskOpened { list, cause, .. } => at_end(list, Some(cause)),
        Event::Ended { end, cause, .. } | Event::Closing { end, cause, .. } => {
            at_end(end, Some(cause))
        }
        Event::LinkClosed { end, .. } => at_end(end, None),
        Event::PointMarked { on, .. } | Event::PointKept { on, .. } => over(on.channel()),
        Event::Accepted { .. }
        | Event::Waiting { .. }
        | Event::Held { .. }
        | Event::LinkUsed { .. }
        | Event::ProfileStored { .. }
        | Event::FactTaken
        | Event::SubjectOpen { .. } => Details::default(),
        Event::Steered { steered, .. } => over(steered.channel),
        Event::PartEnded { end, .. } | Event::GroupStopping { end, .. } => at_end(end, None),
        Event::FactSet { set, .. } => Details {
            step: Some(set.step),
            ..Details::default()
        },
        Event::Capped { .. }
        | Event::Contacted { .. }
        | Event::Follows { .. }
        | Event::HeldBack { .. }
        | Event::Varied { .. }
        | Event::AnswerKept { .. }
        | Event::TaskPlanned { .. }
        | Event::TaskReminded { .. }
        | Event::Migrated { .. }
        | Event::GroupFormed { .. }
        | Event::GroupTold { .. }
        | Event::PartTells { .. }
        | Event::PartBarred { .. }
        | Event::HouseholdStored { .. }
        | Event::HouseholdNoted { .. } => Details::default(),
    }
}

fn over(channel: Option<Channel>) -> Details {
    Details {
        channel: channel.map(Channel::name),
        ..Details::default()
    }
}

fn of_attempt(attempt: u16, why: Option<&Why>) -> Details {
    Details {
        attempt: Some(attempt),
        reason: why.map(|why| why.code.to_string()),
        ..Details::default()
    }
}

/// Of an end, or of the list of a task.
fn at_end(name: &str, cause: Option<&Cause>) -> Details {
    Details {
        end: Some(name.to_owned()),
        reason: cause.map(reason),
        ..Details::default()
    }
}
/// The way that a step took which chooses. Numbers count from 0, as those of guards do.
fn branched(way: Branched) -> String {
    match way {
        Branched::Case(case) => format!("branch case {case}"),
        Branched::Otherwise => "branch otherwise".to_owned(),
        Branched::Unknown(case) => format!("branch unknown {case}"),
    }
}

/// The cause in a word, with the code of the provider's reason where it has one. Notes and answers of
/// people are left out: they may name somebody.
pub(crate) fn reason(cause: &Cause) -> String {
    let with = |word: &str, why: &Why| format!("{word} {}", why.code);
    match cause {
        Cause::Accepted => "accepted".to_owned(),
        Cause::SendAfterReached => "send_after_reached".to_owned(),
        Cause::Bounced { why } => with("bounced", why),
        Cause::Unreachable => "unreachable".to_owned(),
        Cause::Unanswered => "unanswered".to_owned(),
        Cause::Settled => "settled".to_owned(),
        Cause::HandedOver => "handed_over".to_owned(),
        Cause::Delivered => "delivered".to_owned(),
        Cause::Answered => "answered".to_owned(),
        Cause::Waited => "waited".to_owned(),
        Cause::Guard { guard, .. } => format!("guard {guard}"),
        Cause::Stop { stop, .. } => format!("stop {stop}"),
        Cause::Task { .. } => "task".to_owned(),
        Cause::Cancelled { .. } => "cancelled".to_owned(),
        Cause::Expired => "expired".to_owned(),
        Cause::AlreadyRunning { .. } => "already_running".to_owned(),
        Cause::HeldTooLong => "held_too_long".to_owned(),
        Cause::DoubtTooLong => "doubt_too_long".to_owned(),
        Cause::OurMistake { why } => with("our_mistake", why),
        Cause::NotAllowListed => "not_allow_listed".to_owned(),
        Cause::CannotSend { why } => with("cannot_send", why),
        Cause::Interrupted { .. } => "interrupted".to_owned(),
        Cause::Blocked { why } => with("blocked", why),
        Cause::Unexplained { why, .. } => with("unexplained", why),
        Cause::Capped { .. } => "capped".to_owned(),
        Cause::Branched { way, .. } => branched(*way),
        Cause::Group { .. } => "group".to_owned(),
        Cause::PartsEnded => "parts_ended".to_owned(),
        Cause::TaskOverdue { .. } => "task_overdue".to_owned(),
        Cause::DayOver { .. } => "day_over".to_owned(),
        Cause::NoDay { .. } => "no_day".to_owned(),
        Cause::FactCame { .. } => "fact_came".to_owned(),
        Cause::PeopleFirst { .. } => "people_first".to_owned(),
        Cause::Superseded { .. } => "superseded".to_owned(),
        Cause::AllOff => "all_off".to_owned(),
        Cause::TooLate => "too_late".to_owned(),
        Cause::TenantAnswered { .. } => "tenant_answered".to_owned(),
        Cause::Closing { .. } => "closing".to_owned(),
        Cause::FactSet { .. } => "fact_set".to_owned(),
        Cause::NotSet { .. } => "fact_not_set".to_owned(),
    }
}
