//! Owns `sluis backup` and `sluis restore`: what they are asked and what they say. Refuses to do the
//! work itself.

use std::path::{Path, PathBuf};

use sluis_model::Clock as _;

use super::config::Reply;
use crate::backup::{Copied, back_up, restore};
use crate::clock::SystemClock;

/// From where to where a copy is made.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// The data directory; an engine may be using it.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// The archive, if it is a directory outside of the data directory (`archive.directory`).
    #[arg(long, value_name = "DIR")]
    archive: Option<PathBuf>,
    /// Where the copy goes: an empty directory, or an earlier copy of the same data directory, which is
    /// brought up to date.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// From which copy a data directory is made.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// The copy.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The data directory to make; empty, or not there.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
}

pub(super) fn backup(args: &BackupArgs) -> Reply {
    reply(backed_up(args))
}

pub(super) fn restored(args: &RestoreArgs) -> Reply {
    reply(put_back(&args.from, &args.data_dir))
}

fn reply(result: anyhow::Result<String>) -> Reply {
    match result {
        Ok(out) => Reply {
            out,
            err: String::new(),
            code: 0,
        },
        Err(error) => Reply {
            out: String::new(),
            err: format!("sluis: {error:#}\n"),
            code: 1,
        },
    }
}

fn backed_up(args: &BackupArgs) -> anyhow::Result<String> {
    let (archive, now) = (args.archive.as_deref(), SystemClock.now());
    let Copied { journal, archive } = back_up(&args.data_dir, archive, &args.to, now)?;
    let records: u64 = journal.lasts.iter().map(|last| last.0).sum();
    let archive = archive.map_or_else(
        || "no archive".to_owned(),
        |archive| {
            let (volumes, bytes) = (archive.volumes, archive.copied_bytes);
            format!("{volumes} volumes of the archive, {bytes} bytes copied and read")
        },
    );
    Ok(format!(
        "{}: {} generations, {} bytes copied and read, {} bytes were there; goes up to record {records} over {} shards; {archive}\n",
        args.to.display(),
        journal.generations,
        journal.copied_bytes,
        journal.kept_bytes,
        journal.lasts.len(),
    ))
}

fn put_back(from: &Path, data_dir: &Path) -> anyhow::Result<String> {
    let (note, inspection) = restore(from, data_dir)?;
    let records: u64 = inspection.shards.iter().map(|shard| shard.records).sum();
    Ok(format!(
        "{}: {records} records, every one read. The copy was begun at {} by version {}.\n\
         An engine that starts here pauses everything. It does not know what was accepted or sent after that time.\n\
         Look at GET /v1/operator/overview, then POST /v1/operator/resume with {{\"all\":true}}.\n",
        data_dir.display(),
        note.at,
        note.version,
    ))
}
