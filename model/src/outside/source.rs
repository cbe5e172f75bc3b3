//! Owns the reading of a file of channel models, and the writing of one. Refuses to stop at the first
//! mistake.

use std::fmt::Write as _;

use serde::Deserialize;
use toml::Value;

use super::delay::Delay;
use super::world::{Behaviour, Outside, People};
use crate::channel::Channel;
use crate::flow::parse_duration;
use crate::reading::{Mistake, Words, read};

/// The channel models that hold where nothing was measured: assumptions, which say so.
pub(super) const ASSUMED: &str = include_str!("../../../config/outside/assumed.toml");

const WORDS: Words = Words {
    of: |_| None,
    hint: "see docs/rehearsal.md",
    table: None,
    element: |path, _, index| format!("{path}[{index}]"),
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSource {
    source: Option<String>,
    basis: Option<Vec<String>>,
    seed: Option<u64>,
    #[serde(default)]
    channel: Vec<ChannelSource>,
    people: Option<PeopleSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelSource {
    channel: String,
    provider: Option<String>,
    measured: Option<u64>,
    takes: Option<String>,
    refused: Option<f64>,
    deferred: Option<f64>,
    bounced: Option<f64>,
    bounced_after: Option<Vec<String>>,
    failed: Option<f64>,
    failed_after: Option<Vec<String>>,
    delivered: Option<f64>,
    delivered_after: Option<Vec<String>>,
    pressed: Option<f64>,
    pressed_after: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeopleSource {
    calls: Option<f64>,
    calls_after: Option<Vec<String>>,
    pays: Option<f64>,
    pays_after: Option<Vec<String>>,
}

/// Reads a file; what it leaves out is as in `base`.
pub(super) fn parse(text: &str, base: &Outside) -> Result<Outside, Vec<Mistake>> {
    let value = match text.parse::<toml::Table>() {
        Ok(table) => Value::Table(table),
        Err(error) => {
            let (value, hint) = (String::new(), error.message().trim().to_owned());
            return Err(vec![mistake("", value, "TOML 1.0".into(), hint)]);
        }
    };
    let mut mistakes = Vec::new();
    let file = read::<FileSource>("", &value, &[], WORDS, &mut mistakes);
    let mut reading = Reading { mistakes };
    let outside = file.map(|file| reading.outside(file, base));
    match outside {
        Some(outside) if reading.mistakes.is_empty() => Ok(outside),
        _ => Err(reading.mistakes),
    }
}

fn mistake(path: &str, value: String, expected: String, hint: String) -> Mistake {
    Mistake {
        path: path.to_owned(),
        value,
        expected,
        hint,
        is_unknown_key: false,
    }
}

struct Reading {
    mistakes: Vec<Mistake>,
}

impl Reading {
    fn outside(&mut self, file: FileSource, base: &Outside) -> Outside {
        let mut channels: Vec<Behaviour> = Vec::new();
        for (number, source) in file.channel.into_iter().enumerate() {
            let path = format!("channel[{number}]");
            let Some(found) = self.channel(&path, source, base) else {
                continue;
            };
            let same =
                |one: &Behaviour| one.channel == found.channel && one.provider == found.provider;
            if channels.iter().any(same) {
                let expected = "one entry for each channel and provider".to_owned();
                let hint = "remove one, or give it another provider".to_owned();
                let value = found.channel.name().to_owned();
                self.mistakes.push(mistake(&path, value, expected, hint));
            }
            channels.push(found);
        }
        for known in &base.channels {
            if channels
                .iter()
                .all(|one| one.channel != known.channel || one.provider.is_some())
            {
                channels.push(known.clone());
            }
        }
        let people = file.people;
        Outside {
            source: file.source.map_or_else(|| base.source.clone(), Into::into),
            // What another file rests on says nothing about this one.
            basis: file
                .basis
                .unwrap_or_default()
                .into_iter()
                .map(Into::into)
                .collect(),
            seed: file.seed.unwrap_or(base.seed),
            channels,
            people: people.map_or_else(
                || base.people.clone(),
                |source| self.people(source, &base.people),
            ),
        }
    }

    fn channel(&mut self, path: &str, source: ChannelSource, base: &Outside) -> Option<Behaviour> {
        let at = |key: &str| format!("{path}.{key}");
        let Ok(channel) = source.channel.parse::<Channel>() else {
            let expected = Channel::ALL.map(Channel::name).join(", ");
            let hint = "such as channel = \"email\"".to_owned();
            let wrong = mistake(&at("channel"), source.channel, expected, hint);
            self.mistakes.push(wrong);
            return None;
        };
        let like = base.of(channel, source.provider.as_deref().unwrap_or_default());
        let like = like.cloned().unwrap_or_else(|| nothing(channel));
        let takes = source.takes.map(|text| self.time(&at("takes"), &text));
        let read = Behaviour {
            channel,
            provider: source.provider.map(Into::into),
            measured: source.measured.unwrap_or(0),
            takes_ms: takes.unwrap_or(like.takes_ms),
            refused: self.share(&at("refused"), source.refused, like.refused),
            deferred: self.share(&at("deferred"), source.deferred, like.deferred),
            bounced: self.share(&at("bounced"), source.bounced, like.bounced),
            bounced_after: self.delay(
                &at("bounced_after"),
                source.bounced_after,
                like.bounced_after,
            ),
            failed: self.share(&at("failed"), source.failed, like.failed),
            failed_after: self.delay(&at("failed_after"), source.failed_after, like.failed_after),
            delivered: self.share(&at("delivered"), source.delivered, like.delivered),
            delivered_after: self.delay(
                &at("delivered_after"),
                source.delivered_after,
                like.delivered_after,
            ),
            pressed: self.share(&at("pressed"), source.pressed, like.pressed),
            pressed_after: self.delay(
                &at("pressed_after"),
                source.pressed_after,
                like.pressed_after,
            ),
        };
        Some(read)
    }

    fn people(&mut self, source: PeopleSource, like: &People) -> People {
        let (calls_after, pays_after) = (like.calls_after.clone(), like.pays_after.clone());
        People {
            calls: self.share("people.calls", source.calls, like.calls),
            calls_after: self.delay("people.calls_after", source.calls_after, calls_after),
            pays: self.share("people.pays", source.pays, like.pays),
            pays_after: self.delay("people.pays_after", source.pays_after, pays_after),
        }
    }

    fn share(&mut self, path: &str, given: Option<f64>, like: f64) -> f64 {
        let Some(percent) = given else { return like };
        if (0.0..=100.0).contains(&percent) {
            return percent;
        }
        let expected = "a percentage, 0 to 100".to_owned();
        let hint = "such as 1.5".to_owned();
        let wrong = mistake(path, percent.to_string(), expected, hint);
        self.mistakes.push(wrong);
        like
    }

    fn time(&mut self, path: &str, text: &str) -> i64 {
        let found = parse_duration(text).ok();
        found.unwrap_or_else(|| {
            let expected = "a length of time".to_owned();
            let hint = "such as 300ms, 2s, 10m, 6h or 2d".to_owned();
            self.mistakes
                .push(mistake(path, text.to_owned(), expected, hint));
            0
        })
    }

    fn delay(&mut self, path: &str, given: Option<Vec<String>>, like: Delay) -> Delay {
        let Some(given) = given else { return like };
        let before = self.mistakes.len();
        let quantiles = given.iter().map(|text| self.time(path, text)).collect();
        let read = Delay::new(quantiles);
        if read.is_none() && self.mistakes.len() == before {
            let expected = format!("1 to {} lengths of time, in ascending order", Delay::MOST);
            let hint =
                "the least, quantiles equally far apart, the most: [\"1m\", \"20m\", \"6h\"]";
            let wrong = mistake(path, given.join(", "), expected, hint.to_owned());
            self.mistakes.push(wrong);
        }
        read.unwrap_or(like)
    }
}

/// A channel over which everything is taken, and nothing is heard.
fn nothing(channel: Channel) -> Behaviour {
    Behaviour {
        channel,
        provider: None,
        measured: 0,
        takes_ms: 0,
        refused: 0.0,
        deferred: 0.0,
        bounced: 0.0,
        bounced_after: Delay::default(),
        failed: 0.0,
        failed_after: Delay::default(),
        delivered: 0.0,
        delivered_after: Delay::default(),
        pressed: 0.0,
        pressed_after: Delay::default(),
    }
}

impl Outside {
    /// Reads a file of channel models. What it does not say is as in the assumed ones.
    ///
    /// # Errors
    /// Every mistake.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        parse(text, &Self::assumed())
    }

    /// The assumed models.
    #[must_use]
    pub fn assumed() -> Self {
        let nothing = Self {
            source: "assumed".into(),
            basis: Vec::new(),
            seed: 1,
            channels: Vec::new(),
            people: People {
                calls: 0.0,
                calls_after: Delay::default(),
                pays: 0.0,
                pays_after: Delay::default(),
            },
        };
        // A test reads the file that is built in.
        parse(ASSUMED, &nothing).unwrap_or(nothing)
    }

    /// As a file that [`Outside::parse`] reads.
    #[must_use]
    pub fn written(&self) -> String {
        let mut out = format!(
            "source = {:?}\nseed = {}\nbasis = [\n",
            self.source, self.seed
        );
        for sentence in &self.basis {
            let _ = writeln!(out, "    {sentence:?},");
        }
        out.push_str("]\n");
        for one in &self.channels {
            let _ = write!(out, "\n[[channel]]\nchannel = {:?}\n", one.channel.name());
            if let Some(provider) = &one.provider {
                let _ = writeln!(out, "provider = {provider:?}");
            }
            let _ = writeln!(out, "measured = {}", one.measured);
            let _ = writeln!(out, "takes = \"{}ms\"", one.takes_ms);
            let _ = writeln!(out, "refused = {}", one.refused);
            let _ = writeln!(out, "deferred = {}", one.deferred);
            share(&mut out, "bounced", one.bounced, &one.bounced_after);
            share(&mut out, "failed", one.failed, &one.failed_after);
            share(&mut out, "delivered", one.delivered, &one.delivered_after);
            share(&mut out, "pressed", one.pressed, &one.pressed_after);
        }
        out.push_str("\n[people]\n");
        let people = &self.people;
        share(&mut out, "calls", people.calls, &people.calls_after);
        share(&mut out, "pays", people.pays, &people.pays_after);
        out
    }
}

fn share(out: &mut String, name: &str, percent: f64, delay: &Delay) {
    let _ = writeln!(out, "{name} = {percent}");
    if !delay.quantiles().is_empty() {
        let times = delay.quantiles().iter().map(|ms| format!("\"{ms}ms\""));
        let times: Vec<String> = times.collect();
        let _ = writeln!(out, "{name}_after = [{}]", times.join(", "));
    }
}
