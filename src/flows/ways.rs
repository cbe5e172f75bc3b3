//! Owns the ways out of a step as people see them: what takes each, after how long, and where it leads.
//! Refuses to take one.

use sluis_model::Timestamp;
use sluis_model::flow::{After, Awaited, Begin, Go, Span, Step, Until};

/// A way out of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way<'a> {
    /// What takes it: `bounced`, `then`, `answer go on`.
    pub name: String,
    /// After how long, where time takes it: `48h`.
    pub after: Option<String>,
    /// Where it leads.
    pub go: &'a Go,
}

impl Way<'_> {
    /// What takes it, with its time: `unanswered after 2d`, `after 5d`.
    pub(super) fn label(&self) -> String {
        match &self.after {
            Some(after) if self.name == WAITED => format!("after {after}"),
            Some(after) => format!("{} after {after}", self.name),
            None => self.name.clone(),
        }
    }
}

/// The name of the way that a wait takes.
pub(super) const WAITED: &str = "then";

/// The name of the way that a step takes which leads on at once.
pub(super) const AT_ONCE: &str = "at once";

/// The name of the way that a task takes which nobody answers in time.
pub(super) const DEADLINE: &str = "no answer";

/// The ways out of a step, in the order in which people would name them.
pub(super) fn ways(step: &Step) -> Vec<Way<'_>> {
    let on = step.on();
    let mut ways = Vec::new();
    let at_once = [
        ("bounced", &on.bounced),
        ("delivered", &on.delivered),
        ("answered", &on.answered),
        ("capped", &on.capped),
    ];
    for (name, go) in at_once {
        ways.extend(go.as_ref().map(|go| plain(name, go)));
    }
    for (name, after) in [("unanswered", &on.unanswered), ("settled", &on.settled)] {
        ways.extend(after.as_ref().map(|after| timed(name, after)));
    }
    if let Some(go) = step.kind.waited() {
        ways.extend(waits(step, go));
    }
    // A step that leads on at once has no other way.
    if let Begin::GoOn(go) = step.kind.enter(Timestamp(0)) {
        ways.push(plain(AT_ONCE, go));
    }
    if let Some(setting) = step.sets() {
        ways.push(plain(WAITED, &setting.then));
        ways.extend(setting.unknown.iter().map(|go| plain("unknown", go)));
    }
    if let Some(question) = step.kind.question() {
        let replies = question.replies.iter();
        ways.extend(replies.map(|reply| plain(&format!("answer {}", reply.name), &reply.go)));
        ways.extend(question.deadline.as_ref().map(|by| timed(DEADLINE, by)));
    }
    if step.kind.branches().is_some() {
        let cases = step.kind.ways_out().into_iter();
        ways.extend(cases.map(|way| plain(&way.when, way.go)));
    }
    ways
}

/// The name of the way that a wait takes when what it looks out for becomes true.
pub(super) fn looked_out(awaited: &Awaited) -> String {
    format!("when {}", awaited.when.text)
}

/// The name of the way that a wait takes when its day comes.
pub(super) fn comes(until: &Until) -> String {
    format!("at {}", until.words())
}

/// The ways out of a wait that ends there by itself.
fn waits<'a>(step: &'a Step, then: &'a Go) -> Vec<Way<'a>> {
    let mut ways = Vec::new();
    if let Some(awaited) = step.kind.awaited() {
        ways.push(plain(&looked_out(awaited), &awaited.go));
    }
    match step.kind.enter(Timestamp(0)) {
        Begin::Wait(until) => ways.push(Way {
            after: Some(length(until.0)),
            ..plain(WAITED, then)
        }),
        Begin::WaitUntil(until) => {
            ways.push(plain(&comes(until), then));
            ways.extend(until.past.iter().map(|go| plain("past", go)));
            ways.extend(until.unknown.iter().map(|go| plain("unknown", go)));
        }
        Begin::Send | Begin::Ask(_) | Begin::Choose | Begin::GoOn(_) | Begin::Set(_) => {}
    }
    ways
}

fn plain<'a>(name: &str, go: &'a Go) -> Way<'a> {
    Way {
        name: name.to_owned(),
        after: None,
        go,
    }
}

fn timed<'a>(name: &str, after: &'a After) -> Way<'a> {
    Way {
        name: name.to_owned(),
        after: Some(span(&after.span)),
        go: &after.go,
    }
}

/// A span as people write it.
pub(super) fn span(of: &Span) -> String {
    match of {
        Span::Milliseconds(millis) => length(*millis),
        Span::WorkingDays(1, _) => "1 working day".to_owned(),
        Span::WorkingDays(days, _) => format!("{days} working days"),
    }
}

/// A length of time in its largest whole unit.
pub(super) fn length(millis: i64) -> String {
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
    ];
    let whole = units
        .into_iter()
        .find(|(unit, _)| millis > 0 && millis % unit == 0);
    match whole {
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None => format!("{millis}ms"),
    }
}
