//! Walks every group of a log file and says how far it is good. Tells a torn tail (no good group
//! follows) from damage in the middle (one does). Refuses to change anything.

use super::frame::{self, Found, GROUP_BYTES, GroupHeader, walk};
use super::index::Column;
use super::log_file::LogFile;
use crate::{Damage, JournalError, Place, Sequence, Shard};

/// What is read at once.
const AHEAD_BYTES: usize = 1 << 20;

/// How far a log file is good.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Where the good groups end, and how many there are. Without one the file was never begun.
    pub(super) end: u64,
    pub(super) groups: u64,
    /// Per shard its first sequence, as the first group says; empty without one.
    pub(super) starts: Vec<u64>,
    /// Per shard what is in the good groups.
    pub(super) columns: Vec<Column>,
    /// What follows them, when it is not the end.
    pub(super) broken: Option<Broken>,
}

/// Where a log file stops being good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken {
    pub(super) place: Place,
    pub(super) damage: Damage,
    /// A good group follows: this is no torn tail.
    pub(super) good_follows: bool,
}

/// What is wrong with a group, and where. The place counts from the group's first byte.
type Wrong = (Place, Damage);

/// A place in a group that is not one of its records.
fn at(offset: usize) -> Place {
    Place {
        offset: offset as u64,
        record: None,
    }
}

/// Scans the file of a journal with so many shards.
pub(super) fn scan(log: &LogFile, shards: usize) -> Result<Scan, JournalError> {
    let length = log.len()?;
    let mut scan = Scan {
        columns: vec![Column::default(); shards],
        ..Scan::default()
    };
    let mut window = log.window();
    while scan.end < length {
        let header = window
            .get(scan.end, GROUP_BYTES, || AHEAD_BYTES)
            .map_err(log.failed())?;
        let header = match decode(log, header, scan.groups + 1) {
            Ok(header) => header,
            Err(damage) => return broken(log, scan, at(0), damage),
        };
        let bytes = GROUP_BYTES + header.length as usize;
        let group = window
            .get(scan.end, bytes, || AHEAD_BYTES)
            .map_err(log.failed())?;
        if let Err((place, damage)) = add(log, &mut scan, header, group) {
            return broken(log, scan, place, damage);
        }
        scan.end += bytes as u64;
        scan.groups += 1;
    }
    Ok(scan)
}

/// The header of the group that must come next.
fn decode(log: &LogFile, bytes: &[u8], number: u64) -> Result<GroupHeader, Damage> {
    let bytes = bytes.first_chunk().ok_or(Damage::Malformed)?;
    let header = GroupHeader::decode(log.salt, bytes)?;
    if header.number == number {
        Ok(header)
    } else {
        Err(Damage::Malformed)
    }
}

/// Adds a group, all of it or nothing.
fn add(log: &LogFile, scan: &mut Scan, header: GroupHeader, group: &[u8]) -> Result<(), Wrong> {
    let mut records = records(log, header, group)?;
    let starts = if scan.groups == 0 {
        let opening = frame::opening(log.salt, group, scan.columns.len());
        let starts = opening.map_err(|damage| (at(GROUP_BYTES), damage))?;
        records.remove(0);
        Some(starts)
    } else {
        None
    };
    check_order(scan, starts.as_deref().unwrap_or(&scan.starts), &records)?;
    for found in &records {
        let column = &mut scan.columns[usize::from(found.shard.0)];
        let offset = scan.end + u64::from(found.mark.offset);
        column.offsets.push(offset as u32);
        column.bytes += u64::from(found.mark.bytes);
    }
    if let Some(starts) = starts {
        scan.starts = starts;
    }
    Ok(())
}

/// The records of a group, each checked.
fn records(log: &LogFile, header: GroupHeader, group: &[u8]) -> Result<Vec<Found>, Wrong> {
    let blocks = group.get(GROUP_BYTES..).unwrap_or_default();
    if blocks.len() != header.length as usize {
        return Err((at(0), Damage::Malformed));
    }
    let mut records = Vec::with_capacity(header.records.min(1 << 20) as usize);
    walk(log.salt, header, blocks, &mut |found| records.push(found)).map_err(
        |(offset, record, damage)| {
            let offset = offset as u64;
            (Place { offset, record }, damage)
        },
    )?;
    Ok(records)
}

/// Each shard's records follow one another, from where it begins and what was scanned already.
fn check_order(scan: &Scan, starts: &[u64], records: &[Found]) -> Result<(), Wrong> {
    let mut nexts: Vec<u64> = starts
        .iter()
        .zip(&scan.columns)
        .map(|(start, column)| start + column.offsets.len() as u64)
        .collect();
    for found in records {
        let place = Place {
            offset: u64::from(found.mark.offset),
            record: Some((found.shard, found.sequence)),
        };
        let next = nexts
            .get_mut(usize::from(found.shard.0))
            .ok_or((place, Damage::Malformed))?;
        if found.sequence.0 != *next {
            let expected = Sequence(*next);
            return Err((place, Damage::Gap { expected }));
        }
        *next += 1;
    }
    Ok(())
}

/// Ends the scan at its end, with what is wrong there. Nothing is, when only zeros follow: that is
/// room.
fn broken(
    log: &LogFile,
    mut scan: Scan,
    place: Place,
    damage: Damage,
) -> Result<Scan, JournalError> {
    if log.is_room(scan.end)? {
        return Ok(scan);
    }
    let place = Place {
        offset: scan.end + place.offset,
        ..place
    };
    let good_follows = good_follows(log, scan.end, scan.groups + 1)?;
    scan.broken = Some(Broken {
        place,
        damage,
        good_follows,
    });
    Ok(scan)
}

/// Whether a good group with a number above `after` begins behind `from`. Every byte is looked at:
/// the length in a damaged header says nothing.
fn good_follows(log: &LogFile, from: u64, after: u64) -> Result<bool, JournalError> {
    let length = log.len()?;
    let mut window = log.window();
    let mut at = from + 1;
    while at < length {
        let bytes = window
            .get(at, AHEAD_BYTES, || AHEAD_BYTES)
            .map_err(log.failed())?;
        if GroupHeader::is_in(log.salt, bytes, after) {
            return Ok(true);
        }
        // The windows overlap by a header, so that none is missed at a border.
        at += (AHEAD_BYTES - GROUP_BYTES) as u64;
    }
    Ok(false)
}

impl Scan {
    /// The last good sequence of each shard; one before its start when there is none.
    pub(super) fn lasts(&self) -> Vec<u64> {
        self.starts
            .iter()
            .zip(&self.columns)
            .map(|(start, column)| start + column.offsets.len() as u64 - 1)
            .collect()
    }

    /// The first shard that does not reach its end, with where it stops.
    pub(super) fn short(&self, ends: &[u64]) -> Option<(Shard, Sequence, Sequence)> {
        let lasts = self.lasts();
        let shards = (0..).map(Shard).zip(lasts.into_iter().zip(ends));
        shards
            .filter(|(_, (last, end))| last != *end)
            .map(|(shard, (last, end))| (shard, Sequence(last), Sequence(*end)))
            .next()
    }
}
