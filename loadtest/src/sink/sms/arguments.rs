//! Owns what the command line says of the SMS sink.

use std::pin::Pin;
use std::sync::Arc;

use super::{SmsOptions, SmsSink};
use crate::sink::core::SinkCore;
use crate::sink::error::SinkError;
use crate::sink::method::CallbackMethod;
use crate::sink::running::Running;

/// The SMS sink.
#[derive(Debug, clap::Args)]
#[group(id = "sms_sink")]
pub struct Arguments {
    /// Address of the SMS sink, which also answers /__sink/stats, /__sink/ledger and
    /// /__sink/profile.
    #[arg(id = "sms_address", long = "sms", default_value = "127.0.0.1:2580")]
    address: String,
    /// API key the SMS sink asks; without it any is taken.
    #[arg(long)]
    sms_key: Option<String>,
    /// Key that signs delivery reports; without it they are not signed.
    #[arg(long)]
    signing_key: Option<String>,
    /// Call report URLs with POST and a form instead of GET.
    #[arg(long)]
    post_callbacks: bool,
}

impl Arguments {
    pub(in crate::sink) async fn start(
        &self,
        core: &Arc<SinkCore>,
    ) -> Result<Option<Box<dyn Running>>, SinkError> {
        let callback_method = if self.post_callbacks {
            CallbackMethod::Post
        } else {
            CallbackMethod::Get
        };
        let options = SmsOptions {
            access_key: self.sms_key.clone(),
            signing_key: self.signing_key.clone().map(String::into_bytes),
            callback_method,
            ..SmsOptions::default()
        };
        let sink = SmsSink::start(core.clone(), &self.address, options).await?;
        Ok(Some(Box::new(sink)))
    }
}

impl Running for SmsSink {
    fn place(&self) -> String {
        self.addr().to_string()
    }

    fn stop(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin((*self).stop())
    }
}
