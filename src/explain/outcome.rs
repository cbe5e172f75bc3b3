//! Owns the row that a sender gets for each end, for each reminder of a task, and for each fact that a flow set. Refuses to say what its record does not hold:
//! whoever wants more asks for the notification.

use serde::Serialize;
use serde_json::{Value, json};
use sluis_model::{
    AttemptRef, CancelTarget, Cause, Channel, DeclaredFact, Event, Input, NotificationId, Subject,
    TenantRecord, Why,
};

use super::causes;
use super::explanation::FlowName;
use super::reason::ReasonRow;
use super::words::{json as said_json, rfc3339};

/// What became of one notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutcomeRow {
    /// Where it stands in the journal, masked like the answer to its acceptance; 16 hex digits.
    #[serde(serialize_with = "hex")]
    pub position: u64,
    /// When it ended, RFC 3339 in UTC.
    pub at: String,
    /// Which.
    pub id: NotificationId,
    /// Whose.
    pub tenant_id: String,
    /// What it was about, when the record that ended it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Always `ended`.
    pub state: &'static str,
    /// Name of the end state.
    pub end: String,
    /// Stable code of why.
    pub reason: &'static str,
    /// The provider's reason, where a provider gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<ReasonRow>,
    /// The attempt whose outcome or receipt ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u16>,
    /// The group that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<NotificationId>,
    /// The channel of that attempt, when the record that ended it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// A task that waits for longer than its flow likes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReminderRow {
    /// Where it stands in the journal, as that of an end.
    #[serde(serialize_with = "hex")]
    pub position: u64,
    /// When somebody was reminded, RFC 3339 in UTC.
    pub at: String,
    /// Which notification.
    pub id: NotificationId,
    /// Whose.
    pub tenant_id: String,
    /// Always `task_reminded`.
    pub state: &'static str,
    /// The task, as `GET /v1/tasks` names it.
    pub task: String,
}

/// A fact that a flow told, for the source that is to take it over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactRow {
    /// Where it stands in the journal, as that of an end.
    #[serde(serialize_with = "hex")]
    pub position: u64,
    /// When it was told, RFC 3339 in UTC.
    pub at: String,
    /// The notification that told it.
    pub id: NotificationId,
    /// Whose.
    pub tenant_id: String,
    /// Always `fact_set`.
    pub state: &'static str,
    /// The flow that told it.
    pub flow: FlowName,
    /// The step of it.
    pub step: String,
    /// The fact, as `POST /v1/facts` takes it.
    pub fact: Value,
}

/// The row of `event`, an event of `record`, which stands at `position`; `None` unless a flow told a fact.
#[must_use]
pub fn fact_set(position: u64, record: &TenantRecord, event: &Event) -> Option<FactRow> {
    let Event::FactSet { id, set } = event else {
        return None;
    };
    let tenant_id = record.tenant.tenant.to_string();
    Some(FactRow {
        position,
        at: rfc3339(record.at),
        id: *id,
        fact: as_told(&set.fact, &tenant_id),
        tenant_id,
        state: "fact_set",
        flow: FlowName {
            name: set.flow.to_string(),
            version: set.version,
        },
        step: set.by.to_string(),
    })
}

/// A fact as a source would tell it.
fn as_told(fact: &DeclaredFact, tenant: &str) -> Value {
    let mut told = json!({
        "fact_id": fact.fact_id, "type": fact.kind, "tenant_id": tenant,
        "occurred_at": rfc3339(fact.occurred_at), "environment": fact.environment.name()
    });
    if let Some(subject) = &fact.subject {
        told["subject"] = json!(subject);
    }
    for (name, said) in &fact.says {
        told[&**name] = said_json(said);
    }
    told
}

/// The row of `event`, an event of `record`, which stands at `position`; `None` unless somebody is
/// reminded of a task.
#[must_use]
pub fn reminder(position: u64, record: &TenantRecord, event: &Event) -> Option<ReminderRow> {
    let Event::TaskReminded { id, task } = event else {
        return None;
    };
    Some(ReminderRow {
        position,
        at: rfc3339(record.at),
        id: *id,
        tenant_id: record.tenant.tenant.to_string(),
        state: "task_reminded",
        task: format!("{id}.{task}"),
    })
}

/// The row of `event`, an event of `record`, which stands at `position`; `None` unless it is an
/// end.
#[must_use]
pub fn outcome(position: u64, record: &TenantRecord, event: &Event) -> Option<OutcomeRow> {
    let Event::Ended { id, end, cause } = event else {
        return None;
    };
    let attempt = attempt_of(&record.input).filter(|attempt| attempt.id == *id);
    Some(OutcomeRow {
        position,
        at: rfc3339(record.at),
        id: *id,
        tenant_id: record.tenant.tenant.to_string(),
        subject: subject(record, *id),
        state: "ended",
        end: end.to_string(),
        reason: causes::cause_code(cause),
        why: providers_reason(cause).map(ReasonRow::of),
        attempt: attempt.map(|attempt| attempt.attempt),
        group: group(record, *id),
        channel: attempt.and_then(|_| marked_channel(record)),
    })
}

/// The attempt whose outcome or receipt came in.
fn attempt_of(input: &Input) -> Option<AttemptRef> {
    match input {
        Input::Receipt(receipt) => Some(receipt.attempt),
        other => other.as_outcome().map(|(attempt, _)| attempt),
    }
}

/// What the provider said, where that ended it.
const fn providers_reason(cause: &Cause) -> Option<&Why> {
    match cause {
        Cause::Bounced { why }
        | Cause::Blocked { why }
        | Cause::OurMistake { why }
        | Cause::CannotSend { why } => Some(why),
        Cause::Accepted
        | Cause::SendAfterReached
        | Cause::Unreachable
        | Cause::Unanswered
        | Cause::Settled
        | Cause::HandedOver
        | Cause::Delivered
        | Cause::Answered
        | Cause::Waited
        | Cause::Guard { .. }
        | Cause::Stop { .. }
        | Cause::Task { .. }
        | Cause::Cancelled { .. }
        | Cause::Expired
        | Cause::AlreadyRunning { .. }
        | Cause::HeldTooLong
        | Cause::DoubtTooLong
        | Cause::NotAllowListed
        | Cause::Interrupted { .. }
        | Cause::Unexplained { .. }
        | Cause::Capped { .. }
        | Cause::Branched { .. }
        | Cause::Group { .. }
        | Cause::PartsEnded
        | Cause::TaskOverdue { .. }
        | Cause::DayOver { .. }
        | Cause::NoDay { .. }
        | Cause::FactCame { .. }
        | Cause::PeopleFirst { .. }
        | Cause::Superseded { .. }
        | Cause::AllOff
        | Cause::TooLate
        | Cause::TenantAnswered { .. }
        | Cause::Closing { .. }
        | Cause::FactSet { .. }
        | Cause::NotSet { .. } => None,
    }
}

/// The channel on which a contact point was marked with it.
fn marked_channel(record: &TenantRecord) -> Option<Channel> {
    record.events.iter().find_map(|event| match event {
        Event::PointMarked { on, .. } => on.channel(),
        _ => None,
    })
}

/// The group whose part ended.
fn group(record: &TenantRecord, part: NotificationId) -> Option<NotificationId> {
    record.events.iter().find_map(|event| match event {
        Event::PartTells { news, .. } if news.id == part => Some(news.group),
        _ => None,
    })
}

fn subject(record: &TenantRecord, id: NotificationId) -> Option<Subject> {
    match &record.input {
        Input::Notify(body) if body.id == id => body.subject.clone(),
        Input::Cancel {
            target: CancelTarget::Subject(subject),
            ..
        } => Some(subject.clone()),
        _ => None,
    }
}

pub(super) fn hex<S: serde::Serializer>(position: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{position:016x}"))
}
