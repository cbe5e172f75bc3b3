//! Owns the step that waits: for a time, `wait = { for = "48h", then = "sms" }`, or until a day,
//! `wait = { until = "data.due_date - 3 working days", at = "09:00", then = "mail" }`. With `when` and
//! `go` facts end it before. Refuses to hear what becomes of a message meanwhile.

use std::sync::Arc;

use jiff::civil::Time;
use serde::Deserialize;

use super::branches::Branches;
use super::kind::{Begin, StepKind, WaitsFor};
use super::message::Message;
use super::question::Question;
use super::syntax::{Syntax, Written};
use super::until::{Awaited, Until};
use super::way_out::WayOut;
use crate::flow::duration::Span;
use crate::flow::reader::Reader;
use crate::flow::rule::Go;
use crate::time::Timestamp;

pub(super) const SYNTAX: Syntax = Syntax {
    key: "wait",
    compile,
};

/// Waits, then goes on.
#[derive(Debug)]
struct Wait {
    /// How long.
    long: Long,
    /// Where to.
    then: Go,
    /// What ends it before.
    awaited: Option<Awaited>,
}

/// How long a wait lasts.
#[derive(Debug)]
enum Long {
    /// For a time.
    For(Span),
    /// Until a day.
    Until(Until),
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { for = \"48h\", then = \"sms\" }"
)]
struct Source {
    #[serde(rename = "for")]
    duration: Option<String>,
    until: Option<String>,
    at: Option<String>,
    then: String,
    past: Option<String>,
    unknown: Option<String>,
    when: Option<String>,
    fresh_within: Option<String>,
    go: Option<String>,
}

fn compile(reader: &mut Reader, written: &Written) -> Option<Arc<dyn StepKind>> {
    written.hears_nothing(reader);
    let path = format!("{}.wait", written.path);
    let source: Source = reader.read(&path, &written.body)?;
    let long = long(reader, &path, &source);
    let then = reader.go(&format!("{path}.then"), &source.then);
    let awaited = awaited(reader, &path, &source);
    Some(Arc::new(Wait {
        long: long?,
        then: then?,
        awaited: awaited?,
    }))
}

fn long(reader: &mut Reader, path: &str, source: &Source) -> Option<Long> {
    match (&source.duration, &source.until) {
        (Some(duration), None) => {
            refuse_days(reader, path, source);
            Some(Long::For(reader.span(&format!("{path}.for"), duration)))
        }
        (None, Some(day)) => until(reader, path, source, day).map(Long::Until),
        (Some(_), Some(_)) | (None, None) => {
            reader.problem(
                path,
                "expected either for = \"5d\" or until = \"data.due_date - 3 days\", and not both",
            );
            None
        }
    }
}

/// Refuses keys that only a wait until a day has.
fn refuse_days(reader: &mut Reader, path: &str, source: &Source) {
    let keys = [
        ("at", &source.at),
        ("past", &source.past),
        ("unknown", &source.unknown),
    ];
    for (key, _) in keys.iter().filter(|(_, text)| text.is_some()) {
        let message = "only a wait until a day has it: expected until = \"data.due_date\" in place of for, or remove it";
        reader.problem(format!("{path}.{key}"), message);
    }
}

fn until(reader: &mut Reader, path: &str, source: &Source, day: &str) -> Option<Until> {
    let day = reader.day(&format!("{path}.until"), day);
    let at = time_of_day(reader, path, source.at.as_deref());
    let past = way(reader, path, "past", source.past.as_deref());
    let unknown = way(reader, path, "unknown", source.unknown.as_deref());
    Some(Until {
        day: day?,
        at: at?,
        past: past?,
        unknown: unknown?,
    })
}

/// A way that may be left out. The outer `None`: it leads nowhere.
fn way(reader: &mut Reader, path: &str, key: &str, text: Option<&str>) -> Option<Option<Go>> {
    match text {
        None => Some(None),
        Some(text) => reader.go(&format!("{path}.{key}"), text).map(Some),
    }
}

fn time_of_day(reader: &mut Reader, path: &str, text: Option<&str>) -> Option<Time> {
    let expected = "expected a time of the day such as at = \"09:00\", by the clock in Amsterdam";
    let Some(text) = text else {
        reader.problem(format!("{path}.at"), expected);
        return None;
    };
    let time = read_time(text);
    if time.is_none() {
        reader.problem(format!("{path}.at"), format!("{text:?}: {expected}"));
    }
    time
}

/// `09:00`: two digits, a colon, two digits.
fn read_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| {
        let is_number = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<i8>().ok().filter(|_| is_number)
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

/// What ends the wait before its time. The outer `None`: there is a mistake.
fn awaited(reader: &mut Reader, path: &str, source: &Source) -> Option<Option<Awaited>> {
    match (&source.when, &source.go) {
        (None, None) => {
            if source.fresh_within.is_some() {
                let message = "expected when and go beside it, or remove it";
                reader.problem(format!("{path}.fresh_within"), message);
            }
            Some(None)
        }
        (Some(when), Some(go)) => {
            let when = reader.condition(&format!("{path}.when"), when);
            let fresh = source.fresh_within.as_deref();
            let fresh_within_ms =
                fresh.map(|text| reader.duration(&format!("{path}.fresh_within"), text));
            let go = reader.go(&format!("{path}.go"), go);
            Some(Some(Awaited {
                when: when?,
                fresh_within_ms,
                go: go?,
            }))
        }
        (Some(_), None) => {
            let message = "expected go beside when: where it leads as soon as that is true";
            reader.problem(format!("{path}.when"), message);
            None
        }
        (None, Some(_)) => {
            let message = "expected when beside go: what must become true; where the wait leads at its end is then";
            reader.problem(format!("{path}.go"), message);
            None
        }
    }
}

impl StepKind for Wait {
    fn enter(&self, now: Timestamp) -> Begin<'_> {
        match &self.long {
            Long::For(span) => Begin::Wait(span.after(now)),
            Long::Until(until) => Begin::WaitUntil(until),
        }
    }

    fn waited(&self) -> Option<&Go> {
        Some(&self.then)
    }

    fn until(&self) -> Option<&Until> {
        match &self.long {
            Long::For(_) => None,
            Long::Until(until) => Some(until),
        }
    }

    fn awaited(&self) -> Option<&Awaited> {
        self.awaited.as_ref()
    }

    fn message(&self) -> Option<&Message> {
        None
    }

    fn question(&self) -> Option<&Question> {
        None
    }

    fn branches(&self) -> Option<&Branches> {
        None
    }

    fn ways_out(&self) -> Vec<WayOut<'_>> {
        let mut ways = Vec::new();
        if let Some(awaited) = &self.awaited {
            let when = format!("when {}", awaited.when.text);
            ways.push(WayOut::at_once(when, &awaited.go));
        }
        match &self.long {
            Long::For(span) => {
                let when = format!("after {span}");
                ways.push(WayOut {
                    at_once: span.is_nothing(),
                    ..WayOut::later(when, &self.then)
                });
            }
            Long::Until(until) => {
                // Without a way of its own a day that is over leads on at once.
                ways.push(WayOut {
                    at_once: until.past.is_none(),
                    ..WayOut::later(format!("at {}", until.words()), &self.then)
                });
                ways.extend(until.past.iter().map(|go| WayOut::at_once("past", go)));
                ways.extend(
                    until
                        .unknown
                        .iter()
                        .map(|go| WayOut::at_once("unknown", go)),
                );
            }
        }
        ways
    }

    fn waits_for(&self) -> Option<WaitsFor<'_>> {
        let until = match &self.long {
            Long::For(_) => None,
            Long::Until(until) => Some(until),
        };
        Some(WaitsFor::Wait {
            until,
            then: &self.then,
            awaited: self.awaited.as_ref(),
        })
    }
}
