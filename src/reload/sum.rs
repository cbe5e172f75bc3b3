//! Owns the checksum of a configuration as it runs: settings, definitions, types of facts and steering, by what
//! they mean. A comment in a file changes nothing. Refuses to be kept: another version of the program may
//! read the same files in another way.

use std::fmt::Debug;

use sluis_actors::{Book, Fresh};
use sluis_model::{CorporationId, FlowRef, Policy};

use crate::config::Config;
use crate::fact_types::FactTypes;

/// Hex digits that are shown.
const DIGITS: usize = 32;

/// Of what runs.
pub(super) fn of_running(
    config: &Config,
    book: &Book,
    policy: &Policy,
    fact_types: &FactTypes,
) -> String {
    let flows = book.all_current();
    let flows = flows
        .iter()
        .map(|(owner, flow)| (*owner, &*flow.name, flow.reference));
    of(config, flows, &policy.steering, fact_types)
}

/// Of what may be taken over.
pub(super) fn of_fresh(
    config: &Config,
    flows: &Fresh,
    policy: &Policy,
    fact_types: &FactTypes,
) -> String {
    of(config, flows.all(), &policy.steering, fact_types)
}

fn of<'a>(
    config: &Config,
    flows: impl Iterator<Item = (Option<CorporationId>, &'a str, FlowRef)>,
    steering: &impl Debug,
    fact_types: &FactTypes,
) -> String {
    let mut flows: Vec<String> = flows
        .map(|(owner, name, reference)| format!("{owner:?} {name} {reference}"))
        .collect();
    flows.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    // Every value of a configuration has a place in TOML.
    for part in [
        toml::to_string(config).unwrap_or_default(),
        flows.join("\n"),
        format!("{steering:?}"),
        format!("{fact_types:?}"),
    ] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..DIGITS].to_owned()
}
