//! Owns what the sources of households supply, and which notifications go to one, drawn from the seed. Refuses
//! anything that the binary would not let in.

use sluis_actors::ShardRequest;
use sluis_model::{
    CorporationId, DAY, Household, Input, Member, NotificationId, Role, TenantKey, Timestamp,
};

use crate::rng::Rng;
use crate::senders::What;
use crate::world::World;

/// How many households each corporation has.
const HOUSEHOLDS: usize = 2;
/// Most entries that are drawn for one.
const MOST_ENTRIES: usize = 5;
/// Of a hundred notifications, how many go to a household.
const TO_HOUSEHOLDS: usize = 45;
/// Of a hundred things that happen to an order, how many happen to a part of it.
const TO_PARTS: usize = 60;

/// Roles of those who live there or are known of.
const OWN_ROLES: [Role; 6] = [
    Role::Tenant,
    Role::JointTenant,
    Role::JointTenant,
    Role::Resident,
    Role::Child,
    Role::Parent,
];
const REPRESENTATIVES: [Role; 4] = [
    Role::Administrator,
    Role::Guardian,
    Role::Mentor,
    Role::Agent,
];

impl World {
    /// A source supplies a household, or corrects it.
    pub(crate) fn supply(&mut self) {
        let key = self.some_household();
        let household = self.drawn_household();
        self.note(|| format!("{key:?} is supplied: {household:?}"));
        self.supply_as(key, household);
    }

    pub(crate) fn supply_as(&mut self, tenant: TenantKey, household: Household) {
        let shard = tenant.shard(self.plan.shards);
        let input = Input::PutHousehold(Box::new(household));
        self.hand_in(What::Profile, shard, |reply| ShardRequest::Input {
            tenant,
            input,
            reply,
            claim: None,
        });
    }

    fn some_household(&mut self) -> TenantKey {
        let corporations = usize::from(self.plan.corporations);
        let rng = &mut self.chance.households;
        let corporation = CorporationId(1 + rng.below(corporations) as u16);
        TenantKey::household(corporation, &format!("C-{}", rng.below(HOUSEHOLDS)))
    }

    /// The household that the next notification goes to, if it goes to one.
    pub(crate) fn household_instead(&mut self) -> Option<TenantKey> {
        let to_one = self.plan.households && self.chance.households.chance(TO_HOUSEHOLDS);
        to_one.then(|| self.some_household())
    }

    /// Somebody of whom a fact can tell: the tenant, or one of the household.
    pub(crate) fn one_of(&mut self, tenant: TenantKey) -> TenantKey {
        if tenant.as_household().is_none() {
            return tenant;
        }
        let number = match self.shadow.known.grouped.households.get(&tenant) {
            Some(known) if !known.members.is_empty() => {
                let which = self.chance.households.below(known.members.len());
                known.members[which].tenant.clone()
            }
            _ => format!("H-{}", self.chance.households.below(self.plan.tenants)).into(),
        };
        TenantKey::new(tenant.corporation, number)
    }

    /// The notification itself, or the part of one of those whom it went to.
    pub(crate) fn part_of(&mut self, id: NotificationId) -> NotificationId {
        let group = self.shadow.known.grouped.groups.get(&id);
        let Some(group) = group.filter(|_| self.chance.households.chance(TO_PARTS)) else {
            return id;
        };
        let all: Vec<TenantKey> = group.addressees().collect();
        let tenant = &all[self.chance.households.below(all.len())];
        sluis_model::part_id(id, tenant, self.plan.shards)
    }

    /// Who is there, in the order of the source.
    fn drawn_household(&mut self) -> Household {
        let now = self.clock.peek();
        let tenants = self.plan.tenants;
        let rng = &mut self.chance.households;
        let mut members: Vec<Member> = Vec::new();
        for _ in 0..1 + rng.below(MOST_ENTRIES) {
            let entry = entry(rng, &members, tenants, now);
            members.extend(entry);
        }
        Household { members }
    }
}

/// One more entry, if what is drawn is one.
fn entry(rng: &mut Rng, known: &[Member], tenants: usize, now: Timestamp) -> Option<Member> {
    let role = match known.is_empty() || rng.chance(70) {
        true => rng.pick(&OWN_ROLES),
        false => rng.pick(&REPRESENTATIVES),
    };
    let tenant: Box<str> = match rng.chance(75) {
        true => format!("H-{}", rng.below(tenants)),
        false => format!("B-{}", rng.below(2)),
    }
    .into();
    let others = known.iter();
    let others = others.filter(|other| !other.role.represents() && other.tenant != tenant);
    let mut represents: Vec<Box<str>> = others.map(|other| other.tenant.clone()).collect();
    represents.sort_unstable();
    represents.dedup();
    represents.truncate(1 + rng.below(2));
    if !role.represents() {
        represents.clear();
    }
    let is_instead = match rng.chance(80) {
        true => role.is_told_instead(),
        false => role.represents() && rng.chance(50),
    };
    let is_twice = known
        .iter()
        .any(|other| (&other.tenant, other.role) == (&tenant, role));
    let is_one = !is_twice && (!role.represents() || !represents.is_empty());
    let member = Member {
        tenant,
        role,
        from: rng
            .chance(15)
            .then(|| now.plus(rng.within(-2 * DAY, 3 * DAY))),
        until: rng.chance(15).then(|| now.plus(rng.within(-DAY, 5 * DAY))),
        is_deceased: rng.chance(5),
        represents: represents.into(),
        is_instead,
    };
    is_one.then_some(member)
}
