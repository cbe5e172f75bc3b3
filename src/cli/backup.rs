//! Owns `sluis backup` and `sluis restore`: what they are asked and what they say. Refuses to do the
//! work itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sluis_archive::Shelf;
use sluis_model::Clock as _;

use super::config::Reply;
use super::place::{self, Place};
use super::told::told;
use crate::backup::{Copied, back_up, ensure_apart, fetch, restore, send};
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
    /// brought up to date. Or s3://BUCKET/PREFIX, or file:///DIRECTORY: there the copy before stays whole
    /// until the new one is. Credentials of a bucket stand in the environment, by the names of the AWS
    /// tools.
    #[arg(long, value_name = "DIR|URL")]
    to: Place,
    /// With an address: the directory in which the copy is made first. Keep it for the next run, which
    /// then copies only what is new.
    #[arg(long, value_name = "DIR")]
    staging: Option<PathBuf>,
}

/// From which copy a data directory is made.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// The copy: its directory, or the address that `sluis backup --to` had.
    #[arg(long, value_name = "DIR|URL")]
    from: Place,
    /// The data directory to make; empty, or not there.
    #[arg(long, visible_alias = "to", value_name = "DIR")]
    data_dir: PathBuf,
}

pub(super) fn backup(args: &BackupArgs, environment: &BTreeMap<String, String>) -> Reply {
    let result = match (&args.to, &args.staging) {
        (Place::Directory(to), None) => backed_up(args, to).map(Reply::good),
        (Place::Directory(_), Some(_)) => Err(anyhow::anyhow!(
            "--staging goes with an address (s3://BUCKET/PREFIX, file:///DIRECTORY), not with a directory"
        )),
        (Place::Address(_), None) => Err(anyhow::anyhow!(
            "--staging DIR goes with an address: the copy is made there first"
        )),
        (Place::Address(address), Some(staging)) => sent(args, address, staging, environment),
    };
    reply(result)
}

pub(super) fn restored(args: &RestoreArgs, environment: &BTreeMap<String, String>) -> Reply {
    reply(put_back(args, environment).map(Reply::good))
}

fn reply(result: anyhow::Result<Reply>) -> Reply {
    result.unwrap_or_else(|error| Reply {
        out: String::new(),
        err: format!("sluis: {}\n", told(&error)),
        code: 1,
    })
}

fn backed_up(args: &BackupArgs, to: &Path) -> anyhow::Result<String> {
    let (archive, now) = (args.archive.as_deref(), SystemClock.now());
    let Copied { journal, archive } = back_up(&args.data_dir, archive, to, now)?;
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
        to.display(),
        journal.generations,
        journal.copied_bytes,
        journal.kept_bytes,
        journal.lasts.len(),
    ))
}

/// Makes the copy in a directory, then stores that.
fn sent(
    args: &BackupArgs,
    address: &str,
    staging: &Path,
    environment: &BTreeMap<String, String>,
) -> anyhow::Result<Reply> {
    check_store(args, staging)?;
    let reached = place::open(address, environment)?;
    let copied = backed_up(args, staging)?;
    let shelf = Shelf::on(reached.store.clone());
    let sent = send(staging, &shelf).with_context(|| address.to_owned())?;
    let out = format!(
        "{copied}{address}: copy {}, {} files, {} bytes stored, {} bytes were there\n",
        sent.number, sent.files, sent.sent_bytes, sent.kept_bytes
    );
    let Some((count, why)) = sent.undeleted else {
        return Ok(Reply::good(out));
    };
    let err = format!(
        "sluis: {address}: the copy is whole, but {count} objects of older copies are still there, and so may be keys that were \
         destroyed since: {why}\n"
    );
    Ok(Reply { out, err, code: 1 })
}

/// A directory in which copies are stored is nothing that is copied, and holds nothing of it.
fn check_store(args: &BackupArgs, staging: &Path) -> anyhow::Result<()> {
    let Some(store) = args.to.directory() else {
        return Ok(());
    };
    let archive = args
        .archive
        .iter()
        .map(|archive| ("the archive", archive.as_path()));
    let sources = [
        ("the data directory", args.data_dir.as_path()),
        ("--staging", staging),
    ];
    for source in sources.into_iter().chain(archive) {
        ensure_apart(("--to", store), source)?;
    }
    Ok(())
}

fn put_back(args: &RestoreArgs, environment: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let data_dir = &args.data_dir;
    let (note, inspection) = match &args.from {
        Place::Directory(from) => restore(from, data_dir)?,
        Place::Address(address) => {
            let reached = args.from.look(environment)?;
            if let Some(store) = args.from.directory() {
                ensure_apart(("the data directory", data_dir), ("the copy", store))?;
            }
            let shelf = Shelf::on(reached.store.clone());
            fetch(&shelf, data_dir).with_context(|| address.to_owned())?
        }
    };
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

#[cfg(test)]
mod tests;
