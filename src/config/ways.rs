//! Owns the rule that every corporation has a way for what its flows send. Refuses a step whose
//! channels all belong to others; where nobody has a provider of a channel, that is noted only.

use sluis_model::flow::{Definition, Message};
use sluis_model::{Channel, CorporationId, Flow};

use super::problem::{Collector, Problem};
use super::{Config, Corporation};

/// The problems of all flows that each corporation may be sent by: the shared ones and its own.
pub(super) fn check(
    config: &Config,
    definitions: &[(Option<CorporationId>, Definition)],
    problems: &mut Collector,
) {
    if config
        .providers
        .iter()
        .all(|provider| provider.corporations.is_none())
    {
        return;
    }
    let all = config.channels();
    // A flow that does not compile is reported by whoever keeps them.
    let compiled = definitions
        .iter()
        .filter_map(|(owner, definition)| Some((*owner, Flow::compile(definition).ok()?)));
    let flows: Vec<(Option<CorporationId>, Flow)> = compiled.collect();
    for corporation in &config.corporations {
        let own = config.channels_of(corporation);
        for flow in used_by(corporation, &flows) {
            let mut missing = flow
                .messages()
                .filter_map(|message| only_others(message, &own, &all));
            if let Some(channels) = missing.next() {
                problems.add(without(corporation, flow, &channels));
            }
        }
    }
}

/// The shared flows and its own; of two with one name its own.
fn used_by<'a>(
    corporation: &'a Corporation,
    flows: &'a [(Option<CorporationId>, Flow)],
) -> impl Iterator<Item = &'a Flow> {
    let own = |name: &str| {
        flows
            .iter()
            .any(|(owner, flow)| *owner == Some(corporation.id) && *flow.name == *name)
    };
    flows.iter().filter_map(move |(owner, flow)| match owner {
        Some(owner) => (*owner == corporation.id).then_some(flow),
        None => (!own(&flow.name)).then_some(flow),
    })
}

/// The channels of a message, where all that have a provider belong to others.
fn only_others(message: &Message, own: &[Channel], all: &[Channel]) -> Option<Vec<Channel>> {
    let mut named = Channel::ALL.to_vec();
    named.retain(|channel| message.names(*channel));
    let theirs = named.iter().any(|channel| all.contains(channel));
    let ours = named.iter().any(|channel| own.contains(channel));
    (theirs && !ours).then_some(named)
}

fn without(corporation: &Corporation, flow: &Flow, channels: &[Channel]) -> Problem {
    let names: Vec<&str> = channels.iter().map(|channel| channel.name()).collect();
    let path = format!("flow {} {}.via", flow.name, flow.version);
    let expected = format!(
        "a channel with a provider that corporation {} may use",
        corporation.name
    );
    let hint = "name the corporation in a provider's corporations, or give it one of its own";
    Problem::new(path, names.join(", "), expected, hint)
}
