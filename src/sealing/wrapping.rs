//! Owns the fetching of corporations' keys from where the configuration says. Refuses to write one
//! down.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use sluis_keys::{KeySource, Secret, WrappingKeys};

use crate::config::{Config, Corporation};

/// Rights of everybody but the owner of a file.
const OTHERS: u32 = 0o077;

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
    let keys = corporation.data_keys.iter().enumerate();
    let keys = keys.map(|(index, text)| {
        let key = fetch_one(text, environment);
        key.with_context(|| path_of(corporation, index))
    });
    keys.collect()
}

fn fetch_one(text: &str, environment: &BTreeMap<String, String>) -> anyhow::Result<Secret> {
    let source: KeySource = text.parse()?;
    let key = source.fetch(|name| environment.get(name).cloned())?;
    if let KeySource::File(file) = &source
        && others_may_read(file)
    {
        tracing::warn!(file = %file.display(), "the file with a corporation's key can be read by others: chmod 600");
    }
    Ok(key)
}

fn path_of(corporation: &Corporation, index: usize) -> String {
    format!("corporation.{}.data_keys[{index}]", corporation.name)
}

fn others_may_read(file: &Path) -> bool {
    let mode = file.metadata().map(|found| found.permissions().mode());
    mode.is_ok_and(|mode| mode & OTHERS != 0)
}

/// Where a key is, and its name; or what is wrong with it.
pub(crate) struct Tried {
    /// Its place in the configuration.
    pub(crate) path: String,
    /// Where it comes from.
    pub(crate) source: String,
    /// The name of the key, which the file of keys has too.
    pub(crate) fingerprint: anyhow::Result<String>,
}

/// Fetches every key and keeps none: what a start would do with them.
pub(crate) fn try_all(config: &Config, environment: &BTreeMap<String, String>) -> Vec<Tried> {
    let mut tried = Vec::new();
    for corporation in &config.corporations {
        for (index, source) in corporation.data_keys.iter().enumerate() {
            let key = fetch_one(source, environment);
            tried.push(Tried {
                path: path_of(corporation, index),
                source: source.clone(),
                fingerprint: key.map(|key| format!("{:016x}", key.fingerprint())),
            });
        }
    }
    tried
}
