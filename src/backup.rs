//! Owns the copy of a whole data directory: the journal, the reference secret, and a note that says
//! that it is a copy and how far it goes. A directory with that note starts paused, however it came
//! to its place. Refuses to overwrite what is no copy, and to start from one that is not whole.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sluis_journal::{Backup, Inspection, Journal, Sequence, Shard};
use sluis_model::Timestamp;

use crate::explain::rfc3339;
use crate::reference_key;
use crate::sealing;

/// The note in a copy.
const NOTE: &str = "backup.json";
const JOURNAL: &str = "journal";
/// What an engine makes on the first start from a copy: where it is, the directory is in use.
const TABLE: &str = "journal/table";

/// What a copy says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Whether all of it is there. A copy that was cut short must not be started.
    pub whole: bool,
    /// When it was begun, in RFC 3339: what the engine accepted later is not in it.
    pub at: String,
    /// The version of the program that made it.
    pub version: String,
    /// Per shard the last record in it.
    pub lasts: Vec<u64>,
}

/// Copies a data directory, which an engine may be using, to `to`, where an earlier copy may be.
///
/// An earlier copy is whole until nothing can be wrong with the source any more: whoever needs a copy
/// has a source that is damaged.
///
/// # Errors
/// `to` holds something else, or lies in the data directory; see [`sluis_journal::back_up`].
pub fn back_up(data_dir: &Path, to: &Path, now: Timestamp) -> anyhow::Result<Backup> {
    check_target(data_dir, to)?;
    let (source, target) = (data_dir.join(JOURNAL), to.join(JOURNAL));
    if note(to)?.is_some() {
        sluis_journal::look_over(&source, &target)?;
    }
    make_dir(to)?;
    let mut note = Note {
        whole: false,
        at: rfc3339(now),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        lasts: Vec::new(),
    };
    write_note(to, &note)?;
    let copied = sluis_journal::back_up(&source, &target)?;
    let secret = reference_key::path(data_dir);
    if secret.exists() {
        copy_file(&secret, &reference_key::path(to))?;
    }
    // After the journal: whatever it was sealed with is there by now.
    let keys = sealing::path(data_dir);
    if keys.exists() {
        sluis_keys::copy_keys(&keys, &sealing::path(to))?;
    }
    note.whole = true;
    note.lasts = copied.lasts.iter().map(|last| last.0).collect();
    write_note(to, &note)?;
    Ok(copied)
}

fn check_target(data_dir: &Path, to: &Path) -> anyhow::Result<()> {
    let (source, target) = (real(data_dir)?, real_place(to)?);
    ensure!(
        !target.starts_with(&source) && !source.starts_with(&target),
        "{}: a copy must not be in the data directory {}, nor around it: choose another place",
        to.display(),
        data_dir.display()
    );
    if !to.exists() || is_empty(to)? || (note(to)?.is_some() && !to.join(TABLE).exists()) {
        return Ok(());
    }
    bail!(
        "{}: holds something that is no copy of `sluis backup`, or one that an engine was started on: choose an empty \
         directory",
        to.display()
    )
}

/// Copies a copy to where an engine is to start from it, and reads every record of it.
///
/// # Errors
/// `from` is no copy, or not a whole one; there is something in `data_dir`; damage; a failing disk.
pub fn restore(from: &Path, data_dir: &Path) -> anyhow::Result<(Note, Inspection)> {
    let whole = whole_note(from)?
        .with_context(|| format!("{}: no copy of `sluis backup` is there", from.display()))?;
    make_dir(data_dir)?;
    ensure!(
        is_empty(data_dir)?,
        "{}: is not empty: move away what is there, or choose another directory",
        data_dir.display()
    );
    // Until all of it is there nothing may start from it.
    let half = Note {
        whole: false,
        ..whole.clone()
    };
    write_note(data_dir, &half)?;
    copy_tree(from, data_dir)?;
    let inspection = sluis_journal::inspect(&data_dir.join(JOURNAL))?;
    if let Some(defect) = inspection.defects.first() {
        bail!(
            "the copy in {} is damaged: {}",
            from.display(),
            defect.error
        );
    }
    let lasts: Vec<u64> = inspection.shards.iter().map(|shard| shard.last.0).collect();
    ensure!(
        lasts == whole.lasts,
        "the copy in {} does not go as far as it says: take another one",
        from.display()
    );
    write_note(data_dir, &whole)?;
    Ok((whole, inspection))
}

/// The note of a directory that is a copy.
///
/// # Errors
/// The copy is not whole; the note cannot be read.
pub fn whole_note(dir: &Path) -> anyhow::Result<Option<Note>> {
    let found = note(dir)?;
    if found.as_ref().is_some_and(|note| !note.whole) {
        bail!(
            "{}: the copy was cut short and is not whole: make it again with `sluis backup` or `sluis restore`",
            dir.display()
        );
    }
    Ok(found)
}

fn note(dir: &Path) -> anyhow::Result<Option<Note>> {
    let path = dir.join(NOTE);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .with_context(|| format!("{}: cannot be read", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{}: cannot be read", path.display())),
    }
}

/// A start from a copy: its note goes once the pause that it asked for is on the disk.
#[derive(Debug, Default)]
pub struct Restored(Mutex<Option<Pending>>);

#[derive(Debug)]
struct Pending {
    note: PathBuf,
    /// Per shard what has to be durable: the pause is in it.
    upto: Vec<Sequence>,
}

impl Restored {
    /// A start from the copy in `data_dir`, whose shards have paused.
    #[must_use]
    pub fn of(data_dir: &Path, journal: &dyn Journal) -> Self {
        let shards = (0..journal.shards()).map(Shard);
        Self(Mutex::new(Some(Pending {
            note: data_dir.join(NOTE),
            upto: shards.map(|shard| journal.last(shard)).collect(),
        })))
    }

    /// Whether the directory still says that it is a copy.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.0.lock().is_some()
    }

    /// Removes the note when the pause is durable. To be called now and then, and at the end.
    pub fn settle(&self, journal: &dyn Journal) {
        let mut pending = self.0.lock();
        let is_durable = pending.as_ref().is_some_and(|pending| {
            let shards = (0..).map(Shard).zip(&pending.upto);
            shards
                .into_iter()
                .all(|(shard, upto)| journal.durable(shard) >= *upto)
        });
        if is_durable && let Some(done) = pending.take() {
            let removed = fs::remove_file(&done.note);
            if let Err(error) = removed.and_then(|()| sync_above(&done.note)) {
                tracing::warn!(path = %done.note.display(), %error, "the note of the copy stays: the next start pauses again");
            }
        }
    }
}

fn write_note(dir: &Path, note: &Note) -> anyhow::Result<()> {
    let path = dir.join(NOTE);
    let aside = dir.join(format!("{NOTE}.tmp"));
    let text = serde_json::to_vec_pretty(note)?;
    let write = || -> io::Result<()> {
        let mut file = private(&aside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&aside, &path)?;
        sync_above(&path)
    };
    write().with_context(|| format!("{}: cannot be written", path.display()))
}

/// Copies everything but the note.
fn copy_tree(from: &Path, to: &Path) -> anyhow::Result<()> {
    let entries = fs::read_dir(from).with_context(|| format!("{}: cannot be read", from.display()));
    for entry in entries? {
        let (source, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let target = to.join(&name);
        if source.is_dir() {
            make_dir(&target)?;
            copy_tree(&source, &target)?;
        } else if name != NOTE {
            copy_file(&source, &target)?;
        }
    }
    sync_dir(to).with_context(|| format!("{}: cannot be synced", to.display()))
}

fn copy_file(from: &Path, to: &Path) -> anyhow::Result<()> {
    let copy = || -> io::Result<()> {
        let mut target = private(to)?;
        io::copy(&mut File::open(from)?, &mut target)?;
        target.sync_all()?;
        sync_above(to)
    };
    copy().with_context(|| format!("{}: cannot be copied to {}", from.display(), to.display()))
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}

fn make_dir(path: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    made.with_context(|| format!("{}: the directory cannot be made", path.display()))
}

fn is_empty(dir: &Path) -> anyhow::Result<bool> {
    let mut entries =
        fs::read_dir(dir).with_context(|| format!("{}: cannot be read", dir.display()))?;
    Ok(entries.next().is_none())
}

fn real(path: &Path) -> anyhow::Result<PathBuf> {
    path.canonicalize()
        .with_context(|| format!("{}: is not there", path.display()))
}

/// Where a directory is, or would be: by what there is above it.
fn real_place(path: &Path) -> anyhow::Result<PathBuf> {
    let whole =
        std::path::absolute(path).with_context(|| format!("{}: is no place", path.display()))?;
    let there = whole.ancestors().find(|above| above.exists());
    let there = there.unwrap_or(Path::new("/"));
    let rest = whole.strip_prefix(there).unwrap_or(Path::new(""));
    Ok(real(there)?.join(rest))
}

fn sync_above(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), sync_dir)
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
