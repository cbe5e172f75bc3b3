//! Owns what a rehearsal is given: the flow, the rules, whom it is for, and how the outside behaves.
//! Refuses to read any of it: whoever asks brings it.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use sluis_actors::router::{Owner, RouterSettings, SendWindow};
use sluis_channels::Templates;
use sluis_model::flow::Value;
use sluis_model::outside::Outside;
use sluis_model::{
    Addressed, Channel, CorporationId, Environment, Flow, Idempotency, Input, Lane, Notification,
    NotificationId, PartOf, Policy, ShardId, Subject, Supplied, Timestamp,
};

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

/// Whom it is for. There may be a million: what rows have in common stands here once.
#[derive(Debug, Default)]
pub struct Audience {
    /// What all rows have in common.
    pub common: Common,
    /// Tenants.
    pub people: Vec<Person>,
    /// Notifications, in the order in which they are handed over.
    pub rows: Vec<Row>,
    /// What is told of tenants meanwhile.
    pub facts: Vec<Fact>,
    /// Notifications to households.
    pub groups: Vec<Group>,
}

/// What all rows have in common.
#[derive(Clone, Debug)]
pub struct Common {
    /// Their category.
    pub category: Box<str>,
    /// Their lane.
    pub lane: Lane,
    /// The world that they come from.
    pub environment: Environment,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            category: "general".into(),
            lane: Lane::Bulk,
            environment: Environment::Production,
        }
    }
}

/// A notification to a household: its rows, one for everybody who is told.
#[derive(Debug)]
pub struct Group {
    /// The number of the household.
    pub household: Box<str>,
    /// Its rows, in the order in which they are handed over.
    pub rows: Vec<u32>,
}

/// A tenant.
#[derive(Debug)]
pub struct Person {
    /// The corporation's number for the tenant.
    pub number: Box<str>,
    /// What is supplied of the tenant, as the engine takes it; none: nobody supplied anything.
    pub profile: Option<Box<Supplied>>,
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
    /// What it says; rows that say the same share it.
    pub body: Arc<Body>,
    /// Which of the groups it is a part of; none: it goes to one tenant alone.
    pub group: Option<u32>,
}

/// What a notification says.
#[derive(Debug, PartialEq)]
pub struct Body {
    /// What it is about.
    pub subject: Option<Subject>,
    /// Its fields: the text of a JSON object.
    pub data: Box<str>,
    /// The same, as the flow's rules read them.
    pub fields: Box<[Value]>,
}

impl Audience {
    /// The notification of a row, as the engine takes it.
    pub(crate) fn notification(&self, stage: &Stage, place: u32) -> Option<Notification> {
        let row = self.rows.get(place as usize)?;
        let Common {
            category,
            lane,
            environment,
        } = &self.common;
        let part = self.part(stage, row);
        Some(Notification {
            id: stage.id(place),
            flow: stage.flow.reference,
            category: category.clone(),
            subject: row.body.subject.clone(),
            data: row.body.data.clone(),
            fields: row.body.fields.clone(),
            lane: *lane,
            send_after: None,
            expires_at: None,
            environment: *environment,
            idempotency: Idempotency {
                key: u128::from(place),
                body: 0,
            },
            addressed: part.map_or(Addressed::Tenant, |of| Addressed::Part(Box::new(of))),
        })
    }

    /// Of which group a row is a part.
    pub(crate) fn part(&self, stage: &Stage, row: &Row) -> Option<PartOf> {
        let place = row.group?;
        let group = self.groups.get(place as usize)?;
        Some(PartOf {
            // Another shard than those of rows, so that no part has the id of a group.
            group: NotificationId::new(ShardId(1), stage.starts.0, u64::from(place) + 1),
            household: group.household.clone(),
            together: stage.flow.answers_for_all(),
        })
    }
}

/// A fact about one tenant.
#[derive(Debug)]
pub struct Fact {
    /// Place of the tenant among the people.
    pub person: u32,
    /// When it is told first.
    pub at: Timestamp,
    /// The list of facts it stands on, and its line there, both from 0.
    pub from: (u16, u32),
    /// The fact.
    pub input: Input,
    /// It is told again so often, in milliseconds: a feed that says every so often what is so.
    pub every: Option<i64>,
}
