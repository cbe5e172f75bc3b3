//! Owns `sluis journal inspect|verify`: what a data directory holds, and whether every record can
//! be read. Refuses to change anything, and to open a directory that a process uses.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Subcommand;
use sluis_journal::{DiskJournal, Inspection, Journal, Options, Shard, inspect};
use sluis_model::Record;
use sluis_model::codec::CodecError;

use super::config::Reply;
use super::told::told;

#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Per shard: records, sequences, pages, bytes, defects.
    Inspect {
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
    },
    /// Reads and decodes every record; exits 1 if one cannot be read.
    Verify {
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
    },
}

pub(super) fn run(command: &JournalCommand) -> Reply {
    let result = match command {
        JournalCommand::Inspect { data_dir } => inspected(data_dir),
        JournalCommand::Verify { data_dir } => verified(data_dir),
    };
    match result {
        Ok((out, code)) => Reply {
            out,
            err: String::new(),
            code,
        },
        Err(error) => Reply {
            out: String::new(),
            err: format!("sluis: {}\n", told(&error)),
            code: 1,
        },
    }
}

fn look(data_dir: &Path) -> anyhow::Result<Inspection> {
    Ok(inspect(&data_dir.join("journal"))?)
}

fn inspected(data_dir: &Path) -> anyhow::Result<(String, u8)> {
    let inspection = look(data_dir)?;
    let mut out = format!(
        "{} shards, generations {:?}, {} bytes on disk\n",
        inspection.shard_count, inspection.generations, inspection.disk_bytes
    );
    for (report, checkpoint) in inspection.shards.iter().zip(&inspection.checkpoints) {
        let _ = writeln!(out, "{report:?} checkpoint {checkpoint}");
    }
    say_defects(&inspection, &mut out);
    Ok((out, u8::from(!inspection.defects.is_empty())))
}

fn say_defects(inspection: &Inspection, out: &mut String) {
    for defect in &inspection.defects {
        let mend = if defect.repaired_by_start {
            "a start repairs it and says so"
        } else {
            "a start refuses"
        };
        let place = if defect.generation == 0 {
            String::new()
        } else {
            format!(" in generation {}", defect.generation)
        };
        let _ = writeln!(out, "defect{place}: {} ({mend})", defect.error);
    }
}

fn verified(data_dir: &Path) -> anyhow::Result<(String, u8)> {
    ensure!(
        crate::backup::whole_note(data_dir)?.is_none(),
        "{}: is a copy and has no table to verify. `sluis journal inspect` reads every record of it",
        data_dir.display()
    );
    let inspection = look(data_dir)?;
    let (mut out, mut bad) = (String::new(), 0);
    say_defects(&inspection, &mut out);
    if !inspection.defects.is_empty() {
        // Opening would repair it, and the next start would have nothing to say.
        return Ok((out, 1));
    }
    let options = Options {
        shards: inspection.shard_count,
        existing: true,
        rebuild_table: false,
        ..Options::default()
    };
    let (journal, _) = DiskJournal::open(&data_dir.join("journal"), options)?;
    for number in 0..journal.shards() {
        bad += verify_shard(&journal, Shard(number), &mut out)?;
    }
    journal.close()?;
    let _ = writeln!(out, "{bad} records cannot be read or are not in the table");
    Ok((out, u8::from(bad > 0)))
}

/// Reads every record of a shard, and looks for what ended in the table. Gives how many are wrong.
fn verify_shard(journal: &DiskJournal, shard: Shard, out: &mut String) -> anyhow::Result<usize> {
    let number = shard.0;
    let (mut good, mut sealed, mut bad) = (0_u64, 0_u64, 0);
    journal.replay(shard, journal.first(shard), &mut |sequence, bytes| {
        match Record::decode(bytes) {
            Ok(_) => good += 1,
            // Its checksum fits. What it says can be read with the keys alone.
            Err(CodecError::Key(_)) => sealed += 1,
            Err(error) => {
                bad += 1;
                let _ = writeln!(out, "shard {number} record {sequence}: {error}");
            }
        }
        ControlFlow::Continue(())
    })?;
    let audit = sluis_actors::audit(journal, shard)?;
    let ended = audit.ended;
    let _ = writeln!(
        out,
        "shard {number}: {good} records read, {ended} of them ended in the table"
    );
    if sealed > 0 {
        let _ = writeln!(
            out,
            "shard {number}: {sealed} encrypted records are undamaged; what they say was not read"
        );
    }
    for id in &audit.missing {
        let _ = writeln!(
            out,
            "shard {number}: {id} ended by its record, and the table does not say so"
        );
    }
    Ok(bad + audit.missing.len())
}
