//! Owns the copy of a whole data directory: the journal, the archive, the counters, the secrets, and a
//! note that says that it is a copy and how far it goes. A directory with that note starts paused,
//! however it came to its place. Such a copy can be stored in a bucket too. Refuses to overwrite what is
//! no copy, and to start from one that is not whole.

mod apart;
mod archived;
mod files;
mod listing;
mod remote;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sluis_journal::{Backup, Inspection, Journal, Sequence, Shard};
use sluis_model::Timestamp;

pub use self::apart::ensure_apart;
use self::apart::{ensure_empty, is_empty};
pub use self::archived::Archived;
use self::files::{copy_file, copy_tree, make_dir};
pub use self::remote::{Sent, fetch, send};
use crate::explain::rfc3339;
use crate::files::{sync_above, write_whole};
use crate::{counters, data_version, mailings, migrations, reference_key, sealing};

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

/// What a copy did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Of the journal.
    pub journal: Backup,
    /// Of the archive; none: there is none in a directory.
    pub archive: Option<Archived>,
}

/// Copies a data directory, which an engine may be using, to `to`, where an earlier copy may be.
/// `archive`: where its archive is, if that is not in the data directory.
///
/// An earlier copy is whole until nothing can be wrong with the source any more: whoever needs a copy
/// has a source that is damaged.
///
/// # Errors
/// `to` holds something else, or lies in the data directory; see [`sluis_journal::back_up`].
pub fn back_up(
    data_dir: &Path,
    archive: Option<&Path>,
    to: &Path,
    now: Timestamp,
) -> anyhow::Result<Copied> {
    let default = archived::place(data_dir);
    let kept = archive.unwrap_or(&default);
    check_source(data_dir)?;
    check_target(data_dir, kept, to)?;
    data_version::check(data_dir)?;
    ensure!(
        archive.is_none() || kept.exists(),
        "{}: no archive is there",
        kept.display()
    );
    let has_archive = kept.exists();
    let (source, target) = (data_dir.join(JOURNAL), to.join(JOURNAL));
    if note(to)?.is_some() {
        sluis_journal::look_over(&source, &target)?;
        if has_archive {
            archived::look_over(kept, &archived::place(to))?;
        }
    }
    make_dir(to)?;
    let mut note = Note {
        whole: false,
        at: rfc3339(now),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        lasts: Vec::new(),
    };
    write_note(to, &note)?;
    // Before the journal: the copy of that then has every record that they count.
    let [counted, counts] = [data_dir, to].map(counters::directory);
    counters::copy(&counted, &counts)?;
    // Likewise: what the copied mailings say was handed over is then in the copied journal.
    let [lists, copied] = [data_dir, to].map(mailings::directory);
    mailings::copy(&lists, &copied)?;
    let [moves, copied] = [data_dir, to].map(migrations::directory);
    migrations::copy(&moves, &copied)?;
    let journal = sluis_journal::back_up(&source, &target)?;
    // After the journal, and no further than that.
    let archive = match has_archive {
        true => Some(archived::copy(kept, &archived::place(to), &journal.lasts)?),
        false => None,
    };
    for path in [reference_key::path, data_version::path] {
        let small = path(data_dir);
        if small.exists() {
            copy_file(&small, &path(to))?;
        }
    }
    // After the journal: whatever it was sealed with is there by now.
    let keys = sealing::path(data_dir);
    if keys.exists() {
        sluis_keys::copy_keys(&keys, &sealing::path(to))?;
    }
    note.whole = true;
    note.lasts = journal.lasts.iter().map(|last| last.0).collect();
    write_note(to, &note)?;
    Ok(Copied { journal, archive })
}

/// There is something to copy.
fn check_source(data_dir: &Path) -> anyhow::Result<()> {
    ensure!(
        data_dir.join(JOURNAL).is_dir(),
        "{}: no data directory is there, it has no folder `{JOURNAL}`: look whether the path is that of engine.data_dir",
        data_dir.display()
    );
    Ok(())
}

fn check_target(data_dir: &Path, archive: &Path, to: &Path) -> anyhow::Result<()> {
    ensure_apart(("a copy", to), ("the data directory", data_dir))?;
    ensure_apart(("a copy", to), ("the archive", archive))?;
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
    let whole = whole_note(from)?.with_context(|| no_copy(from))?;
    ensure_apart(("the data directory", data_dir), ("the copy", from))?;
    data_version::check(from)?;
    put_back(data_dir, &whole, &from.display().to_string(), |data_dir| {
        copy_tree(from, data_dir, NOTE)
    })
}

/// Why a directory cannot be taken as a copy.
fn no_copy(from: &Path) -> String {
    let hint = match remote::is_stored(from) {
        true => {
            "what is there was stored with `--to file://`, so give its address: --from file:///DIRECTORY"
        }
        false => "look whether the path is that of a copy",
    };
    format!(
        "{}: no copy of `sluis backup` is there: {hint}",
        from.display()
    )
}

/// Puts a copy into an empty directory and reads all of it. `from`: where the copy is, for people.
fn put_back(
    data_dir: &Path,
    whole: &Note,
    from: &str,
    files: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<(Note, Inspection)> {
    make_dir(data_dir)?;
    ensure_empty(data_dir)?;
    // Until all of it is there nothing may start from it.
    let half = Note {
        whole: false,
        ..whole.clone()
    };
    write_note(data_dir, &half)?;
    files(data_dir)?;
    data_version::check(data_dir)?;
    let archive = archived::place(data_dir);
    if archive.exists() {
        archived::check(&archive)?;
    }
    let inspection = sluis_journal::inspect(&data_dir.join(JOURNAL))?;
    if let Some(defect) = inspection.defects.first() {
        bail!("the copy in {from} is damaged: {}", defect.error);
    }
    let lasts: Vec<u64> = inspection.shards.iter().map(|shard| shard.last.0).collect();
    ensure!(
        lasts == whole.lasts,
        "the copy in {from} does not go as far as it says: take another one"
    );
    write_note(data_dir, whole)?;
    Ok((whole.clone(), inspection))
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
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).with_context(|| {
            format!(
                "{}: is damaged: take another copy, or make this one again in an empty directory",
                path.display()
            )
        }),
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
    let text = serde_json::to_vec_pretty(note)?;
    write_whole(&path, &text).with_context(|| format!("{}: cannot be written", path.display()))
}
