//! Owns who a message comes from, as its recipient sees it: what a corporation's section
//! `[corporation.sender]` says. Refuses to know a channel: each channel names the keys that its
//! messages need, and reads them.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::checks::http_url;
use crate::problem::Problem;

/// The key that every corporation gives.
const PUBLIC_URL: &str = "public_url";

/// Who a message comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Originator {
    /// Public base address of this engine, as tenants and providers reach it:
    /// `https://post.example.nl`.
    pub public_url: String,
    /// What messages over each channel show, by the keys of the section.
    shown: BTreeMap<String, String>,
}

/// A key of the section that a channel reads. A kind of provider names those of its channel.
#[derive(Clone, Copy, Debug)]
pub struct OriginatorKey {
    /// The key.
    pub name: &'static str,
    /// Whether every corporation must give it.
    pub is_required: bool,
    /// What is wrong with a value: what was expected, and a hint.
    pub check: fn(&str) -> Option<(&'static str, String)>,
}

impl OriginatorKey {
    /// What is wrong with the value; `path` is where the section stands.
    #[must_use]
    pub fn problem(&self, path: &str, value: &str) -> Option<Problem> {
        let (expected, hint) = (self.check)(value)?;
        let shown = if value.chars().any(char::is_control) {
            "(control characters)"
        } else {
            value
        };
        Some(Problem::new(path, self.name, shown, expected, hint))
    }
}

impl Originator {
    /// With these keys of the section.
    #[must_use]
    pub fn new<'a>(public_url: &str, shown: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        Self {
            public_url: public_url.to_owned(),
            shown: shown.into_iter().map(owned).collect(),
        }
    }

    /// What the section says under a key.
    #[must_use]
    pub fn shown(&self, key: &str) -> Option<&str> {
        self.shown.get(key).map(String::as_str)
    }

    /// Every key that is given beside the public address, with its value.
    pub fn all_shown(&self) -> impl Iterator<Item = (&str, &str)> {
        self.shown.iter().map(|(key, value)| (&**key, &**value))
    }

    /// What is wrong with the public address; `path` is where the section stands.
    #[must_use]
    pub fn check_url(&self, path: &str) -> Option<Problem> {
        if http_url(&self.public_url).is_some() {
            return None;
        }
        let expected = "an http or https address";
        let hint = "providers call it back and tenants follow links to it";
        Some(Problem::new(
            path,
            PUBLIC_URL,
            &self.public_url,
            expected,
            hint,
        ))
    }
}

impl Serialize for Originator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let url = (PUBLIC_URL, &*self.public_url);
        serializer.collect_map(self.all_shown().chain([url]))
    }
}

impl<'de> Deserialize<'de> for Originator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Originator", &[PUBLIC_URL], Section)
    }
}

/// Reads the section.
struct Section;

impl<'de> Visitor<'de> for Section {
    type Value = Originator;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a section")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Originator, A::Error> {
        let mut shown = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, String>()? {
            shown.insert(key, value);
        }
        let public_url = shown.remove(PUBLIC_URL);
        let public_url = public_url.ok_or_else(|| A::Error::missing_field(PUBLIC_URL))?;
        Ok(Originator { public_url, shown })
    }
}
