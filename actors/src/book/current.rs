//! Owns which definition a new notification gets, by name: a corporation's own before the shared one.
//! Refuses to hold definitions.

use std::collections::{BTreeMap, BTreeSet};

use sluis_model::{CorporationId, FlowRef};

/// Whose a flow is: none shares it with all.
pub(super) type Owner = Option<CorporationId>;

/// The definitions of now, by owner and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Current(BTreeMap<Owner, BTreeMap<Box<str>, FlowRef>>);

/// What became of a name when definitions were taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// New notifications get another definition under it.
    Changed,
    /// No new notification gets it any more.
    Removed,
}

/// A flow whose definition is another one now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// Whose it is; none: it is shared.
    pub owner: Option<CorporationId>,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// The definition that new notifications got so far.
    pub before: Option<FlowRef>,
    /// The one that they get from now on.
    pub now: Option<FlowRef>,
}

impl Current {
    /// Puts a name there; says whether it is the first of that name.
    pub(super) fn put(&mut self, owner: Owner, name: &str, reference: FlowRef) -> bool {
        let names = self.0.entry(owner).or_default();
        names.insert(name.into(), reference).is_none()
    }

    /// The definition under a name, for a corporation.
    pub(super) fn find(&self, corporation: CorporationId, name: &str) -> Option<FlowRef> {
        self.of(Some(corporation), name)
            .or_else(|| self.of(None, name))
    }

    fn of(&self, owner: Owner, name: &str) -> Option<FlowRef> {
        self.0.get(&owner)?.get(name).copied()
    }

    /// Whether anybody has a flow of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.values().any(|names| names.contains_key(name))
    }

    /// The names that a corporation may use, sorted.
    pub(super) fn names(&self, corporation: CorporationId) -> Vec<String> {
        let of = |owner| self.0.get(&owner).into_iter().flat_map(BTreeMap::keys);
        let names: BTreeSet<&str> = of(Some(corporation))
            .chain(of(None))
            .map(|name| &**name)
            .collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// Every definition that is current for somebody.
    pub(super) fn all(&self) -> impl Iterator<Item = (Owner, &str, FlowRef)> {
        let of = |(owner, names): (&Owner, _)| {
            let names: &BTreeMap<Box<str>, FlowRef> = names;
            let owner = *owner;
            names
                .iter()
                .map(move |(name, reference)| (owner, &**name, *reference))
                .collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of)
    }

    /// What is different from what was before.
    pub(super) fn since(&self, before: &Self) -> Vec<Renewed> {
        let now = self
            .all()
            .map(|(owner, name, now)| (owner, name, before.of(owner, name), Some(now)));
        let gone = before
            .all()
            .filter(|(owner, name, _)| self.of(*owner, name).is_none());
        let gone = gone.map(|(owner, name, before)| (owner, name, Some(before), None));
        let different = now.chain(gone).filter(|(.., before, now)| before != now);
        let renewed =
            |(owner, name, before, now): (Owner, &str, Option<FlowRef>, Option<FlowRef>)| Renewed {
                owner,
                name: name.to_owned(),
                change: match (before, now) {
                    (None, _) => Change::Added,
                    (Some(_), Some(_)) => Change::Changed,
                    (Some(_), None) => Change::Removed,
                },
                before,
                now,
            };
        different.map(renewed).collect()
    }
}
