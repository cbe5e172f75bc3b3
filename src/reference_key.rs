//! Owns the reference secret of a data directory, behind every link, return path and cursor: the
//! file `reference.key` and the copy that the journal keeps of it. Each mends the other. Refuses to
//! make a new secret where there was one, and to guess which of two is right.
//!
//! The file: the secret (32 bytes) and the first 8 bytes of its BLAKE3 in a context of its own. A
//! file of 32 bytes is of before the checksum; it is read, and written again with one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sluis_journal::{DiskJournal, JournalError, RecoveryReport, Repair, Repaired};
use sluis_model::ReferenceKey;

const NAME: &str = "reference.key";
const SECRET_BYTES: usize = 32;
const CHECK_BYTES: usize = 8;
const CONTEXT: &str = "sluis 2026 checksum of reference.key";

type Secret = [u8; SECRET_BYTES];

/// What one of the two places has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Damaged,
    /// `checked`: with a checksum.
    Secret {
        secret: Secret,
        checked: bool,
    },
}

/// Where the file is.
pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(NAME)
}

/// Whether a data directory has the file: then it has a journal, too.
#[must_use]
pub fn is_there(data_dir: &Path) -> bool {
    data_dir.join(NAME).exists()
}

/// The secret of a data directory whose journal is open; made at its first start. What is mended is
/// added to the report.
///
/// # Errors
/// It is gone or damaged in both places, or they differ; a failing disk. Each error says which
/// file, and what to do.
pub fn load(
    data_dir: &Path,
    journal: &DiskJournal,
    report: &mut RecoveryReport,
) -> anyhow::Result<ReferenceKey> {
    let path = data_dir.join(NAME);
    let file = read(&path)?;
    let copy = read_copy(journal)?;
    let holds_records = report.shards.iter().any(|shard| shard.last.0 > 0);
    let secret = match settle(file, copy, holds_records) {
        Ok(secret) => secret,
        Err(why) => bail!("{}: {why}", path.display()),
    };
    if !matches!(file, Found::Secret { checked: true, .. }) {
        store(&path, &secret).with_context(|| {
            format!("{}: the reference secret cannot be stored", path.display())
        })?;
    }
    if !matches!(copy, Found::Secret { .. }) {
        journal.keep(NAME, &secret)?;
    }
    // What was never there is made, not mended: at the first start, and where an older program left
    // no copy.
    let none_yet = !holds_records || matches!(file, Found::Secret { checked: false, .. });
    for (found, what) in [(file, "the file"), (copy, "the journal's copy")] {
        let is_new = found == Found::Nothing && none_yet;
        if !matches!(found, Found::Secret { .. }) && !is_new {
            report.repairs.push(mended(&path, what));
        }
    }
    Ok(ReferenceKey::new(secret))
}

/// What of the two was written again, on the record and in the log.
fn mended(path: &Path, what: &str) -> Repair {
    let why = format!("{what} was missing or damaged: written again from the other");
    tracing::warn!(what = Repaired::Kept.name(), path = %path.display(), %why, "repaired at the start");
    Repair {
        what: Repaired::Kept,
        path: path.to_owned(),
        why,
    }
}

fn read_copy(journal: &DiskJournal) -> anyhow::Result<Found> {
    let checked = |secret| Found::Secret {
        secret,
        checked: true,
    };
    match journal.kept(NAME) {
        Ok(None) => Ok(Found::Nothing),
        Ok(Some(bytes)) => Ok(Secret::try_from(bytes).map_or(Found::Damaged, checked)),
        Err(JournalError::DamagedFile { .. } | JournalError::Foreign { .. }) => Ok(Found::Damaged),
        Err(error) => Err(error.into()),
    }
}

/// Which secret it is.
fn settle(file: Found, copy: Found, holds_records: bool) -> Result<Secret, &'static str> {
    match (file, copy) {
        (Found::Secret { secret, .. }, Found::Secret { secret: kept, .. }) if secret == kept => {
            Ok(secret)
        }
        (Found::Secret { .. }, Found::Secret { .. }) => Err(
            "is not the one that the journal keeps a copy of, so one of the two belongs to another data directory: put back the \
                 file that was here, or move it away and start again to take the journal's copy",
        ),
        (Found::Secret { secret, .. }, _) | (_, Found::Secret { secret, .. }) => Ok(secret),
        (Found::Nothing, Found::Nothing) if !holds_records => Ok(rand::random()),
        (Found::Nothing, _) => Err(
            "is missing, and the journal has no good copy of it: restore it from a copy; with another, every link and bounce of \
                 what was sent is dead",
        ),
        (Found::Damaged, _) => Err(
            "is damaged (its length or checksum does not match), and the journal has no good copy of it: restore it \
                 from a copy",
        ),
    }
}

fn read(path: &Path) -> anyhow::Result<Found> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => {
            return Err(error).with_context(|| format!("{}: cannot be read", path.display()));
        }
    };
    let mode = fs::metadata(path)
        .with_context(|| format!("{}: cannot be looked at", path.display()))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        let private = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
        private.with_context(|| {
            format!(
                "{}: others may read it, and its mode cannot be changed",
                path.display()
            )
        })?;
        tracing::warn!(path = %path.display(), "others could read the reference secret until now");
    }
    Ok(decode(&bytes))
}

fn decode(bytes: &[u8]) -> Found {
    let Some((secret, check)) = bytes.split_first_chunk::<SECRET_BYTES>() else {
        return Found::Damaged;
    };
    match check {
        [] => Found::Secret {
            secret: *secret,
            checked: false,
        },
        check if *check == check_of(secret) => Found::Secret {
            secret: *secret,
            checked: true,
        },
        _ => Found::Damaged,
    }
}

fn check_of(secret: &Secret) -> [u8; CHECK_BYTES] {
    let whole = blake3::derive_key(CONTEXT, secret);
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&whole[..CHECK_BYTES]);
    check
}

fn store(path: &Path, secret: &Secret) -> io::Result<()> {
    let temporary: PathBuf = path.with_extension("tmp");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(secret)?;
    file.write_all(&check_of(secret))?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    path.parent()
        .map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: Secret = [7; SECRET_BYTES];

    fn good(secret: Secret) -> Found {
        Found::Secret {
            secret,
            checked: true,
        }
    }

    #[test]
    fn a_stored_secret_comes_back_and_every_flipped_bit_and_every_cut_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(NAME);
        store(&path, &SECRET).unwrap();
        let bytes = fs::read(&path).unwrap();
        assert_eq!(decode(&bytes), good(SECRET));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&bad), Found::Damaged, "bit {bit}");
        }
        for length in (0..bytes.len()).filter(|length| *length != SECRET_BYTES) {
            assert_eq!(decode(&bytes[..length]), Found::Damaged, "cut at {length}");
        }
        assert_eq!(
            decode(&bytes[..SECRET_BYTES]),
            Found::Secret {
                secret: SECRET,
                checked: false
            },
            "as before the checksum"
        );
    }

    #[test]
    fn one_good_place_is_enough_and_two_that_differ_are_refused() {
        assert_eq!(settle(good(SECRET), good(SECRET), true), Ok(SECRET));
        for lost in [Found::Nothing, Found::Damaged] {
            assert_eq!(settle(good(SECRET), lost, true), Ok(SECRET));
            assert_eq!(settle(lost, good(SECRET), true), Ok(SECRET));
            assert!(
                settle(lost, Found::Nothing, true).is_err()
                    && settle(lost, Found::Damaged, false).is_err()
            );
        }
        assert!(
            settle(good(SECRET), good([8; 32]), true).is_err_and(|why| why.contains("put back"))
        );
        assert!(
            settle(Found::Nothing, Found::Nothing, false).is_ok(),
            "the first start makes one"
        );
    }
}
