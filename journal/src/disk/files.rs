//! Small files and directories, made durable the long way: write aside, sync, rename, sync the
//! directory. Refuses to write any file in place.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::JournalError;

/// The ending of a file that is being written. What carries it at a start is a leftover.
pub(super) const UNFINISHED: &str = "tmp";

/// A file that only its owner may read.
pub(super) fn private() -> OpenOptions {
    let mut options = File::options();
    options.mode(0o600);
    options
}

/// Makes a directory, and those above it, that only its owner may look into.
pub(super) fn make_dir(path: &Path) -> Result<(), JournalError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(JournalError::io("create the directory", path))
}

/// Makes the entries of a directory durable.
pub(super) fn sync_dir(path: &Path) -> Result<(), JournalError> {
    let dir = File::open(path).map_err(JournalError::io("open", path))?;
    dir.sync_all()
        .map_err(JournalError::io("sync the directory", path))
}

/// Makes a file's content durable; a file that is not there is fine.
pub(super) fn sync_file(path: &Path) -> Result<(), JournalError> {
    match File::open(path) {
        Ok(file) => file.sync_all().map_err(JournalError::io("sync", path)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(JournalError::io("open", path)(error)),
    }
}

/// Makes a directory if need be, and its entry in the parent durable.
pub(super) fn create_dir(path: &Path) -> Result<(), JournalError> {
    make_dir(path)?;
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .map_or(Ok(()), sync_dir)
}

/// Writes through `fill` into a file beside `path`, and puts it in place once it is durable.
pub(super) fn replace(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), JournalError> {
    replace_name_unsynced(path, fill)?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// As [`replace`], but a power cut may bring the file back that stood there before.
pub(super) fn replace_name_unsynced(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), JournalError> {
    let aside = path.with_added_extension(UNFINISHED);
    let file = create(&aside)?;
    let mut writer = std::io::BufWriter::new(file);
    fill(&mut writer).map_err(JournalError::io("write", &aside))?;
    let file = writer
        .into_inner()
        .map_err(|e| JournalError::io("write", &aside)(e.into_error()))?;
    file.sync_all().map_err(JournalError::io("sync", &aside))?;
    fs::rename(&aside, path).map_err(JournalError::io("put in place", path))
}

fn create(path: &Path) -> Result<File, JournalError> {
    private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)
        .map_err(JournalError::io("create", path))
}

/// As [`replace`], for what can be made again: nothing is synced.
pub(super) fn replace_unsynced(
    path: &Path,
    fill: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> Result<(), JournalError> {
    let aside = path.with_added_extension(UNFINISHED);
    let mut file = create(&aside)?;
    fill(&mut file).map_err(JournalError::io("write", &aside))?;
    fs::rename(&aside, path).map_err(JournalError::io("put in place", path))
}

/// Writes a small file with a checksum at its end, durable on return.
pub(super) fn write_checked(path: &Path, bytes: &[u8]) -> Result<(), JournalError> {
    replace(path, |writer| writer.write_all(&with_checksum(bytes)))
}

/// Bytes with their checksum behind them.
pub(super) fn with_checksum(bytes: &[u8]) -> Vec<u8> {
    [bytes, &crc32c::crc32c(bytes).to_le_bytes()].concat()
}

/// Reads a file of [`write_checked`]; `None` when it is not there.
pub(super) fn read_checked(path: &Path) -> Result<Option<Vec<u8>>, JournalError> {
    let mut bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(JournalError::io("read", path)(error)),
    };
    let damaged = || JournalError::DamagedFile {
        path: path.to_owned(),
    };
    let (content, crc) = bytes.split_last_chunk::<4>().ok_or_else(damaged)?;
    if crc32c::crc32c(content) != u32::from_le_bytes(*crc) {
        return Err(damaged());
    }
    bytes.truncate(bytes.len() - 4);
    Ok(Some(bytes))
}

/// Numbers as a file with a checksum: the per-shard marks.
pub(super) fn write_numbers(path: &Path, numbers: &[u64]) -> Result<(), JournalError> {
    let bytes: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    write_checked(path, &bytes)
}

/// The inverse of [`write_numbers`], which must hold exactly `count` numbers.
pub(super) fn read_numbers(path: &Path, count: usize) -> Result<Option<Vec<u64>>, JournalError> {
    let Some(bytes) = read_checked(path)? else {
        return Ok(None);
    };
    let (numbers, rest) = bytes.as_chunks::<8>();
    if numbers.len() != count || !rest.is_empty() {
        return Err(JournalError::DamagedFile {
            path: path.to_owned(),
        });
    }
    Ok(Some(
        numbers
            .iter()
            .map(|bytes| u64::from_le_bytes(*bytes))
            .collect(),
    ))
}

/// The names in a directory, sorted.
pub(super) fn list(path: &Path) -> Result<Vec<PathBuf>, JournalError> {
    let entries = fs::read_dir(path).map_err(JournalError::io("list", path))?;
    let mut paths = entries
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(JournalError::io("list", path))?;
    paths.sort();
    Ok(paths)
}

/// Removes a file, durably; one that is not there is fine.
pub(super) fn remove_file(path: &Path) -> Result<(), JournalError> {
    match fs::remove_file(path) {
        Ok(()) => path.parent().map_or(Ok(()), sync_dir),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(JournalError::io("remove", path)(error)),
    }
}

/// Removes what an interrupted [`replace`] left in a directory.
pub(super) fn remove_unfinished(
    dir: &Path,
    removed: &mut Vec<PathBuf>,
) -> Result<(), JournalError> {
    for path in list(dir)? {
        if path
            .extension()
            .is_some_and(|extension| extension == UNFINISHED)
        {
            fs::remove_file(&path).map_err(JournalError::io("remove", &path))?;
            removed.push(path);
        }
    }
    Ok(())
}

/// Removes a directory so that a cut on the way leaves it whole under its name, or under a name
/// nobody opens.
pub(super) fn remove_dir(dir: &Path) -> Result<(), JournalError> {
    let dead = dir.with_extension(DEAD);
    fs::rename(dir, &dead).map_err(JournalError::io("rename", dir))?;
    dead.parent().map_or(Ok(()), sync_dir)?;
    bury(&dead)
}

/// The ending of a directory that was moved aside.
const ASIDE: &str = "aside";

/// Gives a directory a name that nobody opens and nobody removes.
pub(super) fn move_aside(dir: &Path) -> Result<PathBuf, JournalError> {
    let names = (1_u32..).map(|number| dir.with_added_extension(format!("{ASIDE}-{number}")));
    let aside = names
        .into_iter()
        .find(|name| !name.exists())
        .unwrap_or_else(|| dir.with_added_extension(ASIDE));
    fs::rename(dir, &aside).map_err(JournalError::io("move aside", dir))?;
    aside.parent().map_or(Ok(()), sync_dir)?;
    Ok(aside)
}

/// The ending of a directory that is being removed.
pub(super) const DEAD: &str = "dead";

/// Finishes the removal of a directory that has its last name already.
pub(super) fn bury(dead: &Path) -> Result<(), JournalError> {
    fs::remove_dir_all(dead).map_err(JournalError::io("remove the directory", dead))?;
    dead.parent().map_or(Ok(()), sync_dir)
}

/// The bytes of all files under a directory. What vanishes while it looks counts as nothing.
pub(super) fn disk_bytes(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => disk_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_checksum_comes_back_and_a_flipped_bit_is_noticed() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("marks");
        assert_eq!(read_numbers(&path, 2).expect("absent is fine"), None);
        write_numbers(&path, &[1, u64::MAX]).expect("written");
        assert_eq!(
            read_numbers(&path, 2).expect("read"),
            Some(vec![1, u64::MAX])
        );

        let mut bytes = fs::read(&path).expect("read");
        bytes[3] ^= 16;
        fs::write(&path, bytes).expect("written");
        assert!(matches!(
            read_numbers(&path, 2),
            Err(JournalError::DamagedFile { .. })
        ));
    }

    #[test]
    fn an_unfinished_file_is_removed_and_others_stay() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("a.tmp"), b"half").expect("written");
        fs::write(dir.path().join("b"), b"whole").expect("written");
        let mut removed = Vec::new();
        remove_unfinished(dir.path(), &mut removed).expect("removed");
        assert_eq!(removed, [dir.path().join("a.tmp")]);
        assert_eq!(list(dir.path()).expect("listed"), [dir.path().join("b")]);
    }
}
