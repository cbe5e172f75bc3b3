//! Owns the configuration of providers: what may be written, how it is checked (every problem at
//! once, each with its path), how secrets are found, and the making of a `Provider` from it.
//! Refuses secrets in the file itself: they are named by environment variable or by file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sluis_model::Channel;

use crate::email::{SmtpConfig, SmtpProvider};
use crate::null::{NullConfig, NullProvider};
use crate::provider::Provider;
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

/// All problems of one section.
#[derive(Debug)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if number == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// One thing wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{path}: {value:?} is not {expected} ({hint})")]
pub struct Problem {
    /// Where, as in `provider.relay.port`.
    pub path: String,
    /// What stands there; never a secret.
    pub value: String,
    /// What should.
    pub expected: String,
    /// How to mend it.
    pub hint: String,
}

impl Problem {
    /// A problem with `field` of the section at `path`.
    pub fn new(
        path: &str,
        field: &str,
        value: impl fmt::Display,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let path = if field.is_empty() {
            path.to_owned()
        } else {
            format!("{path}.{field}")
        };
        Self {
            path,
            value: value.to_string().chars().take(100).collect(),
            expected: expected.into(),
            hint: hint.into(),
        }
    }
}

/// A length of time as people write it: `250ms`, `30s`, `5m`, `1h 30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanDuration(pub Duration);

impl HumanDuration {
    /// `seconds` seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl FromStr for HumanDuration {
    type Err = BadDuration;

    fn from_str(text: &str) -> Result<Self, BadDuration> {
        let bad = || BadDuration(text.chars().take(64).collect());
        let span = SignedDuration::from_str(text).map_err(|_| bad())?;
        Duration::try_from(span).map(Self).map_err(|_| bad())
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SignedDuration::try_from(self.0) {
            Ok(span) => write!(f, "{span:#}"),
            Err(_) => write!(f, "{}s", self.0.as_secs()),
        }
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for HumanDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is not a length of time.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is not a length of time: expected a number with its unit, such as 250ms, 30s, 5m or 1h"
)]
pub struct BadDuration(String);

/// Where secrets come from. Injected, so that a test needs no environment.
pub trait SecretSource {
    /// The value of an environment variable.
    fn env(&self, name: &str) -> Option<String>;

    /// The content of a file.
    ///
    /// # Errors
    /// As the file system says.
    fn file(&self, path: &Path) -> std::io::Result<String>;
}

/// The process's environment and file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsSecrets;

impl SecretSource for OsSecrets {
    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &Path) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }
}

/// Finds the secret `field`, named by `<field>_env` or `<field>_file`.
pub(crate) fn secret(
    path: &str,
    field: &str,
    env: Option<&String>,
    file: Option<&PathBuf>,
    secrets: &dyn SecretSource,
) -> Result<String, Problem> {
    let (found, key, value) = match (env, file) {
        (Some(name), None) => (
            secrets
                .env(name)
                .ok_or("the variable is not set".to_owned()),
            "env",
            name.clone(),
        ),
        (None, Some(file)) => (
            secrets.file(file).map_err(|e| e.to_string()),
            "file",
            file.display().to_string(),
        ),
        _ => {
            let expected = format!("one of {field}_env and {field}_file");
            return Err(Problem::new(
                path,
                field,
                "",
                expected,
                "the configuration never holds a secret itself",
            ));
        }
    };
    let at = format!("{field}_{key}");
    let secret =
        found.map_err(|hint| Problem::new(path, &at, &value, "a readable secret", hint))?;
    let secret = secret.trim_end_matches(['\r', '\n']).to_owned();
    let fits = !secret.is_empty() && !secret.chars().any(char::is_control);
    if fits {
        Ok(secret)
    } else {
        Err(Problem::new(
            path,
            &at,
            &value,
            "a secret on one line",
            "it is empty or has control characters",
        ))
    }
}

/// Whether the text is a domain name of at least one label (RFC 1123).
pub(crate) fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// The address as a URI, when it is `http` or `https` with a host, a port that there is, and
/// without query or user.
pub(crate) fn http_url(text: &str) -> Option<http::Uri> {
    let uri: http::Uri = text.parse().ok()?;
    let scheme = uri
        .scheme_str()
        .is_some_and(|s| s == "http" || s == "https");
    let plain = uri.query().is_none()
        && uri
            .authority()
            .is_some_and(|a| !a.as_str().contains('@') && has_port(a));
    (scheme && plain && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}

/// Whether the port is left out, or is one. The library takes any number and then says that there
/// is none.
fn has_port(authority: &http::uri::Authority) -> bool {
    let rest = authority
        .as_str()
        .strip_prefix(authority.host())
        .unwrap_or(":");
    rest.is_empty()
        || rest
            .strip_prefix(':')
            .and_then(|port| port.parse::<u16>().ok())
            .is_some_and(|port| port > 0)
}

/// Whether the host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// Adds a problem when the number is outside its range.
pub(crate) fn in_range(
    problems: &mut Vec<Problem>,
    path: &str,
    field: &str,
    value: u64,
    range: std::ops::RangeInclusive<u64>,
    hint: &str,
) {
    if !range.contains(&value) {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        problems.push(Problem::new(path, field, value, expected, hint));
    }
}

/// Adds a problem when the time is zero or over a day.
pub(crate) fn sensible(problems: &mut Vec<Problem>, path: &str, field: &str, value: HumanDuration) {
    if value.0.is_zero() || value.0 > Duration::from_secs(86_400) {
        problems.push(Problem::new(
            path,
            field,
            value,
            "more than 0 s and at most a day",
            "such as 30s",
        ));
    }
}
