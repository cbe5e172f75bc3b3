//! Owns the categories of notifications, as far as the follower needs them: a record after the first
//! does not say it. Bounded: what was forgotten is read again from the first record. Refuses to guess.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use sluis_model::{Event, Input, NotificationId, Record, TenantRecord};

/// Notifications that each half remembers: in all, between this and twice as many.
const HALF: usize = 131_072;
/// Records of a tenant that are read back for one category.
const MOST_READS: usize = 1_000;

/// The record of a sequence in the shard at hand; none where there is none any more.
pub(super) type Read<'a> = dyn Fn(u64) -> Result<Option<Record>, sluis_journal::JournalError> + 'a;

/// Categories that were seen.
#[derive(Debug, Default)]
pub(super) struct Categories {
    young: FxHashMap<NotificationId, Arc<str>>,
    old: FxHashMap<NotificationId, Arc<str>>,
    /// Of what is about no notification, or about one whose first record is gone.
    none: Arc<str>,
    last: Arc<str>,
}

impl Categories {
    /// The category of the notification that a record is about; empty for none.
    ///
    /// # Errors
    /// What `read` says.
    pub(super) fn of(
        &mut self,
        record: &TenantRecord,
        id: Option<NotificationId>,
        read: &Read<'_>,
    ) -> Result<Arc<str>, sluis_journal::JournalError> {
        if let Input::Notify(notification) = &record.input {
            let category = self.name(&notification.category);
            self.remember(notification.id, category.clone());
            return Ok(category);
        }
        let Some(id) = id else {
            return Ok(self.none.clone());
        };
        if let Some(category) = self.remembered(record, id) {
            return Ok(category);
        }
        let category = match first_record(record.previous, id, read)? {
            Some(category) => self.name(&category),
            None => self.none.clone(),
        };
        self.remember(id, category.clone());
        Ok(category)
    }

    /// What is remembered of it. It is forgotten with its end: seldom anything comes after that.
    fn remembered(&mut self, record: &TenantRecord, id: NotificationId) -> Option<Arc<str>> {
        let mut events = record.events.iter();
        if events.any(|event| matches!(event, Event::Ended { .. })) {
            return self.young.remove(&id).or_else(|| self.old.remove(&id));
        }
        let young = self.young.get(&id);
        young.or_else(|| self.old.get(&id)).cloned()
    }

    /// One copy of each name in a row: mailings come in thousands of the same.
    fn name(&mut self, category: &str) -> Arc<str> {
        if *self.last != *category {
            self.last = category.into();
        }
        self.last.clone()
    }

    fn remember(&mut self, id: NotificationId, category: Arc<str>) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, category);
    }
}

/// The category in the record that accepted `id`, walking back from `sequence`.
fn first_record(
    mut sequence: u64,
    id: NotificationId,
    read: &Read<'_>,
) -> Result<Option<Box<str>>, sluis_journal::JournalError> {
    for _ in 0..MOST_READS {
        sequence = match read(sequence)? {
            Some(Record::Tenant(record)) => match record.input {
                Input::Notify(body) if body.id == id => return Ok(Some(body.category)),
                _ => record.previous,
            },
            Some(Record::Stored(piece)) => match piece.open.iter().find(|open| open.id == id) {
                Some(open) => return Ok(Some(open.category.clone())),
                None => piece.previous,
            },
            Some(Record::Control(_) | Record::Gone(_)) | None => return Ok(None),
        };
    }
    Ok(None)
}
