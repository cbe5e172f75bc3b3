//! Owns what differs between the configuration that runs and one that may be taken over. Refuses to show the
//! value of a setting.

use std::collections::BTreeSet;

use sluis_actors::{Book, Change, Fresh, Renewed};
use sluis_model::{CorporationId, FlowBook as _, Policy};

use crate::config::Config;
use crate::fact_types::{FactTypes, Types};
use crate::reloading::{Difference, Kind};

/// What is compared.
pub(super) struct Sides<'a> {
    /// What runs.
    pub(super) before: &'a Config,
    /// What would run.
    pub(super) now: &'a Config,
    /// What the files say.
    pub(super) fresh: &'a Config,
}

impl Sides<'_> {
    fn name(&self, corporation: CorporationId) -> String {
        let mut all = self.now.corporations.iter();
        let found = all.find(|one| one.id == corporation);
        found.map_or_else(|| corporation.to_string(), |one| one.name.clone())
    }
}

/// Flows that are new, changed or gone.
pub(super) fn of_flows(sides: &Sides<'_>, book: &Book, fresh: &Fresh) -> Vec<Difference> {
    let version = |reference| book.flow(reference).map(|flow| flow.version);
    let of = |renewed: Renewed| {
        let Renewed {
            owner,
            name,
            change,
            before,
            now,
        } = renewed;
        let owner = owner.map(|owner| sides.name(owner));
        Difference {
            from: before.and_then(version),
            to: now.and_then(|now| fresh.version(now)),
            ..Difference::new(Kind::Flow, owner.as_deref(), name, change)
        }
    };
    book.renewed(fresh).into_iter().map(of).collect()
}

/// Types of facts that are new, changed or gone: the shared ones, and those of corporations that have some of
/// their own, where they differ from the shared ones.
pub(super) fn of_fact_types(
    sides: &Sides<'_>,
    before: &FactTypes,
    now: &FactTypes,
) -> Vec<Difference> {
    let mut changes = between(None, &before.shared, &now.shared);
    let owners: BTreeSet<_> = before.own.keys().chain(now.own.keys()).collect();
    for owner in owners {
        let name = sides.name(*owner);
        let own = between(Some(&name), before.of(*owner), now.of(*owner));
        let is_shared = |change: &Difference| {
            let mut all = changes.iter();
            all.any(|known| known.corporation.is_none() && known.name == change.name)
        };
        let own: Vec<Difference> = own.into_iter().filter(|own| !is_shared(own)).collect();
        changes.extend(own);
    }
    changes
}

fn between(owner: Option<&str>, before: &Types, now: &Types) -> Vec<Difference> {
    let names: BTreeSet<_> = before.keys().chain(now.keys()).collect();
    let names = names.into_iter().map(|name| &**name);
    let of = |name: &str| {
        let change = change(before.get(name), now.get(name))?;
        Some(Difference::new(Kind::FactType, owner, name, change))
    };
    names.filter_map(of).collect()
}

/// What became of a value.
fn change<T: PartialEq>(before: Option<T>, now: Option<T>) -> Option<Change> {
    match (before, now) {
        (None, Some(_)) => Some(Change::Added),
        (Some(_), None) => Some(Change::Removed),
        (Some(before), Some(now)) if before != now => Some(Change::Changed),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// Sections of steering that differ, of each corporation.
pub(super) fn of_steering(sides: &Sides<'_>, before: &Policy, now: &Policy) -> Vec<Difference> {
    let (before, now) = (&before.steering, &now.steering);
    let owners: BTreeSet<_> = before.keys().chain(now.keys()).collect();
    let mut changes = Vec::new();
    for owner in owners {
        let (was, is) = (before.get(owner), now.get(owner));
        let Some(change) = change(was, is) else {
            continue;
        };
        let name = sides.name(*owner);
        let none = sluis_model::steering::Steering::default();
        let sections = is.unwrap_or(&none).differs_in(was.unwrap_or(&none));
        let of = |section| Difference::new(Kind::Steering, Some(&name), section, change);
        changes.extend(sections.into_iter().map(of));
    }
    changes
}

/// Settings, corporations and providers that are new, changed or gone.
pub(super) fn of_settings(sides: &Sides<'_>) -> Vec<Difference> {
    let of = |(path, change): (String, Change)| {
        let mut parts = path.splitn(3, '.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("corporation"), Some(name), None) => {
                Difference::new(Kind::Corporation, None, name, change)
            }
            (Some("provider"), Some(name), None) => {
                Difference::new(Kind::Provider, None, name, change)
            }
            (Some("corporation"), Some(name), Some(_)) => {
                Difference::new(Kind::Setting, Some(name), &*path, change)
            }
            _ => Difference::new(Kind::Setting, None, path, change),
        }
    };
    paths(sides.now, sides.before).map(of).collect()
}

/// Settings that wait for a start, by their paths.
pub(super) fn waiting(sides: &Sides<'_>) -> Vec<String> {
    paths(sides.fresh, sides.now)
        .map(|(path, _)| path)
        .collect()
}

fn paths(now: &Config, before: &Config) -> impl Iterator<Item = (String, Change)> {
    // Both were made from TOML, so each of their values has a place in it.
    now.differences(before).unwrap_or_default().into_iter()
}
