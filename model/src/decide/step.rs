//! Owns the walk through a flow: entering a step, guards, stop rules, the choice of channel.
//! Refuses to start an attempt: only a permit does.

use super::Turn;
use crate::attempt::{Channel, ChannelSet};
use crate::event::{Cause, Choice, Event};
use crate::flow::{Dated, Except, Finding, Flow, Go, Observed, Scope, StepKind, Value, Via};
use crate::ids::NotificationId;
use crate::policy::Policy;
use crate::profile::Address;
use crate::state::{Open, Tenant};

/// What stands in the way of a send, or nothing.
pub(super) enum Gate {
    /// Every guard holds; what each saw.
    Open(Vec<Observed>),
    /// The notification left this place: ended, held, or with people.
    Shut,
}

/// What the guards said, up to the first that does not hold.
enum Asked {
    AllHold(Vec<Observed>),
    Fails(u8, Observed),
    Unknown(u8, Observed),
}

/// A way a send can go.
pub(super) struct Way {
    pub channel: Channel,
    pub choice: Choice,
    pub address: Box<str>,
}

/// Most moves one input may cause for one notification: a flow whose guards send it in circles ends
/// up with people.
const MAX_MOVES: usize = 16;

impl Turn<'_> {
    pub(super) fn go(&mut self, id: NotificationId, go: &Go, cause: Cause) {
        match go {
            Go::Step(step) => self.enter(id, *step, cause),
            Go::End(end) => self.end(id, end, cause),
            Go::Human(list) => self.open_task(id, list, cause),
        }
    }

    pub(super) fn enter(&mut self, id: NotificationId, step: u8, cause: Cause) {
        let Some((_, flow)) = self.running(id) else {
            return;
        };
        // One notification after the other: only of the one at hand are the moves counted.
        let moves = if self.moves.0 == id { self.moves.1 } else { 0 };
        self.moves = (id, moves + 1);
        if moves >= MAX_MOVES {
            return self.open_task(id, &flow.fallback_list, cause);
        }
        self.emit(Event::StepEntered {
            id,
            step,
            cause: cause.clone(),
        });
        match &flow.steps[usize::from(step)].kind {
            StepKind::Send { .. } => self.seek_permit(id),
            StepKind::Wait { for_ms, .. } => {
                let until = self.now().plus(*for_ms);
                self.emit(Event::Waiting { id, until });
            }
            StepKind::Task { list, .. } => self.open_task(id, list, cause),
        }
    }

    /// Puts the notification in line for a permit, unless a rule says otherwise.
    pub(super) fn seek_permit(&mut self, id: NotificationId) {
        if self.stopped(id) || matches!(self.guarded(id), Gate::Shut) {
            return;
        }
        let not_before = self.now();
        if let Some((channel, pinned)) = self.in_doubt_by(id) {
            let choice = self.choice_of(id, channel);
            return self.emit(Event::Ready {
                id,
                channel,
                choice,
                pinned: Some(pinned),
                not_before,
            });
        }
        match self.way(id) {
            Some(way) => self.emit(Event::Ready {
                id,
                channel: way.channel,
                choice: way.choice,
                pinned: None,
                not_before,
            }),
            None => self.unreachable(id),
        }
    }

    /// Channel and provider of the step's attempt in doubt: it is sent again as itself or not at
    /// all.
    fn in_doubt_by(&self, id: NotificationId) -> Option<(Channel, Box<str>)> {
        let open = self.open(id)?;
        Some((open.sent().last()?.channel, open.doubt()?.into()))
    }

    /// Why an attempt that is sent again goes over `channel`.
    pub(super) fn choice_of(&self, id: NotificationId, channel: Channel) -> Choice {
        let Some((open, flow)) = self.running(id) else {
            return Choice::FlowOrder;
        };
        let asks = match &flow.steps[usize::from(open.step)].kind {
            StepKind::Send { via, .. } => via.contains(&Via::Preferred),
            StepKind::Wait { .. } | StepKind::Task { .. } => false,
        };
        let preferred = self
            .tenant
            .profile
            .as_deref()
            .and_then(|profile| profile.preferred(&open.category));
        if asks && preferred == Some(channel) {
            Choice::Preferred
        } else {
            Choice::FlowOrder
        }
    }

    /// No way of the step reaches the tenant.
    pub(super) fn unreachable(&mut self, id: NotificationId) {
        self.bounced(id, Cause::Unreachable);
    }

    /// Follows the step's `bounced` handler; without one the flow ends. It does not end where a
    /// channel failed for a reason of ours: then the tenant might have been reached, and people are
    /// asked.
    pub(super) fn bounced(&mut self, id: NotificationId, cause: Cause) {
        let Some((open, flow)) = self.running(id) else {
            return;
        };
        let ours = open.tried.as_deref().is_some_and(|tried| tried.ours);
        match &flow.steps[usize::from(open.step)].on.bounced {
            Some(Go::End(_)) | None if ours => self.open_task(id, &flow.fallback_list, cause),
            Some(go) => self.go(id, go, cause),
            None => self.end(id, "undeliverable", cause),
        }
    }

    pub(super) fn open_task(&mut self, id: NotificationId, list: &str, cause: Cause) {
        let Some(open) = self.open(id) else { return };
        let task = open.tasks.saturating_add(1);
        self.emit(Event::TaskOpened {
            id,
            task,
            list: list.into(),
            cause,
        });
    }

    /// Ends the notification if a stop rule is true; `true` when it ended. Unknown stops nothing.
    pub(super) fn stopped(&mut self, id: NotificationId) -> bool {
        let Some((open, flow)) = self.running(id) else {
            return true;
        };
        let scope = View {
            open,
            flow,
            tenant: self.tenant,
            policy: self.context.policy,
        };
        let now = self.context.now;
        let hit = flow.stops.iter().enumerate().find_map(|(index, stop)| {
            match stop.when.evaluate(&scope, &flow.classes, now, None) {
                Finding::Holds(observed) => Some((index, stop, observed)),
                Finding::Fails(_) | Finding::Unknown(_) => None,
            }
        });
        let Some((index, stop, observed)) = hit else {
            return false;
        };
        if stop.close_link {
            self.emit(Event::LinkClosed {
                id,
                end: stop.end.clone(),
            });
        }
        self.end(
            id,
            &stop.end,
            Cause::Stop {
                stop: index as u8,
                observed,
            },
        );
        true
    }

    /// Runs the guards in order; the first that does not hold decides.
    pub(super) fn guarded(&mut self, id: NotificationId) -> Gate {
        let Some((_, flow)) = self.running(id) else {
            return Gate::Shut;
        };
        match self.ask_guards(id) {
            Asked::AllHold(passed) => return Gate::Open(passed),
            Asked::Fails(guard, observed) => {
                let go = &flow.guards[usize::from(guard)].otherwise;
                self.go(id, go, Cause::Guard { guard, observed });
            }
            Asked::Unknown(guard, observed) => {
                let until = self.now().plus(flow.hold_for_ms);
                self.emit(Event::Held {
                    id,
                    guard,
                    observed,
                    until,
                });
            }
        }
        Gate::Shut
    }

    /// Whether the guard that holds the notification would hold it again.
    pub(super) fn still_held(&self, id: NotificationId, by: u8) -> bool {
        matches!(self.ask_guards(id), Asked::Unknown(guard, _) if guard == by)
    }

    fn ask_guards(&self, id: NotificationId) -> Asked {
        let Some((open, flow)) = self.running(id) else {
            return Asked::AllHold(Vec::new());
        };
        let scope = View {
            open,
            flow,
            tenant: self.tenant,
            policy: self.context.policy,
        };
        let mut passed = Vec::with_capacity(flow.guards.len());
        for (index, guard) in flow.guards.iter().enumerate() {
            match guard.when.evaluate(
                &scope,
                &flow.classes,
                self.context.now,
                guard.fresh_within_ms,
            ) {
                Finding::Holds(observed) => passed.push(observed),
                Finding::Fails(observed) => return Asked::Fails(index as u8, observed),
                Finding::Unknown(observed) => return Asked::Unknown(index as u8, observed),
            }
        }
        Asked::AllHold(passed)
    }

    /// The first way of the step that reaches the tenant.
    pub(super) fn way(&self, id: NotificationId) -> Option<Way> {
        let (open, flow) = self.running(id)?;
        let StepKind::Send {
            templates,
            via,
            except,
            ..
        } = &flow.steps[usize::from(open.step)].kind
        else {
            return None;
        };
        let left_out =
            open.tried
                .as_deref()
                .map_or_else(ChannelSet::default, |tried| match except {
                    Except::Nothing => tried.unsendable,
                    Except::Failed => tried.unsendable.and(tried.failed),
                    Except::Tried => tried.unsendable.and(tried.tried),
                });
        let profile = self.tenant.profile.as_deref();
        via.iter().find_map(|way| {
            let (channel, choice) = match way {
                Via::Preferred => (profile?.preferred(&open.category)?, Choice::Preferred),
                Via::Channel(channel) => (*channel, Choice::FlowOrder),
            };
            let usable = templates.contains_key(&channel)
                && !left_out.contains(channel)
                && self
                    .context
                    .policy
                    .has_channel(self.context.corporation, channel);
            let address = if channel == Channel::Null {
                Some("null".into())
            } else {
                profile
                    .and_then(|p| p.usable(channel))
                    .map(|address: &Address| address.value.clone())
            };
            address.filter(|_| usable).map(|address| Way {
                channel,
                choice,
                address,
            })
        })
    }
}

/// What conditions see.
struct View<'a> {
    open: &'a Open,
    flow: &'a Flow,
    tenant: &'a Tenant,
    policy: &'a Policy,
}

impl Scope for View<'_> {
    fn field(&self, index: usize) -> &Value {
        self.open.fields.get(index).unwrap_or(&Value::Missing)
    }

    fn balance(&self) -> Option<Dated> {
        self.tenant.balance()
    }

    fn subject_open_amount(&self) -> Option<Dated> {
        let subject = self.open.subject.as_deref()?;
        let accepted = match self.flow.amount.map(|index| self.field(index)) {
            Some(Value::Integer(cents)) => Some((*cents, self.open.accepted_at)),
            _ => None,
        };
        self.tenant.open_amount(subject, accepted)
    }

    fn notification_environment(&self) -> &'static str {
        self.open.environment.name()
    }

    fn engine_environment(&self) -> &'static str {
        self.policy.environment.name()
    }

    fn category(&self) -> &str {
        &self.open.category
    }
}
