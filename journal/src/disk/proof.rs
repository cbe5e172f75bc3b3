//! Proves a table: every value that a watermark covers is there, every value is right, and no
//! watermark claims what the log does not have. Refuses to mend anything.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Reads everything, on so many threads. An error is one of the disk or of sled; what the table itself does wrong is
/// the inner one.
pub(super) fn prove(
    store: &Store,
    expected: &Expected<'_>,
    threads: usize,
) -> Result<Result<Vec<Proven>, Wrong>, JournalError> {
    let owner = store.ask("read its owner", |tree| tree.get(OWNER_KEY))?;
    if owner.as_deref() != Some(&expected.id.to_le_bytes()[..]) {
        let wrong = "lost what it held, or holds another data directory's";
        return Ok(Err(wrong.into()));
    }
    match watermarks(store, expected)? {
        Ok(marks) => add_up(store, marks, threads),
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
    threads: usize,
) -> Result<Result<Vec<Proven>, Wrong>, JournalError> {
    let next = AtomicUsize::new(0);
    let prove_some = || -> Result<Vec<(usize, Share)>, JournalError> {
        let mut done = Vec::new();
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part > marks.len() {
                return Ok(done);
            }
            done.push((part, share(store, part, &marks)?));
        }
    };
    let mut shares = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads.max(1))
            .map(|_| scope.spawn(prove_some))
            .collect();
        let joined = running.into_iter().map(|thread| {
            let ended = thread.join();
            ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        // All of them are waited for before the first error counts.
        let joined: Vec<_> = joined.collect();
        joined.into_iter().collect::<Result<Vec<_>, _>>()
    })?
    .concat();
    shares.sort_unstable_by_key(|(part, _)| *part);
    let wrong = shares.iter().find_map(|(_, share)| share.wrong.clone());
    Ok(match wrong {
        Some(wrong) => Err(wrong),
        None => {
            let of_shards = shares.into_iter().zip(marks);
            let proven = of_shards.map(|((_, share), mark)| share.proven(mark));
            Ok(proven.collect())
        }
    })
}

/// What a part of the table holds: that of a shard, or what stands behind the last one.
#[derive(Clone, Debug, Default)]
struct Share {
    sum: Sum,
    gone: BTreeSet<Vec<u8>>,
    wrong: Option<Wrong>,
}

impl Share {
    fn proven(self, mark: Watermark) -> Proven {
        let Self { sum, gone, .. } = self;
        Proven { mark, sum, gone }
    }
}

/// Proves the values of a shard, or that behind the last one there are none.
fn share(store: &Store, part: usize, marks: &[Watermark]) -> Result<Share, JournalError> {
    let mut share = Share::default();
    let mut covered = Sum::default();
    let mark = marks.get(part);
    Values(store).walk(
        entry::range_of(part, marks.len()),
        &mut |shard, key, head| match mark {
            Some(mark) if head.period <= mark.number + 1 => {
                covered.add(head.worth_at(mark.number));
                share.sum.add(head.worth());
                if head.is_gone {
                    share.gone.insert(key.to_vec());
                }
            }
            Some(_) | None => share.wrong = Some(format!("lost a watermark of shard {shard}")),
        },
    )?;
    if let Some(mark) = mark
        && mark.sum != covered
        && share.wrong.is_none()
    {
        let up_to = mark.sequence;
        share.wrong = Some(format!(
            "lost values of shard {part} that it claims to have up to {up_to}"
        ));
    }
    Ok(share)
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
