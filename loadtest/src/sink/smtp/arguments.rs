//! Owns what the command line says of the SMTP sink.

use std::pin::Pin;
use std::sync::Arc;

use super::{SmtpOptions, SmtpSink};
use crate::sink::core::SinkCore;
use crate::sink::error::SinkError;
use crate::sink::running::Running;

/// The SMTP sink.
#[derive(Debug, clap::Args)]
#[group(id = "smtp_sink")]
pub struct Arguments {
    /// Address of the SMTP sink; port 0 takes a free one.
    #[arg(id = "smtp_address", long = "smtp", default_value = "127.0.0.1:2525")]
    address: String,
}

impl Arguments {
    pub(in crate::sink) async fn start(
        &self,
        core: &Arc<SinkCore>,
    ) -> Result<Option<Box<dyn Running>>, SinkError> {
        let options = SmtpOptions::default();
        let sink = SmtpSink::start(core.clone(), &self.address, options).await?;
        Ok(Some(Box::new(sink)))
    }
}

impl Running for SmtpSink {
    fn place(&self) -> String {
        self.addr().to_string()
    }

    fn stop(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin((*self).stop())
    }
}
