//! Owns the timeline: every decision about a tenant as one row, newest first.
//! Refuses to leave an event out; what an event means is said in `rows`, what came in, in `inputs`.

use std::collections::HashMap;

use serde::Serialize;
use sluis_model::{Flow, FlowBook, FlowRef, Input, NotificationId, Opens, TenantRecord};

use super::inputs;
use super::language::Language;
use super::rows::{self, Told};
use super::versions::Versions;
use super::words::rfc3339;

/// One row: something that came in, or something that was decided from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimelineRow {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Sequence of the record. Not shown: it would tell how much others send.
    #[serde(skip)]
    pub sequence: u64,
    /// Stable code: `attempt_started`, `held`, `fact` …
    pub kind: &'static str,
    /// The notification, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<NotificationId>,
    /// For people.
    pub text: String,
    /// The kind in Dutch.
    pub label_nl: &'static str,
    /// The facts of the row.
    pub details: serde_json::Value,
}

/// The timeline of `records`, which come newest first. Flows are found by the records in which
/// their notifications were accepted and, for what was accepted before the oldest of them, by
/// `open`; where neither knows, steps and guards go by their numbers.
#[must_use]
pub fn timeline(
    records: &[(u64, TenantRecord)],
    open: &Opens,
    book: &dyn FlowBook,
    lang: Language,
) -> Vec<TimelineRow> {
    let mut flows: HashMap<NotificationId, FlowRef> =
        open.iter().map(|open| (open.id, open.flow)).collect();
    flows.extend(
        records
            .iter()
            .filter_map(|(_, record)| match &record.input {
                Input::Notify(body) => Some((body.id, body.flow)),
                _ => None,
            }),
    );
    let versions = Versions::of(records);
    let rows = |(sequence, record): &(u64, TenantRecord)| {
        let flow = |id: NotificationId| {
            let known = versions.at(id, *sequence);
            book.flow(known.or_else(|| flows.get(&id).copied())?)
        };
        rows_of(*sequence, record, &flow, lang).into_iter().rev()
    };
    records.iter().flat_map(rows).collect()
}

/// The rows of one record, in the order of what happened.
pub(super) fn rows_of<'a>(
    sequence: u64,
    record: &TenantRecord,
    flow: &dyn Fn(NotificationId) -> Option<&'a Flow>,
    lang: Language,
) -> Vec<TimelineRow> {
    let row = |id: Option<NotificationId>, told: Told| TimelineRow {
        at: rfc3339(record.at),
        sequence,
        kind: told.kind,
        id,
        text: told.text,
        label_nl: told.label_nl,
        details: told.details,
    };
    let came_in = inputs::tell(&record.input, lang).map(|(id, told)| row(id, told));
    let decided = record.events.iter().map(|event| {
        let id = event.notification();
        row(
            id,
            rows::tell(event, &record.input, id.and_then(flow), lang),
        )
    });
    came_in.into_iter().chain(decided).collect()
}
