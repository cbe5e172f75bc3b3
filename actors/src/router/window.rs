//! Owns send windows: the hours in which a corporation's messages may leave, by the clock on the
//! wall in the Netherlands. Refuses to drop anything: outside its window a message waits for the
//! next opening.
//!
//! A window is turned into instants per day, so the nights on which the clock moves are days like
//! others: an opening or closing time that does not exist lies as far after the gap as it said, one
//! that exists twice means the first. No day's window vanishes.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use sluis_model::Timestamp;
use sluis_model::calendar::WEEK;

/// Days and hours, such as `mon-fri 08:00-20:00`, local time in Amsterdam. A window that ends at or
/// before its start ends on the next day; its day is the one it begins on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendWindow {
    /// From Monday.
    days: [bool; 7],
    from: Time,
    to: Time,
    zone: TimeZone,
}

/// Whether a window is open, and until when it stays so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hours {
    /// Messages may leave, until this instant.
    Open(Timestamp),
    /// Messages wait, until this instant.
    Closed(Timestamp),
}

impl SendWindow {
    /// The state of the window at `now`.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Hours {
        let Ok(instant) = jiff::Timestamp::from_millisecond(now.0) else {
            return Hours::Closed(Timestamp::NEVER);
        };
        let today = instant.to_zoned(self.zone.clone()).date();
        for offset in -1..=8_i64 {
            let Some((opens, closes)) = today
                .checked_add(offset.days())
                .ok()
                .and_then(|day| self.on(day))
            else {
                continue;
            };
            if now < opens {
                return Hours::Closed(opens);
            }
            if now < closes {
                return Hours::Open(closes);
            }
        }
        // Every window has a day, so only the end of jiff's calendar (the year 9999) leads here.
        Hours::Closed(Timestamp::NEVER)
    }

    /// The window that begins on `day`, if there is one.
    fn on(&self, day: Date) -> Option<(Timestamp, Timestamp)> {
        if !self.days[day.weekday().to_monday_zero_offset() as usize] {
            return None;
        }
        let last = if self.to > self.from {
            day
        } else {
            day.tomorrow().ok()?
        };
        let (from, to) = (day.to_datetime(self.from), last.to_datetime(self.to));
        let (opens, closes) = (self.instant(from)?, self.instant(to)?);
        if closes > opens {
            return Some((opens, closes));
        }
        // The gap swallowed it: it keeps its length.
        let length: Span = from.until(to).ok()?;
        Some((
            opens,
            opens.plus(length.total(jiff::Unit::Millisecond).ok()? as i64),
        ))
    }

    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        let zoned = self.zone.to_ambiguous_zoned(local).compatible().ok()?;
        Some(Timestamp(zoned.timestamp().as_millisecond()))
    }
}

impl FromStr for SendWindow {
    type Err = WindowProblem;

    fn from_str(text: &str) -> Result<Self, WindowProblem> {
        let zone = TimeZone::get("Europe/Amsterdam").map_err(|_| WindowProblem::Zone)?;
        let parsed = match text.split_whitespace().collect::<Vec<_>>()[..] {
            [hours] => read_hours(hours).map(|hours| ([true; 7], hours)),
            [days, hours] => read_days(days).zip(read_hours(hours)),
            _ => None,
        };
        let (days, (from, to)) =
            parsed.ok_or_else(|| WindowProblem::Text(text.chars().take(64).collect()))?;
        Ok(Self {
            days,
            from,
            to,
            zone,
        })
    }
}

impl fmt::Display for SendWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<&str> = WEEK
            .iter()
            .zip(self.days)
            .filter(|(_, on)| *on)
            .map(|((name, _), _)| *name)
            .collect();
        write!(
            f,
            "{} {}-{}",
            days.join(","),
            self.from.strftime("%H:%M"),
            self.to.strftime("%H:%M")
        )
    }
}

fn read_hours(text: &str) -> Option<(Time, Time)> {
    let (from, to) = text.split_once('-')?;
    let read = |text: &str| {
        if text == "24:00" {
            Some(Time::midnight())
        } else {
            Time::strptime("%H:%M", text).ok()
        }
    };
    read(from).zip(read(to))
}

/// `mon`, `mon-fri`, `fri-mon` (over the weekend), and lists of these.
fn read_days(text: &str) -> Option<[bool; 7]> {
    let index = |name: &str| WEEK.iter().position(|(day, _)| *day == name);
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = index(first).zip(index(last))?;
        for offset in 0..=(last + 7 - first) % 7 {
            days[(first + offset) % 7] = true;
        }
    }
    Some(days)
}

/// The text is no send window.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowProblem {
    /// It does not have the form.
    #[error(
        "{0:?} is no send window: expected hours, with or without days before them: mon-fri 08:00-20:00"
    )]
    Text(String),
    /// The time zone is not there.
    #[error("the time zone Europe/Amsterdam is unknown: this build lacks its time zone database")]
    Zone,
}
