//! Owns the lines that come of a scenario: what was sent, held, asked and ended, and when. Refuses what
//! nobody outside sees.

use std::fmt;

use sluis_model::Channel;
use sluis_model::flow::Value;

use super::span;

/// What became visible at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Milliseconds since the start.
    pub after: i64,
    /// Which notification, from 1.
    pub of: usize,
    /// What.
    pub what: What,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A message was taken by a provider.
    Sent {
        /// Over which channel.
        channel: Channel,
        /// With which template.
        template: Box<str>,
    },
    /// A step told a fact.
    Set {
        /// Of which type.
        kind: Box<str>,
        /// What it says.
        says: Box<[(Box<str>, Value)]>,
    },
    /// A guard holds it.
    Held(Box<str>),
    /// People are asked.
    Task {
        /// On which list.
        list: Box<str>,
        /// Of which team.
        team: Option<Box<str>>,
    },
    /// A task on this list still waits: somebody is reminded.
    Reminded(Box<str>),
    /// It ended.
    End(Box<str>),
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{ after = {:?}, ", span::shown(self.after))?;
        match &self.what {
            What::Sent { channel, template } => {
                write!(f, "sent = \"{channel}\"")?;
                // An expected line that names none takes any.
                if !template.is_empty() {
                    write!(f, ", template = {template:?}")?;
                }
            }
            What::Set { kind, says } => {
                let says = says.iter();
                let says: Vec<String> = says
                    .map(|(name, said)| format!("{name} = {}", toml(said)))
                    .collect();
                write!(f, "set = {kind:?}, fields = {{ {} }}", says.join(", "))?;
            }
            What::Held(guard) => write!(f, "held = {guard:?}")?,
            What::Task { list, team } => {
                write!(f, "task = {list:?}")?;
                if let Some(team) = team {
                    write!(f, ", team = {team:?}")?;
                }
            }
            What::Reminded(list) => write!(f, "reminded = {list:?}")?,
            What::End(end) => write!(f, "end = {end:?}")?,
        }
        if self.of > 1 {
            write!(f, ", of = {}", self.of)?;
        }
        f.write_str(" }")
    }
}

/// A value as a file has it.
fn toml(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Missing | Value::Integer(_) | Value::Boolean(_) => value.to_string(),
    }
}
