//! Owns by which definition a notification ran at a record: it may have gone on under another one since it was accepted.
//! Refuses to guess: where no move is among the records, whoever asks knows.

use sluis_model::{Event, FlowRef, Input, NotificationId, TenantRecord};

use super::walk::Page;

/// A move of a notification.
#[derive(Debug)]
struct Move {
    sequence: u64,
    id: NotificationId,
    from: FlowRef,
    to: FlowRef,
}

/// The moves that some records tell of, newest first.
#[derive(Debug, Default)]
pub(super) struct Versions(Vec<Move>);

impl Versions {
    /// Of records that come newest first.
    pub(super) fn of(records: &[(u64, TenantRecord)]) -> Self {
        Self(
            records
                .iter()
                .filter_map(|(at, record)| moved(*at, record))
                .collect(),
        )
    }

    /// The definition by which it ran in a record; a move is told by the one that it led to. None: it did not move.
    pub(super) fn at(&self, id: NotificationId, sequence: u64) -> Option<FlowRef> {
        let own = || self.0.iter().filter(|moved| moved.id == id);
        let before = own().find(|moved| moved.sequence <= sequence);
        let after = || own().next_back().map(|moved| moved.from);
        before.map(|moved| moved.to).or_else(after)
    }
}

/// An order to move is a record of its own.
fn moved(sequence: u64, record: &TenantRecord) -> Option<Move> {
    record.events.iter().find_map(|event| {
        let Event::Migrated { id, moved } = event else {
            return None;
        };
        Some(Move {
            sequence,
            id: *id,
            from: moved.from,
            to: moved.to,
        })
    })
}

/// The definition by which a notification ran last, as far as the page tells.
#[must_use]
pub fn ran_by(id: NotificationId, page: &Page) -> Option<FlowRef> {
    let moved = Versions::of(&page.records).at(id, u64::MAX);
    let accepted = page.records.iter().find_map(|(_, record)| {
        let Input::Notify(body) = &record.input else {
            return None;
        };
        (body.id == id).then_some(body.flow)
    });
    let carried = page.body.as_ref().map(|body| body.flow);
    moved.or(accepted).or(carried)
}
