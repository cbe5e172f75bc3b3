//! Owns who may look into a directory of the engine: its owner alone, for it holds personal data.
//! Refuses to stop a start over it: a file system without modes is said and left.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What others than the owner may do: anything.
const OTHERS: u32 = 0o077;

/// Takes from others what they may do with the directory, and so with all that is in it.
pub(crate) fn keep_private(directory: &Path) {
    let made_private = fs::metadata(directory).and_then(|metadata| {
        let mode = metadata.permissions().mode();
        if mode & OTHERS == 0 {
            return Ok(false);
        }
        fs::set_permissions(directory, fs::Permissions::from_mode(mode & !OTHERS)).map(|()| true)
    });
    let path = directory.display();
    match made_private {
        Ok(false) => {}
        Ok(true) => tracing::warn!(%path, "others could read this directory until now"),
        Err(error) => {
            tracing::warn!(%path, %error, "others may read this directory: only its owner should");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_others_could_read_is_the_owners_alone_after_the_start() {
        let directory = tempfile::tempdir().expect("a directory");
        let mode = || {
            fs::metadata(directory.path())
                .expect("there")
                .permissions()
                .mode()
                & 0o777
        };
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("set");
        keep_private(directory.path());
        assert_eq!(mode(), 0o700);
        keep_private(directory.path());
        assert_eq!(mode(), 0o700);
    }
}
