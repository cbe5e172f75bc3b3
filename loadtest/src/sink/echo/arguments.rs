//! Owns what the command line says of the echo sink.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use super::EchoSink;
use crate::sink::core::SinkCore;
use crate::sink::error::SinkError;
use crate::sink::running::Running;

/// The echo sink.
#[derive(Debug, clap::Args)]
#[group(id = "echo_sink")]
pub struct Arguments {
    /// Directory of a provider of kind `file`, from which each message is taken away; without it
    /// there is no echo sink.
    #[arg(id = "echo_directory", long = "echo", value_name = "DIR")]
    directory: Option<PathBuf>,
}

impl Arguments {
    pub(in crate::sink) async fn start(
        &self,
        core: &Arc<SinkCore>,
    ) -> Result<Option<Box<dyn Running>>, SinkError> {
        let Some(directory) = &self.directory else {
            return Ok(None);
        };
        let sink = EchoSink::start(core.clone(), directory)?;
        Ok(Some(Box::new(sink)))
    }
}

impl Running for EchoSink {
    fn place(&self) -> String {
        self.directory.display().to_string()
    }

    fn stop(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin((*self).stop())
    }
}
