//! Owns where the file of keys of a data directory is.

use std::path::{Path, PathBuf};

/// Its name, also among what the journal keeps.
pub(super) const NAME: &str = "keys";

/// Where it is.
pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(NAME)
}
