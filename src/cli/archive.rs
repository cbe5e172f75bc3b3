//! Owns `sluis archive`: whether an archive is as it was sealed, and what it has of a notification, a
//! tenant or a subject. Refuses to change anything: it may be used while an engine writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use sluis_archive::{Archive, Cover, Found, Key, Kind, Removed, Report, Tip, verify};
use sluis_model::{Clock as _, NotificationId, Timestamp};

use super::archive_keys::{Keys, ensure_sealed_once};
use super::archive_of::Of;
use super::archive_process::{self, ProcessArgs};
use super::config::Reply;
use super::new_file::{new_file, private_dir, write_private};
use super::place::Place;
use super::told::told;
use crate::clock::SystemClock;
use crate::dossier::{self, Dossier, EntryOf};
use crate::explain::rfc3339;

#[derive(Debug, Subcommand)]
pub enum ArchiveCommand {
    /// Reads all of it and names every fault with its place; exits 1 if there is one.
    Verify {
        /// The archive's directory or bucket. Credentials of a bucket stand in the environment, as for
        /// the engine.
        #[arg(long, value_name = "DIR|URL")]
        archive: Place,
        /// The end of the chain as `GET /v1/archive/head` or the log told it: a newest volume that
        /// was taken away or sealed again is found only with it.
        #[arg(long, value_name = "VOLUME:HASH", value_parser = tip)]
        head: Option<Tip>,
    },
    /// Lists what it has, a line of JSON for each entry, newest first.
    Show {
        /// The archive's directory or bucket.
        #[arg(long, value_name = "DIR|URL")]
        archive: Place,
        /// Where the keys of a sealed archive are.
        #[command(flatten)]
        keys: Keys,
        /// Of what.
        #[command(flatten)]
        of: Of,
        /// Also writes what left into this directory, each output a file.
        #[arg(long, value_name = "DIR")]
        outputs: Option<PathBuf>,
    },
    /// Writes a dossier: everything it has, as a ZIP file with an overview to read, what left, and
    /// hashes to check.
    Export {
        /// The archive's directory or bucket.
        #[arg(long, value_name = "DIR|URL")]
        archive: Place,
        /// Where the keys of a sealed archive are.
        #[command(flatten)]
        keys: Keys,
        /// Of what.
        #[command(flatten)]
        of: Of,
        /// The ZIP file; must be new.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Writes process data: what was decided about the notifications of one corporation in a period,
    /// without addresses and texts, for tools that analyse processes.
    Process(ProcessArgs),
}

/// Most bytes of bodies in a dossier: it is put together in memory.
const MOST_EXPORTED: usize = 1 << 30;

fn tip(text: &str) -> Result<Tip, String> {
    let expected = || "expected VOLUME:HASH, such as 42:3f1a…".to_owned();
    let (volume, hash) = text.split_once(':').ok_or_else(expected)?;
    Ok(Tip {
        volume: volume.parse().map_err(|_| expected())?,
        hash: hash.parse().map_err(|error| format!("{error}"))?,
    })
}

pub(super) fn run(command: &ArchiveCommand, environment: &BTreeMap<String, String>) -> Reply {
    match done(command, environment) {
        Ok((out, err, code)) => Reply { out, err, code },
        Err(error) => Reply {
            out: String::new(),
            err: format!("sluis: {}\n", told(&error)),
            code: 1,
        },
    }
}

fn done(command: &ArchiveCommand, environment: &BTreeMap<String, String>) -> anyhow::Result<Said> {
    let reached = command.archive().look(environment)?;
    match command {
        ArchiveCommand::Verify { archive, head } => {
            let report = verify(&reached.store, *head, &mut |_, _| ())?;
            // What says that an archive is there is what stands there: of nothing nobody can vouch.
            ensure_sealed_once(report != Report::default(), archive)?;
            said(Ok(verified(&report)))
        }
        ArchiveCommand::Show {
            archive,
            keys,
            of,
            outputs,
        } => {
            let asked = Asked { of, keys };
            let archive = keys.open(archive, &reached, environment)?;
            shown(&archive, asked, outputs.as_deref())
        }
        ArchiveCommand::Export {
            archive,
            keys,
            of,
            to,
        } => {
            let asked = Asked { of, keys };
            exported(&keys.open(archive, &reached, environment)?, asked, to)
        }
        ArchiveCommand::Process(args) => {
            let archive = args.keys.open(&args.archive, &reached, environment)?;
            said(Ok((archive_process::written(args, &archive)?, 0)))
        }
    }
}

impl ArchiveCommand {
    fn archive(&self) -> &Place {
        match self {
            Self::Verify { archive, .. }
            | Self::Show { archive, .. }
            | Self::Export { archive, .. } => archive,
            Self::Process(args) => &args.archive,
        }
    }
}

/// What is said on standard output and on the other one, and the exit code.
type Said = (String, String, u8);

fn said(result: anyhow::Result<(String, u8)>) -> anyhow::Result<Said> {
    result.map(|(out, code)| (out, String::new(), code))
}

fn verified(report: &Report) -> (String, u8) {
    let mut out = String::new();
    for fault in &report.faults {
        let _ = writeln!(out, "{}: {}", fault.place, fault.what);
    }
    let (volumes, entries, bytes) = (report.volumes, report.entries, report.bytes);
    let _ = writeln!(out, "{volumes} volumes, {entries} entries, {bytes} bytes");
    let (proven, unproven) = (report.proven, report.unproven);
    let _ = writeln!(
        out,
        "{proven} outputs as the journal has their hash, {unproven} that it cannot vouch for"
    );
    if report.sealed > 0 {
        let sealed = report.sealed;
        let _ = writeln!(
            out,
            "{sealed} entries are sealed: what stands in them was not looked at"
        );
    }
    if report.removed > 0 {
        let (removed, entries) = (report.removed, report.removed_entries);
        let _ = writeln!(
            out,
            "{removed} objects with {entries} entries were removed after their period, each with a tombstone"
        );
    }
    if report.undeleted > 0 {
        let undeleted = report.undeleted;
        let _ = writeln!(
            out,
            "{undeleted} of them are there all the same: the store has not let them go yet"
        );
    }
    if report.unnamed > 0 {
        let unnamed = report.unnamed;
        let _ = writeln!(
            out,
            "{unnamed} tombstones are in no manifest yet: the next volume will name them"
        );
    }
    if let Some((volume, at)) = report.stamps.last() {
        let (stamps, at) = (report.stamps.len(), rfc3339(Timestamp(*at)));
        let _ = writeln!(
            out,
            "{stamps} volumes have a time stamp, the newest volume {volume} of {at}; `openssl ts -verify` checks who signed it"
        );
    }
    if let Some(tip) = report.tip {
        let _ = writeln!(out, "head {}:{}", tip.volume, tip.hash);
    }
    let faults = report.faults.len();
    let _ = writeln!(out, "{faults} faults");
    (out, u8::from(faults > 0))
}

/// Of what, and with which keys.
#[derive(Clone, Copy)]
struct Asked<'a> {
    of: &'a Of,
    keys: &'a Keys,
}

fn shown(archive: &Archive, asked: Asked<'_>, outputs: Option<&Path>) -> anyhow::Result<Said> {
    let key = asked.of.key()?;
    if let Some(outputs) = outputs {
        private_dir(outputs)?;
    }
    let (out, removed) = match &key {
        // What left about a subject stands under its notifications.
        Key::Subject(..) => {
            let (found, removed) = gathered(archive, &key)?;
            let lines = found.iter().map(|found| shown_one(found, outputs));
            (lines.collect::<anyhow::Result<String>>()?, removed)
        }
        Key::Notification(_) | Key::Tenant(_) => each_shown(archive, &key, outputs)?,
    };
    match out.is_empty() {
        true => Err(nothing(archive, asked, &removed)),
        false => Ok((out, notes(&removed), 0)),
    }
}

/// The lines of all entries under a key, without holding their bodies.
fn each_shown(
    archive: &Archive,
    key: &Key,
    outputs: Option<&Path>,
) -> anyhow::Result<(String, Vec<Removed>)> {
    let (mut out, mut failed) = (String::new(), None);
    let removed = archive.find(key, |_| true, &mut |found| {
        match shown_one(&found, outputs) {
            Ok(line) => out.push_str(&line),
            Err(error) => failed = Some(error),
        }
        match failed {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    })?;
    match failed {
        Some(error) => Err(error),
        None => Ok((out, removed)),
    }
}

/// What was removed, a line for each category.
fn notes(removed: &[Removed]) -> String {
    removed.iter().map(|removed| note(removed) + "\n").collect()
}

fn note(removed: &Removed) -> String {
    let at = rfc3339(Timestamp(removed.at));
    let (rule, corporation) = (&removed.rule, removed.corporation);
    let what = match removed.certain {
        true => "something of it",
        false => "a whole volume that may have had something of it",
    };
    format!("{what} was removed on {at} under rule {rule} (corporation {corporation})")
}

/// The archive has nothing of it: it never had, or it was removed.
fn nothing(archive: &Archive, Asked { of, keys }: Asked<'_>, removed: &[Removed]) -> anyhow::Error {
    let place = archive.store().shown();
    if removed.is_empty() {
        let keys = match keys.is_asked() {
            true => "",
            false => {
                " What is sealed with keys is found only with --config, which says where they are."
            }
        };
        return anyhow::anyhow!(
            "{place}: the archive has nothing of {of}; look whether the number is right, and whether the engine has sealed a volume \
             since: what is of the last hours is in the engine.{keys}"
        );
    }
    let notes: Vec<String> = removed.iter().map(note).collect();
    anyhow::anyhow!(
        "{place}: the archive has nothing of {of} any more: {}",
        notes.join("; ")
    )
}

/// The line of an entry; its body is written when it left.
fn shown_one(found: &Found, outputs: Option<&Path>) -> anyhow::Result<String> {
    let line = serde_json::to_string(&EntryOf::from(found))?;
    if let (Some(outputs), Kind::Output, Some(of)) = (outputs, found.head.kind, &found.head.output)
    {
        let id = found.head.ids.first().map_or("", |id| id);
        let ending = dossier::ending(&of.media_type);
        let path = outputs.join(format!("{id}-{}.{ending}", of.attempt));
        write_private(&path, &found.body).with_context(|| path.display().to_string())?;
    }
    Ok(line + "\n")
}

fn exported(archive: &Archive, asked: Asked<'_>, to: &Path) -> anyhow::Result<Said> {
    let key = asked.of.key()?;
    let (found, removed) = gathered(archive, &key)?;
    if found.is_empty() {
        return Err(nothing(archive, asked, &removed));
    }
    anyhow::ensure!(
        found.iter().all(|found| found.cover != Cover::Closed),
        "the archive is sealed: --config names the configuration, which says where the keys are"
    );
    let dossier = Dossier {
        of: &asked.of.to_string(),
        found: &found,
        state: None,
        head: archive.tip(),
        at: SystemClock.now(),
    };
    let mut file = new_file(to)?;
    file.write_all(&dossier.zip()?)
        .with_context(|| to.display().to_string())?;
    let entries = found.len();
    let out = format!("{}: {entries} entries\n", to.display());
    Ok((out, notes(&removed), 0))
}

/// Everything under the key, newest first. Of a subject: everything about its notifications.
fn gathered(archive: &Archive, key: &Key) -> anyhow::Result<(Vec<Found>, Vec<Removed>)> {
    let mut found = Vec::new();
    let mut bytes = 0;
    let removed = gather(archive, key, &mut found, &mut bytes)?;
    if let Key::Subject(..) = key {
        let ids = found.iter().flat_map(|found| &found.head.ids);
        let ids: BTreeSet<NotificationId> = ids.filter_map(|id| id.parse().ok()).collect();
        for id in ids {
            gather(archive, &Key::Notification(id), &mut found, &mut bytes)?;
        }
    }
    let place = |found: &Found| {
        let head = &found.head;
        (head.at, head.shard, head.sequence, head.kind)
    };
    found.sort_by_key(|found| std::cmp::Reverse(place(found)));
    found.dedup_by_key(|found| place(found));
    Ok((found, removed))
}

fn gather(
    archive: &Archive,
    key: &Key,
    found: &mut Vec<Found>,
    bytes: &mut usize,
) -> anyhow::Result<Vec<Removed>> {
    let removed = archive.find(key, |_| true, &mut |entry| {
        *bytes += entry.body.len();
        found.push(entry);
        if *bytes > MOST_EXPORTED {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    let is_within = *bytes <= MOST_EXPORTED;
    anyhow::ensure!(
        is_within,
        "more than {MOST_EXPORTED} bytes: export less at once"
    );
    Ok(removed)
}
