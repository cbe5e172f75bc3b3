//! Messages as files in a directory, one for each attempt. Refuses to touch the network, and to fill
//! the disk.

mod config;
mod send;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use sluis_model::Channel;

pub use self::config::FileConfig;
use self::send::FileProvider;
use crate::kind::{Kind, Reason};
use crate::problem::Problem;
use crate::provider::Provider;
use crate::render::Form;
use crate::secrets::SecretSource;

impl Kind for FileConfig {
    const CHANNEL: Channel = Channel::Echo;
    const FORM: Form = Form::Text;
    const REASONS: &'static [Reason] = &[
        Reason::new("full", "the directory holds as many files as it may"),
        Reason::new("file", "the file could not be written"),
    ];

    fn connections(&self) -> Option<u32> {
        None
    }

    fn check(&self, path: &str) -> Vec<Problem> {
        self.problems(path)
    }

    fn build(
        &self,
        name: &str,
        path: &str,
        _: &dyn SecretSource,
    ) -> Result<Arc<dyn Provider>, Vec<Problem>> {
        Ok(Arc::new(FileProvider::new(name, path, self)?))
    }
}
