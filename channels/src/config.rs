//! Owns the kinds of providers: which there are, how each is checked (every problem at once, each
//! with its path), and the making of a `Provider` from its configuration.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sluis_model::Channel;

use crate::email::{SmtpConfig, SmtpProvider};
use crate::null::{NullConfig, NullProvider};
use crate::problem::{Problem, Problems};
use crate::provider::Provider;
use crate::secrets::SecretSource;
use crate::sms::{BirdSmsConfig, BirdSmsProvider};

/// A provider as the configuration writes it: `kind` chooses, unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "kind")]
pub enum ProviderConfig {
    /// Any SMTP relay.
    #[serde(rename = "smtp")]
    Smtp(SmtpConfig),
    /// Bird (formerly MessageBird), SMS REST API.
    #[serde(rename = "bird-sms")]
    BirdSms(BirdSmsConfig),
    /// Goes nowhere.
    #[serde(rename = "null")]
    Null(NullConfig),
}

impl ProviderConfig {
    /// The channel it serves.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            ProviderConfig::Smtp(_) => Channel::Email,
            ProviderConfig::BirdSms(_) => Channel::Sms,
            ProviderConfig::Null(_) => Channel::Null,
        }
    }

    /// Everything wrong with it that can be seen without touching secrets, files or the network.
    #[must_use]
    pub fn check(&self, path: &str) -> Vec<Problem> {
        match self {
            ProviderConfig::Smtp(smtp) => smtp.check(path),
            ProviderConfig::BirdSms(bird) => bird.check(path),
            ProviderConfig::Null(_) => Vec::new(),
        }
    }
}

/// Makes the provider `name` from its configuration; `path` is where that stands. Reads secrets and
/// CA files, opens no connection.
///
/// # Errors
/// [`ChannelError`] with every problem found.
pub fn build(
    name: &str,
    path: &str,
    config: &ProviderConfig,
    secrets: &dyn SecretSource,
) -> Result<Arc<dyn Provider>, ChannelError> {
    let mut problems = config.check(path);
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if name.is_empty() || name.len() > 32 || !name.bytes().all(plain) {
        let expected = "1 to 32 of a-z, 0-9, - and _";
        problems.push(Problem::new(
            path,
            "",
            name,
            expected,
            "the name stands in URLs and metrics",
        ));
    }
    let built: Result<Arc<dyn Provider>, Vec<Problem>> = match config {
        ProviderConfig::Smtp(smtp) => {
            SmtpProvider::new(name, path, smtp, secrets).map(|p| Arc::new(p) as _)
        }
        ProviderConfig::BirdSms(bird) => {
            BirdSmsProvider::new(name, path, bird, secrets).map(|p| Arc::new(p) as _)
        }
        ProviderConfig::Null(_) => Ok(Arc::new(NullProvider::new(name)) as _),
    };
    match built {
        Ok(provider) if problems.is_empty() => Ok(provider),
        Ok(_) => Err(ChannelError::Invalid(Problems(problems))),
        Err(more) => {
            problems.extend(
                more.into_iter()
                    .filter(|problem| !problems.contains(problem))
                    .collect::<Vec<_>>(),
            );
            Err(ChannelError::Invalid(Problems(problems)))
        }
    }
}

/// Why a provider could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The configuration is wrong.
    #[error("{0}")]
    Invalid(Problems),
}
