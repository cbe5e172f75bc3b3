//! Whose directory this is: its format, its number of shards, and the number it was given when it
//! was made, by which files of another directory are told from its own. They stand in `meta` and in
//! the manifest: either is made again from the other. Refuses to take a directory for a new one
//! while anything says that there was a journal.

use std::path::{Path, PathBuf};

use super::files;
use super::manifest::Manifest;
use super::options::Options;
use super::prepared::{self, Prepared};
use super::report::{Repaired, Repairs};
use crate::JournalError;

const META: &str = "meta";
/// What this program writes.
const FORMAT: u16 = 4;
/// What it still reads, and turns into its own: no manifest, a table without proof, trim marks in a
/// file of their own.
const OLD_FORMAT: u16 = 3;

/// Who a directory is.
pub(super) struct Identity {
    pub(super) id: u64,
    pub(super) shards: u16,
    /// What a start holds the log against; `None` in a new directory, in an old one, and where it
    /// was lost.
    pub(super) manifest: Option<Manifest>,
    /// Whether this start makes it.
    pub(super) created: bool,
    /// Whether the format before this one wrote it.
    pub(super) is_old: bool,
}

#[derive(Clone, Copy)]
struct Meta {
    shards: u16,
    /// `None` in the old format.
    id: Option<u64>,
}

/// What can be said of a small file.
enum State<T> {
    Absent,
    Damaged,
    Good(T),
}

fn state<T>(read: Result<Option<T>, JournalError>) -> Result<State<T>, JournalError> {
    match read {
        Ok(Some(found)) => Ok(State::Good(found)),
        Ok(None) => Ok(State::Absent),
        Err(JournalError::DamagedFile { .. }) => Ok(State::Damaged),
        Err(other) => Err(other),
    }
}

fn meta_path(dir: &Path) -> PathBuf {
    dir.join(META)
}

fn read_meta(dir: &Path) -> Result<Option<Meta>, JournalError> {
    let path = meta_path(dir);
    let Some(bytes) = files::read_checked(&path)? else {
        return Ok(None);
    };
    let damaged = || JournalError::DamagedFile { path: path.clone() };
    let ([f0, f1, s0, s1], rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let shards = u16::from_le_bytes([*s0, *s1]);
    match u16::from_le_bytes([*f0, *f1]) {
        FORMAT => {
            let id = rest.try_into().map_err(|_| damaged())?;
            Ok(Some(Meta {
                shards,
                id: Some(u64::from_le_bytes(id)),
            }))
        }
        OLD_FORMAT if rest.is_empty() => Ok(Some(Meta { shards, id: None })),
        OLD_FORMAT => Err(damaged()),
        found => Err(JournalError::Format {
            path,
            found,
            expected: FORMAT,
        }),
    }
}

/// Writes what a directory is; durable on return.
pub(super) fn write(dir: &Path, id: u64, shards: u16) -> Result<(), JournalError> {
    let mut bytes = [FORMAT.to_le_bytes(), shards.to_le_bytes()].concat();
    bytes.extend_from_slice(&id.to_le_bytes());
    files::write_checked(&meta_path(dir), &bytes)
}

/// Looks at a directory and changes nothing; an error says what is wrong. `None`: there is no
/// journal.
pub(super) fn look(dir: &Path, repairs: &mut Repairs) -> Result<Option<Identity>, JournalError> {
    let meta = state(read_meta(dir))?;
    let manifest = state(Manifest::read(dir))?;
    let damaged = |path| Err(JournalError::DamagedFile { path });
    match (meta, manifest) {
        (State::Absent, State::Absent) => Ok(None),
        (State::Absent | State::Damaged, State::Good(manifest)) => {
            let why = "was missing or damaged: made again from the manifest";
            repairs.add(Repaired::Meta, &meta_path(dir), why);
            let shards = manifest.marks.len() as u16;
            Ok(Some(Identity::known(manifest.id, shards, Some(manifest))))
        }
        (State::Damaged, State::Absent | State::Damaged) => damaged(meta_path(dir)),
        (State::Absent, State::Damaged) => damaged(Manifest::path(dir)),
        (State::Good(Meta { shards, id: None }), manifest) => {
            Ok(Some(Identity::old(shards, manifest)))
        }
        (
            State::Good(Meta {
                shards,
                id: Some(id),
            }),
            State::Good(manifest),
        ) => {
            if manifest.id != id || manifest.marks.len() != usize::from(shards) {
                return Err(JournalError::Foreign {
                    path: Manifest::path(dir),
                    other: meta_path(dir),
                });
            }
            Ok(Some(Identity::known(id, shards, Some(manifest))))
        }
        (
            State::Good(Meta {
                shards,
                id: Some(id),
            }),
            State::Absent,
        ) if generations(dir)?.is_empty() => {
            // The making was cut short: no generation was ever there, or the manifest would be.
            Ok(Some(Identity::new(id, shards)))
        }
        (
            State::Good(Meta {
                shards,
                id: Some(id),
            }),
            State::Absent | State::Damaged,
        ) => {
            let here = generations(dir)?;
            let why = format!(
                "was missing or damaged: made again from the generations that are here, {here:?}; if there were more, restore a copy"
            );
            repairs.add(Repaired::Manifest, &Manifest::path(dir), why);
            Ok(Some(Identity::known(id, shards, None)))
        }
    }
}

impl Identity {
    /// A directory that was just made.
    fn new(id: u64, shards: u16) -> Self {
        Self {
            created: true,
            ..Self::known(id, shards, None)
        }
    }

    fn known(id: u64, shards: u16, manifest: Option<Manifest>) -> Self {
        Self {
            id,
            shards,
            manifest,
            created: false,
            is_old: false,
        }
    }

    /// A directory of the format before this one. An upgrade that was cut short may have written
    /// the manifest already.
    fn old(shards: u16, manifest: State<Manifest>) -> Self {
        let id = match manifest {
            State::Good(begun) => begun.id,
            State::Absent | State::Damaged => prepared::fresh_number(0),
        };
        Self {
            is_old: true,
            ..Self::known(id, shards, None)
        }
    }
}

/// Says whose directory it is, and makes it when it is new.
pub(super) fn settle(
    dir: &Path,
    options: &Options,
    repairs: &mut Repairs,
) -> Result<Identity, JournalError> {
    let found = look(dir, repairs)?;
    if let Some(found) = &found
        && found.shards != options.shards
    {
        return Err(JournalError::ShardCount {
            path: dir.to_owned(),
            stored: found.shards,
            configured: options.shards,
        });
    }
    let is_new = found.as_ref().is_none_or(|found| found.created);
    if is_new && (options.existing || !generations(dir)?.is_empty()) {
        return Err(JournalError::Gone {
            path: dir.to_owned(),
        });
    }
    match found {
        Some(found) => {
            if repairs.has(Repaired::Meta) {
                write(dir, found.id, found.shards)?;
            }
            Ok(found)
        }
        None => {
            let (id, shards) = (prepared::fresh_number(0), options.shards);
            write(dir, id, shards)?;
            Ok(Identity::new(id, shards))
        }
    }
}

/// The numbers of the generations that are there, oldest first.
pub(super) fn generations(dir: &Path) -> Result<Vec<u64>, JournalError> {
    let mut numbers: Vec<u64> = files::list(dir)?
        .iter()
        .filter_map(|path| Prepared::number_of(path))
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}
