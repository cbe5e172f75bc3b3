//! Owns the message that a step sends: its templates, its ways, and what the flow listens to
//! afterwards. Refuses to choose a way: `decide` does, for one tenant.

use std::collections::BTreeMap;

use super::deadline::Deadline;
use super::way_out::WayOut;
use crate::channel::Channel;
use crate::flow::duration::Span;
use crate::flow::rule::Go;

/// The message that a step sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Template per channel.
    pub templates: BTreeMap<Channel, Box<str>>,
    /// Templates that tenants of some segments get instead, by the name of the variant.
    pub variants: BTreeMap<Box<str>, BTreeMap<Channel, Box<str>>>,
    /// Ways, in order.
    pub via: Vec<Via>,
    /// Channels left out.
    pub except: Except,
    /// By when it should be there: a channel that takes longer is left out.
    pub by: Option<Box<Deadline>>,
    /// The legal reason for these ways: it goes before what the tenant prefers, and before caps.
    pub legal: Option<Box<str>>,
    /// Whether the message carries the `/b/{token}` link.
    pub link: bool,
    /// What the flow listens to once it is on its way.
    pub on: Handlers,
}

/// One way a send may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The tenant's preferred channel for the category.
    Preferred,
    /// This channel.
    Channel(Channel),
    /// Every channel with a template, the cheapest first.
    Cheapest,
}

impl Message {
    /// Every template it may be made of, also those of its variants.
    pub fn all_templates(&self) -> impl Iterator<Item = (Channel, &str)> {
        let variants = self.variants.values().flatten();
        let all = self.templates.iter().chain(variants);
        all.map(|(channel, template)| (*channel, &**template))
    }

    /// The number of a variant for a channel, from 1, where the step has it.
    #[must_use]
    pub fn variant(&self, name: &str, channel: Channel) -> Option<u8> {
        let mut variants = self.variants.iter();
        let at = variants.position(|(known, of)| **known == *name && of.contains_key(&channel))?;
        u8::try_from(at + 1).ok()
    }

    /// The template for a channel, in the variant with that number; 0: the template itself.
    #[must_use]
    pub fn template(&self, channel: Channel, variant: u8) -> Option<&str> {
        let at = usize::from(variant).checked_sub(1);
        let varied = at.and_then(|at| self.variants.values().nth(at)?.get(&channel));
        varied
            .or_else(|| self.templates.get(&channel))
            .map(|name| &**name)
    }
    /// Whether it asks a machine, and nobody.
    #[must_use]
    pub fn is_for_machine(&self) -> bool {
        let mut channels = self.templates.keys();
        channels.all(|channel| *channel == Channel::Machine)
    }

    /// Whether a way of it is that channel, whoever the tenant is.
    #[must_use]
    pub fn names(&self, channel: Channel) -> bool {
        self.via.iter().any(|via| match via {
            Via::Channel(named) => *named == channel,
            Via::Cheapest => self.templates.contains_key(&channel),
            Via::Preferred => false,
        })
    }
}

/// Channels that a send leaves out, whichever way names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Except {
    /// None.
    #[default]
    Nothing,
    /// Those that failed for this notification.
    Failed,
    /// Those over which anything went for this notification, or could not.
    Tried,
}

/// A wait that begins at the relay's acceptance or, if known, at delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// How long.
    pub span: Span,
    /// Where it leads.
    pub go: Go,
}

/// What a message that was sent is listened to for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handlers {
    /// It bounced, was refused, or nobody could be reached this way. Absent: the flow ends
    /// `undeliverable`.
    pub bounced: Option<Go>,
    /// No trusted sign of life (click, portal read, reply, payment) within the time.
    pub unanswered: Option<After>,
    /// No bounce within the time: taken as arrived.
    pub settled: Option<After>,
    /// It was delivered.
    pub delivered: Option<Go>,
    /// The tenant pressed the button behind our link, or replied. Absent: the flow goes on
    /// listening.
    pub answered: Option<Go>,
    /// The tenant got as many messages lately as a cap allows. Absent: it waits until it may go.
    pub capped: Option<Go>,
}

impl Handlers {
    /// Listens to nothing.
    pub const NOTHING: Handlers = Handlers {
        bounced: None,
        unanswered: None,
        settled: None,
        delivered: None,
        answered: None,
        capped: None,
    };

    /// Every way out of a step that they name. When nobody can be reached, a message bounces at once.
    pub fn ways_out(&self) -> impl Iterator<Item = WayOut<'_>> {
        let bounced = self.bounced.iter();
        let bounced = bounced.map(|go| WayOut::at_once("bounced", go));
        let capped = self.capped.iter();
        let capped = capped.map(|go| WayOut::at_once("capped", go));
        let by_receipt = [("delivered", &self.delivered), ("answered", &self.answered)];
        let by_receipt = by_receipt.into_iter();
        let by_receipt =
            by_receipt.filter_map(|(when, go)| Some(WayOut::later(when, go.as_ref()?)));
        let in_time = [("unanswered", &self.unanswered), ("settled", &self.settled)];
        let in_time = in_time.into_iter().filter_map(|(when, after)| {
            let After { span, go } = after.as_ref()?;
            Some(WayOut::later(format!("{when} after {span}"), go))
        });
        bounced.chain(capped).chain(by_receipt).chain(in_time)
    }
}
