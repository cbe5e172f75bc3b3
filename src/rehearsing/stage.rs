//! Owns what a configuration says about a rehearsal: the flow, the rules, limits and windows, and of each
//! provider its name and its bounds. Refuses to read a secret.

use sluis_actors::router::{Owner, SendWindow};
use sluis_channels::{ProviderConfig, Templates};
use sluis_model::flow::Definition;
use sluis_model::outside::Outside;
use sluis_model::{Flow, Policy, Timestamp};
use sluis_rehearsal::{Carrier, Stage, TextBound};

use crate::config::{Config, ConfigProblems, Corporation, ProviderEntry, steering};

/// What is asked, besides the configuration.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Whose tenants.
    pub corporation: &'a Corporation,
    /// The definition of the flow, which is right.
    pub definition: &'a Definition,
    /// How the outside behaves.
    pub outside: Outside,
    /// The clock at the start.
    pub starts: Timestamp,
    /// Nothing is looked at afterwards.
    pub ends: Timestamp,
    /// When calls are taken.
    pub desk: Vec<SendWindow>,
}

/// What is rehearsed; none: the definition is not right.
///
/// # Errors
/// A file of steering is wrong.
pub fn stage(config: &Config, asked: Asked<'_>) -> Result<Option<Stage>, ConfigProblems> {
    let corporation = asked.corporation;
    let flow = Flow::compile(asked.definition).ok();
    let templates = Templates::compile(&asked.definition.templates).ok();
    let Some((flow, templates)) = flow.zip(templates) else {
        return Ok(None);
    };
    let serving = config
        .providers
        .iter()
        .filter(|one| one.serves(corporation));
    let carriers = serving.map(|entry| carrier(entry, corporation)).collect();
    Ok(Some(Stage {
        corporation: corporation.id,
        corporation_name: corporation.display_name.clone(),
        public_url: corporation.originator.public_url.clone(),
        flow,
        templates,
        policy: Policy {
            steering: steering::load(config)?,
            ..config.policy()
        },
        routers: config.router_settings(),
        carriers,
        outside: asked.outside,
        starts: asked.starts,
        ends: asked.ends,
        desk: asked.desk,
    }))
}

fn carrier(entry: &ProviderEntry, corporation: &Corporation) -> Carrier {
    Carrier {
        name: entry.name.as_str().into(),
        channel: entry.config.channel(),
        owner: match entry.corporations {
            None => Owner::Street,
            Some(_) => Owner::of([corporation.id]),
        },
        concurrency: entry.concurrency,
        rate_per_second: entry.rate_per_second,
        burst: entry.burst,
        text: text(&entry.config),
    }
}

/// How long a text may be that a provider takes.
fn text(config: &ProviderConfig) -> Option<TextBound> {
    match config {
        ProviderConfig::BirdSms(bird) => Some(TextBound {
            segments: bird.max_segments as usize,
            transliterate: bird.transliterate,
        }),
        ProviderConfig::Smtp(_)
        | ProviderConfig::Null(_)
        | ProviderConfig::File(_)
        | ProviderConfig::Webhook(_) => None,
    }
}
