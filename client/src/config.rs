//! Owns what a client can be told. Refuses unsafe settings that do not say so in their name.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};

use crate::ClientError;

/// How to reach an engine and as whom. [`ClientConfig::new`] fills in the rest.
#[derive(Clone)]
pub struct ClientConfig {
    /// `host:port` of the engine's binary port.
    pub addr: String,
    /// The corporation's API key; empty where the engine runs without keys.
    pub api_key: String,
    /// Name of the sending system, for the engine's logs.
    pub name: String,
    /// TLS; without it the key travels in plain text and only a loopback peer gets it.
    pub tls: Option<Tls>,
    /// Longest time for connecting, TLS and the handshake together.
    pub connect_timeout: Duration,
    /// When and how often [`Client`](crate::Client) connects again.
    pub reconnect: ReconnectPolicy,
    /// Most memory for submissions without an answer, in bytes;
    /// [`Client::submit`](crate::Client::submit) waits for room. At least one frame (1 MiB) is
    /// taken whatever this says.
    pub max_pending_bytes: usize,
    /// Longest time [`Client::close`](crate::Client::close) waits for the last answers.
    pub close_timeout: Duration,
    /// Take acks that a crash may revoke. Without it a relaxed engine is refused.
    pub accept_relaxed_durability: bool,
    /// Send the key in plain text to a peer that is not loopback: only where a proxy or tunnel
    /// encrypts.
    pub plain_text_off_loopback: bool,
}

impl ClientConfig {
    /// A configuration with 5 s to connect, 64 MiB of submissions without an answer, 30 s to close,
    /// the default [`ReconnectPolicy`] and no TLS.
    pub fn new(
        addr: impl Into<String>,
        api_key: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            addr: addr.into(),
            api_key: api_key.into(),
            name: name.into(),
            tls: None,
            connect_timeout: Duration::from_secs(5),
            reconnect: ReconnectPolicy::default(),
            max_pending_bytes: 64 << 20,
            close_timeout: Duration::from_secs(30),
            accept_relaxed_durability: false,
            plain_text_off_loopback: false,
        }
    }
}

/// Without the key.
impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientConfig")
            .field("addr", &self.addr)
            .field("name", &self.name)
            .field("tls", &self.tls)
            .field("reconnect", &self.reconnect)
            .finish_non_exhaustive()
    }
}

/// When to connect again after a connection was lost. The delay doubles from `first_delay` to
/// `max_delay`, less a random part of up to a quarter, and starts over once an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReconnectPolicy {
    /// Before the first attempt.
    pub first_delay: Duration,
    /// Before later ones. A `retry_after` of the server may ask for more, up to
    /// [`ReconnectPolicy::MAX_WISH`].
    pub max_delay: Duration,
    /// Failures in a row after which the client gives up; `None`: never.
    pub max_failures: Option<u32>,
}

impl Default for ReconnectPolicy {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(10),
            max_failures: None,
        }
    }
}

impl ReconnectPolicy {
    /// The longest wish of a server that is granted.
    pub const MAX_WISH: Duration = Duration::from_secs(300);

    /// Gives up at the first loss.
    #[must_use]
    pub const fn never() -> Self {
        Self {
            first_delay: Duration::ZERO,
            max_delay: Duration::ZERO,
            max_failures: Some(0),
        }
    }

    /// How long to wait before attempt `failures` (from 1).
    pub(crate) fn delay(&self, failures: u32, wish: Option<Duration>) -> Duration {
        let doubled = self
            .first_delay
            .saturating_mul(1 << failures.saturating_sub(1).min(20))
            .min(self.max_delay);
        let wish = wish.unwrap_or_default().min(Self::MAX_WISH);
        doubled.mul_f64(1.0 - spread() / 4.0).max(wish)
    }
}

/// A number from 0 to 1 that differs between clients, so that they do not all come back at once.
fn spread() -> f64 {
    f64::from(RandomState::new().hash_one(0) as u32) / f64::from(u32::MAX)
}

/// TLS to the engine, by rustls.
#[derive(Clone)]
pub struct Tls {
    pub(crate) server_name: ServerName<'static>,
    pub(crate) config: Arc<rustls::ClientConfig>,
}

impl Tls {
    /// TLS with a configuration of the caller's.
    ///
    /// # Errors
    /// [`ClientError::Tls`] when `server_name` is neither a DNS name nor an IP address.
    pub fn new(server_name: &str, config: Arc<rustls::ClientConfig>) -> Result<Self, ClientError> {
        let name = ServerName::try_from(server_name.to_owned()).map_err(|_| {
            ClientError::Tls(format!(
                "server name {server_name:?}: expected a DNS name or an IP address"
            ))
        })?;
        Ok(Self {
            server_name: name,
            config,
        })
    }

    /// TLS that trusts the certificates in `roots`, PEM, and no others.
    ///
    /// # Errors
    /// [`ClientError::Tls`] when there is no certificate in it, one is malformed, or `server_name`
    /// is no name.
    pub fn trusting(server_name: &str, roots: &[u8]) -> Result<Self, ClientError> {
        let mut store = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(roots) {
            let certificate = certificate
                .map_err(|e| ClientError::Tls(format!("root certificates: {e}, expected PEM")))?;
            store
                .add(certificate)
                .map_err(|e| ClientError::Tls(format!("root certificates: {e}")))?;
        }
        if store.is_empty() {
            return Err(ClientError::Tls(
                "root certificates: none found, expected PEM".into(),
            ));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| ClientError::Tls(e.to_string()))?
            .with_root_certificates(store)
            .with_no_client_auth();
        Self::new(server_name, Arc::new(config))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.server_name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_to_its_maximum_and_yields_to_the_servers_wish() {
        let policy = ReconnectPolicy::default();
        let within = |delay: Duration, top: u64| {
            (Duration::from_millis(top * 3 / 4)..=Duration::from_millis(top)).contains(&delay)
        };
        assert!(within(policy.delay(1, None), 100));
        assert!(within(policy.delay(3, None), 400));
        assert!(within(policy.delay(u32::MAX, None), 10_000));
        assert_eq!(
            policy.delay(1, Some(Duration::from_secs(30))),
            Duration::from_secs(30)
        );
        assert_eq!(
            policy.delay(1, Some(Duration::from_secs(86_400))),
            ReconnectPolicy::MAX_WISH
        );
    }

    #[test]
    fn roots_and_names_that_are_none_are_refused() {
        let none = Tls::trusting("localhost", b"").unwrap_err();
        assert_eq!(
            none.to_string(),
            "tls: root certificates: none found, expected PEM"
        );
        let config = ClientConfig::new("localhost:1", "secret", "primus");
        assert!(!format!("{config:?}").contains("secret"));
    }
}
