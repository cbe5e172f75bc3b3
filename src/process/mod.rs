//! Owns process data: what was decided about the notifications of one corporation in a period, as
//! rows that tools for analysis read. Refuses to say what it means, and to keep what was written to
//! tenants: no address, text or name stands in it.

mod csv;
mod event;
mod log;
mod names;
mod ocel;

use std::cell::Cell;
use std::io::Write;
use std::ops::{ControlFlow, Range};

use clap::ValueEnum;
use sluis_archive::{Archive, Cover, Kind};
use sluis_model::Record;

pub use self::event::ProcessEvent;
pub(crate) use self::event::reason;
use self::log::Log;
pub use self::log::ProcessError;
pub use self::names::Names;

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Comma-separated values with a header (RFC 4180), a line for each event.
    Csv,
    /// An object-centric event log, OCEL 2.0 as JSON.
    Ocel,
}

/// Whose process data, and of when.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Number of the corporation.
    pub corporation: u16,
    /// When it was decided, in milliseconds since 1970.
    pub period: Range<i64>,
    /// How tenants and subjects are named.
    pub names: Names,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Events.
    pub events: u64,
    /// Records that are left out, because their tenant was erased.
    pub erased: u64,
    /// Objects of the archive with something of the period that were removed after their own.
    pub removed: u64,
    /// Whether the archive has or had anything of the corporation, of whatever time.
    pub is_known: bool,
}

/// Writes what the archive has to `out`.
///
/// # Errors
/// [`ProcessError`].
pub fn write(
    archive: &Archive,
    wanted: &Wanted,
    format: Format,
    out: &mut dyn Write,
) -> Result<Written, ProcessError> {
    let mut log: Box<dyn Log + '_> = match format {
        Format::Csv => Box::new(csv::Csv::new(out)?),
        Format::Ocel => Box::new(ocel::Ocel::new(out)?),
    };
    let mut written = Written::default();
    let mut failed = None;
    let is_known = Cell::new(false);
    let is_wanted = |corporation: u16, first: i64, last: i64| {
        let is_of = corporation == wanted.corporation;
        is_known.set(is_known.get() || is_of);
        is_of && first < wanted.period.end && last >= wanted.period.start
    };
    let removed = archive.each(is_wanted, &mut |category, found| {
        let head = &found.head;
        if head.kind != Kind::Record || !wanted.period.contains(&head.at) {
            return ControlFlow::Continue(());
        }
        match found.cover {
            Cover::Bare | Cover::Opened => {}
            Cover::Erased(_) => {
                written.erased += 1;
                return ControlFlow::Continue(());
            }
            Cover::Closed => {
                failed = Some(ProcessError::Closed);
                return ControlFlow::Break(());
            }
        }
        let record = match Record::decode(&found.body) {
            Ok(Record::Tenant(record)) => record,
            Ok(Record::Control(_) | Record::Stored(_) | Record::Gone(_)) => {
                return ControlFlow::Continue(());
            }
            Err(source) => {
                let (shard, sequence) = (head.shard, head.sequence);
                failed = Some(ProcessError::Record {
                    shard,
                    sequence,
                    source,
                });
                return ControlFlow::Break(());
            }
        };
        for event in event::of_record(head, category, &record, &wanted.names) {
            if let Err(error) = log.event(&event) {
                failed = Some(error);
                return ControlFlow::Break(());
            }
            written.events += 1;
        }
        ControlFlow::Continue(())
    })?;
    written.removed = removed;
    written.is_known = is_known.get();
    match failed {
        Some(error) => Err(error),
        None => log.finish().map(|()| written),
    }
}
