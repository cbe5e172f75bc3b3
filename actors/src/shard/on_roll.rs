//! Owns what the roll of a corporation's tenants says of each. Refuses to look anybody up.

use sluis_model::{Tenant, TenantKey};

/// One tenant of the roll.
#[derive(Clone, Debug)]
pub struct OnRoll {
    /// The place in the shard, for [`super::Query::Roll`].
    pub place: u32,
    /// The state, or where it is.
    pub state: RollState,
}

/// Where the state of a tenant is.
#[derive(Clone, Debug)]
pub enum RollState {
    /// He is active: the state.
    Active(Box<(TenantKey, Tenant)>),
    /// He is at rest: the record that holds it.
    AtRest(u64),
}
