//! Owns the fetching of corporations' keys from where the configuration says. Refuses to write one
//! down.

use std::collections::BTreeMap;

use anyhow::Context as _;
use sluis_keys::{KeySource, Secret, WrappingKeys};

use crate::config::{Config, Corporation};

/// The keys of all corporations.
pub(super) fn wrapping(
    config: &Config,
    environment: &BTreeMap<String, String>,
) -> anyhow::Result<WrappingKeys> {
    let mut wrapping = WrappingKeys::default();
    for corporation in &config.corporations {
        wrapping = wrapping.with(corporation.id, &fetch(corporation, environment)?);
    }
    Ok(wrapping)
}

fn fetch(
    corporation: &Corporation,
    environment: &BTreeMap<String, String>,
) -> anyhow::Result<Vec<Secret>> {
    let fetch = |text: &String| -> anyhow::Result<Secret> {
        let source: KeySource = text.parse()?;
        Ok(source.fetch(|name| environment.get(name).cloned())?)
    };
    let keys = corporation.data_keys.iter().map(fetch);
    keys.collect::<anyhow::Result<_>>()
        .with_context(|| format!("corporation.{}.data_keys", corporation.name))
}
