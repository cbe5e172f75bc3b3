//! Owns the explanation of one notification: its state, attempts, what is next, its history, and
//! one sentence that says why this tenant, this channel, this address, now. Refuses to look
//! anything up.

use serde::Serialize;
use sluis_model::flow::Observed;
use sluis_model::{
    Cause, Event, Flow, Input, Lane, Notification, NotificationId, Open, Phase, Subject, Tenant,
    TenantRecord, Timestamp,
};

use super::attempts::{AttemptRow, Gathering, ReasonRow};
use super::causes;
use super::contacts::NotUsed;
use super::next::{Next, next, what};
use super::timeline::{TimelineRow, rows_of};
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
    /// Everything that was decided, oldest first.
    pub history: Vec<TimelineRow>,
    /// Why this tenant, this channel, this address, now.
    pub why: String,
}

/// Explains `id` from the records about it (newest first, as `walk` gives them; more do no harm),
/// its state while open, and how it ended, if it did. `flow` is the definition it runs by.
#[must_use]
pub fn explain(
    id: NotificationId,
    open: Option<&Open>,
    ended: Option<Ending<'_>>,
    records: &[(u64, TenantRecord)],
    flow: Option<&Flow>,
) -> Explanation {
    let story = Story::read(id, open, records, flow);
    let end = story
        .end
        .map(|(at, end, _)| Ending { end, at })
        .or(ended)
        .filter(|_| open.is_none());
    let state = match (open, end) {
        (Some(open), _) => open.phase.name(),
        (None, _) => "ended",
    };
    let why = story.why(open, end);
    Explanation {
        id,
        tenant_id: story.tenant.to_owned(),
        flow: flow.map(|flow| FlowName {
            name: flow.name.to_string(),
            version: flow.version,
        }),
        category: Some(story.category)
            .filter(|c| !c.is_empty())
            .map(str::to_owned),
        subject: story.subject().cloned(),
        priority: open
            .map(|open| open.lane)
            .or(story.body.map(|body| body.lane)),
        state,
        end: end.map(|ending| ending.end.to_owned()),
        reason: story
            .end
            .map(|(_, _, cause)| causes::cause_code(cause))
            .filter(|_| open.is_none()),
        step: open
            .filter(|open| open.entered)
            .map(|open| step_id(flow, open.step)),
        next: open.map(|open| next(open, flow, story.held)),
        attempts: story.attempts,
        not_used: Vec::new(),
        history: story.history,
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
}

fn step_id(flow: Option<&Flow>, index: u8) -> String {
    let known = flow.and_then(|flow| flow.step(index));
    known.map_or_else(|| (index + 1).to_string(), |step| step.id.to_string())
}

/// What the records tell.
struct Story<'a> {
    flow: Option<&'a Flow>,
    open: Option<&'a Open>,
    tenant: &'a str,
    category: &'a str,
    body: Option<&'a Notification>,
    held: Option<&'a Observed>,
    end: Option<(Timestamp, &'a str, &'a Cause)>,
    attempts: Vec<AttemptRow>,
    history: Vec<TimelineRow>,
}

impl<'a> Story<'a> {
    fn read(
        id: NotificationId,
        open: Option<&'a Open>,
        records: &'a [(u64, TenantRecord)],
        flow: Option<&'a Flow>,
    ) -> Self {
        let body = records.iter().find_map(|(_, record)| match &record.input {
            Input::Notify(body) if body.id == id => Some(&**body),
            _ => None,
        });
        let category = open
            .map(|open| &*open.category)
            .or(body.map(|body| &*body.category))
            .unwrap_or_default();
        let mut attempts = Gathering::new(id, flow, category);
        let mut story = Story {
            flow,
            open,
            tenant: records
                .first()
                .map_or("", |(_, record)| &record.tenant.tenant),
            category,
            body,
            held: None,
            end: None,
            attempts: Vec::new(),
            history: Vec::new(),
        };
        let is_about = super::walk::about(id);
        for (sequence, record) in records.iter().rev().filter(|(_, record)| is_about(record)) {
            record
                .events
                .iter()
                .for_each(|event| attempts.take(record.at, event));
            story.take(id, record);
            // What is about no notification, a fact or a marked address, belongs to the story;
            // other notifications do not.
            let own_flow = |of: NotificationId| if of == id { flow } else { None };
            story.history.extend(
                rows_of(*sequence, record, &own_flow)
                    .into_iter()
                    .filter(|row| row.id.is_none_or(|of| of == id)),
            );
        }
        story.attempts = attempts.rows;
        story
    }

    fn take(&mut self, id: NotificationId, record: &'a TenantRecord) {
        for event in record
            .events
            .iter()
            .filter(|event| event.notification() == Some(id))
        {
            match event {
                Event::Held { observed, .. } => self.held = Some(observed),
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
        let way = self.attempts.last().map_or_else(
            || "nothing has left".to_owned(),
            |attempt| self.last_attempt(attempt),
        );
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
        format!("Tenant {} is told about {what}{flow}", self.tenant)
    }

    fn last_attempt(&self, attempt: &AttemptRow) -> String {
        let held = match attempt.guards.as_slice() {
            [] => String::new(),
            [one] => format!(", and guard '{}' held with {}", one.name, one.observed),
            many => {
                let seen: Vec<String> = many
                    .iter()
                    .map(|g| format!("guard '{}': {} held with {}", g.name, g.when, g.observed))
                    .collect();
                format!(", and every guard held ({})", seen.join("; "))
            }
        };
        let verb = match attempt.outcome {
            "sending" => "is going",
            "withdrawn" => "was to go, and did not leave,",
            _ if attempt.unsendable => "was to go, and cannot be made,",
            _ => "went",
        };
        let step_reason = if attempt.step_reason.is_empty() {
            String::new()
        } else {
            format!(", because {}", attempt.step_reason)
        };
        format!(
            "attempt {} {verb} over {} to {} through {} at {} for step '{}'{step_reason}: {}{held}",
            attempt.number,
            attempt.channel,
            attempt.address,
            attempt.provider,
            attempt.started_at,
            attempt.step,
            attempt.channel_reason
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
            _ => String::new(),
        };
        format!(
            "now it is {}{place} and waits for {waits}{until}",
            open.phase.name()
        )
    }
}
