//! Owns what the steps of a drawn flow are, and when their waits end by a reckoning of our own. Refuses the engine's
//! calendar.

use jiff::civil::Time;
use sluis_model::Timestamp;

use super::draw::Message;
use super::sight::{Sight, instant_at, working_days_after};
use super::{Goes, Rule};

/// What a step does.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Send(Box<Message>),
    Wait {
        long: Long,
        then: Goes,
        /// What ends it before its time, and where that leads.
        awaited: Option<(Rule, Goes)>,
    },
    Branch {
        cases: Vec<Case>,
        otherwise: Goes,
        unknown: Option<Goes>,
    },
    Task(Task),
    End(String),
}

/// A case of a step that chooses.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) rule: Rule,
    pub(crate) go: Goes,
}

/// How long a step waits.
#[derive(Clone, Debug)]
pub(crate) enum Long {
    For(Wait),
    Until(Until),
}

/// How long something waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Milliseconds(i64),
    WorkingDays(u16),
}

/// A wait until a day.
#[derive(Clone, Debug)]
pub(crate) struct Until {
    pub(crate) day: Day,
    pub(crate) at: Time,
    pub(crate) past: Option<Goes>,
    pub(crate) unknown: Option<Goes>,
}

/// A day, and days behind or before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) of: DayOf,
    pub(crate) add: i64,
}

/// Which day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DayOf {
    /// Of the data; it may be left out.
    Due,
    /// On which the exception ends, if there is one and it says so.
    ExceptionEnds,
    Today,
}

/// A step that asks people.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) replies: Vec<Reply>,
    pub(crate) remind: Option<Wait>,
    pub(crate) deadline: Option<(Wait, Goes)>,
}

/// What people may answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) name: &'static str,
    pub(crate) go: Goes,
    /// Whether it comes with a count, and perhaps whether they are sure.
    pub(crate) has_fields: bool,
}

impl Kind {
    /// Whether what stands at one may stand at the other.
    pub(crate) const fn is_alike(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Send(_), Self::Send(_))
                | (Self::Wait { .. }, Self::Wait { .. })
                | (Self::Branch { .. }, Self::Branch { .. })
                | (Self::Task(_), Self::Task(_))
                | (Self::End(_), Self::End(_))
        )
    }

    pub(crate) fn ways(&self) -> Vec<&Goes> {
        match self {
            Self::Send(message) => message.ways(),
            Self::Wait {
                long,
                then,
                awaited,
            } => {
                let awaited = awaited.iter().map(|(_, go)| go);
                let of_day = match long {
                    Long::For(_) => [&None, &None],
                    Long::Until(until) => [&until.past, &until.unknown],
                };
                let of_day = of_day.into_iter().flatten();
                [then].into_iter().chain(awaited).chain(of_day).collect()
            }
            Self::Branch {
                cases,
                otherwise,
                unknown,
            } => {
                let cases = cases.iter().map(|case| &case.go);
                cases.chain([otherwise]).chain(unknown).collect()
            }
            Self::Task(task) => {
                let replies = task.replies.iter().map(|reply| &reply.go);
                let deadline = task.deadline.iter().map(|(_, go)| go);
                replies.chain(deadline).collect()
            }
            Self::End(_) => Vec::new(),
        }
    }
}

impl Wait {
    /// When one ends that begins at an instant.
    pub(crate) fn ends(self, from: Timestamp) -> Timestamp {
        match self {
            Self::Milliseconds(millis) => from.plus(millis),
            Self::WorkingDays(days) => working_days_after(from, days),
        }
    }
}

impl Until {
    /// When it ends; `None`: nobody knows the day.
    pub(crate) fn ends(&self, sight: &Sight<'_>) -> Option<Timestamp> {
        let day = match self.day.of {
            DayOf::Due => sight.data.due?,
            DayOf::ExceptionEnds => sight.exception.as_ref()?.ends?,
            DayOf::Today => sight.today,
        };
        Some(instant_at(day + self.day.add, self.at))
    }

    /// Whether a fact tells the day, and so can move it.
    pub(crate) fn is_told(&self) -> bool {
        self.day.of == DayOf::ExceptionEnds
    }
}
