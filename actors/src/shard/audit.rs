//! Owns the comparison of a shard's keyed table with its log, for the command line: what the
//! records say has ended must stand in the table, as far as that claims to be complete, and unless it
//! ended so long ago that it left. Refuses to mend: a start does.

use std::ops::ControlFlow;

use sluis_journal::{Journal, JournalError, Shard};
use sluis_model::{Event, NotificationId, Record};

use super::endings::Endings;
use super::leaving;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Notifications that the log says have ended, as far as the table claims to know.
    pub ended: u64,
    /// Those that it does not have, or has otherwise.
    pub missing: Vec<NotificationId>,
}

/// Looks up every one.
///
/// # Errors
/// Log or table cannot be read.
pub fn audit(journal: &dyn Journal, shard: Shard) -> Result<Audit, JournalError> {
    let (applied, endings) = (journal.table_applied(shard), Endings::default());
    let left_until = leaving::left_until(journal, shard)?;
    let (mut audit, mut failure) = (Audit::default(), None);
    journal.replay(shard, journal.first(shard), &mut |sequence, bytes| {
        if sequence > applied {
            return ControlFlow::Break(());
        }
        // A record that cannot be decoded is told by who reads all of them.
        let Ok(Record::Tenant(record)) = Record::decode(bytes) else {
            return ControlFlow::Continue(());
        };
        for event in &record.events {
            let Event::Ended { id, .. } = event else {
                continue;
            };
            match endings.find(journal, shard, *id) {
                Ok(found) => {
                    audit.ended += 1;
                    let is_there = found.map(|found| found.sequence == sequence.0);
                    if !is_there.unwrap_or(record.at < left_until) {
                        audit.missing.push(*id);
                    }
                }
                Err(error) => {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    failure.map_or(Ok(audit), Err)
}

#[cfg(test)]
mod tests {
    use sluis_journal::{Batch, MemoryJournal, Sequence};
    use sluis_model::{Cause, CorporationId, Input, ShardId, TenantKey, TenantRecord, Timestamp};

    use super::super::leaving::Leaving;
    use super::super::table::Ended;
    use super::*;

    #[test]
    fn what_ended_by_the_log_and_is_not_in_the_table_is_named() {
        let (journal, shard) = (MemoryJournal::new(1, 8), Shard(0));
        let (id, tenant) = (
            NotificationId::new(ShardId(0), 1_000, 1),
            TenantKey::new(CorporationId(1), "H-1"),
        );
        let events = vec![Event::Ended {
            id,
            end: "sent".into(),
            cause: Cause::Waited,
        }];
        let (at, input) = (Timestamp(5), Input::Timer { id });
        let record = Record::Tenant(TenantRecord {
            at,
            tenant: tenant.clone(),
            previous: 0,
            input,
            events,
        });
        let mut batch = Batch::new(shard, Sequence(1));
        let mut bytes = Vec::new();
        record.encode(&mut bytes).expect("encoded");
        batch.push(&bytes);
        assert!(journal.try_append(batch, Sequence(0)).is_ok());
        journal.commit();
        assert_eq!(
            audit(&journal, shard).expect("read"),
            Audit::default(),
            "the table claims nothing"
        );
        journal
            .set_table_applied(shard, Sequence(1))
            .expect("claimed");
        assert_eq!(
            audit(&journal, shard).expect("read"),
            Audit {
                ended: 1,
                missing: vec![id]
            }
        );
        let endings = Endings::default();
        endings.add(
            [(
                id,
                Ended {
                    tenant,
                    end: "sent".into(),
                    at,
                    sequence: 1,
                    accepted: 1,
                },
            )],
            1,
        );
        endings.write(&journal, shard).expect("written");
        let nothing_is_missing = Audit {
            ended: 1,
            missing: Vec::new(),
        };
        assert_eq!(audit(&journal, shard).expect("read"), nothing_is_missing);
        let leaving = Leaving {
            before: Timestamp(2_000),
            upto: Sequence(1),
        };
        let swept = endings.sweep(&journal, shard, leaving, 8);
        assert_eq!(swept.expect("swept"), (1, true));
        assert_eq!(audit(&journal, shard).expect("read"), nothing_is_missing);
    }
}
