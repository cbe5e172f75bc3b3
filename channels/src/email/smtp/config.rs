//! Owns the settings of an SMTP relay and their checks. Refuses a password in the file, and one
//! sent in the clear.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sluis_model::OnDoubt;

use crate::checks::{in_range, is_domain, is_loopback, sensible};
use crate::duration::HumanDuration;
use crate::email::originator::check_mailbox;
use crate::problem::Problem;
use crate::secrets::{SecretSource, secret};

/// What `AUTH` is done with.
pub(super) struct Login {
    pub(super) username: String,
    pub(super) password: String,
}

/// `kind = "smtp"`: a relay that takes our mail.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Name or address of the relay.
    pub host: String,
    /// 25, 465 (implicit TLS) or 587 (submission).
    pub port: u16,
    /// How the connection is encrypted.
    #[serde(default)]
    pub tls: SmtpTls,
    /// PEM file with the certificates to trust instead of the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The name we give in `EHLO`: this machine's public name.
    pub hello: String,
    /// User name for `AUTH`; without it there is none.
    #[serde(default)]
    pub username: Option<String>,
    /// Environment variable with the password.
    #[serde(default)]
    pub password_env: Option<String>,
    /// File with the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// `From` of every mail over this account, instead of what the corporation gives: for a relay
    /// that takes no other.
    #[serde(default)]
    pub from: Option<String>,
    /// The most connections at once.
    #[serde(default = "connections")]
    pub connections: u32,
    /// Messages before a connection is given up for a fresh one.
    #[serde(default = "messages")]
    pub messages_per_connection: u32,
    /// A connection unused for this long (at most twice this) is closed.
    #[serde(default = "idle")]
    pub idle: HumanDuration,
    /// How long a send waits for a connection slot before it is withdrawn.
    #[serde(default = "wait")]
    pub wait: HumanDuration,
    /// Limit for connecting, TLS, greeting and `AUTH` together.
    #[serde(default = "connect_timeout")]
    pub connect_timeout: HumanDuration,
    /// Limit for the answer to a command.
    #[serde(default = "command_timeout")]
    pub command_timeout: HumanDuration,
    /// Limit for the answer to the message itself. RFC 5321 4.5.3.2.6 asks for ten minutes: a
    /// shorter one makes attempts in doubt, and those may become duplicates.
    #[serde(default = "data_timeout")]
    pub data_timeout: HumanDuration,
    /// Whether to send `MAIL`, `RCPT` and `DATA` in one packet when the relay offers it (RFC 2920).
    #[serde(default = "yes")]
    pub pipelining: bool,
    /// What to do with an attempt in doubt. A resend carries the same `Message-ID`.
    #[serde(default = "on_doubt")]
    pub on_doubt: OnDoubt,
}

/// Encryption of the connection to the relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// None. Without a user name, or on this machine only.
    None,
    /// `STARTTLS` is required; a relay that does not offer it is not used (RFC 8314 4.1 on
    /// opportunistic TLS).
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314 3.3).
    Implicit,
}

const fn connections() -> u32 {
    64
}
const fn messages() -> u32 {
    1000
}
const fn idle() -> HumanDuration {
    HumanDuration::seconds(30)
}
const fn wait() -> HumanDuration {
    HumanDuration::seconds(5)
}
const fn connect_timeout() -> HumanDuration {
    HumanDuration::seconds(15)
}
const fn command_timeout() -> HumanDuration {
    HumanDuration::seconds(60)
}
const fn data_timeout() -> HumanDuration {
    HumanDuration::seconds(600)
}
const fn yes() -> bool {
    true
}
const fn on_doubt() -> OnDoubt {
    OnDoubt::Resend
}

impl SmtpConfig {
    pub(super) fn problems(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.check_names(path, &mut problems);
        self.check_secrets(path, &mut problems);
        self.check_bounds(path, &mut problems);
        problems
    }

    /// Who it talks to, and as whom.
    fn check_names(&self, path: &str, problems: &mut Vec<Problem>) {
        let is_address = self.host.parse::<std::net::IpAddr>().is_ok();
        if !is_address && !is_domain(&self.host) {
            let (expected, hint) = ("a host name or an address", "the relay's name");
            problems.push(Problem::new(path, "host", &self.host, expected, hint));
        }
        if self.port == 0 {
            let hint = "25, 465 or 587";
            problems.push(Problem::new(path, "port", self.port, "a port", hint));
        }
        if !is_domain(&self.hello) {
            let (expected, hint) = ("a domain name", "this machine's public name");
            problems.push(Problem::new(path, "hello", &self.hello, expected, hint));
        }
        if let Some(from) = &self.from
            && let Some((expected, hint)) = check_mailbox(from)
        {
            problems.push(Problem::new(path, "from", from, expected, hint));
        }
    }

    /// How much at once, and how long.
    fn check_bounds(&self, path: &str, problems: &mut Vec<Problem>) {
        let (connections, hint) = (self.connections.into(), "64 is plenty for most relays");
        in_range(problems, path, "connections", connections, 1..=1000, hint);
        let (most, hint) = (
            self.messages_per_connection.into(),
            "relays close long sessions",
        );
        let field = "messages_per_connection";
        in_range(problems, path, field, most, 1..=1_000_000, hint);
        for (field, value) in [
            ("idle", self.idle),
            ("wait", self.wait),
            ("connect_timeout", self.connect_timeout),
            ("command_timeout", self.command_timeout),
            ("data_timeout", self.data_timeout),
        ] {
            sensible(problems, path, field, value);
        }
    }

    fn check_secrets(&self, path: &str, problems: &mut Vec<Problem>) {
        let named =
            usize::from(self.password_env.is_some()) + usize::from(self.password_file.is_some());
        if let Some(username) = &self.username {
            if named != 1 {
                let hint = "one of password_env and password_file goes with a user name";
                problems.push(Problem::new(
                    path,
                    "username",
                    username,
                    "a user with a password",
                    hint,
                ));
            }
            if self.tls == SmtpTls::None && !is_loopback(&self.host) {
                let hint = "with a user name the connection must be encrypted: tls = \"starttls\" or \"implicit\"";
                problems.push(Problem::new(
                    path,
                    "tls",
                    "none",
                    "an encrypted connection",
                    hint,
                ));
            }
        } else if named > 0 {
            problems.push(Problem::new(
                path,
                "username",
                "",
                "a user name",
                "a password is given without one",
            ));
        }
        if self.tls == SmtpTls::None && self.ca_file.is_some() {
            problems.push(Problem::new(
                path,
                "ca_file",
                "(set)",
                "used",
                "with tls = \"none\" nothing is verified",
            ));
        }
    }

    pub(super) fn login(
        &self,
        path: &str,
        secrets: &dyn SecretSource,
    ) -> Result<Option<Login>, Problem> {
        let Some(username) = &self.username else {
            return Ok(None);
        };
        let password = secret(
            path,
            "password",
            self.password_env.as_ref(),
            self.password_file.as_ref(),
            secrets,
        )?;
        Ok(Some(Login {
            username: username.clone(),
            password,
        }))
    }
}
