//! Promise 7, explained: walking back from a tenant's newest record through the journal tells
//! exactly what happened, and every message that left stands in it with its provider and address.
//! Refuses to read forward: it walks as the explanation does.

use std::ops::ControlFlow;

use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::{Record, TenantKey, TenantRecord};

use super::{Check, Findings};
use crate::archive::Archive;
use crate::outside::Arrival;
use crate::shadow::{Shadow, Start};

const CHECK: Check = Check::Explained;

/// When everything handed in is durable: the walk of every tenant. What the journal has forgotten
/// stands in the archive.
pub(crate) fn settled(
    journal: &dyn Journal,
    archive: &Archive,
    shadow: &Shadow,
    findings: &mut Findings,
) {
    for (shard, log) in shadow.logs.iter().enumerate() {
        for (tenant, state) in &log.tenants {
            let begun = log.begun.get(tenant).copied().unwrap_or_default();
            let mut expected = log
                .records
                .iter()
                .skip(begun.saturating_sub(1) as usize)
                .rev()
                .filter_map(|record| of(record, tenant));
            let read = |sequence: u64| {
                let (shard, sequence) = (Shard(shard as u16), Sequence(sequence));
                let read = journal.read(shard, sequence);
                let forgotten = || archive.record(shard, sequence);
                read.map(|found| found.or_else(forgotten))
            };
            let walked = walk(read, Shard(shard as u16), state.last, |record| {
                // A stored tenant decides nothing, and leads on.
                if matches!(record, Record::Stored(piece) if piece.tenant == *tenant) {
                    return ControlFlow::Continue(());
                }
                match (of(record, tenant), expected.next()) {
                    (Some(found), Some(expected)) if found == expected => ControlFlow::Continue(()),
                    (found, expected) => ControlFlow::Break(format!(
                        "found {:?}, expected {:?}",
                        short(found),
                        short(expected)
                    )),
                }
            });
            match walked {
                Ok(()) => findings.expect(expected.next().is_none(), CHECK, || {
                    format!("the walk of {tenant:?} ends too early")
                }),
                Err(why) => {
                    findings.blame(CHECK, || format!("the walk of {tenant:?} breaks: {why}"))
                }
            }
        }
    }
}

/// Reads from `from` back to the tenant's first record.
fn walk(
    read: impl Fn(u64) -> Result<Option<Vec<u8>>, JournalError>,
    shard: Shard,
    from: u64,
    mut visit: impl FnMut(&Record) -> ControlFlow<String>,
) -> Result<(), String> {
    let mut next = from;
    while next > 0 {
        let bytes = read(next).map_err(|error| error.to_string())?;
        let bytes =
            bytes.ok_or_else(|| format!("record {next} of shard {} is not there", shard.0))?;
        let record = Record::decode(&bytes).map_err(|error| error.to_string())?;
        if let ControlFlow::Break(why) = visit(&record) {
            return Err(format!("record {next} of shard {}: {why}", shard.0));
        }
        next = match record {
            Record::Tenant(record) if record.previous < next => record.previous,
            Record::Stored(piece) if piece.previous < next => piece.previous,
            _ => {
                return Err(format!(
                    "record {next} of shard {} does not lead back",
                    shard.0
                ));
            }
        };
    }
    Ok(())
}

fn of<'a>(record: &'a Record, tenant: &TenantKey) -> Option<&'a TenantRecord> {
    match record {
        Record::Tenant(record) if record.tenant == *tenant => Some(record),
        _ => None,
    }
}

fn short(record: Option<&TenantRecord>) -> Option<String> {
    record.map(|record| format!("{:?}", record.input).chars().take(120).collect())
}

/// A message that arrived stands in the journal as it went.
pub(crate) fn arrives(arrival: &Arrival, start: Option<&Start>, findings: &mut Findings) {
    let Arrival {
        dispatch, provider, ..
    } = arrival;
    let told = start
        .is_some_and(|start| *start.provider == **provider && start.address == dispatch.address);
    findings.expect(told, CHECK, || {
        format!(
            "attempt {} of {} left by {provider} and the journal tells another story",
            dispatch.attempt.attempt, dispatch.attempt.id
        )
    });
}
