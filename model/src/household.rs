//! Owns who belongs to a household or a contract, by role and date, and who of them is told: joint
//! tenants each, a representative instead of or beside the one he represents, nobody by guess.
//! Refuses to know how anybody is reached: that is each one's own profile.

use bincode::{Decode, Encode};

use crate::ids::{CorporationId, TenantKey};
use crate::notification::UnknownWord;
use crate::time::Timestamp;

/// What the number of a household begins with where a tenant's would stand. No tenant's number has a
/// control character, so nobody can name a household as a tenant.
const MARK: char = '\u{1}';

impl TenantKey {
    /// Longest number of a household, in bytes.
    pub const MAX_HOUSEHOLD_BYTES: usize = Self::MAX_BYTES - 1;

    /// Under which a household stands in its home shard.
    #[must_use]
    pub fn household(corporation: CorporationId, number: &str) -> Self {
        Self::new(corporation, format!("{MARK}{number}"))
    }

    /// The number of the household, if it is one.
    #[must_use]
    pub fn as_household(&self) -> Option<&str> {
        self.tenant.strip_prefix(MARK)
    }
}

/// What somebody is in a household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Role {
    /// Who rents.
    Tenant,
    /// Who rents too.
    JointTenant,
    /// Who lives there.
    Resident,
    /// A child.
    Child,
    /// A parent.
    Parent,
    /// A neighbour.
    Neighbour,
    /// Somebody to be called.
    Contact,
    /// Who administers somebody's money (bewindvoerder).
    Administrator,
    /// Who decides for somebody (curator).
    Guardian,
    /// Who stands by somebody in care (mentor).
    Mentor,
    /// Whom somebody has authorised (gemachtigde).
    Agent,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 11] = [
        Self::Tenant,
        Self::JointTenant,
        Self::Resident,
        Self::Child,
        Self::Parent,
        Self::Neighbour,
        Self::Contact,
        Self::Administrator,
        Self::Guardian,
        Self::Mentor,
        Self::Agent,
    ];
    /// Who is told where a flow does not say: those who rent.
    pub const TOLD: [Self; 2] = [Self::Tenant, Self::JointTenant];

    /// The word used in the API and in flows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::JointTenant => "joint_tenant",
            Self::Resident => "resident",
            Self::Child => "child",
            Self::Parent => "parent",
            Self::Neighbour => "neighbour",
            Self::Contact => "contact",
            Self::Administrator => "bewindvoerder",
            Self::Guardian => "curator",
            Self::Mentor => "mentor",
            Self::Agent => "gemachtigde",
        }
    }

    /// Whether it stands for somebody else.
    #[must_use]
    pub const fn represents(self) -> bool {
        matches!(
            self,
            Self::Administrator | Self::Guardian | Self::Mentor | Self::Agent
        )
    }

    /// Whether who has it is told instead of the one he represents, where nobody says: by law the one
    /// who administers or decides is the one to turn to.
    #[must_use]
    pub const fn is_told_instead(self) -> bool {
        matches!(self, Self::Administrator | Self::Guardian)
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let mut all = Self::ALL.into_iter();
        all.find(|role| role.name() == text).ok_or(UnknownWord(
            "tenant, joint_tenant, resident, child, parent, neighbour, contact, bewindvoerder, curator, mentor or gemachtigde",
        ))
    }
}

/// One person in one role.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Member {
    /// The corporation's number for the person, who has a profile under it.
    pub tenant: Box<str>,
    /// What he is there.
    pub role: Role,
    /// From when on; none: always.
    pub from: Option<Timestamp>,
    /// Until when, that instant excluded; none: for ever.
    pub until: Option<Timestamp>,
    /// Whether he has died.
    pub is_deceased: bool,
    /// Whom he represents.
    pub represents: Box<[Box<str>]>,
    /// Of a representative: whether he is told instead of them, and not beside them.
    pub is_instead: bool,
}

/// A household or a contract, as its source has it. It is replaced as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Household {
    /// Its people, in the order of the source. One may stand there in several roles.
    pub members: Vec<Member>,
}

/// Somebody who is told, and why.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Addressee {
    /// The corporation's number.
    pub tenant: Box<str>,
    /// In which role he is told.
    pub role: Role,
    /// Whom he is told for, besides himself.
    pub on_behalf_of: Box<[Box<str>]>,
}

/// Somebody who is not told, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct NotTold {
    /// The corporation's number.
    pub tenant: Box<str>,
    /// His role.
    pub role: Role,
    /// Why not.
    pub why: WhyNot,
}

/// Why a member of a household is not told.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum WhyNot {
    /// The flow does not tell his role.
    Role,
    /// He has died.
    Deceased,
    /// It has not begun yet.
    NotYet,
    /// He has left, or his office is over.
    Left,
    /// Somebody is told instead of him.
    Represented {
        /// The representative.
        by: Box<str>,
    },
    /// Nobody whom he represents is to be told.
    NobodyRepresented,
}

impl WhyNot {
    /// The word used in the API.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Role => "role_not_told",
            Self::Deceased => "deceased",
            Self::NotYet => "not_yet",
            Self::Left => "left",
            Self::Represented { .. } => "represented",
            Self::NobodyRepresented => "represents_nobody_told",
        }
    }
}

impl Member {
    /// Why he is not there at `now`; none: he is.
    fn is_away(&self, now: Timestamp) -> Option<WhyNot> {
        if self.is_deceased {
            Some(WhyNot::Deceased)
        } else if self.from.is_some_and(|from| now < from) {
            Some(WhyNot::NotYet)
        } else if self.until.is_some_and(|until| until <= now) {
            Some(WhyNot::Left)
        } else {
            None
        }
    }
}

impl Household {
    /// Most members.
    pub const MAX_MEMBERS: usize = 32;

    /// Who is told at `now` where those of `roles` are, and who is not. Representatives come first.
    /// Each person is told once, whatever his roles.
    #[must_use]
    pub fn told(&self, roles: &[Role], now: Timestamp) -> (Vec<Addressee>, Vec<NotTold>) {
        let (mut told, mut not_told) = (Vec::new(), Vec::new());
        let representatives = self.members.iter().filter(|m| m.role.represents());
        let others = self.members.iter().filter(|m| !m.role.represents());
        for member in representatives.chain(others) {
            match self.whom(member, roles, now) {
                Ok(on_behalf_of) => add(&mut told, member, on_behalf_of),
                Err(why) => not_told.push(NotTold {
                    tenant: member.tenant.clone(),
                    role: member.role,
                    why,
                }),
            }
        }
        // Who is told in one role is told.
        not_told.retain(|not: &NotTold| !told.iter().any(|t: &Addressee| t.tenant == not.tenant));
        (told, not_told)
    }

    /// Takes somebody out, with every word of him. Who stood for him alone goes too.
    pub fn forget(&mut self, tenant: &str) {
        self.members.retain_mut(|member| {
            let stood = !member.represents.is_empty();
            let others = member.represents.iter().filter(|whom| ***whom != *tenant);
            member.represents = others.cloned().collect();
            *member.tenant != *tenant && (!stood || !member.represents.is_empty())
        });
    }

    /// For whom else a member is told; or why he is not.
    fn whom(
        &self,
        member: &Member,
        roles: &[Role],
        now: Timestamp,
    ) -> Result<Vec<Box<str>>, WhyNot> {
        if let Some(away) = member.is_away(now) {
            return Err(away);
        }
        if member.role.represents() {
            let for_whom = self.represented(member, roles, now);
            return match for_whom.is_empty() {
                true => Err(WhyNot::NobodyRepresented),
                false => Ok(for_whom),
            };
        }
        if !roles.contains(&member.role) {
            return Err(WhyNot::Role);
        }
        match self.stands_in(member, now) {
            Some(by) => Err(WhyNot::Represented { by }),
            None => Ok(Vec::new()),
        }
    }

    /// Those who are to be told and whom this representative represents.
    fn represented(&self, by: &Member, roles: &[Role], now: Timestamp) -> Vec<Box<str>> {
        let is_told = |tenant: &str| {
            let mut members = self.members.iter();
            members.any(|m| {
                *m.tenant == *tenant && roles.contains(&m.role) && m.is_away(now).is_none()
            })
        };
        #[cfg(feature = "simulation")]
        if crate::slip::slips(crate::slip::Slip::RepresentativeSkipped) {
            return Vec::new();
        }
        let represented = by.represents.iter();
        represented.filter(|whom| is_told(whom)).cloned().collect()
    }

    /// Who is told instead of a member.
    fn stands_in(&self, of: &Member, now: Timestamp) -> Option<Box<str>> {
        let mut members = self.members.iter();
        let found = members.find(|m| {
            m.role.represents()
                && m.is_instead
                && m.represents.contains(&of.tenant)
                && m.is_away(now).is_none()
        });
        found.map(|m| m.tenant.clone())
    }
}

/// Adds somebody who is told, or one more reason to tell him.
fn add(told: &mut Vec<Addressee>, member: &Member, on_behalf_of: Vec<Box<str>>) {
    let Some(known) = told.iter_mut().find(|t| t.tenant == member.tenant) else {
        told.push(Addressee {
            tenant: member.tenant.clone(),
            role: member.role,
            on_behalf_of: on_behalf_of.into(),
        });
        return;
    };
    let more = on_behalf_of.into_iter();
    let more = more.filter(|tenant| !known.on_behalf_of.contains(tenant));
    let more: Vec<Box<str>> = more.collect();
    known.on_behalf_of = known.on_behalf_of.iter().cloned().chain(more).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000);

    fn member(tenant: &str, role: Role) -> Member {
        Member {
            tenant: tenant.into(),
            role,
            from: None,
            until: None,
            is_deceased: false,
            represents: Box::default(),
            is_instead: role.is_told_instead(),
        }
    }

    fn standing_for(tenant: &str, role: Role, whom: &[&str]) -> Member {
        let represents = whom.iter().map(|whom| Box::from(*whom)).collect();
        Member {
            represents,
            ..member(tenant, role)
        }
    }

    fn told(members: Vec<Member>) -> (Vec<String>, Vec<String>) {
        let (told, not) = Household { members }.told(&Role::TOLD, NOW);
        let told = told.iter().map(|t| {
            let others = t.on_behalf_of.join("+");
            let others = if others.is_empty() {
                others
            } else {
                format!(" for {others}")
            };
            format!("{} {}{others}", t.tenant, t.role.name())
        });
        let not = not.iter();
        let not = not.map(|n| format!("{} {}: {}", n.tenant, n.role.name(), n.why.name()));
        (told.collect(), not.collect())
    }

    #[test]
    fn those_who_rent_are_told_each_and_nobody_else_by_guess() {
        let (told, not) = told(vec![
            member("H-1", Role::Tenant),
            member("H-2", Role::JointTenant),
            member("P-1", Role::Parent),
            member("B-1", Role::Neighbour),
        ]);
        assert_eq!(told, ["H-1 tenant", "H-2 joint_tenant"]);
        assert_eq!(
            not,
            ["P-1 parent: role_not_told", "B-1 neighbour: role_not_told"]
        );
    }

    #[test]
    fn an_administrator_is_told_first_and_instead_and_an_agent_beside() {
        let (told_one, not) = told(vec![
            member("H-1", Role::Tenant),
            member("H-2", Role::JointTenant),
            standing_for("BWI-1", Role::Administrator, &["H-1"]),
        ]);
        assert_eq!(
            told_one,
            ["BWI-1 bewindvoerder for H-1", "H-2 joint_tenant"]
        );
        assert_eq!(not, ["H-1 tenant: represented"]);
        let (told_two, not) = told(vec![
            member("H-1", Role::Tenant),
            standing_for("G-1", Role::Agent, &["H-1"]),
        ]);
        assert_eq!(told_two, ["G-1 gemachtigde for H-1", "H-1 tenant"]);
        assert!(not.is_empty());
    }

    #[test]
    fn whose_date_has_passed_stands_for_nobody() {
        let over = |member: Member| Member {
            until: Some(NOW),
            ..member
        };
        let (told_one, not) = told(vec![
            member("H-1", Role::Tenant),
            over(standing_for("BWI-1", Role::Administrator, &["H-1"])),
        ]);
        assert_eq!(told_one, ["H-1 tenant"]);
        assert_eq!(not, ["BWI-1 bewindvoerder: left"]);
        let (none, not) = told(vec![
            over(member("H-1", Role::Tenant)),
            standing_for("BWI-1", Role::Administrator, &["H-1"]),
        ]);
        assert!(none.is_empty());
        assert_eq!(
            not,
            [
                "BWI-1 bewindvoerder: represents_nobody_told",
                "H-1 tenant: left"
            ]
        );
    }

    #[test]
    fn a_person_in_two_roles_is_told_once() {
        let (told, not) = told(vec![
            member("H-1", Role::Tenant),
            member("H-2", Role::JointTenant),
            member("H-2", Role::Resident),
            standing_for("H-2", Role::Agent, &["H-1"]),
            standing_for("H-2", Role::Mentor, &["H-1"]),
        ]);
        assert_eq!(told, ["H-2 gemachtigde for H-1", "H-1 tenant"]);
        assert!(not.is_empty(), "{not:?}");
    }

    #[test]
    fn the_dead_and_those_who_come_later_are_not_told() {
        let dead = Member {
            is_deceased: true,
            ..member("H-1", Role::Tenant)
        };
        let later = Member {
            from: Some(Timestamp(1_001)),
            ..member("H-2", Role::JointTenant)
        };
        let (told, not) = told(vec![dead, later]);
        assert!(told.is_empty());
        assert_eq!(not, ["H-1 tenant: deceased", "H-2 joint_tenant: not_yet"]);
    }

    #[test]
    fn who_is_forgotten_leaves_no_word_behind() {
        let mut household = Household {
            members: vec![
                member("H-1", Role::Tenant),
                member("H-2", Role::JointTenant),
                standing_for("BWI-1", Role::Administrator, &["H-1"]),
                standing_for("G-1", Role::Agent, &["H-1", "H-2"]),
            ],
        };
        household.forget("H-1");
        let left: Vec<&str> = household.members.iter().map(|m| &*m.tenant).collect();
        assert_eq!(left, ["H-2", "G-1"]);
        assert_eq!(&*household.members[1].represents, ["H-2".into()]);
    }

    #[test]
    fn no_tenant_can_be_taken_for_a_household() {
        let corporation = CorporationId(7);
        let household = TenantKey::household(corporation, "C-77");
        assert_eq!(household.as_household(), Some("C-77"));
        assert_eq!(TenantKey::new(corporation, "C-77").as_household(), None);
    }
}
