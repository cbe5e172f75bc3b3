//! What must be true after a cut: everything that was promised before it, and nothing that was
//! never handed in. Refuses to panic on a loss: the controls count them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use sluis_journal::{Journal, Options, Sequence, Shard};

use super::trace::{Mark, Op};
use super::workload::{self, Driver, SHARDS};

const COUNT: usize = SHARDS as usize;

/// What was promised up to a cut.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    appended: [u64; COUNT],
    acked: [u64; COUNT],
    trimming: [u64; COUNT],
    trimmed: [u64; COUNT],
    checkpointed: [u64; COUNT],
    applied: [u64; COUNT],
    puts: BTreeMap<(u16, u8), Vec<Put>>,
    defined: Vec<[u8; 16]>,
}

/// One put of a key, or its delete. It is certain once the same process made a claim behind it; one that a killed
/// process left unclaimed is for the shard to do again, which this test does not.
#[derive(Clone, Copy, Debug)]
struct Put {
    /// Of the record that put it; none: it was deleted.
    sequence: Option<u64>,
    certain: bool,
    by_this_process: bool,
}

impl Known {
    pub(crate) fn of(ops: &[Op]) -> Self {
        let mut known = Self::default();
        known.add(ops);
        known
    }

    pub(crate) fn add(&mut self, ops: &[Op]) {
        let raise = |place: &mut u64, to: u64| *place = to.max(*place);
        for op in ops {
            let Op::Mark(mark) = op else { continue };
            match *mark {
                Mark::Appending { shard, last } => {
                    raise(&mut self.appended[usize::from(shard)], last)
                }
                Mark::Acked { shard, last } => raise(&mut self.acked[usize::from(shard)], last),
                Mark::Trimming { shard, before } => {
                    raise(&mut self.trimming[usize::from(shard)], before)
                }
                Mark::Trimmed { shard, before } => {
                    raise(&mut self.trimmed[usize::from(shard)], before)
                }
                Mark::Checkpointed { shard, upto } => {
                    raise(&mut self.checkpointed[usize::from(shard)], upto)
                }
                Mark::TableApplied { shard, sequence } => {
                    raise(&mut self.applied[usize::from(shard)], sequence);
                    let of_shard = self.puts.iter_mut().filter(|((of, _), _)| *of == shard);
                    of_shard
                        .flat_map(|(_, puts)| puts)
                        .for_each(|put| put.certain |= put.by_this_process);
                }
                Mark::Put {
                    shard,
                    key,
                    sequence,
                } => self.put(shard, key, Some(sequence)),
                Mark::Deleted { shard, key } => self.put(shard, key, None),
                Mark::Started => self
                    .puts
                    .values_mut()
                    .flatten()
                    .for_each(|put| put.by_this_process = false),
                Mark::Defined { hash } => self.defined.push(hash),
            }
        }
    }

    fn put(&mut self, shard: u16, key: u8, sequence: Option<u64>) {
        let put = Put {
            sequence,
            certain: false,
            by_this_process: true,
        };
        self.puts.entry((shard, key)).or_default().push(put);
    }
}

/// Opens what the cut left and compares; then goes on appending, and opens once more.
pub(crate) fn check(
    root: &Path,
    seed: u64,
    options: &Options,
    known: &Known,
) -> Result<(), String> {
    let driver = Driver::open(root, seed, options.clone())
        .map_err(|error| format!("not opened: {error}"))?;
    let journal = &*driver.journal;
    for shard in 0..SHARDS {
        check_log(journal, seed, shard, known).map_err(|why| format!("shard {shard}: {why}"))?;
        check_beside(journal, seed, shard, known).map_err(|why| format!("shard {shard}: {why}"))?;
    }
    for hash in &known.defined {
        let found = journal
            .get_definition(*hash)
            .map_err(|error| error.to_string())?;
        if found != Some(workload::definition(*hash)) {
            return Err(format!("definition {hash:x?} is gone"));
        }
    }
    (0..SHARDS).for_each(|shard| driver.append(shard, 3));
    driver.settle();
    journal.check_blobs().map_err(|error| error.to_string())?;
    let lasts: Vec<Sequence> = (0..SHARDS)
        .map(|shard| journal.durable(Shard(shard)))
        .collect();
    driver.close();
    check_again(root, seed, options, &lasts)
}

fn check_log(journal: &dyn Journal, seed: u64, number: u16, known: &Known) -> Result<(), String> {
    let (shard, index) = (Shard(number), usize::from(number));
    let (first, last) = (journal.first(shard).0, journal.last(shard).0);
    if last < known.acked[index] {
        return Err(format!(
            "ends at {last}, acknowledged was {}",
            known.acked[index]
        ));
    }
    if last > known.appended[index] {
        return Err(format!(
            "ends at {last}, handed in was {}",
            known.appended[index]
        ));
    }
    if journal.durable(shard).0 != last {
        return Err(format!(
            "ends at {last} and is durable to {}",
            journal.durable(shard)
        ));
    }
    let trims = known.trimmed[index].max(1)..=known.trimming[index].max(1);
    if !trims.contains(&first) {
        return Err(format!("begins at {first}, trimmed was {trims:?}"));
    }
    let mut next = first;
    let mut wrong = None;
    let mut visit = |sequence: Sequence, bytes: &[u8]| {
        if sequence.0 != next || bytes != workload::record(seed, number, next) {
            wrong = Some(format!(
                "record {sequence} instead of {next}, or other bytes"
            ));
            return ControlFlow::Break(());
        }
        next += 1;
        ControlFlow::Continue(())
    };
    journal
        .replay(shard, Sequence(1), &mut visit)
        .map_err(|error| error.to_string())?;
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    if next != last + 1 {
        return Err(format!("the replay ended at {next}, the log at {last}"));
    }
    for sequence in [first, (first + last) / 2, last] {
        let expected = (first..=last)
            .contains(&sequence)
            .then(|| workload::record(seed, number, sequence));
        let read = journal
            .read(shard, Sequence(sequence))
            .map_err(|error| error.to_string())?;
        if read != expected {
            return Err(format!("record {sequence} reads wrong"));
        }
    }
    Ok(())
}

fn check_beside(
    journal: &dyn Journal,
    seed: u64,
    number: u16,
    known: &Known,
) -> Result<(), String> {
    let (shard, index) = (Shard(number), usize::from(number));
    let checkpoint = journal
        .latest_checkpoint(shard)
        .map_err(|error| error.to_string())?;
    let upto = checkpoint.as_ref().map_or(0, |(upto, _)| upto.0);
    if upto < known.checkpointed[index] {
        return Err(format!(
            "checkpoint {} is gone, found {upto}",
            known.checkpointed[index]
        ));
    }
    if let Some((_, chunks)) = checkpoint {
        let chunks: Result<Vec<_>, _> = chunks.collect();
        if chunks.map_err(|error| error.to_string())? != workload::chunks(seed, number, upto) {
            return Err(format!("checkpoint {upto} holds something else"));
        }
    }
    let applied = journal.table_applied(shard).0;
    if applied < known.applied[index] {
        return Err(format!(
            "the table claims {applied}, it had claimed {}",
            known.applied[index]
        ));
    }
    for ((_, key), puts) in known.puts.iter().filter(|((of, _), _)| *of == number) {
        check_value(journal, seed, number, *key, puts)?;
    }
    Ok(())
}

/// The value is that of one of the puts, none older than the newest certain one.
fn check_value(
    journal: &dyn Journal,
    seed: u64,
    shard: u16,
    key: u8,
    puts: &[Put],
) -> Result<(), String> {
    let found = journal
        .get(Shard(shard), &[key])
        .map_err(|error| error.to_string())?;
    let certain = puts.iter().rposition(|put| put.certain);
    let mut allowed = puts[certain.unwrap_or(0)..].iter();
    let of = |put: &Put| {
        put.sequence
            .map(|sequence| workload::value(seed, shard, key, sequence))
    };
    let never = found.is_none() && certain.is_none();
    if never || allowed.any(|put| of(put) == found) {
        Ok(())
    } else {
        Err(format!(
            "key {key} is not any of its values since {certain:?} of {puts:?}"
        ))
    }
}

fn check_again(
    root: &Path,
    seed: u64,
    options: &Options,
    lasts: &[Sequence],
) -> Result<(), String> {
    let driver = Driver::open(root, seed, options.clone())
        .map_err(|error| format!("not opened again: {error}"))?;
    for (shard, last) in (0..).zip(lasts) {
        let found = driver.journal.last(Shard(shard));
        let read = driver
            .journal
            .read(Shard(shard), *last)
            .map_err(|error| error.to_string())?;
        if found != *last || read != Some(workload::record(seed, shard, last.0)) {
            return Err(format!(
                "shard {shard} ended at {last} and at {found} after a restart"
            ));
        }
    }
    driver.close();
    Ok(())
}
