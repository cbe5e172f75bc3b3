//! Owns whose each provider is, as the configuration has it when the house starts. Between two
//! starts it may change: an account is taken from a corporation, given to another, or ends. Refuses
//! to change anything while the house runs: no engine does.

use sluis_actors::router::Owner;
use sluis_model::{Channel, CorporationId};

use crate::ground::{MACHINE, WAYS};
use crate::plan::Plan;
use crate::rng::Rng;
use crate::world::World;

/// Starts in a hundred before which the providers' owners change, where they do.
const CHANGED: usize = 60;

/// Corporations that may have an account of their own.
const OWNERS: [CorporationId; 2] = [CorporationId(1), CorporationId(2)];

/// Whose each of [`WAYS`] is; none: the configuration does not have it any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contracts([Option<Owner>; WAYS.len()]);

impl Contracts {
    /// As they are at the first start. Where accounts are apart, the spare relay is corporation 2's
    /// alone.
    pub(crate) fn of(plan: &Plan) -> Self {
        Self(WAYS.map(|(name, ..)| {
            let is_there = name != MACHINE || plan.machine;
            is_there.then(|| {
                if plan.accounts && name == "spare" {
                    Owner::of([OWNERS[1]])
                } else {
                    Owner::Street
                }
            })
        }))
    }

    /// Somebody wrote the configuration anew.
    pub(crate) fn change(&mut self, rng: &mut Rng) {
        let ours = WAYS.iter().zip(&mut self.0);
        // The machine stays everybody's: what it is asked to close nobody else can.
        for (_, owner) in ours.filter(|((name, ..), _)| *name != MACHINE) {
            *owner = match rng.below(6) {
                0 => None,
                1 => Some(Owner::of([OWNERS[0]])),
                2 => Some(Owner::of([OWNERS[1]])),
                3 => Some(Owner::of(OWNERS)),
                _ => Some(Owner::Street),
            };
        }
    }

    /// Whether messages of the corporation may go over this way.
    pub(crate) fn serve(&self, way: usize, corporation: CorporationId) -> bool {
        let owner = self.0[way].as_ref();
        owner.is_some_and(|owner| owner.serves(corporation))
    }

    /// The ways of a channel that are configured, with their owners, in the order of its router.
    pub(crate) fn of_channel(
        &self,
        channel: Channel,
    ) -> impl Iterator<Item = (usize, &Owner)> + Clone {
        let all = WAYS.iter().zip(&self.0).enumerate();
        all.filter(move |(_, ((_, of, _), _))| *of == channel)
            .filter_map(|(way, (_, owner))| Some((way, owner.as_ref()?)))
    }

    /// The ways that a message of the corporation may take, pinned to one perhaps.
    pub(crate) fn serving(
        &self,
        channel: Channel,
        corporation: CorporationId,
        pinned: Option<&str>,
    ) -> impl Iterator<Item = usize> {
        let configured = self.of_channel(channel).map(|(way, _)| way);
        configured
            .filter(move |way| pinned.is_none_or(|pinned| WAYS[*way].0 == pinned))
            .filter(move |way| self.serve(*way, corporation))
    }

    /// The channels that the corporation has a provider of.
    pub(crate) fn channels(&self, corporation: CorporationId) -> Vec<Channel> {
        let has = |channel: &Channel| self.serving(*channel, corporation, None).next().is_some();
        crate::settings::CHANNELS.into_iter().filter(has).collect()
    }
}

impl World {
    /// Mostly somebody has changed the owners of the providers before the next start, where accounts
    /// are apart.
    pub(crate) fn configure(&mut self) {
        if self.plan.accounts && self.chance.contracts.chance(CHANGED) {
            self.contracts.change(&mut self.chance.contracts);
            self.changes += 1;
            let changed = format!("{:?}", self.contracts);
            self.note(|| changed);
        }
    }
}
