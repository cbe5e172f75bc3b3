//! Owns the way back to the body of a notification: it stands in the record that accepted it, or in
//! the stored tenant that carries it along. Refuses to run on an arbiter: it reads the disk.

use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::codec::CodecError;
use sluis_model::{Input, Notification, NotificationId, Record};

/// Why there is no body.
#[derive(Debug, thiserror::Error)]
pub enum NoBody {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The record cannot be decoded.
    #[error(transparent)]
    Record(#[from] CodecError),
    /// The record is not kept any more.
    #[error("the record of the notification is not in the journal any more")]
    Gone,
    /// Something else stands there.
    #[error("the record named as body holds something else")]
    Other,
}

/// The body of a notification, by where it stands (`Open::body`).
///
/// # Errors
/// See [`NoBody`].
pub fn read_body(
    journal: &dyn Journal,
    id: NotificationId,
    body: u64,
) -> Result<Notification, NoBody> {
    let bytes = journal.read(Shard(id.shard().0), Sequence(body))?;
    body_in(Record::decode(&bytes.ok_or(NoBody::Gone)?)?, id).ok_or(NoBody::Other)
}

/// The body of a notification, if this record has it.
pub(crate) fn body_in(record: Record, id: NotificationId) -> Option<Notification> {
    match record {
        Record::Tenant(record) => match record.input {
            Input::Notify(body) if body.id == id => Some(*body),
            _ => None,
        },
        Record::Stored(stored) => stored.bodies.into_iter().find(|body| body.id == id),
        Record::Control(_) | Record::Gone(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use sluis_journal::{Batch, MemoryJournal};
    use sluis_model::{
        CorporationId, Environment, FlowRef, Idempotency, Lane, ShardId, StoredTenant, Tenant,
        TenantKey, TenantRecord, Timestamp,
    };

    use super::*;

    fn notification(id: NotificationId) -> Notification {
        Notification {
            id,
            flow: FlowRef([1; 16]),
            category: "test".into(),
            subject: None,
            data: "{}".into(),
            fields: Box::new([]),
            lane: Lane::Normal,
            send_after: None,
            expires_at: None,
            environment: Environment::Test,
            idempotency: Idempotency { key: 1, body: 1 },
            addressed: Default::default(),
        }
    }

    fn journal_with(record: &Record) -> MemoryJournal {
        let journal = MemoryJournal::new(1, 1);
        let mut batch = Batch::new(Shard(0), Sequence(1));
        batch
            .push_with(|buffer| record.encode(buffer))
            .expect("it fits");
        journal
            .try_append(batch, Sequence(0))
            .expect("there is room");
        journal.commit();
        journal
    }

    #[test]
    fn a_body_is_read_where_it_was_accepted_and_where_it_is_carried_along() {
        let id = NotificationId::new(ShardId(0), 1, 1);
        let (at, tenant) = (Timestamp(1), TenantKey::new(CorporationId(1), "H-1"));
        let open = Tenant {
            last: 1,
            ..Tenant::default()
        };
        let [mut stored]: [StoredTenant; 1] =
            StoredTenant::pieces(&tenant, &open, Vec::new(), at, 1)
                .try_into()
                .expect("one piece");
        stored.bodies.push(notification(id));
        let accepted = TenantRecord {
            at,
            tenant,
            previous: 0,
            input: Input::Notify(Box::new(notification(id))),
            events: Vec::new(),
        };
        let other = NotificationId::new(ShardId(0), 1, 2);
        for record in [Record::Tenant(accepted), Record::Stored(Box::new(stored))] {
            let journal = journal_with(&record);
            assert_eq!(
                read_body(&journal, id, 1).expect("it is there"),
                notification(id)
            );
            assert!(matches!(read_body(&journal, other, 1), Err(NoBody::Other)));
            assert!(matches!(read_body(&journal, id, 2), Err(NoBody::Gone)));
        }
    }
}
