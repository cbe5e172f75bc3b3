//! Owns the reading of an engine's records for `sluis rehearse model --from-history`. Refuses to change
//! anything, and to open a directory that a process uses.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::ensure;
use sluis_journal::{DiskJournal, Journal as _, Options, Shard, inspect};
use sluis_model::Record;
use sluis_model::outside::Outside;

use super::super::config::Reply;
use super::super::told::told;
use super::{model, refused};
use crate::rehearsing::History;

/// Prints the models that the records of a data directory give.
pub(super) fn measured(data_dir: &Path) -> Reply {
    match read(data_dir) {
        Ok(found) => model(&found),
        Err(error) => refused(&told(&error)),
    }
}

fn read(data_dir: &Path) -> anyhow::Result<(Outside, Vec<String>)> {
    let journal = data_dir.join("journal");
    ensure!(
        journal.is_dir(),
        "{}: expected the data directory of an engine, which has a folder journal",
        data_dir.display()
    );
    let found = inspect(&journal)?;
    ensure!(
        found.defects.is_empty(),
        "{}: a start would repair something: sluis journal verify says what. Then measure again",
        data_dir.display()
    );
    let options = Options {
        shards: found.shard_count,
        existing: true,
        rebuild_table: false,
        ..Options::default()
    };
    let (journal, _) = DiskJournal::open(&journal, options)?;
    let mut history = History::default();
    let mut unread = 0_u64;
    for shard in (0..journal.shards()).map(Shard) {
        journal.replay(shard, journal.first(shard), &mut |_, bytes| {
            match Record::decode(bytes) {
                Ok(Record::Tenant(record)) => history.take(&record),
                Ok(_) => {}
                Err(_) => unread += 1,
            }
            ControlFlow::Continue(())
        })?;
    }
    journal.close()?;
    let (outside, mut notes) = history.measured();
    if unread > 0 {
        notes.push(format!(
            "{unread} records are encrypted or cannot be read: nothing of them is in the models"
        ));
    }
    Ok((outside, notes))
}
