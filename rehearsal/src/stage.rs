//! Owns what a rehearsal is given: the flow, the rules, whom it is for, and how the outside behaves.
//! Refuses to read any of it: whoever asks brings it.

use std::collections::HashMap;
use std::num::NonZeroU32;

use sluis_actors::router::{Owner, RouterSettings, SendWindow};
use sluis_channels::Templates;
use sluis_model::outside::Outside;
use sluis_model::{Channel, CorporationId, Flow, Input, Policy, Timestamp};

/// What is rehearsed, apart from whom it is for.
#[derive(Debug)]
pub struct Stage {
    /// Whose tenants they are.
    pub corporation: CorporationId,
    /// Its name, as tenants see it.
    pub corporation_name: String,
    /// Its public address, for links.
    pub public_url: String,
    /// The flow.
    pub flow: Flow,
    /// Its templates.
    pub templates: Templates,
    /// What decisions may rely on.
    pub policy: Policy,
    /// Limits and windows of each channel.
    pub routers: HashMap<Channel, RouterSettings>,
    /// Providers in order of preference: their names and limits, and nothing that could send.
    pub carriers: Vec<Carrier>,
    /// How the outside behaves.
    pub outside: Outside,
    /// The clock at the start.
    pub starts: Timestamp,
    /// Nothing is looked at after this instant.
    pub ends: Timestamp,
    /// When calls are taken; none: always.
    pub desk: Vec<SendWindow>,
}

/// A provider, as far as its limits go.
#[derive(Clone, Debug)]
pub struct Carrier {
    /// Its name in the configuration.
    pub name: Box<str>,
    /// Its channel.
    pub channel: Channel,
    /// Whose it is.
    pub owner: Owner,
    /// Messages under way at once.
    pub concurrency: NonZeroU32,
    /// Messages a second.
    pub rate_per_second: Option<NonZeroU32>,
    /// Messages at once after a quiet time.
    pub burst: Option<NonZeroU32>,
    /// How long a text may be, where it takes text messages.
    pub text: Option<TextBound>,
}

/// How long a text message may be.
#[derive(Clone, Copy, Debug)]
pub struct TextBound {
    /// Segments.
    pub segments: usize,
    /// Whether characters outside the alphabet are replaced first.
    pub transliterate: bool,
}

/// Whom it is for.
#[derive(Debug, Default)]
pub struct Audience {
    /// Tenants.
    pub people: Vec<Person>,
    /// Notifications, in the order in which they are handed over.
    pub rows: Vec<Row>,
    /// What is told of tenants meanwhile.
    pub facts: Vec<Fact>,
}

/// A tenant.
#[derive(Debug)]
pub struct Person {
    /// The corporation's number for the tenant.
    pub number: Box<str>,
    /// What is supplied of the tenant, as the engine takes it; none: nobody supplied anything.
    pub profile: Option<Input>,
}

/// A notification.
#[derive(Debug)]
pub struct Row {
    /// Place of its tenant among the people.
    pub person: u32,
    /// Line of the list it stands on.
    pub line: u64,
    /// When it is handed over.
    pub at: Timestamp,
    /// The notification, as the engine takes it. Its id must be that of [`Stage::id`].
    pub input: Input,
}

/// A fact about one tenant.
#[derive(Debug)]
pub struct Fact {
    /// Place of the tenant among the people.
    pub person: u32,
    /// When it is told first.
    pub at: Timestamp,
    /// The fact.
    pub input: Input,
    /// It is told again so often, in milliseconds: a feed that says every so often what is so.
    pub every: Option<i64>,
}
