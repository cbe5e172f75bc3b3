//! Owns the bytes of one submission. Refuses to judge it: whether the tenant, the flow or the JSON
//! of `data` makes sense is admission's work.

use super::read::Reader;
use super::{At, WireError, write};
use crate::notification::{Environment, Lane, NotificationRequest, Subject};
use crate::time::Timestamp;

/// Bytes of a row whose strings are all empty.
pub(super) const MIN_ROW: usize = 31;
/// Bytes of the two lengths of a subject that is present.
const SUBJECT: usize = 4;
/// Bytes of a `SubmitBatch` before its first row, the kind included; a `Submit` has fewer.
pub(super) const BATCH_HEAD: usize = 11;
/// Stands for an instant that is absent.
const ABSENT: i64 = i64::MIN;

/// Bytes that `row` takes in a frame, to plan batches: a `SubmitBatch` has 11 more (kind, first,
/// count).
#[must_use]
pub fn row_len(row: &NotificationRequest) -> usize {
    let subject = row
        .subject
        .as_ref()
        .map_or(0, |s| SUBJECT + s.kind.len() + s.id.len());
    let texts = row.tenant_id.len()
        + row.flow.len()
        + row.category.len()
        + row.idempotency_key.len()
        + row.data.len();
    MIN_ROW + subject + texts
}

/// Checks that `row` can be sent, alone or in a batch, where a frame takes `max_frame` bytes.
///
/// # Errors
/// [`WireError`] naming the field that is too long or holds a reserved value.
pub fn check_row(row: &NotificationRequest, max_frame: u32) -> Result<(), WireError> {
    let (kind, id) = row.subject.as_ref().map_or(("", ""), |s| (&s.kind, &s.id));
    let max = usize::from(u16::MAX);
    for (field, text) in [
        ("tenant_id", row.tenant_id.as_str()),
        ("flow", &row.flow),
        ("category", &row.category),
        ("subject.kind", kind),
        ("subject.id", id),
        ("idempotency_key", &row.idempotency_key),
    ] {
        if text.len() > max {
            return Err(WireError::TooLong {
                at: field.into(),
                length: text.len(),
                max,
            });
        }
    }
    millis("send_after".into(), row.send_after)?;
    millis("expires_at".into(), row.expires_at)?;
    let length = BATCH_HEAD + row_len(row);
    if length > max_frame as usize {
        return Err(WireError::FrameTooLong {
            length: length as u64,
            max: max_frame,
        });
    }
    Ok(())
}

pub(super) fn encode(
    out: &mut Vec<u8>,
    index: Option<u16>,
    row: &NotificationRequest,
) -> Result<(), WireError> {
    let at = |field| At { row: index, field };
    out.reserve(row_len(row));
    out.extend_from_slice(&[lane_code(row.priority), environment_code(row.environment)]);
    out.extend_from_slice(&millis(at("send_after"), row.send_after)?.to_be_bytes());
    out.extend_from_slice(&millis(at("expires_at"), row.expires_at)?.to_be_bytes());
    write::short(out, at("tenant_id"), &row.tenant_id)?;
    write::short(out, at("flow"), &row.flow)?;
    write::short(out, at("category"), &row.category)?;
    match &row.subject {
        None => out.push(0),
        Some(subject) => {
            out.push(1);
            write::short(out, at("subject.kind"), &subject.kind)?;
            write::short(out, at("subject.id"), &subject.id)?;
        }
    }
    write::short(out, at("idempotency_key"), &row.idempotency_key)?;
    write::long(out, at("data"), &row.data)
}

fn millis(at: At, instant: Option<Timestamp>) -> Result<i64, WireError> {
    match instant {
        None => Ok(ABSENT),
        Some(Timestamp(ABSENT)) => Err(WireError::BadValue {
            at,
            value: ABSENT,
            expected: "a later instant",
        }),
        Some(Timestamp(millis)) => Ok(millis),
    }
}

pub(super) fn decode(from: &mut Reader<'_>) -> Result<NotificationRequest, WireError> {
    let lane = from.u8("priority")?;
    let environment = from.u8("environment")?;
    Ok(NotificationRequest {
        priority: lane_of(lane)
            .ok_or_else(|| from.bad("priority", lane.into(), "0 urgent, 1 normal or 2 bulk"))?,
        environment: environment_of(environment).ok_or_else(|| {
            from.bad(
                "environment",
                environment.into(),
                "0 production, 1 acceptance, 2 test or 3 development",
            )
        })?,
        send_after: read_instant(from, "send_after")?,
        expires_at: read_instant(from, "expires_at")?,
        tenant_id: from.short("tenant_id")?.to_owned(),
        flow: from.short("flow")?.to_owned(),
        category: from.short("category")?.to_owned(),
        subject: read_subject(from)?,
        idempotency_key: from.short("idempotency_key")?.to_owned(),
        data: from.long("data")?.to_owned(),
        to_household: false,
    })
}

fn read_instant(
    from: &mut Reader<'_>,
    field: &'static str,
) -> Result<Option<Timestamp>, WireError> {
    let millis = from.i64(field)?;
    Ok((millis != ABSENT).then_some(Timestamp(millis)))
}

fn read_subject(from: &mut Reader<'_>) -> Result<Option<Subject>, WireError> {
    match from.u8("subject")? {
        0 => Ok(None),
        1 => Ok(Some(Subject {
            kind: from.short("subject.kind")?.into(),
            id: from.short("subject.id")?.into(),
        })),
        other => Err(from.bad("subject", other.into(), "0 absent or 1 present")),
    }
}

// The numbers are written out, not taken from the order of the variants: they are part of the
// protocol.
const fn lane_code(lane: Lane) -> u8 {
    match lane {
        Lane::Urgent => 0,
        Lane::Normal => 1,
        Lane::Bulk => 2,
    }
}

const fn lane_of(code: u8) -> Option<Lane> {
    match code {
        0 => Some(Lane::Urgent),
        1 => Some(Lane::Normal),
        2 => Some(Lane::Bulk),
        _ => None,
    }
}

const fn environment_code(environment: Environment) -> u8 {
    match environment {
        Environment::Production => 0,
        Environment::Acceptance => 1,
        Environment::Test => 2,
        Environment::Development => 3,
    }
}

const fn environment_of(code: u8) -> Option<Environment> {
    match code {
        0 => Some(Environment::Production),
        1 => Some(Environment::Acceptance),
        2 => Some(Environment::Test),
        3 => Some(Environment::Development),
        _ => None,
    }
}
