//! Owns the lines that come of a scenario: what was sent, held, asked and ended, and when. Refuses what
//! nobody outside sees.

use std::fmt;

use sluis_model::Channel;

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
                write!(f, "sent = \"{channel}\", template = {template:?}")?;
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
