//! Owns to whom a notification goes: a tenant, a household, or a tenant as one of a household. Refuses to
//! know who is in it.

use bincode::{Decode, Encode};

use crate::ids::NotificationId;

/// To whom a notification goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum Addressed {
    /// One tenant.
    #[default]
    Tenant,
    /// A household: it becomes one for each addressee.
    Household,
    /// One tenant, as an addressee of a household.
    Part(Box<PartOf>),
}

/// Which part of which group a notification is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PartOf {
    /// The group.
    pub group: NotificationId,
    /// The number of its household.
    pub household: Box<str>,
    /// Whether what one of the group answers is the answer of all.
    pub together: bool,
}
