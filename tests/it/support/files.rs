//! Copies of data directories, also of one that an engine is using.

use std::io;
use std::path::Path;

/// How often a copy is begun.
const MOST_COPIES: usize = 100;

/// Copies a directory. Of one whose engine has settled the copy is what a kill leaves. A thread of
/// the engine may give a file its name meanwhile: then the copy is begun anew.
pub fn copy(from: &Path, to: &Path) {
    for _ in 0..MOST_COPIES {
        match try_copy(from, to) {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::remove_dir_all(to).expect("removed");
            }
            Err(error) => panic!("{}: {error}", from.display()),
        }
    }
    panic!("{}: files come and go all the time", from.display());
}

fn try_copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            try_copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
