//! A profile: how the world behaves, as data (`loadtest/profiles/*.toml`). Owns reading and
//! checking; refuses unknown keys, and refuses to decide anything (see `verdict`).

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::SinkError;
use super::channel::Channel;

macro_rules! profile {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $label:literal, $recipient:ident, $section:ident;)+) => {
        /// How the world behaves; every field has a default, and the default is a perfect world.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Profile {
            /// Shown in logs and reports.
            pub name: String,
            /// Same seed, same addresses: same verdicts.
            pub seed: u64,
            $($(#[$doc])* pub $section: Behaviour,)+
        }

        impl Profile {
            /// How the sink of a channel behaves.
            #[must_use]
            pub const fn of(&self, channel: Channel) -> &Behaviour {
                match channel { $(Channel::$variant => &self.$section,)+ }
            }

            /// The name of the section of each sink, with what it says.
            fn sections(&self) -> impl Iterator<Item = (&'static str, &Behaviour)> {
                [$((stringify!($section), &self.$section),)+].into_iter()
            }
        }
    };
}

sinks!(profile);

/// How one channel behaves. Percentages are of recipients unless it says "of tries".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    /// Time between the whole message and its answer.
    pub latency: Latency,
    /// Latency of the forced address `slow@` and of numbers ending in 9007.
    pub slow_ms: u64,
    /// Refused for good, every time: SMTP 550 5.1.1, HTTP 422.
    pub refuse_percent: f64,
    /// Of tries: refused for now, SMTP 451 4.3.0, HTTP 503.
    pub tempfail_percent: f64,
    /// Throttled at the first try only: SMTP 451 4.7.1, HTTP 429 with `Retry-After`.
    pub tempfail_once_percent: f64,
    /// Of tries: the message is taken and the connection closed before the answer.
    pub in_doubt_percent: f64,
    /// Accepted, and a failure reported later (DSN, or callback `delivery_failed`).
    pub late_fail_percent: f64,
    /// When that failure comes, counted from acceptance on the world's clock.
    pub late_fail_after: SpanMs,
    /// SMS only: accepted and never heard of again.
    pub silent_percent: f64,
    /// SMS only: when the `delivered` callback comes. `None`, which a file cannot say (it uses
    /// `silent_percent = 100.0`), plans no callback for anyone.
    pub delivered_after: Option<SpanMs>,
    /// Above this many messages in a second of the world's clock: SMTP 451 4.7.1, HTTP 429.
    pub throttle_per_second: Option<u32>,
    /// Serves at most this many a second of real time, by answering later.
    pub limit_per_second: Option<u32>,
    /// Down for a part of every period.
    pub flapping: Option<Flapping>,
    /// Not there at all.
    pub dead: Option<Dead>,
    /// Whether addresses such as `bounce@` and numbers such as …9001 force their verdict.
    pub forced_addresses: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            latency: Latency::None,
            slow_ms: 5_000,
            refuse_percent: 0.0,
            tempfail_percent: 0.0,
            tempfail_once_percent: 0.0,
            in_doubt_percent: 0.0,
            late_fail_percent: 0.0,
            late_fail_after: SpanMs {
                min: 6 * 3_600_000,
                max: 30 * 3_600_000,
            },
            silent_percent: 0.0,
            delivered_after: Some(SpanMs {
                min: 2_000,
                max: 30_000,
            }),
            throttle_per_second: None,
            limit_per_second: None,
            flapping: None,
            dead: None,
            forced_addresses: true,
        }
    }
}

/// How long an answer takes, in milliseconds of real time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum Latency {
    /// At once.
    #[default]
    None,
    /// Always the same.
    Fixed {
        /// Milliseconds.
        ms: u64,
    },
    /// Evenly between two bounds.
    Uniform {
        /// Lower bound, milliseconds.
        min_ms: u64,
        /// Upper bound, milliseconds.
        max_ms: u64,
    },
    /// Mostly short, sometimes long, never above the bound.
    Exponential {
        /// Mean, milliseconds.
        mean_ms: u64,
        /// Upper bound, milliseconds.
        max_ms: u64,
    },
}

/// A moment somewhere between two bounds, in milliseconds of the world's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanMs {
    /// Earliest.
    pub min: i64,
    /// Latest.
    pub max: i64,
}

/// Up for a while, down for a while, by the world's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flapping {
    /// Length of the part that works, milliseconds.
    pub up_ms: i64,
    /// Length of the part that does not, milliseconds.
    pub down_ms: i64,
}

/// The ways of not being there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dead {
    /// Nothing listens: connection refused. Only a sink started with this profile can do it;
    /// switched on later it closes instead.
    Refuse,
    /// Accepts the connection and closes it at once.
    Close,
}

impl Profile {
    /// A world without faults; forced addresses still work.
    #[must_use]
    pub fn perfect() -> Self {
        Self {
            name: "perfect".into(),
            ..Self::default()
        }
    }

    /// Reads and checks a profile file.
    ///
    /// # Errors
    /// The file cannot be read, is not a profile, or holds a value out of range.
    pub fn load(path: &Path) -> Result<Self, SinkError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| SinkError::File {
            path: shown.clone(),
            source,
        })?;
        Self::parse(&shown, &text)
    }

    /// Reads and checks a profile from text; `path` is only for messages.
    ///
    /// # Errors
    /// Not a profile, or a value out of range.
    pub fn parse(path: &str, text: &str) -> Result<Self, SinkError> {
        let profile: Self = toml::from_str(text).map_err(|e| SinkError::Profile {
            path: path.into(),
            source: Box::new(e),
        })?;
        for (section, behaviour) in profile.sections() {
            behaviour.check(path, section)?;
        }
        Ok(profile)
    }
}

impl Behaviour {
    fn check(&self, path: &str, table: &str) -> Result<(), SinkError> {
        let range = |key: &str, value: String, expected| {
            Err(SinkError::Range {
                path: path.into(),
                key: format!("{table}.{key}"),
                value,
                expected,
            })
        };
        for (key, percent) in self.percentages() {
            if !(0.0..=100.0).contains(&percent) {
                return range(key, percent.to_string(), "a percentage, 0 to 100");
            }
        }
        let spans = [
            ("late_fail_after", Some(self.late_fail_after)),
            ("delivered_after", self.delivered_after),
        ];
        for (key, span) in spans {
            if let Some(span) = span.filter(|s| s.min < 0 || s.max < s.min) {
                return range(
                    key,
                    format!("{} to {}", span.min, span.max),
                    "0 <= min <= max, milliseconds",
                );
            }
        }
        for (key, rate) in [
            ("throttle_per_second", self.throttle_per_second),
            ("limit_per_second", self.limit_per_second),
        ] {
            if rate == Some(0) {
                return range(
                    key,
                    "0".into(),
                    "at least 1; hint: dead = \"close\" serves nothing",
                );
            }
        }
        match self.flapping {
            Some(f) if f.up_ms < 0 || f.down_ms < 0 || f.up_ms + f.down_ms == 0 => range(
                "flapping",
                format!("{} up, {} down", f.up_ms, f.down_ms),
                "a period above 0 ms",
            ),
            _ => Ok(()),
        }
    }

    fn percentages(&self) -> [(&'static str, f64); 6] {
        [
            ("refuse_percent", self.refuse_percent),
            ("tempfail_percent", self.tempfail_percent),
            ("tempfail_once_percent", self.tempfail_once_percent),
            ("in_doubt_percent", self.in_doubt_percent),
            ("late_fail_percent", self.late_fail_percent),
            ("silent_percent", self.silent_percent),
        ]
    }

    /// Whether the channel is down at this moment of the world's clock.
    #[must_use]
    pub fn is_down(&self, now_ms: i64) -> bool {
        let flapped = self
            .flapping
            .is_some_and(|f| now_ms.rem_euclid(f.up_ms + f.down_ms) >= f.up_ms);
        self.dead.is_some() || flapped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_valid() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
        let files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().path())
            .collect();
        assert!(files.len() >= 10, "{files:?}");
        for file in files {
            let profile = Profile::load(&file).unwrap();
            assert_eq!(
                Some(profile.name.as_str()),
                file.file_stem().and_then(|s| s.to_str())
            );
        }
    }

    #[test]
    fn unknown_keys_and_wrong_values_are_named() {
        let unknown = Profile::parse("p.toml", "[smtp]\nrefuse_pct = 2")
            .unwrap_err()
            .to_string();
        assert!(
            unknown.contains("p.toml") && unknown.contains("refuse_pct"),
            "{unknown}"
        );
        let wrong = Profile::parse("p.toml", "[sms]\nsilent_percent = 101.0")
            .unwrap_err()
            .to_string();
        assert_eq!(
            wrong,
            "p.toml: sms.silent_percent = 101: expected a percentage, 0 to 100"
        );
        assert!(Profile::parse("p.toml", "[sms]\nlimit_per_second = 0").is_err());
        assert!(Profile::parse("p.toml", "[smtp]\nflapping = { up_ms = 0, down_ms = 0 }").is_err());
    }

    #[test]
    fn flapping_is_down_in_the_second_part_of_its_period() {
        let b = Behaviour {
            flapping: Some(Flapping {
                up_ms: 700,
                down_ms: 300,
            }),
            ..Behaviour::default()
        };
        assert_eq!(
            [0, 699, 700, 999, 1000].map(|now| b.is_down(now)),
            [false, false, true, true, false]
        );
    }
}
