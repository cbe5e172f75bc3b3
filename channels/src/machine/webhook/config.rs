//! Owns the settings of a webhook and their checks. Refuses a secret in the file, and one that is sent in
//! the clear to another machine.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sluis_model::OnDoubt;

use crate::checks::{http_url, in_range, is_loopback, sensible};
use crate::duration::HumanDuration;
use crate::problem::Problem;

/// `kind = "webhook"`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where requests are posted to.
    pub url: String,
    /// Environment variable with the secret that proves who asks.
    #[serde(default)]
    pub secret_env: Option<String>,
    /// File with that secret.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// PEM file with the certificates to trust instead of the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The most requests at once, each on its own connection.
    #[serde(default = "connections")]
    pub connections: u32,
    /// A connection unused for this long is closed.
    #[serde(default = "idle")]
    pub idle: HumanDuration,
    /// How long a request waits for its turn before it is withdrawn.
    #[serde(default = "wait")]
    pub wait: HumanDuration,
    /// Limit for connecting and TLS together.
    #[serde(default = "connect_timeout")]
    pub connect_timeout: HumanDuration,
    /// Limit for the answer, from the first byte of the request to the last of the answer.
    #[serde(default = "request_timeout")]
    pub request_timeout: HumanDuration,
    /// What to do with an attempt in doubt. Every request has an idempotency key, so the default sends
    /// it again; `hold` is for a machine that does not look at the key.
    #[serde(default = "on_doubt")]
    pub on_doubt: OnDoubt,
}

const fn connections() -> u32 {
    8
}
const fn idle() -> HumanDuration {
    HumanDuration::seconds(30)
}
const fn wait() -> HumanDuration {
    HumanDuration::seconds(5)
}
const fn connect_timeout() -> HumanDuration {
    HumanDuration::seconds(10)
}
const fn request_timeout() -> HumanDuration {
    HumanDuration::seconds(30)
}
const fn on_doubt() -> OnDoubt {
    OnDoubt::Resend
}

impl WebhookConfig {
    pub(super) fn problems(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.url_problem(path));
        if self.secret_env.is_some() == self.secret_file.is_some() {
            let expected = "one of secret_env and secret_file";
            let hint = "the configuration never holds a secret itself";
            problems.push(Problem::new(path, "secret", "", expected, hint));
        }
        in_range(
            &mut problems,
            path,
            "connections",
            self.connections.into(),
            1..=1000,
            "how many requests the machine takes at once",
        );
        for (field, value) in [
            ("idle", self.idle),
            ("wait", self.wait),
            ("connect_timeout", self.connect_timeout),
            ("request_timeout", self.request_timeout),
        ] {
            sensible(&mut problems, path, field, value);
        }
        problems
    }

    /// The secret travels with every request: it goes over TLS, or stays on this machine.
    fn url_problem(&self, path: &str) -> Option<Problem> {
        let hint = match http_url(&self.url) {
            None => "https://pay.example.nl/requests",
            Some(uri)
                if uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_loopback) =>
            {
                "the secret travels with every request; http is for this machine"
            }
            Some(_) => return None,
        };
        let (url, expected) = (&self.url, "an https address without a query");
        Some(Problem::new(path, "url", url, expected, hint))
    }
}
