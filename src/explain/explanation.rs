//! Owns the explanation of one notification: its state, attempts, what is next, its history, and
//! one sentence that says why this tenant, this channel, this address, now. Refuses to look
//! anything up.

use serde::Serialize;
use sluis_model::flow::Seen;
use sluis_model::steering::Steered;
use sluis_model::{
    Capped, Cause, Event, Flow, FlowBook, HeldBack, Input, Lane, Notification, NotificationId,
    Open, Phase, Subject, TenantRecord, Timestamp,
};

use super::attempts::{AttemptRow, Gathering, GuardRow};
use super::causes;
use super::contacts::NotUsed;
use super::language::Language;
use super::lately::ContactedRow;
use super::next::{Next, expiry, next, what};
use super::reason::ReasonRow;
use super::rows::FACT_SET;
use super::short;
use super::steering::{allows, waits_for};
use super::timeline::{TimelineRow, rows_of};
use super::versions::Versions;
use super::walk::Page;

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
    /// What became of it, in a sentence or two.
    pub short: String,
    /// Why this tenant, this channel, this address, now.
    pub why: String,
    /// In which language it is told.
    pub language: &'static str,
    #[serde(skip)]
    pub(super) lang: Language,
    /// Whether no channel reaches the tenant.
    #[serde(skip)]
    pub(super) lacks_way: bool,
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
    lang: Language,
) -> Explanation {
    let story = Story::read((id, tenant), open, page, (flow, book), lang);
    let end = story
        .end
        .map(|(at, end, _)| Ending { end, at })
        .or(ended)
        .filter(|_| open.is_none());
    let why = story.why(open, end);
    let lacks_way = matches!(story.cause(open), Some(Cause::Unreachable));
    let short = short::of(open, end.map(|end| (end.end, end.at)), &story.facts(), lang);
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
        next: open.map(|open| next(open, flow, story.held, lang)),
        attempts: story.attempts,
        not_used: Vec::new(),
        contacted_about_this: Vec::new(),
        follows: story.follows.map(|(earlier, _)| earlier),
        round: story.follows.map(|(_, round)| round),
        followed_by: story.followed_by,
        history: story.history,
        older_not_kept: story.is_cut,
        short,
        why,
        language: lang.code(),
        lang,
        lacks_way,
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
    lang: Language,
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
    steered: Option<&'a Steered>,
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
        lang: Language,
    ) -> Self {
        let records = &page.records;
        let mut story = Self::begin((id, tenant), open, page, (flow, lang));
        let mut attempts = Gathering::new(id, flow, story.category, lang);
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
        (flow, lang): (Option<&'a Flow>, Language),
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
            lang,
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
            steered: None,
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
        let rows = rows_of(sequence, record, &own_flow, self.lang);
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
            if let Event::Follows {
                id: of,
                earlier,
                round,
            } = event
            {
                if *of == id {
                    self.follows = Some((*earlier, *round));
                } else if *earlier == id {
                    self.followed_by = Some(*of);
                }
            }
        }
        for event in record
            .events
            .iter()
            .filter(|event| event.notification() == Some(id))
        {
            // What is told of an event stands in `rows`; here only what the sentences need of some.
            if let Event::Held { observed, .. } = event {
                self.held = Some(observed);
            } else if let Event::Capped { capped, .. } = event {
                self.capped = Some(capped);
            } else if let Event::HeldBack { held, .. } = event {
                self.held_back = Some(held);
            } else if let Event::Steered { steered, .. } = event {
                self.steered = Some(steered);
            } else if let Event::AttemptStarted { .. } = event {
                (self.capped, self.held_back) = (None, None);
            } else if let Event::Ended { end, cause, .. } = event {
                self.end = Some((record.at, end, cause));
            }
        }
    }

    fn subject(&self) -> Option<&'a Subject> {
        self.open
            .and_then(|open| open.subject.as_deref())
            .or(self.body.and_then(|body| body.subject.as_ref()))
    }

    /// What the sentences that come first are made of.
    fn facts(&self) -> short::Facts<'_> {
        short::Facts {
            flow: self.flow,
            held: self.held,
            capped: self.capped,
            held_back: self.held_back,
            steered: self.steered,
            attempts: &self.attempts,
            is_cut: self.is_cut,
            cause: self.end.map(|(_, _, cause)| cause),
        }
    }

    /// The one sentence.
    fn why(&self, open: Option<&Open>, end: Option<Ending<'_>>) -> String {
        let nothing = || match self.is_cut {
            true => self.lang.long_gone(),
            false => self.lang.nothing_has_left(),
        };
        let last = self.attempts.last();
        let way = last.map_or_else(nothing, |attempt| self.last_attempt(attempt));
        let state = self.state(open, end);
        let failed = self.failed(&[&way, &state]);
        let parts = [self.who(), way].into_iter().chain(failed);
        let no_way = self.no_way(open);
        let parts: Vec<String> = parts.chain([state]).chain(no_way).collect();
        self.lang.full_stop(parts.join("; "))
    }

    /// Why it ended, or why people are asked.
    fn cause<'b>(&'b self, open: Option<&'b Open>) -> Option<&'b Cause> {
        match open.map(|open| &open.phase) {
            Some(Phase::Task { asked, .. }) => Some(&asked.cause),
            Some(_) => None,
            None => self.end.map(|(_, _, cause)| cause),
        }
    }

    /// Why no channel reaches the tenant, where that is why it stands or ended where it does.
    fn no_way(&self, open: Option<&Open>) -> Option<String> {
        let lang = self.lang;
        let others = short::no_way(self.cause(open)?, self.steered, lang)?;
        Some(lang.the_way_because(lang.no_way(), others))
    }

    /// The attempts that failed, with their reasons; not those whose reason stands in `said` already.
    fn failed(&self, said: &[&str]) -> Vec<String> {
        let told = |attempt: &AttemptRow| {
            let why = attempt.why.as_ref().filter(|_| attempt.outcome == "failed");
            let reason = why.map(ReasonRow::words)?;
            (!said.iter().any(|part| part.contains(&reason))).then(|| {
                let channel = self.lang.channel(attempt.channel);
                self.lang.attempt_failed(attempt.number, channel, reason)
            })
        };
        self.attempts.iter().filter_map(told).collect()
    }

    /// Where it stands, or how it ended.
    fn state(&self, open: Option<&Open>, end: Option<Ending<'_>>) -> String {
        let lang = self.lang;
        match (open, end) {
            (Some(open), _) => self.now(open),
            (None, Some(ending)) => {
                let cause = self.end.map(|(_, _, cause)| cause);
                let because =
                    cause.map(|cause| lang.because(causes::words(cause, self.flow, lang)));
                let at = lang.instant(ending.at);
                lang.it_ended(ending.end, at, because.unwrap_or_default())
            }
            (None, None) => lang.end_not_kept(),
        }
    }

    fn who(&self) -> String {
        let lang = self.lang;
        let what = self
            .subject()
            .map_or_else(|| lang.of_category(self.category), ToString::to_string);
        let flow = self.flow.map(|flow| lang.by_flow(&flow.name, flow.version));
        let again = self
            .follows
            .map(|(earlier, round)| lang.is_round(round, earlier));
        let flow = flow.unwrap_or_default() + &again.unwrap_or_default();
        lang.is_told(self.tenant, what, flow)
    }

    fn last_attempt(&self, attempt: &AttemptRow) -> String {
        let lang = self.lang;
        let because = match attempt.step_reason.as_str() {
            "" => String::new(),
            reason => lang.because(reason),
        };
        let went = lang.attempt_went(
            attempt.number,
            verb(attempt, lang),
            lang.channel(attempt.channel),
            &attempt.address,
            &attempt.provider,
            lang.instant(attempt.started),
        );
        let step = lang.step_named(&attempt.step);
        let held = what_held(&attempt.guards, lang);
        lang.for_the_step(went, step, because, &attempt.channel_reason, held)
    }

    fn now(&self, open: &Open) -> String {
        let lang = self.lang;
        let waits = what(open, self.flow, self.held, lang);
        let place = match open.entered {
            true => lang.at_place(lang.step(self.flow, open.step)),
            false => String::new(),
        };
        let until = match &open.phase {
            Phase::Held { until, .. } | Phase::InDoubt { until, .. } => {
                lang.until_at_the_latest(lang.instant(*until))
            }
            Phase::Ready { not_before, .. } => self.waits_until(*not_before),
            Phase::Waiting { .. }
            | Phase::Started { .. }
            | Phase::Sent { .. }
            | Phase::Task { .. } => String::new(),
        };
        let expires = expiry(open).map(|(at, is_first)| match is_first {
            true => lang.expires_first(lang.instant(at)),
            false => lang.expires_at_last(lang.instant(at)),
        });
        let until = until + &expires.unwrap_or_default();
        lang.now_it_is(short::state(&open.phase, lang), place, waits, until)
    }
}

impl Story<'_> {
    /// Why a message that could go does not go yet.
    fn waits_until(&self, not_before: Timestamp) -> String {
        let lang = self.lang;
        let capped = self.capped.map(|capped| allows(capped, lang));
        let held = self.held_back.filter(|held| held.until() == not_before);
        let held = held.map(|held| waits_for(held, lang));
        let mut told = capped.into_iter().chain(held);
        let Some(first) = told.next() else {
            return String::new();
        };
        let because = told.fold(first, |one, two| lang.and_also(one, two));
        lang.not_before(lang.instant(not_before), because)
    }
}

/// What an attempt did, in the sentence that says why.
fn verb(attempt: &AttemptRow, lang: Language) -> String {
    match attempt.outcome {
        "sending" => lang.is_going(),
        "withdrawn" => lang.did_not_leave(),
        _ if attempt.unsendable => lang.was_not_made(),
        _ => lang.went(),
    }
}

/// The guards that held, with what they saw.
fn what_held(guards: &[GuardRow], lang: Language) -> String {
    match guards {
        [] => String::new(),
        [one] => lang.one_guard_held(lang.guard_named(&one.name), &one.observed),
        many => {
            let each = |g: &GuardRow| {
                lang.this_guard_held(lang.guard_named(&g.name), &g.when, &g.observed)
            };
            let seen: Vec<String> = many.iter().map(each).collect();
            lang.every_guard_held(seen.join("; "))
        }
    }
}
