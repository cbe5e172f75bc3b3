//! Owns whose a provider is, and which providers that leaves each corporation, its own first.
//! Refuses to send anything over another's account: a provider that a corporation may not use is in
//! no list of its queues.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sluis_model::CorporationId;

/// Whose a provider is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// The street's: a contract that all corporations share.
    #[default]
    Street,
    /// These corporations': their own account.
    Corporations(Arc<BTreeSet<CorporationId>>),
}

impl Owner {
    /// The account of these corporations.
    #[must_use]
    pub fn of(corporations: impl IntoIterator<Item = CorporationId>) -> Self {
        Self::Corporations(Arc::new(corporations.into_iter().collect()))
    }

    /// Whether it is this corporation's own account, alone or with others.
    #[must_use]
    pub fn is_account_of(&self, corporation: CorporationId) -> bool {
        match self {
            Owner::Street => false,
            Owner::Corporations(all) => all.contains(&corporation),
        }
    }

    /// Whether anything of the corporation may go over it, or come back over it.
    #[must_use]
    pub fn serves(&self, corporation: CorporationId) -> bool {
        match self {
            Owner::Street => true,
            Owner::Corporations(all) => all.contains(&corporation),
        }
    }
}

/// The providers of a channel that a line of queues may use, for every line of a lane: first the
/// lists of corporations, then each provider alone, for what is pinned to it.
pub(super) struct Ways {
    /// Indexes of providers, in order of preference.
    each: Vec<Box<[usize]>>,
    /// How many of them are lists of corporations.
    lists: usize,
    /// The list of each corporation that has a provider of its own; others have the first.
    own: BTreeMap<CorporationId, usize>,
}

impl Ways {
    /// The ways over providers with these owners.
    pub(super) fn new(owners: &[Owner]) -> Self {
        let street = (0..owners.len()).filter(|p| owners[*p] == Owner::Street);
        let street: Vec<usize> = street.collect();
        let mut each: Vec<Box<[usize]>> = vec![street.clone().into()];
        let mut own = BTreeMap::new();
        let named = owners.iter().filter_map(|owner| match owner {
            Owner::Street => None,
            Owner::Corporations(all) => Some(all.iter().copied()),
        });
        for corporation in named.flatten().collect::<BTreeSet<_>>() {
            let owned = |p: &usize| owners[*p] != Owner::Street && owners[*p].serves(corporation);
            let list = (0..owners.len())
                .filter(owned)
                .chain(street.iter().copied());
            let list: Box<[usize]> = list.collect();
            let place = each.iter().position(|known| *known == list);
            let place = place.unwrap_or_else(|| {
                each.push(list);
                each.len() - 1
            });
            own.insert(corporation, place);
        }
        let lists = each.len();
        each.extend((0..owners.len()).map(|provider| Box::from([provider])));
        Self { each, lists, own }
    }

    /// How many lines a lane has.
    pub(super) const fn len(&self) -> usize {
        self.each.len()
    }

    /// The place of a corporation's way in a lane, or of its way through one provider alone; none
    /// when it may use no such provider.
    pub(super) fn place(
        &self,
        corporation: CorporationId,
        pinned: Option<Option<usize>>,
    ) -> Option<usize> {
        let list = self.own.get(&corporation).copied().unwrap_or(0);
        match pinned {
            None => (!self.each[list].is_empty()).then_some(list),
            Some(provider) => provider
                .filter(|provider| self.each[list].contains(provider))
                .map(|provider| self.lists + provider),
        }
    }

    /// The providers of the way at a place, the one to ask first first.
    pub(super) fn at(&self, place: usize) -> &[usize] {
        &self.each[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: CorporationId = CorporationId(1);
    const B: CorporationId = CorporationId(2);
    const C: CorporationId = CorporationId(3);

    #[test]
    fn a_corporation_has_its_own_providers_first_then_the_streets_and_nobody_elses() {
        let ways = Ways::new(&[
            Owner::Street,
            Owner::of([A]),
            Owner::of([B, A]),
            Owner::Street,
        ]);
        let of = |corporation| ways.at(ways.place(corporation, None).unwrap()).to_vec();
        assert_eq!(of(A), [1, 2, 0, 3]);
        assert_eq!(of(B), [2, 0, 3]);
        assert_eq!(of(C), [0, 3]);
    }

    #[test]
    fn what_is_pinned_goes_through_that_provider_or_not_at_all() {
        let ways = Ways::new(&[Owner::of([A]), Owner::of([B])]);
        let pinned = |corporation, provider| {
            let place = ways.place(corporation, Some(provider))?;
            Some(ways.at(place).to_vec())
        };
        assert_eq!(pinned(A, Some(0)), Some(vec![0]));
        assert_eq!(pinned(A, Some(1)), None, "it is another's");
        assert_eq!(pinned(A, None), None, "it is not configured any more");
        assert_eq!(ways.place(C, None), None, "the street has none");
    }
}
