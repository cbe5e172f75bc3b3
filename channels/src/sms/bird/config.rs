//! Owns the settings of a Bird account and their checks. Refuses keys in the file, and an access
//! key sent in the clear to another machine.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sluis_model::OnDoubt;

use crate::checks::{http_url, in_range, is_loopback, sensible};
use crate::duration::HumanDuration;
use crate::problem::Problem;
use crate::sms::originator::check_originator;

/// `kind = "bird-sms"`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BirdSmsConfig {
    /// Base address of the API.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// Environment variable with the access key.
    #[serde(default)]
    pub access_key_env: Option<String>,
    /// File with the access key.
    #[serde(default)]
    pub access_key_file: Option<PathBuf>,
    /// Environment variable with the signing key of the callbacks, which is not the access key.
    #[serde(default)]
    pub signing_key_env: Option<String>,
    /// File with the signing key.
    #[serde(default)]
    pub signing_key_file: Option<PathBuf>,
    /// PEM file with the certificates to trust instead of the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// What the recipient sees as the sender of everything over this account, instead of what the
    /// corporation gives.
    #[serde(default)]
    pub originator: Option<String>,
    /// The most requests at once, each on its own connection.
    #[serde(default = "connections")]
    pub connections: u32,
    /// A connection unused for this long is closed.
    #[serde(default = "idle")]
    pub idle: HumanDuration,
    /// How long a send waits for its turn before it is withdrawn.
    #[serde(default = "wait")]
    pub wait: HumanDuration,
    /// Limit for connecting and TLS together.
    #[serde(default = "connect_timeout")]
    pub connect_timeout: HumanDuration,
    /// Limit for the answer, from the first byte of the request to the last of the answer.
    #[serde(default = "request_timeout")]
    pub request_timeout: HumanDuration,
    /// The most segments of one message; a longer one is refused as ours.
    #[serde(default = "max_segments")]
    pub max_segments: u32,
    /// Whether to write `ë` as `e` and so on where that makes the whole message fit GSM-7.
    #[serde(default)]
    pub transliterate: bool,
    /// What to do with an attempt in doubt. Bird does not recognise a repeat, so the default waits
    /// for its callback.
    #[serde(default = "on_doubt")]
    pub on_doubt: OnDoubt,
}

fn base_url() -> String {
    "https://rest.messagebird.com".to_owned()
}
const fn connections() -> u32 {
    32
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
const fn max_segments() -> u32 {
    4
}
const fn on_doubt() -> OnDoubt {
    OnDoubt::Hold
}

impl BirdSmsConfig {
    pub(super) fn problems(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.base_url_problem(path));
        let access = [
            self.access_key_env.is_some(),
            self.access_key_file.is_some(),
        ];
        let signing = [
            self.signing_key_env.is_some(),
            self.signing_key_file.is_some(),
        ];
        problems.extend(one_source(path, "access_key", access));
        problems.extend(one_source(path, "signing_key", signing));
        if let Some(originator) = &self.originator
            && let Some((expected, hint)) = check_originator(originator)
        {
            problems.push(Problem::new(path, "originator", originator, expected, hint));
        }
        in_range(
            &mut problems,
            path,
            "connections",
            self.connections.into(),
            1..=1000,
            "Bird limits requests a second",
        );
        in_range(
            &mut problems,
            path,
            "max_segments",
            self.max_segments.into(),
            1..=9,
            "Bird takes 1377 characters",
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

    /// The access key travels with every request: it goes over TLS, or stays on this machine.
    fn base_url_problem(&self, path: &str) -> Option<Problem> {
        let hint = match http_url(&self.base_url) {
            None => "https://rest.messagebird.com",
            Some(uri)
                if uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_loopback) =>
            {
                "the access key travels with every request; http is for a sink on this machine"
            }
            Some(_) => return None,
        };
        let (url, expected) = (&self.base_url, "an https address");
        Some(Problem::new(path, "base_url", url, expected, hint))
    }
}

/// A secret comes from the environment or from a file, not from both and not from neither.
fn one_source(path: &str, field: &str, [env, file]: [bool; 2]) -> Option<Problem> {
    let expected = format!("one of {field}_env and {field}_file");
    let hint = "the configuration never holds a secret itself";
    (env == file).then(|| Problem::new(path, field, "", expected, hint))
}
