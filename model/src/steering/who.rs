//! Owns what a file of steering looks at of one tenant. What no fact says of him is unknown, and then
//! what holds for everybody holds. Refuses to look: `decide` brings it.

use crate::ids::CorporationId;

/// What steering looks at of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Who {
    /// His segment: `name` of the fact `segment`.
    pub segment: Option<Box<str>>,
    /// The team of his own that the fact names.
    pub team: Option<Box<str>>,
    /// Whether the fact wants people to see him first.
    pub people_first: Option<bool>,
    /// The complex that he lives in: `name` of the fact `complex`.
    pub complex: Option<Box<str>>,
    /// His place among a hundred, for roll-outs by share. It never changes.
    pub place: u8,
}

impl Who {
    /// The place of a tenant among a hundred.
    pub(crate) fn place(corporation: CorporationId, tenant: &str) -> u8 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"sluis roll-out");
        hasher.update(&corporation.0.to_be_bytes());
        hasher.update(tenant.as_bytes());
        let hash = hasher.finalize();
        let [a, b, c, d, ..] = *hash.as_bytes();
        (u32::from_be_bytes([a, b, c, d]) % 100) as u8
    }
}
