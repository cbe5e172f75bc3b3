//! Owns the attempts of one notification as an explanation lists them: where each went, why that
//! way, what the guards saw, what became of it. Refuses to count a resend as an attempt of its own:
//! it is the same one again.

use serde::Serialize;
use sluis_model::flow::{Except, Seen, Via};
use sluis_model::steering::Steered;
use sluis_model::{Channel, Choice, Event, Flow, NotificationId, Refusal, Timestamp, Why};

use super::causes;
use super::language::Language;
use super::reason::ReasonRow;
use super::steering::{self, Named, OtherChannel};
use super::words::{json, mask, rfc3339, seen};

/// What one guard saw when leave to start was given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GuardRow {
    /// Its name.
    pub name: String,
    /// What must hold, as it stands in the flow.
    pub when: String,
    /// What was seen, in words: `45000, told 2026-02-02T05:00:00Z`.
    pub observed: String,
    /// The value on the left.
    pub value: serde_json::Value,
    /// When the fact behind it was true at its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttemptRow {
    /// Its number, from 1.
    pub number: u16,
    /// The step it belongs to.
    pub step: String,
    /// Channel.
    pub channel: Channel,
    /// Provider.
    pub provider: String,
    /// Where it went, masked.
    pub address: String,
    /// When it started the first time.
    pub started_at: String,
    /// How often it was sent again because its outcome was unknown.
    pub resends: u16,
    /// `sending`, `accepted`, `delivered`, `deferred`, `withdrawn`, `failed` or `in_doubt`.
    pub outcome: &'static str,
    /// When that was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_at: Option<String>,
    /// The provider's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<ReasonRow>,
    /// What the guards saw.
    pub guards: Vec<GuardRow>,
    /// Why that channel.
    pub channel_reason: String,
    /// Why not each other channel of the step, where the corporation has a matrix.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_channels: Vec<OtherChannel>,
    /// What it was expected to cost, in cents, where the corporation has a rate card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_cost_cents: Option<String>,
    /// Why that step: what led to it.
    pub step_reason: String,
    /// We could not make the message: nothing left.
    #[serde(skip)]
    pub(super) unsendable: bool,
    /// Whose fault it is that it did not arrive.
    #[serde(skip)]
    pub(super) class: Option<Refusal>,
    /// When it started the first time.
    #[serde(skip)]
    pub(super) started: Timestamp,
}

/// Gathers attempts from events in the order of what happened.
pub(super) struct Gathering<'a> {
    id: NotificationId,
    flow: Option<&'a Flow>,
    category: &'a str,
    lang: Language,
    step: u8,
    step_reason: String,
    /// How the channels of the attempt that is to start were weighed.
    steered: Option<&'a Steered>,
    pub rows: Vec<AttemptRow>,
}

impl<'a> Gathering<'a> {
    pub(super) fn new(
        id: NotificationId,
        flow: Option<&'a Flow>,
        category: &'a str,
        lang: Language,
    ) -> Self {
        Self {
            id,
            flow,
            category,
            lang,
            step: 0,
            step_reason: String::new(),
            steered: None,
            rows: Vec::new(),
        }
    }

    /// The definition by which the events that follow were decided. The step at hand gets its number there with the
    /// move.
    pub(super) fn runs_by(&mut self, flow: Option<&'a Flow>) {
        self.flow = flow;
    }

    /// Takes the next event.
    pub(super) fn take(&mut self, at: Timestamp, event: &'a Event) {
        if event.notification() != Some(self.id) {
            return;
        }
        match event {
            Event::StepEntered { step, cause, .. } => {
                self.step = *step;
                self.step_reason = causes::words(cause, self.flow, self.lang);
            }
            Event::Migrated { moved, .. } => self.step = moved.step,
            Event::Steered { steered, .. } => self.steered = Some(&**steered),
            Event::AttemptStarted { .. } => self.start(at, event),
            Event::AttemptFailed { attempt, class, .. } => {
                self.outcome(at, event);
                if let Some(row) = self.row(*attempt) {
                    row.unsendable = *class == Refusal::Unsendable;
                    row.class = Some(*class);
                }
            }
            _ => self.outcome(at, event),
        }
    }

    /// The newest row of an attempt.
    fn row(&mut self, attempt: u16) -> Option<&mut AttemptRow> {
        self.rows.iter_mut().rev().find(|row| row.number == attempt)
    }

    fn start(&mut self, at: Timestamp, event: &Event) {
        let Event::AttemptStarted {
            attempt,
            channel,
            provider,
            address,
            choice,
            passed,
            resend,
            ..
        } = event
        else {
            return;
        };
        if *resend && let Some(row) = self.row(*attempt) {
            row.resends = row.resends.saturating_add(1);
            (row.outcome, row.outcome_at) = ("sending", None);
            return;
        }
        let (flow, lang) = (self.flow, self.lang);
        let guards = (0..).zip(passed);
        let guards = guards.map(|(index, observed)| guard_row(flow, index, observed, lang));
        let steered = self.steered.take();
        self.rows.push(AttemptRow {
            number: *attempt,
            step: self.step_name(),
            channel: *channel,
            provider: provider.to_string(),
            address: mask(address),
            started_at: rfc3339(at),
            resends: u16::from(*resend),
            outcome: "sending",
            outcome_at: None,
            why: None,
            guards: guards.collect(),
            channel_reason: self.channel_reason(*channel, *choice, steered),
            expected_cost_cents: steered.and_then(|steered| Some(steering::cents(steered.cost?))),
            other_channels: steered
                .map(|steered| OtherChannel::of(steered, lang))
                .unwrap_or_default(),
            step_reason: self.step_reason.clone(),
            unsendable: false,
            class: None,
            started: at,
        });
    }

    /// What became of an attempt, if the event says that.
    fn outcome(&mut self, at: Timestamp, event: &Event) {
        let Some((attempt, outcome, why)) = outcome_of(event) else {
            return;
        };
        if let Some(row) = self.row(attempt) {
            row.outcome = outcome;
            row.outcome_at = Some(rfc3339(at));
            row.why = why.map(ReasonRow::of);
        }
    }

    fn step_name(&self) -> String {
        let known = self.flow.and_then(|flow| flow.step(self.step));
        known.map_or_else(|| (self.step + 1).to_string(), |step| step.id.to_string())
    }

    fn channel_reason(
        &self,
        channel: Channel,
        choice: Choice,
        steered: Option<&Steered>,
    ) -> String {
        let lang = self.lang;
        let (category, step) = (self.category, lang.step(self.flow, self.step));
        if let Some(steered) = steered {
            let legal = self
                .flow
                .and_then(|flow| flow.message(self.step)?.legal.as_deref());
            let named = Named {
                channel,
                category,
                step: &step,
                legal,
            };
            return steering::reason(choice, &named, steered, lang);
        }
        let called = lang.channel(channel);
        if choice == Choice::Preferred {
            return lang.prefers(called, category, "");
        }
        let message = self.flow.and_then(|flow| flow.message(self.step));
        let (via, except) = message.map_or((&[][..], Except::Nothing), |message| {
            (&message.via, message.except)
        });
        let left_out = match except {
            Except::Nothing => String::new(),
            Except::Failed => lang.and_did_not_fail(),
            Except::Tried => lang.and_was_not_tried(),
        };
        let reason = match via.first() {
            Some(Via::Channel(first)) if *first == channel => {
                return lang.sends_over(step, called);
            }
            Some(Via::Preferred) => lang.first_other_way(category, called, step),
            _ => lang.first_way(called, step, ""),
        };
        reason + &left_out
    }
}

/// The attempt, the word for its outcome, and the provider's reason.
const fn outcome_of(event: &Event) -> Option<(u16, &'static str, Option<&Why>)> {
    match event {
        Event::AttemptAccepted { attempt, .. } => Some((*attempt, "accepted", None)),
        Event::AttemptDelivered { attempt, .. } => Some((*attempt, "delivered", None)),
        Event::AttemptDeferred { attempt, why, .. } => Some((*attempt, "deferred", Some(why))),
        Event::AttemptWithdrawn { attempt, why, .. } => Some((*attempt, "withdrawn", Some(why))),
        Event::AttemptFailed { attempt, why, .. } => Some((*attempt, "failed", Some(why))),
        Event::AttemptInDoubt { attempt, why, .. } => Some((*attempt, "in_doubt", Some(why))),
        Event::Accepted { .. }
        | Event::Waiting { .. }
        | Event::StepEntered { .. }
        | Event::Ready { .. }
        | Event::Held { .. }
        | Event::AttemptStarted { .. }
        | Event::ReceiptNoted { .. }
        | Event::OutcomeNoted { .. }
        | Event::TaskOpened { .. }
        | Event::LinkClosed { .. }
        | Event::LinkUsed { .. }
        | Event::Ended { .. }
        | Event::ProfileStored { .. }
        | Event::PointMarked { .. }
        | Event::FactTaken
        | Event::SubjectOpen { .. }
        | Event::PointKept { .. }
        | Event::Unexplained { .. }
        | Event::Steered { .. }
        | Event::Capped { .. }
        | Event::Contacted { .. }
        | Event::GroupFormed { .. }
        | Event::GroupTold { .. }
        | Event::PartEnded { .. }
        | Event::GroupStopping { .. }
        | Event::PartTells { .. }
        | Event::PartBarred { .. }
        | Event::HouseholdStored { .. }
        | Event::HouseholdNoted { .. }
        | Event::AnswerKept { .. }
        | Event::TaskPlanned { .. }
        | Event::TaskReminded { .. }
        | Event::HeldBack { .. }
        | Event::Varied { .. }
        | Event::Migrated { .. }
        | Event::Closing { .. }
        | Event::FactSet { .. }
        | Event::Follows { .. } => None,
    }
}

fn guard_row(flow: Option<&Flow>, index: u8, observed: &Seen, lang: Language) -> GuardRow {
    let rule = flow.and_then(|flow| flow.guards.get(usize::from(index)));
    GuardRow {
        name: rule.map_or_else(|| (index + 1).to_string(), |rule| rule.name.to_string()),
        when: rule
            .map(|rule| rule.when.text.to_string())
            .unwrap_or_default(),
        observed: rule.map_or_else(
            || super::words::values(observed, lang),
            |rule| seen(&rule.when, observed, lang),
        ),
        value: json(&observed.first.left),
        as_of: observed.as_of().map(rfc3339),
    }
}
