//! Proves a table: every value that a watermark covers is there, every value is right, and no
//! watermark claims what the log does not have. Refuses to mend anything.

use std::collections::BTreeSet;

use super::entry::{self, OWNER_KEY, Sum, Watermark};
use super::store::Store;
use super::values::Values;
use crate::{JournalError, Shard};

/// What a table is held against.
pub(super) struct Expected<'a> {
    /// The number of the data directory.
    pub(super) id: u64,
    /// Per shard its last record.
    pub(super) lasts: &'a [u64],
    /// Per shard the oldest record that is kept.
    pub(super) marks: &'a [u64],
    /// Whether there was no table yet, or one of the format before this, or this is a copy without
    /// the table.
    pub(super) is_first: bool,
}

/// What a proven table holds of a shard.
#[derive(Debug, Default)]
pub(super) struct Proven {
    pub(super) mark: Watermark,
    /// Over all values.
    pub(super) sum: Sum,
    /// The keys whose values were deleted and that are still there.
    pub(super) gone: BTreeSet<Vec<u8>>,
}

/// What is wrong with a table, to follow "the table".
pub(super) type Wrong = String;

/// Reads everything. An error is one of the disk or of sled; what the table itself does wrong is
/// the inner one.
pub(super) fn prove(
    store: &Store,
    expected: &Expected<'_>,
) -> Result<Result<Vec<Proven>, Wrong>, JournalError> {
    let owner = store.ask("read its owner", |tree| tree.get(OWNER_KEY))?;
    if owner.as_deref() != Some(&expected.id.to_le_bytes()[..]) {
        let wrong = "lost what it held, or holds another data directory's";
        return Ok(Err(wrong.into()));
    }
    match watermarks(store, expected)? {
        Ok(marks) => add_up(store, marks),
        Err(wrong) => Ok(Err(wrong)),
    }
}

/// The watermark of each shard.
fn watermarks(
    store: &Store,
    expected: &Expected<'_>,
) -> Result<Result<Vec<Watermark>, Wrong>, JournalError> {
    let mut marks = Vec::with_capacity(expected.lasts.len());
    for (shard, last) in (0..).map(Shard).zip(expected.lasts) {
        let stored = store.ask("read a watermark", |tree| {
            tree.get(entry::watermark_key(shard))
        })?;
        let mark = match stored {
            Some(bytes) => Watermark::decode(&bytes, expected.id),
            None => Some(Watermark::default()),
        };
        let Some(mark) = mark else {
            return Ok(Err(format!("has a damaged watermark for shard {shard}")));
        };
        if mark.sequence.0 > *last {
            let up_to = mark.sequence;
            return Ok(Err(format!(
                "claims shard {shard} up to {up_to}, the log ends at {last}"
            )));
        }
        marks.push(mark);
    }
    Ok(Ok(marks))
}

/// Adds up the values, and compares what a watermark covers with what it says.
fn add_up(
    store: &Store,
    marks: Vec<Watermark>,
) -> Result<Result<Vec<Proven>, Wrong>, JournalError> {
    let mut covered = vec![Sum::default(); marks.len()];
    let with_mark = |mark| Proven {
        mark,
        ..Proven::default()
    };
    let mut all: Vec<Proven> = marks.into_iter().map(with_mark).collect();
    let mut wrong = None;
    Values(store).walk(&mut |shard, key, head| {
        let index = usize::from(shard.0);
        match all.get_mut(index) {
            Some(of) if head.period <= of.mark.number + 1 => {
                covered[index].add(head.worth_at(of.mark.number));
                of.sum.add(head.worth());
                if head.is_gone {
                    of.gone.insert(key.to_vec());
                }
            }
            Some(_) | None => wrong = Some(format!("lost a watermark of shard {shard}")),
        }
    })?;
    let short = all
        .iter()
        .zip(covered)
        .position(|(of, covered)| of.mark.sum != covered);
    let lost = short.map(|shard| {
        let up_to = all[shard].mark.sequence;
        format!("lost values of shard {shard} that it claims to have up to {up_to}")
    });
    Ok(match wrong.or(lost) {
        Some(wrong) => Err(wrong),
        None => Ok(all),
    })
}

/// Whether an error speaks of the table's content. What the operating system says of the disk does
/// not: there another start may find everything.
pub(super) fn is_damage(error: &JournalError) -> bool {
    let of_io = |error: &std::io::Error| {
        error.raw_os_error().is_none() || error.kind() == std::io::ErrorKind::NotFound
    };
    match error {
        JournalError::Store {
            source: sled::Error::Io(error),
            ..
        }
        | JournalError::Io { source: error, .. } => of_io(error),
        JournalError::Store { .. } | JournalError::StorePanicked { .. } => true,
        JournalError::DamagedFile { .. }
        | JournalError::MissingFile { .. }
        | JournalError::Blobs { .. } => true,
        _ => false,
    }
}
