//! Owns the choice of the way where the corporation has a matrix of channels: what is off is never
//! taken, primary channels go first, a letter goes last, and why not each other channel is told.
//! Refuses to take a channel that the step does not name, but for the tenant's preference.

use super::Turn;
use super::way::Way;
use crate::channel::Channel;
use crate::event::{Choice, Event};
use crate::flow::{Except, Message, Via};
use crate::ids::NotificationId;
use crate::state::Open;
use crate::steering::{Cell, Passed, Row, Steered, WhyNot};

impl Turn<'_> {
    /// The row of the corporation's matrix that holds for a notification now.
    pub(super) fn matrix_row(&self, open: &Open) -> Option<&Row> {
        let policy = self.situation.policy;
        let steering = policy.steering.get(&self.situation.corporation)?;
        steering.row(&open.category, self.now())
    }

    /// The first channel, in the order of the matrix, that reaches the tenant.
    pub(super) fn steered_way(&self, open: &Open, message: &Message, row: &Row) -> Option<Way> {
        let order = self.order(open, message, row);
        let mut usable = order.into_iter();
        let (channel, choice) =
            usable.find(|(channel, _)| self.why_not(*channel, open, message, row).is_none())?;
        let address = self.address(channel)?;
        Some(Way {
            channel,
            choice,
            address,
        })
    }

    /// Why an attempt that is sent again goes over `channel`.
    pub(super) fn steered_choice(
        &self,
        open: &Open,
        message: &Message,
        row: &Row,
        channel: Channel,
    ) -> Choice {
        let order = self.order(open, message, row);
        let found = order.into_iter().find(|(known, _)| *known == channel);
        found.map_or(Choice::FlowOrder, |(_, choice)| choice)
    }

    /// Tells how the channels of the step are weighed now.
    pub(super) fn tell_steering(&mut self, id: NotificationId) {
        if let Some(steered) = self.weighed(id) {
            let steered = Box::new(steered);
            self.emit(Event::Steered { id, steered });
        }
    }

    fn weighed(&self, id: NotificationId) -> Option<Steered> {
        let (open, _, step) = self.at_step(id)?;
        let (message, row) = (step.kind.message()?, self.matrix_row(open)?);
        let mut taken = None;
        let mut passed = Vec::new();
        for (channel, _) in self.order(open, message, row) {
            let why = self.why_not(channel, open, message, row);
            match (why, taken) {
                (None, None) => taken = Some(channel),
                (why, _) => {
                    let why = why.unwrap_or(WhyNot::Later);
                    passed.push(Passed { channel, why });
                }
            }
        }
        Some(Steered {
            channel: taken,
            row: row.name().clone(),
            passed: passed.into(),
        })
    }

    /// The channels of the step in the order in which they are tried, each once. The tenant's
    /// preference keeps its place; the channels before and behind it are ordered by the matrix.
    fn order(&self, open: &Open, message: &Message, row: &Row) -> Vec<(Channel, Choice)> {
        let mut order = Vec::new();
        let mut named = Vec::new();
        for via in &message.via {
            match via {
                Via::Channel(channel) => named.push((*channel, named_choice(row, *channel))),
                Via::Preferred => {
                    order.append(&mut in_rank(&mut named));
                    let preferred = self.preferred(&open.category);
                    order.extend(preferred.map(|channel| (channel, Choice::Preferred)));
                }
            }
        }
        order.append(&mut in_rank(&mut named));
        each_once(order)
    }

    /// Why the step cannot go over `channel`; none: it can.
    fn why_not(
        &self,
        channel: Channel,
        open: &Open,
        message: &Message,
        row: &Row,
    ) -> Option<WhyNot> {
        if row.cell(channel) == Cell::Off {
            return Some(WhyNot::Off);
        }
        if !message.templates.contains_key(&channel) {
            return Some(WhyNot::NoTemplate);
        }
        if let Some(why) = left_out(open, message.except, channel) {
            return Some(why);
        }
        if !self.is_provided(channel) {
            return Some(WhyNot::NoProvider);
        }
        self.address(channel).is_none().then_some(WhyNot::NoAddress)
    }
}

/// Why the flow's order comes to a channel that the step names.
fn named_choice(row: &Row, channel: Channel) -> Choice {
    match (row.cell(channel), channel) {
        (Cell::Primary, _) => Choice::Primary,
        (Cell::Secondary | Cell::Off, Channel::Letter) => Choice::LastResort,
        (Cell::Secondary | Cell::Off, _) => Choice::FlowOrder,
    }
}

/// Primary channels, then the others, then letters; within each the order of the flow.
fn in_rank(named: &mut Vec<(Channel, Choice)>) -> Vec<(Channel, Choice)> {
    named.sort_by_key(|(_, choice)| match choice {
        Choice::Preferred | Choice::Primary => 0,
        Choice::FlowOrder => 1,
        Choice::LastResort => 2,
    });
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
