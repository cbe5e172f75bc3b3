//! Owns the choice of the way that a message goes. Refuses ways that failed before, where the step
//! says so, and channels that nobody provides.

use super::{Situation, Turn};
use crate::channel::{Channel, ChannelSet};
use crate::event::Choice;
use crate::flow::{Except, Via};
use crate::ids::NotificationId;
use crate::profile::Preference;
use crate::state::Open;

/// A way a send can go.
pub(super) struct Way {
    pub channel: Channel,
    pub choice: Choice,
    pub address: Box<str>,
}

impl Turn<'_> {
    /// The first way of the step that reaches the tenant.
    pub(super) fn way(&self, id: NotificationId) -> Option<Way> {
        let (open, flow, step) = self.at_step(id)?;
        let message = step.kind.message()?;
        if let Some(scales) = self.scales(open, flow, message) {
            return self.steered_way(scales);
        }
        let left_out = left_out(open, message.except);
        message.via.iter().find_map(|via| {
            let (channel, choice) = self.named_by(*via, &open.category)?;
            let usable = message.templates.contains_key(&channel)
                && !left_out.contains(channel)
                && self.is_provided(channel);
            if !usable {
                return None;
            }
            Some(Way {
                channel,
                choice,
                address: self.address(channel)?,
            })
        })
    }

    /// The channel that a way names for this tenant.
    fn named_by(&self, via: Via, category: &str) -> Option<(Channel, Choice)> {
        match via {
            Via::Preferred => Some((self.preferred(category)?, Choice::Preferred)),
            Via::Channel(channel) => Some((channel, Choice::FlowOrder)),
            // Such a step is always weighed.
            Via::Cheapest => None,
        }
    }

    pub(super) fn preferred(&self, category: &str) -> Option<Channel> {
        Some(self.preference(category)?.channel)
    }

    /// The tenant's preference for the category.
    pub(super) fn preference(&self, category: &str) -> Option<&Preference> {
        self.tenant.profile.as_deref()?.preferred(category)
    }

    pub(super) fn is_provided(&self, channel: Channel) -> bool {
        let Situation {
            policy,
            corporation,
            ..
        } = self.situation;
        policy.has_channel(corporation, channel)
    }

    /// Where the tenant is reached over `channel`.
    pub(super) fn address(&self, channel: Channel) -> Option<Box<str>> {
        if channel.contact_kind().is_none() {
            return Some(channel.name().into());
        }
        let point = self.tenant.point(channel)?;
        Some(point.value.clone())
    }

    /// Why an attempt that is sent again goes over `channel`.
    pub(super) fn choice_of(&self, id: NotificationId, channel: Channel) -> Choice {
        let Some((open, flow, step)) = self.at_step(id) else {
            return Choice::FlowOrder;
        };
        let message = step.kind.message();
        if let Some(scales) = message.and_then(|message| self.scales(open, flow, message)) {
            return self.steered_choice(scales, channel);
        }
        let asks = message.is_some_and(|message| message.via.contains(&Via::Preferred));
        if asks && self.preferred(&open.category) == Some(channel) {
            Choice::Preferred
        } else {
            Choice::FlowOrder
        }
    }
}

/// The channels that the step leaves out, and those that cannot carry its message.
fn left_out(open: &Open, except: Except) -> ChannelSet {
    let Some(tried) = open.tried.as_deref() else {
        return ChannelSet::default();
    };
    match except {
        Except::Nothing => tried.unsendable,
        Except::Failed => tried.unsendable.and(tried.failed),
        Except::Tried => tried.unsendable.and(tried.tried),
    }
}
