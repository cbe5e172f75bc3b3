//! Owns what the SMTP sink offers and asks.

use std::sync::Arc;

/// When a connection is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// Plain, STARTTLS offered.
    #[default]
    StartTls,
    /// From the first byte.
    Implicit,
}

/// What the server offers and asks.
#[derive(Clone)]
pub struct SmtpOptions {
    /// Its name in the greeting and in DSNs.
    pub hostname: String,
    /// Credentials to ask for; `None` offers no AUTH.
    pub auth: Option<(String, String)>,
    /// Certificate and key; `None` offers no TLS.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// When TLS starts, if there is any.
    pub tls_mode: TlsMode,
    /// Largest message taken, bytes.
    pub max_message_bytes: usize,
    /// Most messages in one connection, then 421.
    pub max_per_connection: u32,
}

impl Default for SmtpOptions {
    fn default() -> Self {
        Self {
            hostname: "relay.example.nl".into(),
            auth: None,
            tls: None,
            tls_mode: TlsMode::StartTls,
            max_message_bytes: 10 * 1024 * 1024,
            max_per_connection: u32::MAX,
        }
    }
}
