//! Owns the choice of the way where the corporation steers its channels, or the step has a legal
//! reason: what is off is never taken, primary channels go first, a letter goes last, a legal reason
//! goes before what the tenant prefers, what arrives too late is left out, and why not each other
//! channel is told. Refuses to take a
//! channel that the step has no template for.

use super::Turn;
use super::way::Way;
use crate::channel::Channel;
use crate::event::{Choice, Event};
use crate::flow::{Except, Flow, Message, Via};
use crate::ids::NotificationId;
use crate::state::Open;
use crate::steering::{Asked, Cell, Found, Passed, Row, Steered, Steering, Wanted, WhyNot};
use crate::time::Timestamp;

/// What the ways of one step are weighed by.
#[derive(Clone, Copy)]
pub(super) struct Scales<'a> {
    open: &'a Open,
    message: &'a Message,
    steering: Option<&'a Steering>,
    row: Option<&'a Row>,
    /// The instant before which the message must arrive; none: nothing is too late for the step.
    before: Option<Timestamp>,
    now: Timestamp,
}

impl Scales<'_> {
    fn cell(&self, channel: Channel) -> Cell {
        self.row.map_or(Cell::Secondary, |row| row.cell(channel))
    }

    fn is_legal(&self) -> bool {
        self.message.legal.is_some()
    }

    fn cost(&self, channel: Channel, provider: Option<&str>) -> Option<u64> {
        let rates = &self.steering?.rates;
        rates.cost(channel, provider, self.now)
    }

    /// When a message over `channel` arrives that leaves now.
    fn arrives(&self, channel: Channel) -> Option<Timestamp> {
        self.steering?.rates.arrives(channel, self.now)
    }

    /// Why a message over `channel` arrives too late: it is worthless then, or the step wants it sooner.
    /// How long it takes must be known for that.
    fn too_late(&self, channel: Channel) -> Option<WhyNot> {
        if self.open.expires_at.is_none() && self.before.is_none() {
            return None;
        }
        let arrives = self.arrives(channel)?;
        let is_behind = |end: Option<Timestamp>| end.is_some_and(|end| arrives >= end);
        if is_behind(self.open.expires_at) {
            Some(WhyNot::TooSlow)
        } else {
            is_behind(self.before).then_some(WhyNot::TooLate)
        }
    }

    /// Why the flow's order comes to a channel that the step names.
    fn named(&self, channel: Channel) -> Choice {
        if self.is_legal() {
            return Choice::Legal;
        }
        match (self.cell(channel), channel) {
            (Cell::Primary, _) => Choice::Primary,
            // Without a row letters are as every other channel.
            (Cell::Secondary | Cell::Off, Channel::Letter) if self.row.is_some() => {
                Choice::LastResort
            }
            (Cell::Secondary | Cell::Off, _) => Choice::FlowOrder,
        }
    }

    /// The channels that the step has a template for: primary ones first, letters last, the cheapest
    /// of each first. What has no price comes behind what has one, and, where the step says by when, what
    /// may take any time behind what is known to be there.
    fn cheapest(&self) -> Vec<(Channel, Choice)> {
        let mut channels: Vec<Channel> = self.message.templates.keys().copied().collect();
        channels.sort_by_key(|channel| {
            let cost = self.cost(*channel, None);
            let may_be_late = self.before.is_some() && self.arrives(*channel).is_none();
            (
                rank(self.named(*channel)),
                may_be_late,
                cost.is_none(),
                cost,
            )
        });
        let choice = |channel| match self.named(channel) {
            Choice::FlowOrder | Choice::Primary => Choice::Cheapest,
            other => other,
        };
        channels.into_iter().map(|c| (c, choice(c))).collect()
    }
}

impl Turn<'_> {
    /// What the ways of the step are weighed by; none: the step alone says it.
    pub(super) fn scales<'t>(
        &'t self,
        open: &'t Open,
        flow: &Flow,
        message: &'t Message,
    ) -> Option<Scales<'t>> {
        let steering = self.steering();
        let now = self.now();
        let row = self.found(open).row;
        let is_rated = steering.is_some_and(|steering| !steering.rates.is_empty());
        let asks_who = steering.is_some_and(Steering::asks_who);
        let is_steered = row.is_some()
            || asks_who
            || is_rated
            || message.legal.is_some()
            || message.by.is_some()
            || message.via.contains(&Via::Cheapest);
        is_steered.then_some(Scales {
            open,
            message,
            steering,
            row,
            before: self.before(open, flow, message),
            now,
        })
    }

    /// The instant before which the step wants its message to be there.
    fn before(&self, open: &Open, flow: &Flow, message: &Message) -> Option<Timestamp> {
        let by = message.by.as_deref()?;
        by.before(&self.view(open, flow), &flow.classes, self.now())
    }

    /// What the matrix says to this tenant.
    fn found(&self, open: &Open) -> Found<'_> {
        let found = self.steering().map(|steering| {
            let who = self.who(steering);
            steering.matrix.row(&open.category, &who, self.now())
        });
        found.unwrap_or_default()
    }

    /// The first channel, in the order of the scales, that reaches the tenant.
    pub(super) fn steered_way(&self, scales: Scales<'_>) -> Option<Way> {
        let mut order = self.order(scales).into_iter();
        let (channel, choice) =
            order.find(|(channel, _)| self.why_not(*channel, scales).is_none())?;
        let address = self.address(channel)?;
        Some(Way {
            channel,
            choice,
            address,
        })
    }

    /// Why an attempt that is sent again goes over `channel`.
    pub(super) fn steered_choice(&self, scales: Scales<'_>, channel: Channel) -> Choice {
        let order = self.order(scales);
        let found = order.into_iter().find(|(known, _)| *known == channel);
        found.map_or(Choice::FlowOrder, |(_, choice)| choice)
    }

    /// Tells how the channels of the step are weighed now. `provider`: through whom it goes.
    pub(super) fn tell_steering(&mut self, id: NotificationId, provider: Option<&str>) {
        if let Some(steered) = self.weighed(id, provider) {
            let steered = Box::new(steered);
            self.emit(Event::Steered { id, steered });
        }
    }

    /// Whether the corporation has every channel off that the step has a template for.
    pub(super) fn all_are_off(&self, id: NotificationId) -> bool {
        let Some(steered) = self.weighed(id, None) else {
            return false;
        };
        let passed = steered.passed.iter();
        let mut made = passed
            .filter(|passed| passed.why != WhyNot::NoTemplate)
            .peekable();
        steered.channel.is_none()
            && made.peek().is_some()
            && made.all(|passed| passed.why == WhyNot::Off)
    }

    /// Whether a channel would reach the tenant, but later than the step wants.
    pub(super) fn all_are_late(&self, id: NotificationId) -> bool {
        let Some(steered) = self.weighed(id, None) else {
            return false;
        };
        let mut passed = steered.passed.iter();
        steered.channel.is_none() && passed.any(|passed| passed.why == WhyNot::TooLate)
    }

    fn weighed(&self, id: NotificationId, provider: Option<&str>) -> Option<Steered> {
        let (open, flow, step) = self.at_step(id)?;
        let scales = self.scales(open, flow, step.kind.message()?)?;
        let mut taken = None;
        let mut passed = Vec::new();
        for (channel, choice) in self.order(scales) {
            match (self.why_not(channel, scales), taken) {
                (None, None) => taken = Some((channel, choice)),
                (why, _) => passed.push(Passed {
                    channel,
                    cost: why.map_or_else(|| scales.cost(channel, None), |_| None),
                    why: why.unwrap_or(WhyNot::Later),
                    arrives: match why {
                        Some(WhyNot::TooSlow | WhyNot::TooLate) => scales.arrives(channel),
                        Some(_) | None => None,
                    },
                }),
            }
        }
        self.tell_overruled(scales, &mut passed);
        let channel = taken.map(|(channel, _)| channel);
        let who = self.steering().map(|steering| self.who(steering));
        let who = who.unwrap_or_default();
        let not_yet = self.found(open).not_yet;
        let is_asked = taken.is_some_and(|(_, choice)| choice == Choice::Preferred);
        Some(Steered {
            channel,
            row: scales.row.map(|row| row.name().clone()),
            asked: is_asked.then(|| self.asked(open)).flatten(),
            cost: channel.and_then(|channel| scales.cost(channel, provider)),
            passed: passed.into(),
            segment: self.segment_seen(&who),
            not_yet: not_yet.map(|row| row.not_yet(&who)),
            wanted: scales.message.by.as_deref().map(|by| Wanted {
                by: by.words().into(),
                before: scales.before,
                arrives: channel.and_then(|channel| scales.arrives(channel)),
            }),
        })
    }

    /// The tenant's preference that a legal reason goes before.
    fn tell_overruled(&self, scales: Scales<'_>, passed: &mut Vec<Passed>) {
        if !scales.is_legal() || !scales.message.via.contains(&Via::Preferred) {
            return;
        }
        let Some(channel) = self.preferred(&scales.open.category) else {
            return;
        };
        match passed.iter_mut().find(|other| other.channel == channel) {
            Some(other) if other.why == WhyNot::Later => other.why = WhyNot::Legal,
            Some(_) => {}
            None if scales.message.names(channel) => {}
            None => passed.push(Passed {
                channel,
                why: WhyNot::Legal,
                cost: None,
                arrives: None,
            }),
        }
    }

    fn asked(&self, open: &Open) -> Option<Asked> {
        let preference = self.preference(&open.category)?;
        Some(Asked {
            since: preference.since(),
            source: preference.source,
        })
    }

    /// The channels of the step in the order in which they are tried, each once. The tenant's
    /// preference keeps its place; the channels before and behind it are ordered by the matrix.
    fn order(&self, scales: Scales<'_>) -> Vec<(Channel, Choice)> {
        let mut order = Vec::new();
        let mut named = Vec::new();
        for via in &scales.message.via {
            match via {
                Via::Channel(channel) => named.push((*channel, scales.named(*channel))),
                Via::Cheapest => named.append(&mut scales.cheapest()),
                Via::Preferred if scales.is_legal() => {}
                Via::Preferred => {
                    order.append(&mut in_rank(&mut named));
                    let preferred = self.preferred(&scales.open.category);
                    order.extend(preferred.map(|channel| (channel, Choice::Preferred)));
                }
            }
        }
        order.append(&mut in_rank(&mut named));
        each_once(order)
    }

    /// Why the step cannot go over `channel`; none: it can.
    fn why_not(&self, channel: Channel, scales: Scales<'_>) -> Option<WhyNot> {
        let message = scales.message;
        if scales.cell(channel) == Cell::Off {
            return Some(WhyNot::Off);
        }
        if !message.templates.contains_key(&channel) {
            return Some(WhyNot::NoTemplate);
        }
        if let Some(why) = left_out(scales.open, message.except, channel) {
            return Some(why);
        }
        if !self.is_provided(channel) {
            return Some(WhyNot::NoProvider);
        }
        if self.address(channel).is_none() {
            return Some(WhyNot::NoAddress);
        }
        scales.too_late(channel)
    }
}

/// Primary channels, then the others, then letters.
const fn rank(choice: Choice) -> u8 {
    match choice {
        Choice::Preferred | Choice::Primary | Choice::Legal => 0,
        Choice::FlowOrder | Choice::Cheapest => 1,
        Choice::LastResort => 2,
    }
}

/// By rank; within each the order of the flow.
fn in_rank(named: &mut Vec<(Channel, Choice)>) -> Vec<(Channel, Choice)> {
    named.sort_by_key(|(_, choice)| rank(*choice));
    std::mem::take(named)
}

fn each_once(order: Vec<(Channel, Choice)>) -> Vec<(Channel, Choice)> {
    let mut once: Vec<(Channel, Choice)> = Vec::with_capacity(order.len());
    for (channel, choice) in order {
        if !once.iter().any(|(known, _)| *known == channel) {
            once.push((channel, choice));
        }
    }
    once
}

/// Why the step leaves a channel out for this notification.
fn left_out(open: &Open, except: Except, channel: Channel) -> Option<WhyNot> {
    let tried = open.tried.as_deref()?;
    if tried.unsendable.contains(channel) {
        return Some(WhyNot::CannotCarry);
    }
    let (failed, was_tried) = (
        tried.failed.contains(channel),
        tried.tried.contains(channel),
    );
    match except {
        Except::Failed if failed => Some(WhyNot::Failed),
        Except::Tried if was_tried => Some(WhyNot::Tried),
        Except::Nothing | Except::Failed | Except::Tried => None,
    }
}
