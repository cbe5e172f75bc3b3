//! Owns the explanation of one notification: its state, attempts, what is next, its history, and
//! one sentence that says why this tenant, this channel, this address, now. Refuses to look
//! anything up.

use serde::Serialize;
use sluis_model::flow::Seen;
use sluis_model::{
    Capped, Cause, Event, Flow, FlowBook, HeldBack, Input, Lane, Notification, NotificationId,
    Open, Phase, Subject, Tenant, TenantRecord, Timestamp,
};

use super::attempts::{AttemptRow, Gathering, GuardRow};
use super::causes;
use super::contacts::NotUsed;
use super::delays::Delay;
use super::lately::ContactedRow;
use super::next::{Next, next, what};
use super::reason::ReasonRow;
use super::rows::FACT_SET;
use super::steering::{allows, waits_for};
use super::timeline::{TimelineRow, rows_of};
use super::versions::Versions;
use super::walk::Page;
use super::words::{rfc3339, step};

/// How a notification ended, as the table of ended ones says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending<'a> {
    /// Name of the end state.
    pub end: &'a str,
    /// When.
    pub at: Timestamp,
}

/// A flow's name and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FlowName {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
}

impl FlowName {
    /// Of a flow.
    #[must_use]
    pub fn of(flow: &Flow) -> Self {
        Self {
            name: flow.name.to_string(),
            version: flow.version,
        }
    }
}

/// Everything there is to say about a notification.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Which.
    pub id: NotificationId,
    /// Whose.
    pub tenant_id: String,
    /// The flow it runs by.
    pub flow: Option<FlowName>,
    /// Category.
    pub category: Option<String>,
    /// What it is about.
    pub subject: Option<Subject>,
    /// Lane.
    pub priority: Option<Lane>,
    /// `scheduled`, `ready`, `sending`, `in_doubt`, `sent`, `held`, `task` or `ended`.
    pub state: &'static str,
    /// Name of the end state, once ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Stable code of why it ended, once ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The step it stands at, while open.
    pub step: Option<String>,
    /// Attempts, in order.
    pub attempts: Vec<AttemptRow>,
    /// What comes next, while open.
    pub next: Option<Next>,
    /// Addresses of the profile that no message goes to, while open.
    pub not_used: Vec<NotUsed>,
    /// Messages of other notifications about the same subject, the newest first, where they are
    /// remembered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacted_about_this: Vec<ContactedRow>,
    /// The notification of the same flow that ended for the same subject before, where the flow asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<NotificationId>,
    /// Which round of the flow it is for its subject, where it is not the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// The one that follows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub followed_by: Option<NotificationId>,
    /// Everything that was decided, oldest first.
    pub history: Vec<TimelineRow>,
    /// Whether older decisions about the tenant are not kept any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub older_not_kept: bool,
    /// Why this tenant, this channel, this address, now.
    pub why: String,
}

/// Explains `id`, of the tenant with this number, from the records about it (as `walk` gives them;
/// more do no harm), its state while open, and how it ended, if it did. `flow` is the definition it
/// runs by, or ran by last; those that it ran by before are in `book`.
#[must_use]
pub fn explain(
    (id, tenant): (NotificationId, &str),
    open: Option<&Open>,
    ended: Option<Ending<'_>>,
    page: &Page,
    (flow, book): (Option<&Flow>, &dyn FlowBook),
) -> Explanation {
    let story = Story::read((id, tenant), open, page, (flow, book));
    let end = story
        .end
        .map(|(at, end, _)| Ending { end, at })
        .or(ended)
        .filter(|_| open.is_none());
    let why = story.why(open, end);
    let ended_by = story.end.filter(|_| open.is_none());
    Explanation {
        id,
        tenant_id: story.tenant.to_owned(),
        flow: flow.map(FlowName::of),
        category: (!story.category.is_empty()).then(|| story.category.to_owned()),
        subject: story.subject().cloned(),
        priority: story.lane(),
        state: open.map_or("ended", |open| open.phase.name()),
        end: end.map(|ending| ending.end.to_owned()),
        reason: ended_by.map(|(_, _, cause)| causes::cause_code(cause)),
        step: open.and_then(|open| step_id(flow, open)),
        next: open.map(|open| next(open, flow, story.held)),
        attempts: story.attempts,
        not_used: Vec::new(),
        contacted_about_this: Vec::new(),
        follows: story.follows.map(|(earlier, _)| earlier),
        round: story.follows.map(|(_, round)| round),
        followed_by: story.followed_by,
        history: story.history,
        older_not_kept: story.is_cut,
        why,
    }
}

impl Explanation {
    /// With the addresses of `tenant` that an open notification does not go to.
    #[must_use]
    pub fn with_contacts(mut self, tenant: &Tenant) -> Self {
        if self.state != "ended" {
            self.not_used = NotUsed::of(tenant);
            let words: Vec<String> = self.not_used.iter().map(NotUsed::words).collect();
            if !words.is_empty() {
                self.why = format!("{}; {}.", self.why.trim_end_matches('.'), words.join("; "));
            }
        }
        self
    }

    /// With what else went to the tenant about the same subject.
    #[must_use]
    pub fn with_history(mut self, tenant: &Tenant, book: &dyn FlowBook, purposes: &[&str]) -> Self {
        if let Some(subject) = &self.subject {
            let about = (subject, self.id);
            self.contacted_about_this = ContactedRow::about(about, tenant, book, purposes);
        }
        self
    }

    /// Adds what keeps it from leaving now. Without anything it is as it was: it stands in line.
    #[must_use]
    pub fn held_back(mut self, delays: Vec<Delay>) -> Self {
        if delays.is_empty() {
            return self;
        }
        let texts: Vec<&str> = delays.iter().map(|delay| delay.text.as_str()).collect();
        self.why = format!(
            "{}; it cannot leave now: {}.",
            self.why.trim_end_matches('.'),
            texts.join("; ")
        );
        if let Some(next) = &mut self.next {
            let last = delays.iter().filter_map(|delay| delay.until.clone()).max();
            next.at = last.or(next.at.take());
            next.delays = delays;
        }
        self
    }
}

/// The step it stands at; none before its flow has begun.
fn step_id(flow: Option<&Flow>, open: &Open) -> Option<String> {
    let known = flow.and_then(|flow| flow.step(open.step));
    let id = known.map_or_else(|| (open.step + 1).to_string(), |step| step.id.to_string());
    open.entered.then_some(id)
}

/// What the records tell.
struct Story<'a> {
    flow: Option<&'a Flow>,
    open: Option<&'a Open>,
    tenant: &'a str,
    category: &'a str,
    body: Option<&'a Notification>,
    held: Option<&'a Seen>,
    capped: Option<&'a Capped>,
    held_back: Option<&'a HeldBack>,
    /// What it follows, and which round it is.
    follows: Option<(NotificationId, u32)>,
    /// What follows it.
    followed_by: Option<NotificationId>,
    end: Option<(Timestamp, &'a str, &'a Cause)>,
    attempts: Vec<AttemptRow>,
    history: Vec<TimelineRow>,
    /// Whether older records are not kept any more.
    is_cut: bool,
}

impl<'a> Story<'a> {
    fn read(
        (id, tenant): (NotificationId, &'a str),
        open: Option<&'a Open>,
        page: &'a Page,
        (flow, book): (Option<&'a Flow>, &'a dyn FlowBook),
    ) -> Self {
        let records = &page.records;
        let mut story = Self::begin((id, tenant), open, page, flow);
        let mut attempts = Gathering::new(id, flow, story.category);
        let is_about = super::walk::about(id);
        let versions = Versions::of(records);
        for (sequence, record) in records.iter().rev().filter(|(_, record)| is_about(record)) {
            let then = versions.at(id, *sequence);
            let flow = then.map_or(flow, |then| book.flow(then));
            attempts.runs_by(flow);
            for event in &record.events {
                attempts.take(record.at, event);
            }
            story.take(id, record);
            story.tell(id, (*sequence, record), flow);
        }
        story.attempts = attempts.rows;
        story
    }

    /// What is known before its events are read.
    fn begin(
        (id, tenant): (NotificationId, &'a str),
        open: Option<&'a Open>,
        page: &'a Page,
        flow: Option<&'a Flow>,
    ) -> Self {
        let body = page
            .records
            .iter()
            .find_map(|(_, record)| match &record.input {
                Input::Notify(body) if body.id == id => Some(&**body),
                _ => None,
            });
        let body = body.or(page.body.as_ref());
        let category = open.map(|open| &*open.category);
        let category = category.or(body.map(|body| &*body.category));
        Story {
            flow,
            open,
            tenant,
            category: category.unwrap_or_default(),
            body,
            held: None,
            capped: None,
            held_back: None,
            follows: None,
            followed_by: None,
            end: None,
            attempts: Vec::new(),
            history: Vec::new(),
            is_cut: page.is_cut,
        }
    }

    /// The rows of a record. What is about no notification, a fact or a marked address, belongs to
    /// the story, and so does a fact that another notification set; other notifications do not.
    fn tell(
        &mut self,
        id: NotificationId,
        (sequence, record): (u64, &TenantRecord),
        flow: Option<&Flow>,
    ) {
        let own_flow = |of: NotificationId| if of == id { flow } else { None };
        let rows = rows_of(sequence, record, &own_flow);
        let own = rows
            .into_iter()
            .filter(|row| row.id.is_none_or(|of| of == id) || row.kind == FACT_SET);
        self.history.extend(own);
    }

    /// The lane it runs in.
    fn lane(&self) -> Option<Lane> {
        let open = self.open.map(|open| open.lane);
        open.or(self.body.map(|body| body.lane))
    }

    fn take(&mut self, id: NotificationId, record: &'a TenantRecord) {
        for event in &record.events {
            match event {
                Event::Follows {
                    id: of,
                    earlier,
                    round,
                } if *of == id => {
                    self.follows = Some((*earlier, *round));
                }
                Event::Follows {
                    id: of, earlier, ..
                } if *earlier == id => {
                    self.followed_by = Some(*of);
                }
                _ => {}
            }
        }
        for event in record
            .events
            .iter()
            .filter(|event| event.notification() == Some(id))
        {
            match event {
                Event::Held { observed, .. } => self.held = Some(observed),
                Event::Capped { capped, .. } => self.capped = Some(capped),
                Event::HeldBack { held, .. } => self.held_back = Some(held),
                Event::AttemptStarted { .. } => (self.capped, self.held_back) = (None, None),
                Event::Ended { end, cause, .. } => self.end = Some((record.at, end, cause)),
                _ => {}
            }
        }
    }

    fn subject(&self) -> Option<&'a Subject> {
        self.open
            .and_then(|open| open.subject.as_deref())
            .or(self.body.and_then(|body| body.subject.as_ref()))
    }

    /// The one sentence.
    fn why(&self, open: Option<&Open>, end: Option<Ending<'_>>) -> String {
        let nothing = if self.is_cut {
            "what left long ago is not kept any more"
        } else {
            "nothing has left"
        };
        let last = self.attempts.last();
        let way = last.map_or(nothing.to_owned(), |attempt| self.last_attempt(attempt));
        let state = self.state(open, end);
        let failed = self.failed(&[&way, &state]);
        let parts = [self.who(), way].into_iter().chain(failed);
        let parts: Vec<String> = parts.chain([state]).collect();
        format!("{}.", parts.join("; "))
    }

    /// The attempts that failed, with their reasons; not those whose reason stands in `said` already.
    fn failed(&self, said: &[&str]) -> Vec<String> {
        let told = |attempt: &AttemptRow| {
            let why = attempt.why.as_ref().filter(|_| attempt.outcome == "failed");
            let reason = why.map(ReasonRow::words)?;
            (!said.iter().any(|part| part.contains(&reason))).then(|| {
                let (number, channel) = (attempt.number, attempt.channel);
                format!("attempt {number} over {channel} failed ({reason})")
            })
        };
        self.attempts.iter().filter_map(told).collect()
    }

    /// Where it stands, or how it ended.
    fn state(&self, open: Option<&Open>, end: Option<Ending<'_>>) -> String {
        match (open, end) {
            (Some(open), _) => self.now(open),
            (None, Some(ending)) => {
                let because = self
                    .end
                    .map(|(_, _, cause)| format!(", because {}", causes::words(cause, self.flow)));
                format!(
                    "it ended '{}' at {}{}",
                    ending.end,
                    rfc3339(ending.at),
                    because.unwrap_or_default()
                )
            }
            (None, None) => "how it ended is no longer kept".to_owned(),
        }
    }

    fn who(&self) -> String {
        let what = self.subject().map_or_else(
            || format!("category '{}'", self.category),
            ToString::to_string,
        );
        let flow = self
            .flow
            .map(|flow| format!(" by flow '{}' version {}", flow.name, flow.version))
            .unwrap_or_default();
        let again = self.follows.map(|(earlier, round)| {
            format!(", which is round {round} for it and follows {earlier}")
        });
        let again = again.unwrap_or_default();
        format!("Tenant {} is told about {what}{flow}{again}", self.tenant)
    }

    fn last_attempt(&self, attempt: &AttemptRow) -> String {
        let step_reason = match attempt.step_reason.as_str() {
            "" => String::new(),
            reason => format!(", because {reason}"),
        };
        format!(
            "attempt {} {} over {} to {} through {} at {} for step '{}'{step_reason}: {}{}",
            attempt.number,
            verb(attempt),
            attempt.channel,
            attempt.address,
            attempt.provider,
            attempt.started_at,
            attempt.step,
            attempt.channel_reason,
            what_held(&attempt.guards)
        )
    }

    fn now(&self, open: &Open) -> String {
        let waits = what(open, self.flow, self.held);
        let place = if open.entered {
            format!(" at {}", step(self.flow, open.step))
        } else {
            String::new()
        };
        let until = match &open.phase {
            Phase::Held { until, .. } | Phase::InDoubt { until, .. } => {
                format!(", until {} at the latest", rfc3339(*until))
            }
            Phase::Ready { not_before, .. } => self.waits_until(*not_before),
            _ => String::new(),
        };
        format!(
            "now it is {}{place} and waits for {waits}{until}",
            open.phase.name()
        )
    }
}

impl Story<'_> {
    /// Why a message that could go does not go yet.
    fn waits_until(&self, not_before: Timestamp) -> String {
        let capped = self.capped.map(allows);
        let held = self.held_back.filter(|held| held.until() == not_before);
        let told: Vec<String> = capped.into_iter().chain(held.map(waits_for)).collect();
        if told.is_empty() {
            return String::new();
        }
        let until = rfc3339(not_before);
        format!(", not before {until}, because {}", told.join(", and "))
    }
}

/// What an attempt did, in the sentence that says why.
fn verb(attempt: &AttemptRow) -> &'static str {
    match attempt.outcome {
        "sending" => "is going",
        "withdrawn" => "was to go, and did not leave,",
        _ if attempt.unsendable => "was to go, and cannot be made,",
        _ => "went",
    }
}

/// The guards that held, with what they saw.
fn what_held(guards: &[GuardRow]) -> String {
    match guards {
        [] => String::new(),
        [one] => format!(", and guard '{}' held with {}", one.name, one.observed),
        many => {
            let each =
                |g: &GuardRow| format!("guard '{}': {} held with {}", g.name, g.when, g.observed);
            let seen: Vec<String> = many.iter().map(each).collect();
            format!(", and every guard held ({})", seen.join("; "))
        }
    }
}
