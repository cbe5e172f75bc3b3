//! Owns the settings of a directory that messages are written to.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::checks::in_range;
use crate::problem::Problem;

/// `kind = "file"`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    /// Where the files go. It must be there: they hold addresses, so who may read them is for
    /// people to decide.
    pub directory: PathBuf,
    /// The most files it may hold. Further messages wait until some were taken away.
    #[serde(default = "most_files")]
    pub most_files: u32,
}

const fn most_files() -> u32 {
    100_000
}

impl FileConfig {
    pub(super) fn problems(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        in_range(
            &mut problems,
            path,
            "most_files",
            self.most_files.into(),
            1..=10_000_000,
            "a directory of millions is slow to list",
        );
        problems
    }
}
