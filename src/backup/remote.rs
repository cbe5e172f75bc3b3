//! Owns the copy of a copy in objects: in a bucket, or in another directory. Each file is cut into
//! pieces, each piece is stored once under its hash, and a listing of all of them comes last. So the
//! copy before stays whole until the new one is, wherever a run is cut short. Refuses to take over what
//! has changed although it never changes, and what is of another engine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use sluis_archive::{Hash, Shelf};
use sluis_journal::Inspection;

use super::files::{files_below, make_dir};
use super::listing::{COPIES, Filed, Listing, PIECES, is_below, numbers, piece};
use super::{NOTE, Note, put_back, whole_note};
use crate::files::{private, sync_dir};

/// Most bytes of a piece: one is in memory at a time, and a request has at most these.
const PIECE_BYTES: usize = 16 << 20;
/// Whose copy it is: the secret of the engine never changes, and every engine has its own.
const SECRET: &str = "reference.key";
/// Where generations of the journal are in a copy, and the file of each that holds records.
const GENERATIONS: &str = "journal/gen-";
const LOG: &str = "/log";
/// Where sealed volumes of the archive are in a copy.
const VOLUMES: &str = "archive/volumes/";

/// What was stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The number of the copy: each is one more than the one before.
    pub number: u64,
    /// Files in it.
    pub files: u64,
    /// Bytes in pieces that were not there yet.
    pub sent_bytes: u64,
    /// Bytes in pieces that were there.
    pub kept_bytes: u64,
    /// Objects of older copies that the store did not let go, and why the first of them.
    pub undeleted: Option<(u64, String)>,
}

/// Stores a whole copy that is in a directory, and then removes what only older copies had.
///
/// # Errors
/// `copy` is no whole copy, or another run is busy with it; what is there is of another engine; a file
/// that never changes has changed; the disk or the store fails. The copy that was there before is whole
/// then.
pub fn send(copy: &Path, shelf: &Shelf) -> anyhow::Result<Sent> {
    let _alone = alone(copy)?;
    let note = whole_note(copy)?
        .with_context(|| format!("{}: no copy of `sluis backup` is there", copy.display()))?;
    let before = Listing::newest(shelf)?;
    let mut sending = Sending {
        copy,
        shelf,
        before: before.as_ref().map(|(_, listing)| listing),
        there: shelf.sizes(PIECES)?,
        sent: Sent::default(),
    };
    sending.same_engine()?;
    let mut files = Vec::new();
    for path in files_below(copy)? {
        if path != NOTE {
            files.push(sending.file(&path)?);
        }
    }
    let Sending {
        there, mut sent, ..
    } = sending;
    sent.files = files.len() as u64;
    sent.number = before.as_ref().map_or(0, |(number, _)| *number) + 1;
    let listing = Listing::new(note, files);
    ensure!(
        listing.publish(shelf, sent.number)?,
        "{}: another backup ended there meanwhile: give each engine a place of its own",
        shelf.shown()
    );
    sent.undeleted = clear(shelf, sent.number, &listing, &there)?;
    Ok(sent)
}

/// Makes a data directory of the newest whole copy that is there, and reads every record of it.
///
/// # Errors
/// There is none; a piece is missing or damaged; see [`super::restore`].
pub fn fetch(shelf: &Shelf, data_dir: &Path) -> anyhow::Result<(Note, Inspection)> {
    let newest = Listing::newest(shelf)?;
    let has_note = newest.is_none() && shelf.get(NOTE)?.is_some();
    let (_, listing) = newest.with_context(|| {
        let hint = match has_note {
            true => "what is there is a copy in a directory, so give its path without `file://`",
            false => "look whether the address is right",
        };
        let shown = shelf.shown();
        format!("{shown}: no whole copy of `sluis backup` is there: {hint}")
    })?;
    put_back(data_dir, &listing.note, shelf.shown(), |data_dir| {
        fetch_files(shelf, &listing, data_dir)
    })
}

/// Whether a directory holds objects of copies, and not the files of one.
pub(super) fn is_stored(dir: &Path) -> bool {
    [COPIES, PIECES].iter().all(|part| dir.join(part).is_dir())
}

/// Holds a copy for this run.
fn alone(copy: &Path) -> anyhow::Result<File> {
    let dir = File::open(copy).with_context(|| format!("{}: is not there", copy.display()))?;
    match dir.try_lock() {
        Ok(()) => Ok(dir),
        Err(TryLockError::WouldBlock) => bail!(
            "{}: another `sluis backup` is storing this copy: wait until it has ended",
            copy.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{}: cannot be locked", copy.display()))
        }
    }
}

/// A run.
struct Sending<'a> {
    copy: &'a Path,
    shelf: &'a Shelf,
    before: Option<&'a Listing>,
    /// Pieces that are there: name and bytes.
    there: BTreeMap<String, u64>,
    sent: Sent,
}

impl Sending<'_> {
    fn same_engine(&self) -> anyhow::Result<()> {
        let Some(theirs) = self.before.and_then(|before| before.file(SECRET)) else {
            return Ok(());
        };
        let path = self.copy.join(SECRET);
        let ours = std::fs::read(&path).with_context(|| path.display().to_string())?;
        ensure!(
            theirs.pieces == [Hash::of(&ours)],
            "{}: the copy there is of another engine: choose another place",
            self.shelf.shown()
        );
        Ok(())
    }

    /// Reads a file and stores what is not there of it.
    fn file(&mut self, path: &str) -> anyhow::Result<Filed> {
        let place = self.copy.join(path);
        let failed = || place.display().to_string();
        let fixed = self.before.and_then(|before| fixed(before, path));
        let mut file = File::open(&place).with_context(failed)?;
        let mut filed = Filed {
            path: path.to_owned(),
            bytes: 0,
            pieces: Vec::new(),
        };
        loop {
            let mut bytes = Vec::new();
            let most = PIECE_BYTES as u64;
            (&mut file)
                .take(most)
                .read_to_end(&mut bytes)
                .with_context(failed)?;
            if bytes.is_empty() {
                break;
            }
            let hash = Hash::of(&bytes);
            let known = fixed.map(|fixed| fixed.pieces.get(filed.pieces.len()));
            ensure!(
                known.is_none_or(|known| known == Some(&hash)),
                "{}: is not what the copy before has of it, and it never changes: it is damaged; remove this directory, so that \
                 all of it is copied anew",
                place.display()
            );
            filed.bytes += bytes.len() as u64;
            filed.pieces.push(hash);
            self.piece(&hash, bytes)?;
        }
        let is_whole = fixed.is_none_or(|fixed| fixed.pieces.len() == filed.pieces.len());
        ensure!(is_whole, "{}: has become shorter", place.display());
        Ok(filed)
    }

    fn piece(&mut self, hash: &Hash, bytes: Vec<u8>) -> anyhow::Result<()> {
        let (name, length) = (piece(hash), bytes.len() as u64);
        if self.there.get(&name) == Some(&length) {
            self.sent.kept_bytes += length;
            return Ok(());
        }
        self.shelf.put(&name, Bytes::from(bytes))?;
        self.there.insert(name, length);
        self.sent.sent_bytes += length;
        Ok(())
    }
}

/// What the copy before has of a file, when that never changed since: a sealed volume of the archive,
/// and a generation behind which there was another one.
fn fixed<'a>(before: &'a Listing, path: &str) -> Option<&'a Filed> {
    let filed = before.file(path)?;
    let is_volume = path.starts_with(VOLUMES);
    let is_log = |path: &str| path.starts_with(GENERATIONS) && path.ends_with(LOG);
    // Their names sort as their numbers do.
    let mut logs = before.files.iter().filter(|filed| is_log(&filed.path));
    let is_full = is_log(path) && logs.any(|other| other.path.as_str() > path);
    (is_volume || is_full).then_some(filed)
}

/// Removes what is only in older copies: first their listings, then pieces that no copy has. A key that
/// was destroyed goes with that.
fn clear(
    shelf: &Shelf,
    number: u64,
    listing: &Listing,
    there: &BTreeMap<String, u64>,
) -> anyhow::Result<Option<(u64, String)>> {
    let needed: BTreeSet<String> = listing
        .files
        .iter()
        .flat_map(|filed| filed.pieces.iter().map(piece))
        .collect();
    let older = numbers(shelf)?.into_iter();
    let older = older.filter_map(|(other, name)| (other < number).then_some(name));
    let unneeded = there.keys().filter(|name| !needed.contains(*name)).cloned();
    let mut undeleted: Option<(u64, String)> = None;
    for name in older.chain(unneeded) {
        let why = match shelf.delete(&name) {
            Ok(true) => continue,
            Ok(false) => "the bucket keeps old versions: use one that keeps none, and remove these"
                .to_owned(),
            Err(error) => error.to_string(),
        };
        let (count, _) = undeleted.get_or_insert((0, why));
        *count += 1;
    }
    Ok(undeleted)
}

fn fetch_files(shelf: &Shelf, listing: &Listing, data_dir: &Path) -> anyhow::Result<()> {
    let mut folders = BTreeSet::from([data_dir.to_owned()]);
    for filed in &listing.files {
        ensure!(
            is_below(&filed.path),
            "{}: the listing of the copy names a file outside of it: {}",
            shelf.shown(),
            filed.path
        );
        let to = data_dir.join(&filed.path);
        let above: Vec<PathBuf> = to.ancestors().skip(1).map(Path::to_owned).collect();
        if let Some(folder) = above.first() {
            make_dir(folder)?;
        }
        fetch_file(shelf, filed, &to)?;
        let inside = above
            .into_iter()
            .take_while(|dir| dir.starts_with(data_dir));
        folders.extend(inside);
    }
    // The deepest first: a directory's own name is in the one above it.
    for folder in folders.iter().rev() {
        sync_dir(folder).with_context(|| format!("{}: cannot be synced", folder.display()))?;
    }
    Ok(())
}

fn fetch_file(shelf: &Shelf, filed: &Filed, to: &Path) -> anyhow::Result<()> {
    let failed = || format!("{}: cannot be written", to.display());
    let mut file = private(to).with_context(failed)?;
    let mut written = 0;
    for hash in &filed.pieces {
        let name = piece(hash);
        let place = || format!("{}/{name}, a part of {}", shelf.shown(), filed.path);
        let bytes = shelf.get(&name)?;
        let bytes = bytes.with_context(|| format!("{}: is missing", place()))?;
        ensure!(
            Hash::of(&bytes) == *hash,
            "{}: is damaged: it has not the hash that is its name",
            place()
        );
        written += bytes.len() as u64;
        file.write_all(&bytes).with_context(failed)?;
    }
    ensure!(
        written == filed.bytes,
        "{}: the copy has {written} bytes of it, and says {}",
        filed.path,
        filed.bytes
    );
    file.sync_all().with_context(failed)
}

#[cfg(test)]
mod tests;
